"""Put TLS before a plain server, for tests of what the real service has."""

from __future__ import annotations

import asyncio
import ssl
import threading
from concurrent.futures import Future
from contextlib import contextmanager

PIECE = 65536  # bytes


@contextmanager
def behind_tls(host: str, port: int, context: ssl.SSLContext):
    """Relay connections to a plain server while the context is open; gives the port for TLS."""

    async def serve():
        writers, tasks, stop = [], [], asyncio.Event()

        def connected(reader, writer):  # not a coroutine, which might be stopped before it begins
            if stop.is_set():  # its handshake ended too late
                writer.transport.abort()
                return
            writers.append(writer)
            tasks.append(asyncio.ensure_future(relay(reader, writer)))

        async def relay(reader, writer):
            onward_reader, onward_writer = await asyncio.open_connection(host, port)
            writers.append(onward_writer)
            ways = [(reader, onward_writer), (onward_reader, writer)]
            copying = [asyncio.ensure_future(copy(*way)) for way in ways]
            tasks.extend(copying)
            await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)  # either may hang up
            onward_writer.transport.abort()
            writer.transport.abort()

        server = await asyncio.start_server(connected, "127.0.0.1", ssl=context)
        started.set_result((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stop))
        await stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()

    started = Future()
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    secure_port, loop, stop = started.result()
    try:
        yield secure_port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


async def copy(reader, writer):
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
