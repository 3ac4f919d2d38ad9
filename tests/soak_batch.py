"""Kill a batch three times, for each of many seeds, and account for every run: `make soak`.

Each time the process is killed at a random moment and started again. In the end no run was paid
twice, and at most eight a kill are in doubt; after SIGTERM none is.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from batch.child import inputs
from batch.conftest import publish
from speedpix_emulator import Emulator

from speedpix import Client
from speedpix.constants import MAX_SUBMITS

KILLS = 3
CHILD = Path(__file__).with_name("batch") / "child.py"


def soak(emulator: Emulator, folder: Path, runs: int, seed: int, number: signal.Signals) -> str:
    """Make a batch of a seed with kills by a signal; return what came of it, checked."""
    generator = random.Random(seed)
    settings = {
        "key": emulator.app_key,
        "secret": emulator.app_secret,
        "url": emulator.url,
        "name": f"{number.name}-{seed}",
        "count": runs,
        "seconds": 0.3,
        "photos": None,
        "manifest": str(folder / f"{number.name}-{seed}.sqlite"),
        "save_to": None,
        "concurrency": 64,
        "how": generator.choice(("for", "async for")),
    }
    for kill in range(KILLS):
        _end(settings, generator.randrange(1, runs * (kill + 1) // (KILLS + 1) + 2), number)
        time.sleep(0.01)
    with Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url) as client:
        batch = client.map("echo", inputs(settings), manifest=settings["manifest"])
        statuses = Counter(result.status for result in batch)
    labels = (str(job.inputs["label"]) for job in emulator.jobs)
    jobs = Counter(label for label in labels if label.startswith(f"{settings['name']}-"))
    doubled = sum(count > 1 for count in jobs.values())
    assert doubled == 0, f"seed {seed}: {doubled} runs were paid twice"
    allowed = KILLS * MAX_SUBMITS if number == signal.SIGKILL else 0
    assert statuses["unknown"] <= allowed, f"seed {seed}: {statuses['unknown']} are unknown"
    assert sum(statuses.values()) == runs
    return f"{number.name} seed {seed}: {dict(statuses)}, {len(jobs)} jobs, {doubled} doubled"


def _end(settings: dict[str, object], results: int, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, CHILD, json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    seen = -1  # the first line is no result
    while seen < results and process.stdout.readline():
        seen += 1
    process.send_signal(number)
    process.communicate()


def main() -> None:
    """Make the soak as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        publish(emulator)
        for seed in range(options.seeds):
            print(soak(emulator, Path(folder), options.runs, seed, signal.SIGKILL))  # noqa: T201
        print(soak(emulator, Path(folder), options.runs, 0, signal.SIGTERM))  # noqa: T201


if __name__ == "__main__":
    main()
