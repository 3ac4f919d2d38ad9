"""The resources of a client: `client.predictions` and `client.files`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Mapping, cast

from .exceptions import InputError
from .files.upload import upload
from .flow.effects import Flow, Work
from .inputs.pictures import is_picture
from .inputs.sources import FileInput, FileSource, from_bytes, from_path, from_picture, from_stream
from .predictions.options import CreateOptions, check_text, submission, takes
from .predictions.reload import reload
from .predictions.submit import submit
from .session import Session
from .values.files import File
from .values.prediction import Prediction

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Predictions:
    """The runs of a client."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @takes(CreateOptions)
    def create(
        self,
        workflow_id: str,
        input: Mapping[str, object],
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a run and return it at once; arguments and errors are those of `Client.run`."""
        what = submission(workflow_id, input, options)
        return self._session.run(submit(self._session.context, what))

    @takes(CreateOptions)
    async def async_create(
        self,
        workflow_id: str,
        input: Mapping[str, object],
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a run and return it at once, as `create` does."""
        what = submission(workflow_id, input, options)
        return await self._session.async_run(submit(self._session.context, what))

    def get(self, prediction_id: str) -> Prediction:
        """Return a run as it is now, whoever submitted it.

        Raises:
            SpeedPixException: the service does not know it, or can't be asked.
        """
        return self._session.run(self._get(prediction_id))

    async def async_get(self, prediction_id: str) -> Prediction:
        """Return a run as it is now, as `get` does."""
        return await self._session.async_run(self._get(prediction_id))

    def list(self) -> list[Prediction]:
        """Return the runs that were submitted, newest first, at most 1,000.

        The service has no way to list runs, so these are what the client's history file has on
        record (of its endpoint and app key, whichever process submitted them), or, without a
        history, what this client remembers. Each is as it was when it was last asked for:
        `wait()` or `reload()` brings it up to date. One whose submit was interrupted has no id.

        Raises:
            HistoryError: the history can't be read.

        Examples:
            >>> client.predictions.list()[0].wait().output
        """
        predictions = self._session.context.history.newest_first()
        for prediction in predictions:
            prediction.link = self._session
        return predictions

    def _get(self, prediction_id: str) -> Flow[Prediction]:
        check_text("the id of a prediction", prediction_id)
        prediction = Prediction(id=prediction_id, link=self._session)
        yield from reload(self._session.context, prediction)
        return prediction


class Files:
    """Uploads of a client, to use in the input of one run or of many."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        return self._session.run(self._upload(file, filename, content_type))

    async def async_create(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> File:
        """Upload a file, as `create` does."""
        return await self._session.async_run(self._upload(file, filename, content_type))

    def _upload(
        self, file: FileInput, filename: str | None, content_type: str | None
    ) -> Flow[File]:
        if content_type is not None:
            check_text("content_type", content_type, ascii_only=True)
        source = yield Work(partial(_source, file, filename, content_type))
        return (yield from upload(self._session.gateway, source))


def _source(file: FileInput, filename: str | None, content_type: str | None) -> FileSource:
    if isinstance(file, (str, os.PathLike)):
        return from_path(Path(os.fsdecode(file)).expanduser(), filename, content_type)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return from_bytes(file, filename, content_type)
    if is_picture(file):
        return from_picture(file, filename, content_type)
    if hasattr(file, "read"):
        return from_stream(cast("BinaryIO", file), filename, content_type)
    message = (
        "a file must be a path, an open binary file, bytes or a Pillow image, "
        f"not {type(file).__name__}"
    )
    raise InputError(message)
