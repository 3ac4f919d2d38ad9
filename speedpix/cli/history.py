"""Choose where the command line remembers its runs, so that later commands know them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Mapping

VARIABLE = "SPEEDPIX_HISTORY"
_NAME = "history.sqlite3"


def history_file(given: Path | None, *, wanted: bool) -> Path | None:
    """Return the history file: the one given, the environment's, or the platform's place.

    None does without, as does an empty SPEEDPIX_HISTORY.
    """
    if not wanted:
        return None
    if given is not None:
        return given.expanduser()
    if VARIABLE in os.environ:
        chosen = os.environ[VARIABLE]
        return Path(chosen).expanduser() if chosen else None
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
    return Path(folder, "speedpix", _NAME)
