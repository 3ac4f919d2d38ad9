"""The log of httpx and of what is beneath it shows no pre-signed URL, whichever way is taken."""

from __future__ import annotations

import http.server
import logging
import urllib.request
from contextlib import contextmanager

import httpx
import pytest
from serving import serving

from .conftest import CONTENT


@contextmanager
def forwarding_proxy(seen):
    """An HTTP proxy that passes requests on."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    class Proxy(http.server.BaseHTTPRequestHandler):
        def forward(self) -> None:
            seen.append(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = urllib.request.Request(
                self.path, body or None, dict(self.headers), method=self.command
            )
            with direct.open(request) as answer:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.read())

        do_GET = do_POST = do_PUT = forward  # noqa: N815 - the library's names

    with serving(Proxy) as (_, url):
        yield url


@pytest.fixture
def lines(caplog):
    """A function that returns all that was logged, each record with all that it carries."""
    caplog.set_level(logging.DEBUG)
    return lambda: [f"{record.getMessage()} {vars(record)!r}" for record in caplog.records]


def check(lines):
    assert lines
    for line in lines:
        assert "Signature=" not in line
        assert "Expires=" not in line


def test_the_sdks_own_connections(use, emulated, lines):
    assert use(emulated) == CONTENT
    check(lines())


def test_a_proxy_of_the_environment(use, emulated, lines, monkeypatch):
    seen = []
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with forwarding_proxy(seen) as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        assert use(emulated) == CONTENT
    assert [address for address in seen if "Signature=" in address]
    check(lines())


def test_a_host_that_needs_no_proxy(use, emulated, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "elsewhere.test, 127.0.0.1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert use(emulated) == CONTENT


def test_a_client_of_the_callers(use, emulated, lines):
    def own():
        return {"async_http_client": httpx.AsyncClient(limits=NOTHING_KEPT)}

    with httpx.Client() as http_client:
        settings = {"sync": {"http_client": http_client}, "async": own}
        assert use(emulated, **settings) == CONTENT
    assert [line for line in lines() if "HTTP Request: PUT http" in line]
    check(lines())


# So that no connection outlives its event loop.
NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)
