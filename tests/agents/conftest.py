"""`speedpix mcp` as a process of its own, and the official client at its pipes."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult
from PIL import Image
from speedpix_emulator import Emulator, Failure, SteppedClock


@pytest.fixture(scope="session")
def clock():
    """The emulator's clock, which begins at the present time: the client's is the machine's."""
    return SteppedClock(time.time())


@pytest.fixture(scope="session")
def served(clock):
    """An emulator with a few workflows; `slow` does not end before the clock is moved."""
    with Emulator(clock=clock) as running:

        @running.workflow("copy", inputs={"image": "file"}, outputs={"images": "file"})
        def copy(image):
            return {"images": image}

        @running.workflow("echo", outputs={"given": "json"})
        def echo(inputs):
            return {"given": dict(inputs)}

        @running.workflow("slow", outputs={"given": "json"}, duration=20)
        def slow(inputs):
            return {"given": dict(inputs)}

        @running.workflow("failing", outputs={}, failure=Failure("out of luck", code="LUCK"))
        def failing(inputs):
            return {}

        yield running


@pytest.fixture
def emulator(served):
    """The emulator, without a fault planned and with no requests seen."""
    served.faults.clear()
    yield served
    served.faults.clear()


@pytest.fixture
def folder(tmp_path):
    """The folder that the server may use, with a large picture in it."""
    found = tmp_path / "pictures"
    found.mkdir()
    Image.new("RGB", (1600, 800), "teal").save(found / "photo.jpg")
    return found


@pytest.fixture
def talk(emulator, folder, tmp_path):
    """A function that starts the server, lets a function talk to it, and returns what that does."""

    def run(conversation, *options, user=None, folders=(folder,), mode="auto"):
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "speedpix", "mcp", *map(str, folders), *options],
            cwd=tmp_path,
            env={
                "HOME": str(tmp_path),
                "SPEEDPIX_HISTORY": "",
                "SPEEDPIX_APP_KEY": emulator.app_key,
                "SPEEDPIX_APP_SECRET": emulator.app_secret,
                "SPEEDPIX_ENDPOINT": emulator.url,
            },
        )
        callback = None if user is None else user.ask

        async def talked():
            async with Client(server, elicitation_callback=callback, mode=mode) as client:
                return await conversation(client)

        return asyncio.run(talked())

    return run


class User(list):
    """A host's user: what they were asked, and what they answer."""

    def __init__(self, action, **content):
        super().__init__()
        self._answer = ElicitResult(action=action, content=content or None)

    async def ask(self, _context, params):
        self.append(params.message)
        return self._answer


def text(result):
    """Return what an assistant reads first."""
    return result.content[0].text
