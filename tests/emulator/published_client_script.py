"""Run the sample workflow with the client that is published on PyPI; print what came of it as JSON.

Run by that client's own interpreter: it has no other package of this project.
Arguments: endpoint, app key, app secret, photo, folder for the pictures.
"""

import asyncio
import json
import sys
from pathlib import Path

from speedpix import Client

ENDPOINT, APP_KEY, APP_SECRET, PHOTO, FOLDER = sys.argv[1:]
TEXT = "一杯咖啡"


def saved(output, prefix):
    for name, value in output.items():
        value["url"].save(str(Path(FOLDER, f"{prefix}-{name}.png")))
    return sorted(output)


def run_by_url(client):
    uploaded = client.files.create(PHOTO)
    output = client.run("white-background", {"image": uploaded.access_url, "text": TEXT})
    return saved(output, "url")


def run_by_path(client):
    output = client.run("white-background", {"image": PHOTO, "text": TEXT}, polling_interval=0.2)
    return saved(output, "path")


async def run_async(client):
    output = await client.async_run(
        "white-background", {"image": PHOTO, "text": TEXT}, polling_interval=0.2
    )
    return saved(output, "async")


def main():
    with Client(APP_KEY, APP_SECRET, ENDPOINT) as client:
        told = {"url": run_by_url(client), "path": run_by_path(client)}

    async def with_client():
        async with Client(APP_KEY, APP_SECRET, ENDPOINT) as client:
            return await run_async(client)

    told["async"] = asyncio.run(with_client())
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
