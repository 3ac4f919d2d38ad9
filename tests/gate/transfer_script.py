"""Move a file in a process of its own; print the bytes moved, and the most memory that took.

Arguments: upload, async_upload, download or async_download; endpoint, app key, app secret, file,
folder. A small file goes first, so that what is made once per process does not count.
"""

import asyncio
import json
import sys
import tracemalloc
from pathlib import Path

from speedpix import Client

TRANSFER, ENDPOINT, APP_KEY, APP_SECRET, FILE, FOLDER = sys.argv[1:]
SMALL = Path(FOLDER, "small.bin")
TARGET = Path(FOLDER, "saved.bin")


def output_file(client, path):
    """Return a file as a run's output has it."""
    return client.run("echo", {"file": client.files.create(path)})["file"]


def upload(client):
    client.files.create(SMALL)
    tracemalloc.start()
    return client.files.create(FILE).size


def download(client):
    large = output_file(client, FILE)
    output_file(client, SMALL).save(TARGET)
    tracemalloc.start()
    return large.save(TARGET).stat().st_size


async def async_upload(client):
    await client.files.async_create(SMALL)
    tracemalloc.start()
    return (await client.files.async_create(FILE)).size


async def async_download(client):
    large = await asyncio.to_thread(output_file, client, FILE)
    await (await asyncio.to_thread(output_file, client, SMALL)).async_save(TARGET)
    tracemalloc.start()
    return (await large.async_save(TARGET)).stat().st_size


async def awaited(transfer):
    async with Client(APP_KEY, APP_SECRET, ENDPOINT) as client:
        return await transfer(client)


def blocking(transfer):
    with Client(APP_KEY, APP_SECRET, ENDPOINT) as client:
        return transfer(client)


def main():
    SMALL.write_bytes(b"small")
    if TRANSFER.startswith("async_"):
        transfer = {"async_upload": async_upload, "async_download": async_download}[TRANSFER]
        moved = asyncio.run(awaited(transfer))
    else:
        moved = blocking({"upload": upload, "download": download}[TRANSFER])
    _, peak = tracemalloc.get_traced_memory()
    print(json.dumps({"moved": moved, "peak": peak}))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
