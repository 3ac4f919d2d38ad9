"""Small pictures of large ones."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from typing import Callable

from PIL import Image, ImageOps

from ..limits import IMAGE_PIXELS, KEPT_THUMBNAILS, THUMBNAIL_SIDE


class Thumbnails:
    """The thumbnails made, the latest of them remembered."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, bytes | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str, content: Callable[[], bytes | None]) -> bytes | None:
        """Return the thumbnail of the content that `name` stands for; None when it has none."""
        with self._lock:
            if name in self._made:
                return self._made[name]
            read = content()
            self._made[name] = made = None if read is None else thumbnail(read)
            if len(self._made) > KEPT_THUMBNAILS:
                self._made.popitem(last=False)
            return made


def thumbnail(content: bytes) -> bytes | None:
    """Return a small PNG of a picture of any format, upright; None when it is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > IMAGE_PIXELS:
                return None
            image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            small = ImageOps.exif_transpose(image) or image
            if small.mode not in ("L", "LA", "RGB", "RGBA"):
                small = small.convert("RGBA" if "transparency" in image.info else "RGB")
            small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            buffer = io.BytesIO()
            small.save(buffer, format="PNG")
            return buffer.getvalue()
    except Exception:  # noqa: BLE001 - codecs raise what they like
        return None
