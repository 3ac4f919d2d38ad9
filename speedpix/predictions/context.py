"""What the flows of one client share, and how their errors carry the run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Callable, TypeVar

from attrs import field, frozen

from ..exceptions import PredictionError, notes_of, set_notes
from ..files.upload import upload
from ..files.upload_cache import Make, UploadCache
from ..flow.effects import Flow, Work
from ..gateway.exchange import Gateway
from ..values.link import Link
from ..values.prediction import Prediction
from .history.history import History

T = TypeVar("T")


@frozen(eq=False)
class Context:
    """The service, what one client remembers, and how it uploads."""

    gateway: Gateway
    history: History
    link: Link
    uploads: UploadCache = field(factory=UploadCache)
    upload: Make = upload

    def record(self, write: Callable[[Prediction], None], prediction: Prediction) -> Flow[None]:
        """Write a run to the history, by one of its methods."""
        if self.history.blocks:
            yield Work(partial(write, prediction))
        else:
            write(prediction)


def carrying(prediction: Prediction, flow: Flow[T]) -> Flow[T]:
    """Run a flow so that whatever ends it early carries the prediction, and how to go on."""
    try:
        return (yield from flow)
    except GeneratorExit:
        raise
    except BaseException as error:
        carry(error, prediction)
        raise


class _HowToGoOn(str):
    """A note of this module, in place of which another may be put."""

    __slots__ = ()


def carry(error: BaseException, prediction: Prediction) -> None:
    """Let an error carry a run, and how to go on with it, if it has an id.

    A program may raise the same exception again, for another run: what was put here before is
    replaced. It may also be one that lets nothing be set, and is set all the same. A run that the
    error was made with stays.
    """
    others = [each for each in notes_of(error) if not isinstance(each, _HowToGoOn)]
    replaceable = len(others) < len(notes_of(error))
    if replaceable or getattr(error, "prediction", None) is None:
        with suppress(AttributeError, TypeError):  # a property of its class has that name
            object.__setattr__(error, "prediction", prediction)
    if prediction.id and not isinstance(error, PredictionError):
        note = _HowToGoOn(
            f"the run {prediction.id} was submitted; pick it up again with "
            f'client.predictions.get("{prediction.id}").result()'
        )
        set_notes(error, [*others, note])
