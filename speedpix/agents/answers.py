"""What tools answer: runs as JSON, and reduced pictures to look at."""

from __future__ import annotations

import base64
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from mcp.types import CallToolResult, ImageContent, TextContent

from ..constants import DISPLAY_LIMIT
from ..display.progress_bar import describe
from ..inputs.pictures import reduced

if TYPE_CHECKING:
    from .. import Prediction

# Pixels of a side: enough to judge a picture by, and some 1,000 tokens.
_PREVIEW_SIDE = 768
_PREVIEWS = 4  # a host refuses answers of more than about a megabyte
_QUALITY = 80  # of JPEG: no difference is seen at this size

_NEXT = {
    "succeeded": "save_outputs saves its files and shows them",
    "failed": "it failed, and may have been billed; ask the user before you run it again",
}
_UNDER_WAY = "it goes on by itself: call wait_run with this id; do not run it again"


def answer(
    document: Mapping[str, Any], pictures: Iterable[ImageContent] = (), *, is_error: bool = False
) -> CallToolResult:
    """Return a document, as text too for hosts that read nothing else, and pictures."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return CallToolResult(
        content=[TextContent(type="text", text=text), *pictures],
        structured_content=dict(document),
        is_error=is_error,
    )


def run_answer(prediction: Prediction, **more: Any) -> CallToolResult:
    """Return a run; one that failed is an error to the assistant."""
    document = {**run_document(prediction), **more}
    return answer(document, is_error=prediction.status == "failed")


def run_document(prediction: Prediction) -> dict[str, Any]:
    """Return what is known of a run, and what comes next."""
    status = prediction.status
    known = {
        "id": prediction.id or None,
        "status": status,
        "workflow_id": prediction.workflow_id,
        "progress": None if prediction.done else describe(prediction.progress),
        "output": prediction.output,
        "info": prediction.info,
        "error": prediction.error,
        "next": _NEXT.get(status or "", _UNDER_WAY) if prediction.id else None,
    }
    return {key: value for key, value in known.items() if value is not None}


def previews(paths: Iterable[Path]) -> list[ImageContent]:
    """Return the first pictures among files, reduced; what is no picture is passed over."""
    found: list[ImageContent] = []
    for path in paths:
        if len(found) == _PREVIEWS:
            break
        with suppress(Exception):  # codecs raise what they like
            if path.stat().st_size <= DISPLAY_LIMIT:
                data = base64.b64encode(_preview(path)).decode()
                found.append(ImageContent(type="image", data=data, mime_type="image/jpeg"))
    return found


def _preview(path: Path) -> bytes:
    from PIL import Image

    image = reduced(path.read_bytes(), path.name, _PREVIEW_SIDE).convert("RGBA")
    # JPEG has no transparency: what is cut out is shown on white.
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    stream = io.BytesIO()
    ground.convert("RGB").save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
