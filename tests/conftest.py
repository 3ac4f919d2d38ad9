"""What all tests share: one running emulator, a client for it, and small pictures."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image
from speedpix_emulator import Emulator

from speedpix import Client

pytest_plugins = ["pytester"]

# The simulation of all worlds is the benchmarks', which draw it.
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

SAMPLE_SIZE = (48, 32)  # pixels; large enough to be a picture, small enough to cost nothing


@pytest.fixture(scope="session")
def emulator():
    """A running emulator with its default key and secret; one for the whole session."""
    with Emulator() as running:
        yield running


@pytest.fixture
def client(emulator):
    """A client for the emulator, closed at the end of the test."""
    with Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url) as opened:
        yield opened


@pytest.fixture
def settled(emulator):
    """The emulator, when it has read whatever an earlier test broke off."""
    httpx.get(emulator.url, trust_env=False)  # answered after what came before it
    return emulator


@pytest.fixture
def requests(settled):
    """A function that gives the requests since the test began, in order."""
    before = len(settled.requests)
    return lambda: settled.requests[before:]


@pytest.fixture
def sent(requests):
    """A function that tells the operations since the test began, in order."""
    return lambda: [request.operation for request in requests()]


@pytest.fixture
def jobs(settled):
    """A function that gives the jobs since the test began, in order."""
    before = len(settled.jobs)
    return lambda: settled.jobs[before:]


@pytest.fixture
def environment(emulator, monkeypatch):
    """The three environment variables of a user, pointing at the emulator, and no others."""
    for name in [name for name in os.environ if name.startswith("SPEEDPIX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SPEEDPIX_APP_KEY", emulator.app_key)
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", emulator.app_secret)
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", emulator.url)


@pytest.fixture
def picture():
    """A function that writes a small picture, of the format of the path's extension."""

    def write(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", SAMPLE_SIZE, "teal")
        image.paste("ivory", (16, 8, 32, 24))
        image.save(path)
        return path

    return write


@pytest.fixture
def sample_image(tmp_path, picture):
    """A small JPEG in the test's own directory."""
    return picture(tmp_path / "input.jpg")
