"""An emulator and a client on one clock, on which no wait takes real time."""

from __future__ import annotations

import asyncio
import io
from urllib.parse import unquote

import pytest
from PIL import Image
from speedpix_emulator import Emulator, OutputFile

from speedpix import Client
from speedpix.testing import NoWaitClock

VIDEO = b"\0\0\0\x20ftypisom" + bytes(range(256))


@pytest.fixture(scope="session")
def clock():
    return NoWaitClock()


@pytest.fixture(scope="session")
def emulator(clock):
    """An emulator with a few small workflows."""
    with Emulator(clock=clock) as running:
        publish(running)
        yield running


def publish(emulator):
    @emulator.workflow("echo", outputs={"given": "json"})
    def echo(inputs):
        return {"given": dict(inputs)}

    @emulator.workflow(
        "invert", inputs={"image": "image"}, outputs={"images": "image"}, duration=20
    )
    def invert(image):
        return {"images": image.convert("L").point(lambda level: 255 - level)}

    @emulator.workflow("list", inputs={"count": "number"}, duration=5)
    def listed(count):
        return {"pictures": [png(level) for level in range(count)], "temp_files": [png(9)]}

    @emulator.workflow("video", outputs={"clip": "video", "facts": "json"})
    def video(inputs):
        return {"clip": OutputFile(VIDEO, "clip.mp4", "video/mp4"), "facts": {"frames": 3}}

    @emulator.workflow("failing", inputs={}, outputs={})
    def failing():
        message = "sampler exploded"
        raise RuntimeError(message)


def png(level=0, size=(4, 3)):
    buffer = io.BytesIO()
    Image.new("L", size, level).save(buffer, "PNG")
    return buffer.getvalue()


def stored(emulator, url):
    """What the emulator's store has under a URL."""
    return next(each for each in emulator.objects if each.key in unquote(url)).file.read_bytes()


@pytest.fixture
def make_client(emulator, clock):
    """A function that makes a client of the emulator, closed after the test."""
    opened = []

    def make(app_key=emulator.app_key, app_secret=emulator.app_secret, **options):
        options = {"endpoint": emulator.url, "clock": clock, **options}
        opened.append(Client(app_key, app_secret, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def client(make_client):
    return make_client()


def awaited(call, *arguments, **options):
    """Call an async function of a client to its end, and close what the loop holds."""

    async def main():
        return await call(*arguments, **options)

    return asyncio.run(main())


@pytest.fixture(params=["sync", "async"])
def run(request, client):
    """`client.run`, or `client.async_run` in a loop of its own."""
    if request.param == "sync":
        return client.run
    return lambda *arguments, **options: awaited(client.async_run, *arguments, **options)


@pytest.fixture(params=["sync", "async"])
def create(request, client):
    """`client.files.create`, or its async twin in a loop of its own."""
    if request.param == "sync":
        return client.files.create
    return lambda *arguments, **options: asyncio.run(
        client.files.async_create(*arguments, **options)
    )


@pytest.fixture(params=["sync", "async"])
def given(request, client):
    """A function that runs `echo` and returns the input that reached the workflow."""

    def blocking(value, **options):
        return client.run("echo", value, **options)["given"]

    def awaiting(value, **options):
        return asyncio.run(client.async_run("echo", value, **options))["given"]

    return blocking if request.param == "sync" else awaiting


@pytest.fixture
def picture(tmp_path, monkeypatch):
    """A picture, `./input.png` in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "input.png"
    path.write_bytes(png(40))
    return path
