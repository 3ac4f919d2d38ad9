"""Make a picture for each of several texts, all at once: `python async_gather.py [TEXT…]`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from speedpix import Client

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
PHOTO = Path(__file__).with_name("coffee.jpg")
TEXTS = sys.argv[1:] or ["早安", "午安", "晚安"]


async def main() -> None:
    async with Client() as client:  # one for all runs: the photo is uploaded once
        outputs = await asyncio.gather(
            *(client.async_run(WORKFLOW_ID, {"image": PHOTO, "text": text}) for text in TEXTS)
        )
        paths = await asyncio.gather(
            *(
                output["images"].async_save(f"picture-{number}.png")
                for number, output in enumerate(outputs, start=1)
            )
        )
    for path, text in zip(paths, TEXTS):
        print("saved", path, text)


asyncio.run(main())
