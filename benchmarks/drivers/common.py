"""What the drivers share. They run with either client, so they use only what both have."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from types import SimpleNamespace

TICK = 0.001  # seconds; shorter stalls are of no interest


def arguments():
    return SimpleNamespace(**json.loads(sys.argv[1]))


def report(**results):
    print(json.dumps(results))


def new_client(given, **options):
    from speedpix import Client

    return Client(given.key, given.secret, given.url, **options)


class Memory:
    """Tell how far this process's memory rises above what it had at the start, in bytes."""

    def __init__(self):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak starts anew
        self._base = _status("VmRSS")

    def extra(self):
        return _status("VmHWM") - self._base


def _status(name):
    with open("/proc/self/status") as file:
        return int(re.search(rf"{name}:\s+(\d+) kB", file.read())[1]) * 1024


class Stalls:
    """Watch an event loop: the longest time in which it did not get round to a due task."""

    async def __aenter__(self):
        self.longest = 0.0
        self._task = asyncio.ensure_future(self._watch())
        await asyncio.sleep(10 * TICK)
        self.longest = 0.0
        return self

    async def __aexit__(self, *_):
        await asyncio.sleep(2 * TICK)
        self._task.cancel()

    async def _watch(self):
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last - TICK)
            last = now


def small_file(given):
    """Return a file to warm up with: what is loaded at the first transfer is loaded then."""
    path = os.path.join(given.folder, "small.bin")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(os.urandom(1000))
    return path
