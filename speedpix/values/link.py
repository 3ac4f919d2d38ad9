"""The port through which values ask their client to act: what they offer, the client does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol, Union

from attrs import frozen

from ..flow.drivers import Runner
from ..flow.effects import Flow
from .progress import AsyncListener
from .wire import Key, Keys

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image
    from typing_extensions import Self


OnBytes = Callable[[int, Optional[int]], object]


class Writable(Protocol):
    """A binary file to write to."""

    def write(self, content: bytes, /) -> object: ...


class Spooled(Protocol):
    """A file's content that was fetched whole, to be read in pieces; dropped at the end."""

    def read(self, size: int) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


Target = Union[str, "os.PathLike[str]", Writable]


@frozen
class Fetching:
    """How a caller wants files to be fetched.

    Attributes:
        on_progress: called with the bytes that have come, and with those in all, where known.
        timeout: seconds for all of it.
        blocking: whether it is called by a function that can't await it.
        prefix: what the names of several files begin with.
        overwrite: whether a file that is there already is replaced.
    """

    on_progress: OnBytes | None
    timeout: float | None
    blocking: bool
    prefix: str = ""
    overwrite: bool = True


class Link(Runner, Protocol):
    """What ties a value to its client: it makes flows, and runs them.

    The makers take predictions, files and outputs. Those are above this module, so it does not
    name their types.
    """

    def wait(
        self,
        prediction: Any,
        polling_interval: float | None,
        timeout: float | None,
        on_progress: AsyncListener | None,
        *,
        progress: bool,
        blocking: bool,
    ) -> Flow[None]: ...

    def stream(
        self, prediction: Any, polling_interval: float | None, timeout: float | None
    ) -> Flow[None]: ...

    def reload(self, prediction: Any) -> Flow[None]: ...

    def save(self, file: Any, target: Target, how: Fetching) -> Flow[Path | None]: ...

    def read(self, file: Any, how: Fetching) -> Flow[bytes]: ...

    def spooled(self, file: Any, how: Fetching) -> Flow[Spooled]: ...

    def picture(self, file: Any, how: Fetching) -> Flow[Image.Image]: ...

    def array(self, file: Any, how: Fetching) -> Flow[npt.NDArray[Any]]: ...

    def save_all(
        self, output: Any, directory: str | os.PathLike[str], how: Fetching
    ) -> Flow[list[Path]]: ...

    def html(self, value: Any) -> Flow[str | None]: ...


@frozen(eq=False)
class Origin:
    """Where a value was found: in which part of a run's result, and under which keys."""

    link: Link | None = None
    prediction_id: str | None = None
    keys: Keys = ()
    part: str = "output"

    def at(self, key: Key) -> Origin:
        """Return the origin of what stands under a key."""
        return Origin(self.link, self.prediction_id, (*self.keys, key), self.part)


def tied(link: Link | None) -> Link:
    """Return the link of a value, which one that a program made by hand lacks.

    Raises:
        RuntimeError: there is none.
    """
    if link is None:
        message = (
            "this value was made by hand, so no client stands behind it; "
            "client.predictions.get(id) gives a run with its files"
        )
        raise RuntimeError(message)
    return link
