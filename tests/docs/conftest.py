"""What the documentation takes for granted: a service, credentials, workflows and a few files."""

from __future__ import annotations

import pytest
from PIL import Image
from speedpix_emulator import Emulator
from speedpix_emulator.white_background import white_background

from speedpix.testing import NoWaitClock, no_waiting

from .runner import Reader

APP_KEY, APP_SECRET = "your-app-key", "your-app-secret"  # as the pages write them
PICTURES = ("input.jpg", "style.jpg", "mask.png", "photos/1.jpg", "photos/2.jpg", "photos/3.jpg")


@pytest.fixture
def clock():
    """The time of the service and of every client in this process: only sleeping moves it.

    Each reader has a clock of their own: that of commands, which have the machine's, is near it.
    """
    return NoWaitClock()


@pytest.fixture
def emulator(clock):
    """A service on which the pages' workflows are published, and end at once."""
    with Emulator(APP_KEY, APP_SECRET, clock=clock) as running:
        running.workflow(
            "white-background",
            inputs={"image": "image", "text": "text"},
            outputs=dict.fromkeys(("images", "subject_image", "mask_image"), "image"),
        )(white_background)

        @running.workflow("your-workflow-id", outputs={"images": "image"}, alias=["main", "test"])
        def any_picture(inputs):
            return {"images": Image.new("RGB", (64, 48), "teal")}

        @running.workflow("your-plain-workflow-id")
        def plain(inputs):
            return {"picture": Image.new("RGB", (64, 48), "teal")}

        yield running


@pytest.fixture
def folder(tmp_path, monkeypatch, picture):
    """The reader's folder, which is their home too, with a few pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in PICTURES:
        picture(tmp_path / name)
    return tmp_path


@pytest.fixture
def reader(emulator, environment, folder, clock, monkeypatch):
    """Somebody who takes the blocks of a page, one after another."""
    with no_waiting(clock):
        yield Reader(folder, emulator, monkeypatch)
    emulator.faults.clear()
