"""Make the client of a command, choose its history, and find the run that a command is about."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Mapping

from ..values.names import expanded
from ..version import __version__

if TYPE_CHECKING:
    from .. import Client, Prediction

USER_AGENT = f"speedpix-cli/{__version__}"
_HISTORY = "SPEEDPIX_HISTORY"
_HISTORY_NAME = "history.sqlite3"


def connected(history: Path | None = None) -> Client:
    """Return a client configured by the environment, but for its history; `with` closes it.

    Text stays text, whatever it looks like: files are named with @.
    """
    from .. import Client

    if history is None:
        os.environ.pop(_HISTORY, None)  # the client would read it
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


def history_file(given: Path | None, *, wanted: bool) -> Path | None:
    """Return the history file: the one given, the environment's, or the platform's place.

    None does without, as does an empty SPEEDPIX_HISTORY.
    """
    if not wanted:
        return None
    if given is not None:
        return Path(expanded(given))
    if _HISTORY in os.environ:
        chosen = os.environ[_HISTORY]
        return Path(expanded(chosen)) if chosen else None
    home = os.path.expanduser("~")  # as it is, for a user without a home
    return default_history(sys.platform, os.environ, home) if os.path.isabs(home) else None


def default_history(platform: str, environment: Mapping[str, str], home: str) -> Path:
    """Return the place where the platform keeps a program's state."""
    if platform == "win32":
        folder = environment.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif platform == "darwin":
        folder = os.path.join(home, "Library", "Application Support")
    else:
        # The XDG base directory specification: a relative path there counts for nothing.
        folder = environment.get("XDG_STATE_HOME", "")
        folder = folder if os.path.isabs(folder) else os.path.join(home, ".local", "state")
    return Path(folder, "speedpix", _HISTORY_NAME)
