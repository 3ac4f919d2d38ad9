"""An emulator and clients that share a clock which is stepped, so that nothing waits."""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import pytest
import trustme
from speedpix_emulator import Emulator, Failure

from speedpix import Client

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the modules that tests share
from tls_relay import behind_tls

from speedpix.testing import NoWaitClock

CONTENT = bytes(range(256)) * 400
CUT = 1.0  # seconds of the client's patience with an exchange that hangs


@pytest.fixture(scope="module")
def clock():
    return NoWaitClock()


@pytest.fixture(scope="module")
def served(clock):
    """An emulator with a workflow that gives back the file it was given."""
    with Emulator(clock=clock) as running:

        @running.workflow("echo", inputs={"file": "file"}, outputs={"copy": "file"}, duration=3)
        def echo(file: bytes) -> dict[str, bytes]:
            assert isinstance(file, bytes)
            return {"copy": file}

        @running.workflow("failing", inputs={}, outputs={}, failure=Failure("no luck", code="LUCK"))
        def failing() -> dict[str, bytes]:
            return {}

        yield running


@pytest.fixture
def emulator(served):
    """The emulator, with no fault planned."""
    served.faults.clear()
    yield served
    served.faults.clear()


@pytest.fixture
def make_client(emulator, clock):
    """A function that makes a client of the emulator."""
    opened = []

    def make(**settings) -> Client:
        settings = {"timeout": CUT, "clock": clock, "endpoint": emulator.url, **settings}
        opened.append(Client(emulator.app_key, emulator.app_secret, **settings))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def secure_url(emulator, tmp_path, monkeypatch):
    """The emulator's address behind TLS, with a certificate that the environment trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    host, port = emulator.url.removeprefix("http://").split(":")
    with behind_tls(host, int(port), context) as secure_port:
        yield f"https://localhost:{secure_port}"


@pytest.fixture(params=["sync", "async"])
def run_and_read(request):
    """A function that runs a workflow and reads its output file, blocking or with `await`."""

    def blocking(client: Client, workflow_id: str, given, **options) -> bytes:
        return client.run(workflow_id, given, **options)["copy"].read()

    def awaiting(client: Client, workflow_id: str, given, **options) -> bytes:
        async def main() -> bytes:
            async with client:
                try:
                    output = await client.async_run(workflow_id, given, **options)
                    return await output["copy"].async_read()
                finally:
                    assert asyncio.all_tasks() == {asyncio.current_task()}

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting
