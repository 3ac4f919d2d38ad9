"""Offer the files of a client: `client.files`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from .engine import Engine
from .exceptions import InputError
from .flow import Flow, Work
from .options import check_text
from .pictures import is_picture
from .sources import FileInput, FileSource, from_bytes, from_path, from_picture, from_stream
from .uploads import File, upload


class Files:
    """Upload files, to use them in the input of one run or of many."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> File:
        """Upload a file.

        Args:
            file: a path, an open binary file (sent from its start if it can be rewound),
                bytes, or a Pillow image (sent as PNG).
            filename: the name to give it; by default its own.
            content_type: its media type; by default what name or content tell.

        Raises:
            InputError: there is no such file, or it can't be read.
            UploadError: it did not reach the store.

        Examples:
            >>> file = client.files.create("./input.jpg")
            >>> client.run("workflow-id", {"image": file.access_url})
        """
        return self._engine.run(self._upload(file, filename, content_type))

    async def async_create(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> File:
        """Upload a file, as `create` does."""
        return await self._engine.async_run(self._upload(file, filename, content_type))

    def _upload(
        self, file: FileInput, filename: str | None, content_type: str | None
    ) -> Flow[File]:
        if content_type is not None:
            check_text("content_type", content_type, ascii_only=True)
        source = yield Work(partial(_source, file, filename, content_type))
        return (yield from upload(self._engine.gateway, source))


def _source(file: FileInput, filename: str | None, content_type: str | None) -> FileSource:
    if isinstance(file, (str, os.PathLike)):
        return from_path(Path(os.fsdecode(file)).expanduser(), filename, content_type)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return from_bytes(file, filename, content_type)
    if is_picture(file):
        return from_picture(file, filename, content_type)
    if hasattr(file, "read"):
        return from_stream(file, filename, content_type)
    message = (
        "a file must be a path, an open binary file, bytes or a Pillow image, "
        f"not {type(file).__name__}"
    )
    raise InputError(message)
