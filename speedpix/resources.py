"""The resources of a client: `client.predictions` and `client.files`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable, Mapping

from .files.meter import Meter, metered
from .files.upload import Terms
from .files.upload_cache import upload_once
from .flow.effects import Flow, Work
from .inputs.arguments import check_listener, check_text, checked_timeout
from .inputs.sources import FileInput, FileSource, source_of
from .observing import SUBMIT, Observation
from .predictions.options import CreateOptions, Submission, submission, takes
from .predictions.reload import reload
from .predictions.submit import submit
from .session import Session
from .values.file import File
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
        return self._session.run(self._create(submission(workflow_id, input, options)))

    @takes(CreateOptions)
    async def async_create(
        self,
        workflow_id: str,
        input: Mapping[str, object],
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a run and return it at once, as `create` does."""
        return await self._session.async_run(self._create(submission(workflow_id, input, options)))

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

    def _create(self, what: Submission) -> Flow[Prediction]:
        context = self._session.context
        clock = context.gateway.clock
        with Observation(SUBMIT, clock, what.request.workflow_id) as observation:
            prediction = yield from observation.watch(submit(context, what))
            observation.prediction = prediction
        return prediction

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
        on_progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> File:
        """Upload a file, or return the upload of the same content while its URL lives.

        Args:
            file: a path or `file://` URL, an open binary file (sent from its start if it can be
                rewound), bytes, an iterator of bytes, a Pillow image (sent in the format of its
                type or name, else as PNG), or a tuple of name, one of these, and media type.
            filename: the name to give it; by default its own.
            content_type: its media type; by default what name or content tell.
            on_progress: is called with the bytes sent so far and the bytes in all, or None where
                those are not known; the last time when the file is there. A repeated attempt
                begins at its start again. `async_create` also takes a coroutine function.
            timeout: seconds for all of it; None, the default, for as long as it takes.

        Raises:
            InputError: there is no such file, or it is empty or can't be read.
            UploadError: it did not reach the store.

        Examples:
            >>> file = client.files.create("./input.jpg")
            >>> client.run("workflow-id", {"image": file.access_url})
        """
        check_listener(on_progress, blocking=True)
        return self._session.run(self._upload(file, filename, content_type, on_progress, timeout))

    async def async_create(
        self,
        file: FileInput,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> File:
        """Upload a file, as `create` does."""
        check_listener(on_progress, blocking=False)
        flow = self._upload(file, filename, content_type, on_progress, timeout)
        return await self._session.async_run(flow)

    def _upload(
        self,
        file: FileInput,
        filename: str | None,
        content_type: str | None,
        on_progress: Callable[[int, int | None], object] | None,
        timeout: float | None,
    ) -> Flow[File]:
        context = self._session.context
        gateway = context.gateway
        deadline = gateway.clock.monotonic() + checked_timeout(timeout)
        source: FileSource = yield Work(partial(source_of, file, filename, content_type))
        check_text("content_type", source.content_type, ascii_only=True)
        if on_progress is None:
            terms = Terms(deadline=deadline)
            return (yield from upload_once(gateway, context.uploads, source, terms))
        meter = Meter(source.size)
        terms = Terms(deadline=deadline, told=meter.at)
        uploading = upload_once(gateway, context.uploads, source, terms)
        return (yield from metered(uploading, meter, on_progress))
