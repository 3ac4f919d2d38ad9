"""An executor that carries out the steps of a batch which may be repeated, and its failures."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any, Callable

from ...constants import MAX_STEPS
from ...exceptions import DownloadError, InputError, UploadError
from ...files.save import save_at
from ...files.store import is_expired
from ...files.upload import Terms, file_at, sign, upload
from ...flow.effects import Flow, Join, Work
from ...gateway.exchange import Gateway
from ...gateway.settings import Settings
from ...inputs.sources import FileSource
from ...logs import logger
from ...values.file import File
from ...values.file_output import FileOutput
from .steps import How, Upload, fetch_file, put_file

_ATTEMPTS = 2  # of a step by the engine; then it is done here


class Engine:
    """What of a batch an executor does; used in the driver's loop only.

    A worker that dies, or the engine, fails a step without an error of ours: it is repeated, by
    the engine and then here. None of this is ever paid for.
    """

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        timeout = settings.timeout
        self._how = How(timeout.exchange, timeout.connect, settings.user_agent, settings.endpoint)
        self._under_way = 0
        self._waiting: deque[Future[None]] = deque()

    def upload(self, gateway: Gateway, source: FileSource, terms: Terms) -> Flow[File]:
        """Upload a file; one without a path is uploaded here."""
        if source.path is None:
            return (yield from upload(gateway, source, terms))
        signed = yield from sign(gateway, source, terms)
        try:
            path = str(source.path.absolute())
            what = Upload(path, source.name, source.content_type, terms.sha256)
            size = yield from self._done(put_file, what, signed.upload_url, self._how)
        except UploadError as error:
            if not is_expired(error):  # while it waited for a worker
                raise
            return (yield from upload(gateway, source, terms))
        return file_at(signed, source, size)

    def save(self, gateway: Gateway, file: FileOutput, path: Path) -> Flow[Path | None]:
        """Save a file; one whose URL has expired is saved here, where a fresh one is asked for."""
        if not gateway.settings.may_fetch_from(file.url):
            return (yield from save_at(gateway, file, path))  # which says so
        try:
            yield from self._done(fetch_file, file.url, str(path.absolute()), self._how)
        except DownloadError as error:
            if not is_expired(error):
                raise
            return (yield from save_at(gateway, file, path))
        return path

    def _done(self, step: Callable[..., Any], *arguments: object) -> Flow[Any]:
        """Have a step done by the engine, or, when that can't, here."""
        yield from self._take_place()
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return (yield Join(self._executor.submit(step, *arguments)))
                except (UploadError, DownloadError, InputError):
                    raise
                except Exception as error:  # noqa: BLE001 - whatever engines raise
                    logger.warning("a step of the batch was lost by its executor: %r", error)
            return (yield Work(partial(step, *arguments)))
        finally:
            self._leave_place()

    def _take_place(self) -> Flow[None]:
        if self._under_way < MAX_STEPS:
            self._under_way += 1
            return
        turn: Future[None] = Future()
        self._waiting.append(turn)
        try:
            yield Join(turn)
        except BaseException:
            if turn.done():
                self._leave_place()
            else:
                self._waiting.remove(turn)
            raise

    def _leave_place(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._under_way -= 1
