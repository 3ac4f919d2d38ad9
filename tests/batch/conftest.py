"""An emulator with quick workflows, and clients of it; real time, as batches are about speed."""

from __future__ import annotations

import asyncio

import pytest
from speedpix_emulator import Emulator, OutputFile, WorkflowError

from speedpix import Client


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as running:
        publish(running)
        yield running


def publish(emulator):
    @emulator.workflow("echo", outputs={"label": "text"}, duration=seconds)
    def echo(inputs):
        if inputs.get("fail"):
            reason = "no luck"
            raise WorkflowError(reason, "LUCK")
        return {"label": str(inputs.get("label", ""))}

    @emulator.workflow(
        "copy",
        inputs={"file": "file", "label": "text"},
        outputs={"copy": "file"},
        duration=0.1,
    )
    def copy(file, label):
        return {"copy": OutputFile(file, f"{label}.bin", "application/octet-stream")}

    @emulator.workflow("two", outputs={"front": "file", "back": "file"})
    def two(inputs):
        return {
            "front": OutputFile(b"front", "1.bin", "application/octet-stream"),
            "back": OutputFile(b"back", "2.bin", "application/octet-stream"),
        }


def seconds(inputs):
    return float(inputs.get("seconds", 0.0))


@pytest.fixture
def clean(emulator):
    """The emulator with no fault planned, now and afterwards."""
    emulator.faults.clear()
    yield emulator
    emulator.faults.clear()


@pytest.fixture
def make_client(clean):
    """A function that makes a client of the emulator, closed after the test."""
    opened = []

    def make(**options):
        settings = {"endpoint": clean.url, **options}
        opened.append(Client(clean.app_key, clean.app_secret, **settings))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture(params=["for", "async for"])
def collect(request):
    """A function that iterates over a batch to its end, in one of the two ways."""
    if request.param == "for":
        return list

    def awaiting(batch):
        async def main():
            return [result async for result in batch]

        return asyncio.run(main())

    return awaiting


@pytest.fixture
def manifest(tmp_path):
    return tmp_path / "catalogue.sqlite"


@pytest.fixture
def photo(tmp_path):
    """A function that writes a file of its own content."""

    def write(name, content=None):
        path = tmp_path / "photos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content or name.encode() * 500)
        return path

    return write


def labels(count):
    return [{"label": f"item {number}"} for number in range(count)]


def by_index(results):
    return {result.index: result for result in results}
