"""Run quickstart.py, in ./out: against the service when credentials are set, else an emulator.

Arguments are passed on: `python examples/run_demo.py [workflow-id]`.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Iterator

QUICKSTART = Path(__file__).with_name("quickstart.py").resolve()
CREDENTIALS = ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET")
START_SECONDS = 60  # a cold start imports imaging libraries; longer than this is a fault
STOP_SECONDS = 10  # the emulator ends open exchanges within two


def main() -> int:
    out = Path("out")
    out.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the emulator is stopped too
    if all(os.environ.get(name) for name in CREDENTIALS):
        endpoint = os.environ.get("SPEEDPIX_ENDPOINT") or "its default endpoint"
        print(f"SPEEDPIX_APP_KEY is set: this uses the service at {endpoint}", flush=True)
        return quickstart(out, {})
    key, secret = "demo-app-key", secrets.token_hex(16)
    with emulator(key, secret) as url:
        print(f"no credentials are set: this uses an emulator at {url}", flush=True)
        return quickstart(out, dict(zip((*CREDENTIALS, "SPEEDPIX_ENDPOINT"), (key, secret, url))))


def quickstart(directory: Path, settings: dict[str, str]) -> int:
    command = [sys.executable, str(QUICKSTART), *sys.argv[1:]]
    environment = {**os.environ, **settings}
    return subprocess.run(command, cwd=directory, env=environment, check=False).returncode  # noqa: S603 - our own file


@contextmanager
def emulator(key: str, secret: str) -> Iterator[str]:
    """Start an emulator on a free port, give its URL, and stop it whatever happens."""
    command = [sys.executable, "-m", "speedpix_emulator", "--port", "0"]
    command += ["--app-key", key, "--app-secret", secret]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    overdue = Timer(START_SECONDS, process.kill)
    overdue.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
        overdue.cancel()
        if not line:
            sys.exit("the emulator did not start")
        yield line.split()[-1]
    finally:
        overdue.cancel()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
