"""Serve the emulator with the benchmarks' workflows; answer questions on stdin, in JSON lines."""

from __future__ import annotations

import json
import os
import sys
import time

from speedpix_emulator import Emulator, OutputFile

OPERATIONS = ("submit", "progress", "result", "sign", "put", "get")
MEBIBYTE = 1 << 20

# What the service tells of a run while it goes on, by the workflow's name.
TELLING = {
    "honest": {},
    "no-eta": {"eta": None},
    "nothing-told": {"eta": None, "progress": "absent"},
    "eta-times-3": {"eta": 3.0},
    "eta-third": {"eta": 1 / 3},
    "eta-times-3-no-fraction": {"eta": 3.0, "progress": "absent"},
    "eta-third-no-fraction": {"eta": 1 / 3, "progress": "absent"},
    "estimate-alone": {"progress": "absent"},
    "countdown-times-3": {"eta": "countdown*3", "progress": "absent"},
    "average-nodes": {"eta": "average", "progress": "nodes"},
    "zero-sticks": {"eta": "zero", "progress": "sticks*10"},
    "both-too-early": {"eta": "countdown/1.5", "progress": "sticks*1.5"},
}


def duration(inputs):
    """Let each run's input say how many seconds it takes."""
    return float(inputs.get("seconds", 0.0))


def publish(emulator):
    """Publish `file`, which gives a file of so many MiB, and one echo for each way of telling."""
    for name, telling in TELLING.items():

        @emulator.workflow(name, outputs={"label": "text"}, duration=duration, **telling)
        def echo(inputs):
            return {"label": str(inputs.get("label", ""))}

    @emulator.workflow("file", outputs={"file": "file"})
    def file(inputs):
        content = os.urandom(MEBIBYTE) * int(inputs["mebibytes"])
        return {"file": OutputFile(content, "file.bin", "application/octet-stream")}

    @emulator.workflow("small-file", inputs={"file": "file"}, outputs={"file": "file"})
    def small_file(file):
        return {"file": OutputFile(file[:2000], "small.bin", "application/octet-stream")}


def answer(emulator, question):
    if question == "counts":
        counts = {operation: emulator.count(operation) for operation in OPERATIONS}
        return {**counts, "connections": emulator.connections, "cpu": time.process_time()}
    return {str(job.inputs.get("label")): job.submitted + job.timeline.end for job in emulator.jobs}


def say(value):
    print(json.dumps(value), flush=True)


def main():
    with Emulator(**json.loads(sys.argv[1])) as emulator:
        publish(emulator)
        say({"url": emulator.url, "key": emulator.app_key, "secret": emulator.app_secret})
        for line in sys.stdin:
            say(answer(emulator, line.strip()))


if __name__ == "__main__":
    main()
