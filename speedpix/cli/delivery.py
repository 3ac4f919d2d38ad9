"""Wait for a run, save its files and answer, as several commands do."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..display.terminal import is_terminal
from .invocation import Invocation
from .output.documents import run_document
from .output.language import translated
from .output.lines import info_lines, result_lines, value_lines
from .output.terminal import say

if TYPE_CHECKING:
    from .. import Prediction

# Seconds between two polls when somebody looks on; else the SDK's own schedule is kept to.
_LIVE_INTERVAL = 1.0


def wait_for(prediction: Prediction, timeout: float | None, polling_interval: float | None) -> None:
    """Wait for a run, and show its progress."""
    from ..display.progress_bar import speak

    speak(translated)
    if polling_interval is None and is_terminal(sys.stderr):
        polling_interval = _LIVE_INTERVAL
    prediction.wait(polling_interval, timeout, progress=True)


def deliver(invocation: Invocation, prediction: Prediction) -> None:
    """Save the files, where that is asked for, and answer."""
    output = prediction.output
    assert output is not None  # noqa: S101 - it has succeeded
    saved = None
    if invocation.directory is not None:
        # Many photos go into one folder: each picture is called after its own.
        stem = os.path.splitext(prediction.label or "")[0]
        saved = output.save_all(
            invocation.directory,
            prefix=f"{stem}-" if stem else "",
            overwrite=invocation.overwrite,
        )
    for line in (*value_lines(output), *info_lines(prediction.info)):
        say(line)
    invocation.answer(run_document(prediction, saved), result_lines(output, saved))
