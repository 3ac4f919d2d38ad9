"""The port through which values ask their client to act: what they offer, the client does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..flow.drivers import Runner
from ..flow.effects import Flow
from .progress import AsyncListener

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image


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

    def save(self, file: Any, path: str | os.PathLike[str]) -> Flow[Path]: ...

    def read(self, file: Any) -> Flow[bytes]: ...

    def picture(self, file: Any) -> Flow[Image.Image]: ...

    def array(self, file: Any) -> Flow[npt.NDArray[Any]]: ...

    def save_all(self, output: Any, directory: str | os.PathLike[str]) -> Flow[list[Path]]: ...

    def html(self, value: Any) -> Flow[str | None]: ...


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
