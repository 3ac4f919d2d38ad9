"""Host names looked up without asyncio, whose threads take no work once main has ended."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any, Awaitable, Callable

import httpcore

from .workers import Workers


async def connected(connect: Callable[..., Awaitable[Any]], host: str, port: int) -> Any:
    """Return a connection to a host; `connect` makes one to a host or an address.

    Raises:
        httpcore.ConnectError: the name is not known, or nobody answers at any of its addresses.
    """
    try:
        return await connect(host, port)
    except RuntimeError:  # asyncio's refusal; an error of the network is none
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.wrap_future(Workers(1).submit(look_up))
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
    *others, last = list(dict.fromkeys(address for *_, (address, *_) in found))
    for address in others:
        try:
            return await connect(address, port)
        except httpcore.ConnectError:
            continue
    return await connect(last, port)
