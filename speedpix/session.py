"""Run flows for one client: the gateway, the transports and what is remembered, together."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from attrs import frozen

from .files.upload_cache import Uploads
from .flow import drivers
from .flow.clock import Clock
from .flow.effects import Flow, Work
from .gateway.exchange import Gateway
from .gateway.settings import Settings
from .predictions.history import History, Journal, Memory

if TYPE_CHECKING:
    import httpx

    from .transports.asynchronous import AsyncTransport
    from .transports.blocking import SyncTransport
    from .values.prediction import Prediction

T = TypeVar("T")


class Engine:
    """Run flows, blocking or with `await`; may be shared by threads and event loops."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self.gateway = Gateway(settings, clock)
        self._http_client = http_client
        self._async_http_client = async_http_client
        self._sync: SyncTransport | None = None
        self._async: AsyncTransport | None = None
        self._lock = threading.Lock()
        self.journal = _journal(settings)
        self.uploads = Uploads()

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end, blocking."""
        return drivers.run(flow, self._sync_transport().perform)

    async def async_run(self, flow: Flow[T]) -> T:
        """Run a flow to its end with `await`."""
        return await drivers.async_run(flow, self._async_transport().perform)

    def record(self, write: Callable[[Prediction], None], prediction: Prediction) -> Flow[None]:
        """Write a run to the journal, by one of its methods."""
        if self.journal.blocks:
            yield Work(partial(write, prediction))
        else:
            write(prediction)

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


def _journal(settings: Settings) -> Journal:
    if settings.history is None:
        return Memory()
    return History(
        settings.history, settings.endpoint, settings.app_key, settings.history_keeps_input
    )


@frozen(eq=False, repr=False)
class Link:
    """Tie a value to the engine it came from, without taking the engine into pickles.

    A value that was unpickled works with the default client's engine.
    """

    _engine: Engine | None = None

    def engine(self) -> Engine:
        """Return the engine to run flows with."""
        from .default import default_engine

        return self._engine or default_engine()

    def downloader(self) -> Engine:
        """Return the engine to download with, which needs no credentials."""
        from .default import download_engine

        return self._engine or download_engine()

    def __copy__(self) -> Link:
        return self

    def __deepcopy__(self, _memo: Any) -> Link:
        return self

    def __reduce__(self) -> Any:
        return (Link, ())
