"""Which addresses of an output are files to be fetched, and which may be text."""

from __future__ import annotations

import pytest

from speedpix.files.selection import chosen
from speedpix.values.link import Origin
from speedpix.values.output import as_output

ENDPOINT = "https://service.test"
TEXTS = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254/a.png",
    "http://100.100.100.200/a.png",
    "http://127.0.0.1:8080/a.png",
    "http://127.1/a.png",
    "http://2130706433/a.png",
    "http://0x7f000001/a.png",
    "http://0/a.png",
    "http://[::1]/a.png",
    "http://[::ffff:10.0.0.1]/a.png",
    "http://[fe80::1%25eth0]/a.png",
    "http://10.1.2.3/a.mp4",
    "http://172.31.0.1/a.mp4",
    "http://192.168.1.1/a.wav",
    "http://localhost/a.png",
    "http://a.localhost:1/a.png",
    "http://router/a.png",
    "http://metadata.google.internal/a.png",
    "https://elsewhere.test/page",
    "https://elsewhere.test/archive.zip",
    "https://store.test:8443/file",
]


def urls(fields, endpoint=ENDPOINT):
    return [each.file.url for each in chosen(endpoint, as_output(fields, Origin()))]


@pytest.mark.parametrize("url", TEXTS)
def test_what_the_service_calls_a_file_is_one_wherever_it_is(url):
    assert urls({"a": {"url": url, "type": "image"}}) == [url]
    assert urls({"images": [url]}) == [url]
    assert urls({"images": url}) == [url]


@pytest.mark.parametrize("url", TEXTS)
def test_an_address_elsewhere_is_text(url):
    store = {"url": "https://store.test/a", "type": "file"}
    for value in (url, [url], {"deep": [url]}, {"url": url}):
        assert urls({"text": value, "file": store}) == ["https://store.test/a"]


@pytest.mark.parametrize(
    "url",
    [
        "https://store.test/without-extension?a=1",
        "https://store.test:443/b",
        "https://service.test/c",
        "https://elsewhere.test/a.png?Expires=1",
        "http://8.8.8.8/A.MP4",
    ],
)
def test_an_address_of_a_file_is_taken_along(url):
    store = {"url": "https://store.test/a", "type": "file"}
    assert urls({"file": store, "text": url}) == ["https://store.test/a", url]


def test_an_address_in_a_private_network_is_when_the_endpoint_is():
    assert urls({"text": "http://127.0.0.1:8080/a.png"}, "http://localhost:1") != []
    assert urls({"text": "http://169.254.169.254/latest"}, "http://localhost:1") == []


def test_a_preview_is_no_file_of_its_own():
    file = {"url": "https://store.test/a.png", "type": "image"}
    for preview in ("https://store.test/p.png", {"url": "https://store.test/p.png"}):
        assert urls({"a": {**file, "preview": preview}}) == ["https://store.test/a.png"]
    output = as_output({"a": {**file, "preview": "https://store.test/p.png"}}, Origin())
    assert hasattr(output["a"]["preview"], "save")
