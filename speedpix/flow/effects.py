"""Work described, not done: a flow is a generator that yields effects.

Every operation of several steps is such a generator. It yields what it wants done, one of the
effects below, and is sent the answer, or has the error thrown in. A driver (`drivers`) runs it,
blocking or with `await`, so that retries, polling and deadlines exist once for both.
"""

from __future__ import annotations

import math
from concurrent.futures import Future
from typing import Any, Callable, Generator, Generic, Mapping, Protocol, Sequence, TypeVar, Union

from attrs import field, frozen

from ..constants import CONNECT_TIMEOUT

T = TypeVar("T")
S = TypeVar("S", bound="Stream")


class Body(Protocol):
    """A request body that is read in pieces."""

    @property
    def size(self) -> int | None:
        """Return the bytes in all, or None when that is not known."""

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


class Stream(Protocol):
    """An answer whose body has not been read yet."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers; names in lower case."""


@frozen
class Request:
    """One HTTP request.

    `headers` is all that is sent besides Host and Content-Length; `connect` are the seconds
    within which a connection must be there.
    """

    method: str
    url: str = field(repr=False)  # a pre-signed URL is a credential
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | Body = field(default=b"", repr=False)
    connect: float = CONNECT_TIMEOUT


@frozen
class Reply:
    """One HTTP answer, read whole; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@frozen
class Sleep:
    """A pause, in seconds; answered with None.

    `before_retry` tells that something failed, and is done again after it.
    """

    seconds: float
    before_retry: bool = False


@frozen
class Exchange:
    """A request sent and its answer read; answered with a Reply.

    `timeout` is for the exchange; `patience` is for all, the wait for a free place included.
    Both are in seconds. `before` makes a flow that is run once there is a place, before anything
    is sent; what that raises is the answer.
    """

    request: Request
    timeout: float
    patience: float = math.inf
    before: Callable[[], Generator[Any, Any, None]] | None = None


@frozen
class Open:
    """Send a request and leave the answer's body unread; answered with a Stream.

    `timeout` is for each step of it, those of the body included; `patience` is for all of them
    together, the wait for a free place included. Both are in seconds.
    """

    request: Request
    timeout: float
    patience: float = math.inf


@frozen
class Receive(Generic[S]):
    """The next piece of a stream; answered with bytes, none at the end."""

    stream: S


@frozen
class Close(Generic[S]):
    """A stream given up, read to its end or not; answered with None."""

    stream: S


@frozen
class Work:
    """Something that blocks, such as reading a file; answered with what it returns."""

    function: Callable[[], Any]


@frozen
class Start:
    """Something that blocks, begun while the flow goes on; answered with a future, for a Join."""

    function: Callable[[], Any]


@frozen
class Gather:
    """Flows run at the same time; answered with their results, in order.

    When one fails, its error is the answer, and the others are stopped.
    """

    flows: Sequence[Generator[Any, Any, Any]]


@frozen
class Join:
    """The end of what was started, or of what another flow, of any thread or event loop, is doing.

    Answered with its result, or with APITimeoutError after `patience` seconds. Being stopped
    while waiting leaves it undisturbed.
    """

    future: Future[Any]
    patience: float = math.inf


@frozen
class Tell:
    """News for the caller's functions, in order; answered with None.

    Where a function may be one of `async def`, it is awaited before the next.
    """

    listeners: Sequence[Callable[[Any], object]]
    news: Any


Effect = Union[Gather, Join, Sleep, Exchange, Open, "Receive[Any]", "Close[Any]", Work, Start, Tell]
Flow = Generator[Effect, Any, T]
