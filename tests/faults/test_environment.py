"""Ways to the service that the environment bars: told before anything is on record."""

from __future__ import annotations

import asyncio
import socket
import threading
import traceback
from contextlib import contextmanager

import httpx
import pytest
import trio

from speedpix import APIConnectionError, Client, ConfigurationError

CONTENT = bytes(range(256)) * 10


@pytest.fixture(params=["sync", "async"])
def run(request):
    """A function that runs a workflow, blocking or with `await`."""

    def awaiting(client, *given):
        async def main():
            async with client:
                return await client.async_run(*given)

        return asyncio.run(main())

    return awaiting if request.param == "async" else lambda client, *given: client.run(*given)


def agree_by_socks(client):
    """Hear where a client of SOCKS 5 wants to go; return that, and what tells it to go on."""
    client.recv(2 + 255)
    client.sendall(b"\x05\x00")
    kind = client.recv(4)[3]
    host = socket.inet_ntoa(client.recv(4)) if kind == 1 else client.recv(client.recv(1)[0])
    port = int.from_bytes(client.recv(2), "big")
    return host, port, b"\x05\x00\x00\x01" + bytes(6)


def agree_by_http(client):
    """Hear where a client wants to go by CONNECT; return that, and what tells it to go on."""
    host, _, port = client.recv(65536).split()[1].partition(b":")
    return host, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n"


@contextmanager
def tunnelling_proxy(agree):
    """A proxy without credentials; yields its port, and the ports that it led to."""
    served = []

    def pump(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(client):
        with client:
            host, port, answer = agree(client)
            with socket.create_connection((host, port)) as server:
                served.append(port)
                client.sendall(answer)
                back = threading.Thread(target=pump, args=[server, client])
                back.start()
                pump(client, server)
                back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = []

        def accept():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=serve, args=[client]))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        yield listener.getsockname()[1], served
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for each in threads:
            each.join()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
def test_a_socks_proxy(emulator, make_client, run, scheme, monkeypatch):
    with tunnelling_proxy(agree_by_socks) as (port, served):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
        client = make_client(timeout=30)
        output = run(client, "echo", {"file": CONTENT})
        client.close()
    assert output
    assert served


@pytest.mark.parametrize(("scheme", "agree"), [("http", agree_by_http), ("socks5", agree_by_socks)])
def test_a_service_on_https_through_a_proxy(
    secure_url, make_client, run, scheme, agree, monkeypatch
):
    with tunnelling_proxy(agree) as (port, served):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
        client = make_client(endpoint=secure_url, timeout=30)
        output = run(client, "echo", {"file": CONTENT})
        client.close()
    assert output
    assert int(secure_url.rpartition(":")[2]) in served


@contextmanager
def broken_proxy(answer):
    """A proxy that gives one answer, whatever it is asked, and hangs up; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [("http", b""), ("http", b"hello\r\n"), ("socks5", b""), ("socks5", b"??")],
)
def test_what_ends_at_a_proxy_was_not_submitted(run, scheme, answer, monkeypatch):
    client = Client("key", "secret", endpoint="https://service.invalid", max_retries=0)
    with client, broken_proxy(answer) as address:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:hidden@{address}")
        with pytest.raises(APIConnectionError, match=f"through the proxy {address}: ") as caught:
            run(client, "workflow", {"text": "x"})
    assert caught.value.sent is False
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("name", ["::1", "[::1]"])
def test_no_proxy_takes_ipv6_addresses(name, monkeypatch):
    client = Client("key", "secret", endpoint="http://[::1]:9", max_retries=0)
    with client, socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", name)
        with pytest.raises(APIConnectionError, match=r"\[::1\]:9"):
            client.predictions.get("x")
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody came
            proxy.accept()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "gopher://127.0.0.1:1"),
        ("HTTP_PROXY", "http://"),
        ("HTTP_PROXY", "http://[::1"),
        ("HTTP_PROXY", "http://user:hidden@127.0.0.1:port"),
        ("HTTP_PROXY", "http://user:hidden/word@127.0.0.1:1"),
        ("ALL_PROXY", "ftp://user:hidden@127.0.0.1:1"),
    ],
)
def test_a_proxy_that_is_none(make_client, run, tmp_path, monkeypatch, variable, value):
    client = make_client(history=tmp_path / "runs.db")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable) as caught:
        run(client, "echo", {"file": CONTENT})
    assert "hidden" not in "".join(traceback.format_exception(caught.value))
    monkeypatch.delenv(variable)
    assert client.predictions.list() == []


def test_a_socks_proxy_without_its_package_is_explained(make_client, run, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://without-package:1")
    monkeypatch.setattr("speedpix.transports.environment.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"\.\[socks\]"):
        run(make_client(), "echo", {"file": CONTENT})


@pytest.mark.parametrize(
    ("variable", "broken"),
    [("SSL_CERT_FILE", False), ("SSL_CERT_FILE", True), ("SSL_CERT_DIR", False)],
)
def test_certificates_that_are_gone_or_broken(run, tmp_path, variable, broken, monkeypatch):
    if broken:
        (tmp_path / "certificates").write_text("none")
    monkeypatch.setenv(variable, str(tmp_path / "certificates"))
    client = Client("key", "secret", endpoint="https://nowhere.invalid", history=tmp_path / "h.db")
    with pytest.raises(ConfigurationError, match=variable):
        run(client, "workflow", {"text": "x"})
    monkeypatch.delenv(variable)
    assert client.predictions.list() == []
    client.close()


def test_what_keeps_tls_from_being_used_is_named(run, tmp_path, monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "gone" / "keys"))
    client = Client("key", "secret", endpoint="https://nowhere.invalid")
    with client, pytest.raises(ConfigurationError, match="with SSLKEYLOGFILE: "):
        run(client, "workflow", {"text": "x"})


def test_a_closed_client_of_the_callers(make_client, tmp_path):
    given = httpx.Client()
    given.close()
    client = make_client(http_client=given, history=tmp_path / "runs.db")
    with pytest.raises(ConfigurationError, match="closed; open it"):
        client.run("echo", {"file": CONTENT})
    assert Client("k", "s", history=tmp_path / "runs.db").predictions.list() == []


def test_trio_is_told_what_to_do(make_client):
    client = make_client()
    with pytest.raises(ConfigurationError, match=r"trio\.to_thread"):
        trio.run(client.async_run, "echo", {"file": CONTENT})


@pytest.mark.parametrize("timeout", [1e10, 1e300])
def test_an_endless_timeout(make_client, run, timeout):
    assert run(make_client(timeout=timeout), "echo", {"file": CONTENT})
