"""Write a manifest of many items, then skip them all: no request is made."""

import tempfile
import time
from pathlib import Path

from common import Memory, arguments, report

OUTPUT = '{"images": {"url": "https://store.example.test/result/0123456789abcdef.png"}}'


def inputs(items):
    return ({"label": f"item {number}"} for number in range(items))


def write(batch, path, items):
    from speedpix.batch.items import identity, item_of, look
    from speedpix.batch.manifest.entry import SUCCEEDED, Entry
    from speedpix.batch.manifest.manifest import open_manifest

    manifest = open_manifest(path)
    common = identity(batch._orders.submission)  # noqa: SLF001
    known = manifest.sha256
    seconds = 0.0
    for number, given in enumerate(inputs(items)):
        looked = look(item_of(number, given, None), common, "auto", known)
        start = time.perf_counter()
        manifest.put(
            Entry(
                looked.key,
                looked.digest,
                SUCCEEDED,
                number,
                manifest.call,
                manifest.call,
                f"{number:026}",
                1.0,
                2.0,
                OUTPUT,
            )
        )
        manifest.commit()
        seconds += time.perf_counter() - start
    manifest.close()
    return seconds


def main(given, folder):
    from speedpix import Client

    client = Client("key", "secret", "http://127.0.0.1:9")  # where nobody answers
    path = folder / "manifest.sqlite"
    written = write(client.map("workflow", []), path, given.items)
    size = path.stat().st_size
    memory, start = Memory(), time.perf_counter()
    skipped = 0
    for result in client.map("workflow", inputs(given.items), manifest=path):
        skipped += result.status == "skipped"
    seconds = time.perf_counter() - start
    assert skipped == given.items
    return {"written": written, "size": size, "skipped": seconds, "memory": memory.extra()}


def run():
    given = arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report(**main(given, Path(folder)))


run()
