"""Reading URLs, whoever wrote them."""

from __future__ import annotations

import pytest

from speedpix.values.wire import joined, name_of, path_and_query, without_query


@pytest.mark.parametrize(
    "url",
    ["https://s.test/a.png?Signature=x", "https://u:pw@s.test/a.png#x", "https://s.test/a.png"],
)
def test_a_url_is_shown_without_what_is_secret_in_it(url):
    assert without_query(url) == "https://s.test/a.png"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://s.test/a/b.png?x=/y.jpg#z", "b.png"),
        ("https://s.test/a/%E7%94%BB.png", "画.png"),
        ("https://s.test/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://s.test/", ""),
        ("https://s.test", ""),
    ],
)
def test_the_name_at_the_end_of_a_url(url, name):
    assert name_of(url) == name


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://s.test/scc/x", "/scc/x"),
        ("https://s.test/scc/x?b=2&a=1", "/scc/x?b=2&a=1"),
        ("https://s.test/scc/x?", "/scc/x"),
    ],
)
def test_what_of_a_url_is_signed(url, target):
    assert path_and_query(url) == target


def test_a_redirects_target_may_be_relative():
    assert joined("https://s.test/a/b", "/c") == "https://s.test/c"
    assert joined("https://s.test/a/b", "https://mirror.test/c") == "https://mirror.test/c"


@pytest.mark.parametrize("url", ["https://[::1", "https://s.test:port/a", "\0", "", "no url"])
def test_what_is_no_url_is_survived(url):
    assert isinstance(without_query(url), str)
    assert isinstance(name_of(url), str)
    assert isinstance(joined("https://s.test/", url), str)
