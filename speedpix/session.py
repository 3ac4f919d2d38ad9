"""A client's drivers and transports, and what values ask for; the environment's default."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from .files import save as saving
from .files.save import terms_of
from .flow import drivers
from .flow.clock import DEFAULT_CLOCK, Clock
from .flow.effects import Flow
from .gateway.exchange import Gateway
from .gateway.settings import Settings, read_settings
from .predictions.context import Context, carrying
from .predictions.history import history_of
from .predictions.options import checked_interval, checked_timeout, checked_wait
from .predictions.reload import reload
from .predictions.wait import follow, wait
from .values.link import Fetching, Target
from .values.progress import Listener

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    import numpy.typing as npt
    from PIL import Image

    from .transports.asynchronous import AsyncTransport
    from .transports.blocking import SyncTransport
    from .values.files import FileOutput
    from .values.output import Output
    from .values.prediction import Prediction

T = TypeVar("T")


class Session:
    """What stands behind one client and the values that came from it: `values.link.Link`.

    It may be shared by threads and event loops. Pickled with a value, it becomes the environment's.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self.gateway = Gateway(settings, clock)
        self.context = Context(self.gateway, history_of(settings), self)
        self._http_client = http_client
        self._async_http_client = async_http_client
        self._sync: SyncTransport | None = None
        self._async: AsyncTransport | None = None
        self._lock = threading.Lock()

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end, blocking."""
        return drivers.run(flow, self._sync_transport().perform)

    async def async_run(self, flow: Flow[T]) -> T:
        """Run a flow to its end with `await`."""
        return await drivers.async_run(flow, self._async_transport().perform)

    def wait(
        self,
        prediction: Prediction,
        polling_interval: float | None,
        timeout: float | None,
        on_progress: Listener | None,
        *,
        progress: bool,
        blocking: bool,
    ) -> Flow[None]:
        how = checked_wait(polling_interval, timeout, on_progress, progress, blocking=blocking)
        return follow(self.context, prediction, how)

    def stream(
        self, prediction: Prediction, polling_interval: float | None, timeout: float | None
    ) -> Flow[None]:
        interval, limit = checked_interval(polling_interval), checked_timeout(timeout)
        return carrying(prediction, wait(self.context, prediction, interval, limit, listeners=()))

    def reload(self, prediction: Prediction) -> Flow[None]:
        return carrying(prediction, reload(self.context, prediction))

    def save(self, file: FileOutput, target: Target, how: Fetching) -> Flow[Path | None]:
        return saving.save(self.gateway, file, target, terms_of(self.gateway, how))

    def read(self, file: FileOutput, how: Fetching) -> Flow[bytes]:
        return saving.read(self.gateway, file, terms_of(self.gateway, how))

    def spooled(self, file: FileOutput, how: Fetching) -> Flow[BinaryIO]:
        return saving.spooled(self.gateway, file, terms_of(self.gateway, how))

    def picture(self, file: FileOutput, how: Fetching) -> Flow[Image.Image]:
        return saving.picture(self.gateway, file, terms_of(self.gateway, how))

    def array(self, file: FileOutput, how: Fetching) -> Flow[npt.NDArray[Any]]:
        return saving.array(self.gateway, file, terms_of(self.gateway, how))

    def save_all(
        self, output: Output, directory: str | os.PathLike[str], how: Fetching
    ) -> Flow[list[Path]]:
        return saving.save_all(self.gateway, output, directory, terms_of(self.gateway, how))

    def html(self, value: Output | FileOutput) -> Flow[str | None]:
        from .display.notebook import html

        return html(self.gateway, value)

    def close(self) -> None:
        """Close the connections of blocking calls."""
        if self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        """Close all connections, those of this event loop included."""
        self.close()
        if self._async is not None:
            await self._async.aclose()

    def _sync_transport(self) -> SyncTransport:
        """Return the blocking transport, made when it is first needed: its imports take time."""
        from .transports.blocking import SyncTransport

        with self._lock:
            if self._sync is None:
                self._sync = SyncTransport(self.gateway.clock, self._http_client)
            return self._sync

    def _async_transport(self) -> AsyncTransport:
        """Return the asynchronous transport, which blocking programs need not even import."""
        from .transports.asynchronous import AsyncTransport

        with self._lock:
            if self._async is None:
                self._async = AsyncTransport(self.gateway.clock, self._async_http_client)
            return self._async

    def __copy__(self) -> Session:
        return self

    def __deepcopy__(self, _memo: Any) -> Session:
        return self

    def __reduce__(self) -> Any:
        return (_Environment, ())


class _Environment:
    """The session that the environment names when it is used, for values that were unpickled.

    Without credentials it serves to download; whatever is to be signed is a ConfigurationError.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(shared_session(read_settings(anonymous=True)), name)

    def __reduce__(self) -> Any:
        return (_Environment, ())


@lru_cache(maxsize=4)
def shared_session(settings: Settings) -> Session:
    """Return this process's one session of a configuration, for whatever brings none along."""
    return Session(settings, DEFAULT_CLOCK)
