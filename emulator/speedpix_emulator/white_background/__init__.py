"""The sample workflow: a product photo cut out, on white, with a text."""

from __future__ import annotations

from PIL import Image

from ..runs.script import Node, Script
from ..runs.workflows import Input, Kind, Workflow
from .cutout import cut_out
from .layout import compose

WORKFLOW_ID = "white-background"
QUEUE_SECONDS = 0.5
RUN_SECONDS = 2.5
"""About the time that the pictures take to make."""


def white_background(image: Image.Image, text: str) -> dict[str, object]:
    """Return the product on white with the text, the product alone, its mask, and what is doubtful.

    A classical stand-in for a model: GrabCut, which knows colours and no things.
    """
    cutout = cut_out(image)
    return {
        "images": compose(cutout, text),
        "subject_image": cutout.subject,
        "mask_image": cutout.mask,
        "temp_files": [cutout.preview],
        "info": {"warnings": list(cutout.doubts)} if cutout.doubts else None,
    }


def sample_workflow(duration: float | None = None) -> Workflow:
    """Return the guide's sample workflow; `duration` is in seconds."""
    return Workflow(
        workflow_id=WORKFLOW_ID,
        version="v1",
        function=white_background,
        inputs={"image": Input(Kind.IMAGE), "text": Input(Kind.TEXT)},
        outputs={
            "images": Kind.IMAGE,
            "subject_image": Kind.IMAGE,
            "mask_image": Kind.IMAGE,
        },
        script=Script(
            duration=RUN_SECONDS if duration is None else duration,
            queue=[(QUEUE_SECONDS, 1)],
            nodes=[
                Node("LoadImage", steps=1, weight=1),
                Node("GrabCut", steps=8, weight=6),
                Node("TextOnWhite", steps=2, weight=2),
                Node("SaveImage", steps=1, weight=1),
            ],
        ),
    )
