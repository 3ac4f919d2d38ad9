"""Virtual environments beside the one that runs, each made once and kept."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import Sequence

ENVIRONMENTS = Path(sys.prefix, "environments")
INSTALL_SECONDS = 300
# The published client does not work with the dataclass_wizard of today.
PUBLISHED = ("speedpix==1.0.4", "dataclass_wizard<0.36")


def interpreter(name: str, packages: Sequence[str], changed: float = 0.0) -> Path:
    """Return the interpreter of an environment, which is made once, and anew after a change."""
    environment, wanted = ENVIRONMENTS / name, "\n".join(packages)
    python, complete = environment / "bin" / "python", environment / "complete"
    # One that was copied with its checkout would measure the checkout that it came from.
    made = complete.read_text() if complete.exists() else None
    if made != wanted or complete.stat().st_mtime < changed:
        venv.create(environment, clear=True, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", *packages]
        subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
        complete.write_text(wanted)
    return python
