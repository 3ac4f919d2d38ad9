"""Make the client of a command, and find the run that a command is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..version import __version__
from .history import VARIABLE

if TYPE_CHECKING:
    from .. import Client, Prediction

USER_AGENT = f"speedpix-cli/{__version__}"


def connected(history: Path | None = None) -> Client:
    """Return a client configured by the environment, but for its history; `with` closes it.

    Text stays text, whatever it looks like: files are named with @.
    """
    from .. import Client

    if history is None:
        os.environ.pop(VARIABLE, None)  # the client would read it
    return Client(local_files="never", history=history, user_agent=USER_AGENT)


def found(client: Client, prediction_id: str) -> Prediction:
    """Return a run as it is now, with what the history knows of it beside.

    Raises:
        SpeedPixException: the service does not know it, or can't be asked.
    """
    for known in client.predictions.list():
        if known.id == prediction_id:
            return known.reload()
    return client.predictions.get(prediction_id)
