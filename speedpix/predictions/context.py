"""What the flows of one client share, and how their errors carry the run."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Generator, TypeVar

from attrs import field, frozen

from ..exceptions import PredictionError, add_note
from ..files.upload_cache import UploadCache
from ..flow.effects import Flow, Work
from ..gateway.exchange import Gateway
from ..values.link import Link
from ..values.prediction import Prediction
from .history import History

T = TypeVar("T")


@frozen(eq=False)
class Context:
    """The service, and what one client remembers."""

    gateway: Gateway
    history: History
    link: Link
    uploads: UploadCache = field(factory=UploadCache)

    def record(self, write: Callable[[Prediction], None], prediction: Prediction) -> Flow[None]:
        """Write a run to the history, by one of its methods."""
        if self.history.blocks:
            yield Work(partial(write, prediction))
        else:
            write(prediction)


def carrying(prediction: Prediction, flow: Flow[T]) -> Generator[Any, Any, T]:
    """Run a flow so that whatever ends it early carries the prediction, and how to go on."""
    try:
        return (yield from flow)
    except GeneratorExit:
        raise
    except BaseException as error:
        if getattr(error, "prediction", None) is None:
            error.prediction = prediction  # type: ignore[attr-defined]
        if not isinstance(error, PredictionError):
            add_note(
                error,
                f"the run {prediction.id} was submitted; pick it up again with "
                f'client.predictions.get("{prediction.id}").wait()',
            )
        raise
