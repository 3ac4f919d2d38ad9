"""Which way a connection takes, by the environment's word."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import httpx
import pytest

from speedpix.transports.environment import proxy_of


@pytest.fixture
def proxy(monkeypatch):
    """A function that returns the proxy for a URL in an environment of no other proxies."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def find(url, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        parts = urlsplit(url)
        found = proxy_of(parts.scheme, parts.hostname, parts.port or 443)
        return found and found.url

    return find


def test_each_scheme_has_its_own(proxy):
    environment = {"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "socks5://b:2"}
    assert proxy("https://x.test/", **environment) == httpx.URL("http://a:1")
    assert proxy("http://x.test/", **environment) == httpx.URL("socks5://b:2")
    assert proxy("http://x.test/", HTTP_PROXY="c:3") == httpx.URL("http://c:3")


def test_space_around_it_does_not_matter(proxy):
    assert proxy("https://x.test/", HTTPS_PROXY=" http://a:1 \n") == httpx.URL("http://a:1")
    assert proxy("https://x.test/", HTTPS_PROXY=" ", ALL_PROXY="") is None


def test_there_may_be_none(proxy):
    assert proxy("https://x.test/", HTTP_PROXY="http://a:1") is None


@pytest.mark.parametrize(
    ("url", "exempt"),
    [
        ("https://x.test/", "x.test"),
        ("https://a.x.test/", "other.test, .x.test"),
        ("https://x.test:8443/", "x.test:8443"),
        ("https://127.0.0.1:1/", "127.0.0.1"),
        ("https://[::1]:8443/", "::1"),
        ("https://[::1]/", "[::1]"),
        ("https://x.test/", "*"),
    ],
)
def test_hosts_may_be_exempt(proxy, url, exempt):
    assert proxy(url, ALL_PROXY="http://a:1", NO_PROXY="elsewhere.test") is not None
    assert proxy(url, NO_PROXY=exempt) is None


@pytest.mark.parametrize("exempt", ["x.test", "test:1", "other.test"])
def test_others_are_not(proxy, exempt):
    assert proxy("https://notx.test/", ALL_PROXY="http://a:1", NO_PROXY=exempt) is not None
