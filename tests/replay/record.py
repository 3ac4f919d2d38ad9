"""Record all cassettes anew: `make record`.

From the emulator; or, with SPEEDPIX_APP_KEY, SPEEDPIX_APP_SECRET, SPEEDPIX_WORKFLOW_ID (the guide's
sample workflow) and perhaps SPEEDPIX_ENDPOINT set, from the real service, which costs four runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
NOTE = """\
# Cassettes

HTTP recorded with vcrpy from {source}, by `make record`, and played back by `tests/replay`
with the network blocked.

Scrubbed: credentials, signatures, nonces, times and the queries of pre-signed URLs, in requests
and in answers. Host, keys and workflow are placeholders. `tests/replay/test_cassettes.py`
looks for what should not be here.
"""
REQUIRED = ("SPEEDPIX_APP_SECRET", "SPEEDPIX_WORKFLOW_ID")


def main() -> int:
    """Replace the cassettes; return the exit status of the recording tests."""
    real = "SPEEDPIX_APP_KEY" in os.environ
    missing = [name for name in REQUIRED if real and not os.environ.get(name)]
    if missing:
        sys.stderr.write(f"to record from the real service, set {' and '.join(missing)} too\n")
        return 2
    folder = TESTS / "cassettes"
    for old in folder.glob("*.yaml"):
        old.unlink()
    name = "the real service" if real else "the emulator (`speedpix_emulator`), over real HTTP"
    (folder / "README.md").write_text(NOTE.format(source=name), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", str(TESTS / "replay" / "test_replay.py")]
    done = subprocess.run(command, env={**os.environ, "SPEEDPIX_RECORD": "1"}, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
