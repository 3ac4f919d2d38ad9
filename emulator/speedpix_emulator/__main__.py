"""Run the emulator from the command line."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import Sequence

from .emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET, EXPOSED, Emulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; print its URL, and its page's, when ready."""
    options = _parser().parse_args(arguments)
    emulator = Emulator(
        options.app_key,
        options.app_secret,
        host=options.host,
        port=options.port,
        duration=options.duration,
        separate_store=options.separate_store,
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        emulator.start()
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    with emulator:
        if not emulator.is_private:
            print(EXPOSED.format(host=options.host), file=sys.stderr)  # noqa: T201
        print(f"SpeedPix emulator ready at {emulator.url}", flush=True)  # noqa: T201
        if emulator.page_url:
            print(f"See what it does at {emulator.page_url}", flush=True)  # noqa: T201
        while not stopped.wait(1):  # second; a signal right before a wait does not end it
            pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m speedpix_emulator",
        description="A SpeedPix service on your own machine, for tests; not for production.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port; 0 picks one (%(default)s)")
    parser.add_argument("--app-key", default=DEFAULT_APP_KEY, help="(%(default)s)")
    parser.add_argument("--app-secret", default=DEFAULT_APP_SECRET, help="(%(default)s)")
    parser.add_argument(
        "--duration", type=float, help="seconds that the sample workflow runs (the default: 2.5)"
    )
    parser.add_argument(
        "--separate-store", action="store_true", help="serve files from an origin of their own"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
