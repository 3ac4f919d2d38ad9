"""A progress in words."""

from __future__ import annotations

import pytest

from speedpix import Progress
from speedpix.display.progress_bar import describe


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(status="waiting"), "waiting"),
        (Progress(status="waiting", queue_length=4, fraction=0.0), "waiting, 4 ahead in the queue"),
        (Progress(status="waiting", queue_length=0), "waiting, 0 ahead in the queue"),
        (Progress(status="running"), "running"),
        (Progress(status="running", fraction=0.254), "running, 25%"),
        (Progress(status="running", node="VAE 解码"), "running, VAE 解码"),
        (Progress(status="running", node="Sampler", steps=20), "running, Sampler"),
        (Progress(status="running", node="Sampler", step=0, steps=20), "running, Sampler 0/20"),
        (Progress(status="running", seconds_left=0.2), "running, 0:01 left"),
        (Progress(status="running", seconds_left=59.0), "running, 0:59 left"),
        (Progress(status="running", seconds_left=3725.0), "running, 62:05 left"),
        (
            Progress("running", 0.5, 0, 61.0, "Sampler", 10, 20, "sampling"),
            "running, Sampler 10/20, 50%, 1:01 left",
        ),
        (Progress("succeeded", 1.0, 0, 0.0, "Sampler", 20, 20), "succeeded"),
        (Progress("failed", 0.5, 0, 9.0, "Sampler", 10, 20), "failed, Sampler 10/20, 50%"),
        (Progress(status="warming up", fraction=0.0), "warming up, 0%"),
        (Progress("running", 1.0, seconds_left=0.0), "running, 99%"),
        (Progress("running", 0.996), "running, 99%"),
        (Progress("running", 0.5, label="cup.jpg"), "cup.jpg: running, 50%"),
        (Progress(), "unknown"),
    ],
)
def test_what_is_known_is_said_in_a_line(progress, text):
    assert describe(progress) == text


@pytest.mark.parametrize("hostile", ["a\x1b[2Jb", "a\r\nb", "a\x9bb", "a\u202eb", "a\ud800b"])
def test_what_the_service_says_cannot_steer_a_terminal(hostile):
    said = (Progress(status=hostile), Progress(node=hostile), Progress(label=hostile))
    for progress in said:
        assert describe(progress).isprintable()
