"""A batch in a process of its own, to be killed: `python child.py SETTINGS`, as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from speedpix import Client


def inputs(given):
    for number in range(given["count"]):
        fields = {"label": f"{given['name']}-{number}"}
        if given["photos"]:
            fields["file"] = Path(given["photos"]) / f"{number}.bin"
        else:
            fields["seconds"] = given["seconds"]
        yield fields


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main():
    given = json.loads(sys.argv[1])
    client = Client(given["key"], given["secret"], endpoint=given["url"])
    batch = client.map(
        "copy" if given["photos"] else "echo",
        inputs(given),
        manifest=given["manifest"],
        save_to=given["save_to"],
        concurrency=given["concurrency"],
    )
    tell("begun")

    async def awaiting():
        async for result in batch:
            tell(result.status)

    if given["how"] == "for":
        for result in batch:
            tell(result.status)
            if given.pop("forks", False):
                forked = os.fork()
                if not forked:
                    sys.exit()
                os.waitpid(forked, 0)
    else:
        asyncio.run(awaiting())


if __name__ == "__main__":
    main()
