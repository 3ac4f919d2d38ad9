"""Run a workflow on every picture of a folder: `python batch_folder.py PHOTOS RESULTS`.

A picture that fails does not keep the others from being made. Started again, it makes what is
missing, and takes up the runs that were under way.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from speedpix import Client, NotFoundError, PredictionError, SpeedPixException

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
AT_A_TIME = 8  # runs
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp")


async def make(client: Client, photo: Path, result: Path) -> None:
    started = result.with_suffix(".run")  # holds the id of a run until its picture is saved
    try:
        if started.exists():
            prediction = await client.predictions.async_get(started.read_text())
        else:
            inputs = {"image": photo, "text": photo.stem}
            prediction = await client.async_run(WORKFLOW_ID, inputs, wait=False)
            started.write_text(prediction.id)
        output = await prediction.async_result()
    except (PredictionError, NotFoundError):
        started.unlink(missing_ok=True)  # the next time, it is tried anew
        raise
    await output["images"].async_save(result)
    started.unlink()


async def main(photos: Path, results: Path) -> int:
    results.mkdir(parents=True, exist_ok=True)
    places = asyncio.Semaphore(AT_A_TIME)

    async def make_if_missing(photo: Path) -> bool:
        result = results / f"{photo.name}.png"
        async with places:
            try:
                if not result.exists():
                    await make(client, photo, result)
                    print("saved", result)
            except SpeedPixException as error:
                print(f"failed {photo.name}: {error}")
        return result.exists()

    async with Client() as client:
        found = sorted(each for each in photos.iterdir() if each.suffix.lower() in EXTENSIONS)
        made = await asyncio.gather(*map(make_if_missing, found))
    print(f"{sum(made)} of {len(made)} are there")
    return 0 if all(made) else 1


if len(sys.argv) != 3:
    sys.exit(__doc__)
sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
