"""uvicorn in a thread: one listener or several, ready when started, gone when stopped."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Callable, Sequence

import uvicorn
from attrs import frozen
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .exchanges.faulting import TRANSPORT
from .limits import KEEP_ALIVE_SECONDS, SHUTDOWN_SECONDS

BACKLOG = 4096
"""Connections waiting to be accepted: thousands may come at once."""

READY_SECONDS = 30
"""Real seconds after which a server that isn't ready won't be."""


@frozen
class Listener:
    """A socket that is bound, and the application that answers on it."""

    socket: socket.socket
    app: ASGIApp


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 picks a free one. OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def origin(bound: socket.socket) -> str:
    """Return the http origin of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ThreadedServer:
    """A server of the listeners, in one thread with one event loop."""

    def __init__(self, listeners: Sequence[Listener], on_connection: Callable[[], None]) -> None:
        self._listeners = listeners
        self._servers = [_server(listener.app, on_connection) for listener in listeners]
        self._thread = threading.Thread(target=self._run, name="speedpix-emulator", daemon=True)

    def start(self) -> None:
        """Start, and return when requests are answered."""
        self._thread.start()
        for server in self._servers:
            if not server.ready.wait(READY_SECONDS):
                message = f"the emulator was not ready after {READY_SECONDS} s"
                raise RuntimeError(message)

    def stop(self) -> None:
        """Stop, and return when the thread has ended."""
        for server in self._servers:
            server.stop()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        await asyncio.gather(
            *(
                server.serve(sockets=[listener.socket])
                for server, listener in zip(self._servers, self._listeners)
            )
        )


class _Server(uvicorn.Server):
    """A server that starts and stops without uvicorn's own ticks: tenths of a second each."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    def stop(self) -> None:
        """Stop, from another thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=SHUTDOWN_SECONDS)
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Transports close in the loop's next turn; without it they would warn when collected.
        await asyncio.sleep(0)


def _server(app: ASGIApp, on_connection: Callable[[], None]) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=_protocol(on_connection),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
    )


def _protocol(on_connection: Callable[[], None]) -> type[asyncio.Protocol]:
    class CountingProtocol(HttpToolsProtocol):
        """HTTP that counts connections, and gives the application the transport for faults."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            on_connection()
            super().connection_made(transport)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]

    return CountingProtocol
