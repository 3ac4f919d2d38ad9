"""The emulator in a process of its own, so that its work is not counted as a client's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from typing_extensions import Self

PROCESS = Path(__file__).with_name("emulator_process.py")
RUN_CALLS = ("submit", "progress", "result")


class Service:
    """Start an emulator with options of `Emulator`; ask it what it saw.

    >>> with Service(upload_delay=0.25) as service:
    ...     service.address["url"]
    """

    def __init__(self, **options: object) -> None:
        self._options = options

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, PROCESS, json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address: dict[str, str] = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def counts(self) -> Counter[str]:
        """Return the requests by operation, the `connections`, and the `cpu` seconds spent."""
        return Counter(self._ask("counts"))

    def ends(self) -> dict[str, float]:
        """Return when each run ended, in epoch seconds, by its input `label`."""
        return self._ask("ends")

    def _ask(self, question: str) -> Any:
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        line = self._process.stdout.readline()
        if not line:
            message = "the emulator's process ended"
            raise RuntimeError(message)
        return json.loads(line)
