"""A client's drivers and transports, and what values ask for; the environment's default."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, evolve, field

from .files import save as saving
from .files.download import Bounds
from .files.save import bounds_of
from .flow import drivers
from .flow.clock import DEFAULT_CLOCK, Clock
from .flow.effects import Flow
from .forks import PerProcess, importing
from .gateway.exchange import Gateway
from .gateway.settings import Settings, read_settings
from .inputs.arguments import checked_timeout
from .observing import WAIT, Observation
from .predictions.context import Context, carrying
from .predictions.history.history import history_of
from .predictions.options import Wait, checked_interval, checked_wait
from .predictions.reload import reload
from .predictions.wait import follow
from .values.link import Fetching, Spooled, Target
from .values.prediction import Prediction
from .values.progress import AsyncListener

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

    from .transports.asynchronous import AsyncTransport
    from .transports.blocking import SyncTransport
    from .transports.clients import AsyncHTTPClient, HTTPClient
    from .values.file_output import FileOutput
    from .values.output import Output

T = TypeVar("T")


class Session:
    """What stands behind one client and the values that came from it: `values.link.Link`.

    It may be shared by threads and event loops. Pickled with a value, it becomes the environment's.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        http_client: HTTPClient | None = None,
        async_http_client: AsyncHTTPClient | None = None,
    ) -> None:
        self.gateway = Gateway(settings, clock)
        self.context = Context(self.gateway, history_of(settings), self)
        self._transports = _Transports(clock, http_client, async_http_client)

    def with_settings(self, settings: Settings) -> Session:
        """Return a session of other settings, which shares all else with this one."""
        other = Session.__new__(Session)
        other.__dict__.update(self.__dict__)
        other.gateway = evolve(self.gateway, settings=settings)
        other.context = evolve(self.context, gateway=other.gateway, link=other)
        return other

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end, blocking."""
        transport = self._transports.blocking()
        transport.check(self.gateway.settings.endpoint)  # before anything is put on record
        return drivers.run(flow, transport.perform)

    async def async_run(self, flow: Flow[T]) -> T:
        """Run a flow to its end with `await`."""
        transport = self._transports.asynchronous()
        transport.check(self.gateway.settings.endpoint)
        return await drivers.async_run(flow, transport.perform)

    def wait(
        self,
        prediction: Prediction,
        polling_interval: float | None,
        timeout: float | None,
        on_progress: AsyncListener | None,
        *,
        progress: bool,
        blocking: bool,
    ) -> Flow[None]:
        how = checked_wait(polling_interval, timeout, on_progress, progress, blocking=blocking)
        return self._followed(prediction, follow(self.context, prediction, how))

    def _followed(self, prediction: Prediction, following: Flow[None]) -> Flow[None]:
        with Observation(WAIT, self.gateway.clock) as observation:
            observation.prediction = prediction
            yield from observation.watch(following)

    def stream(
        self, prediction: Prediction, polling_interval: float | None, timeout: float | None
    ) -> Flow[None]:
        interval, limit = checked_interval(polling_interval), checked_timeout(timeout)
        return follow(self.context, prediction, Wait(interval, limit, listeners=()))

    def reload(self, prediction: Prediction) -> Flow[None]:
        return carrying(prediction, reload(self.context, prediction))

    def save(self, file: FileOutput, target: Target, how: Fetching) -> Flow[Path | None]:
        return self._about(file, saving.save(self.gateway, file, target, self._bounds(how)))

    def read(self, file: FileOutput, how: Fetching) -> Flow[bytes]:
        return self._about(file, saving.read(self.gateway, file, self._bounds(how)))

    def spooled(self, file: FileOutput, how: Fetching) -> Flow[Spooled]:
        return self._about(file, saving.spooled(self.gateway, file, self._bounds(how)))

    def picture(self, file: FileOutput, how: Fetching) -> Flow[Image.Image]:
        return self._about(file, saving.picture(self.gateway, file, self._bounds(how)))

    def array(self, file: FileOutput, how: Fetching) -> Flow[npt.NDArray[Any]]:
        return self._about(file, saving.array(self.gateway, file, self._bounds(how)))

    def save_all(
        self, output: Output, directory: str | os.PathLike[str], how: Fetching
    ) -> Flow[list[Path]]:
        return self._about(
            output, saving.save_all(self.gateway, output, directory, how, self._bounds(how))
        )

    def _bounds(self, how: Fetching) -> Bounds:
        return bounds_of(self.gateway, how)

    def html(self, value: Output | FileOutput) -> Flow[str | None]:
        from .display.notebook import html

        return html(self.gateway, value)

    def _about(self, value: Output | FileOutput, flow: Flow[T]) -> Flow[T]:
        """Let the errors of a flow carry the run that a value came from, if it is from one."""
        if value.prediction_id is None:
            return flow
        run = Prediction(value.prediction_id, "succeeded", link=self)
        return carrying(run, flow)

    @property
    def is_closed(self) -> bool:
        """Tell whether it was closed, and has not been used since."""
        return self._transports.is_closed

    def close(self) -> None:
        """Close the connections of blocking calls, and the history's file."""
        self.context.history.close()
        self._transports.close()

    async def aclose(self) -> None:
        """Close all connections, those of this event loop included."""
        self.close()
        await self._transports.aclose()

    def __copy__(self) -> Session:
        return self

    def __deepcopy__(self, _memo: Any) -> Session:
        return self

    def __reduce__(self) -> Any:
        return (_Environment, ())


@define(eq=False)
class _Transports:
    """The transports of one client and its light copies, each made when it is first needed."""

    _clock: Clock
    _http_client: HTTPClient | None
    _async_http_client: AsyncHTTPClient | None
    is_closed: bool = field(default=False, init=False)
    _sync: SyncTransport | None = field(default=None, init=False)
    _async: AsyncTransport | None = field(default=None, init=False)
    _lock: PerProcess[threading.Lock] = field(
        factory=lambda: PerProcess(threading.Lock), init=False
    )

    def blocking(self) -> SyncTransport:
        with self._lock.value:
            self.is_closed = False
            if self._sync is None:
                with importing.value:
                    from .transports.blocking import SyncTransport  # importing it takes time

                self._sync = SyncTransport(self._clock, self._http_client)
            return self._sync

    def asynchronous(self) -> AsyncTransport:
        with self._lock.value:
            self.is_closed = False
            if self._async is None:
                with importing.value:
                    from .transports.asynchronous import AsyncTransport  # many never need it

                self._async = AsyncTransport(self._clock, self._async_http_client)
            return self._async

    def close(self) -> None:
        self.is_closed = True
        if self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        self.is_closed = True
        if self._async is not None:
            await self._async.aclose()


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
