"""The two clients that are compared, each in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Mapping

from attrs import frozen
from environments import PUBLISHED, interpreter

ROOT = Path(__file__).parents[1]
DRIVERS = Path(__file__).with_name("drivers")
DRIVER_SECONDS = 900  # no driver takes longer, unless it hangs


@frozen
class Client:
    """One of the two: its name in tables, and the interpreter that has it."""

    name: str
    python: Path

    def drive(self, driver: str, **arguments: object) -> dict[str, Any]:
        """Run a driver script in a process of its own; return what it reports."""
        # -E and -s: nothing but this environment's own packages is on the path.
        command = [self.python, "-E", "-s", DRIVERS / f"{driver}.py", json.dumps(arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=DRIVER_SECONDS,
            check=False,
            env=_environment(),
        )
        if done.returncode != 0:
            message = f"{driver} with the {self.name} client failed:\n{done.stderr}"
            raise RuntimeError(message)
        return json.loads(done.stdout)

    def versions(self) -> Mapping[str, str]:
        """Return the versions of what decides the figures."""
        return self.drive("versions")


def ours() -> Client:
    """Return this project's client, with nothing but what it requires.

    The development environment would not do: httpx imports a command line of its own, with
    all that belongs to it, where click and rich happen to be installed.
    """
    changed = (ROOT / "pyproject.toml").stat().st_mtime
    return Client("ours", interpreter("ours", ["--editable", str(ROOT)], changed))


def published() -> Client:
    """Return the client that is published on PyPI."""
    return Client("published", interpreter("published", PUBLISHED))


def _environment() -> dict[str, str]:
    """Return the environment without what configures a client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPEEDPIX_")}
