"""Run a program on the service when credentials are set, else on an emulator of its own.

    python run_demo.py [PROGRAM [ARGUMENT…]]

Without a program it is `quickstart.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from speedpix.testing import emulator

QUICKSTART = Path(__file__).with_name("quickstart.py")


def main() -> int:
    program = sys.argv[1:] or [str(QUICKSTART)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the emulator and the program end, too
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the program, which gets it, too
    if os.environ.get("SPEEDPIX_APP_KEY") and os.environ.get("SPEEDPIX_APP_SECRET"):
        endpoint = os.environ.get("SPEEDPIX_ENDPOINT") or "its default endpoint"
        print(f"SPEEDPIX_APP_KEY is set: this uses the service at {endpoint}", flush=True)
        return run(program)
    with emulator(no_wait=False) as running:  # sets the environment, which the program inherits
        print(f"no credentials are set: this uses an emulator at {running.url}", flush=True)
        return run(program)


def run(program: list[str]) -> int:
    return subprocess.run([sys.executable, *program], check=False).returncode  # noqa: S603 - it is the user's


if __name__ == "__main__":
    sys.exit(main())
