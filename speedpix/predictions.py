"""Offer the runs of a client: `client.predictions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

from .engine import Engine, Link
from .flow import Flow
from .options import CreateOptions, check_text, submission
from .prediction import Prediction
from .reloading import reload
from .submitting import submit

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Predictions:
    """Create, get and list runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        workflow_id: str,
        input: Mapping[str, object],
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a run and return it at once; arguments and errors are those of `Client.run`."""
        what = submission(workflow_id, input, options)
        return self._engine.run(submit(self._engine, what))

    async def async_create(
        self,
        workflow_id: str,
        input: Mapping[str, object],
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a run and return it at once, as `create` does."""
        what = submission(workflow_id, input, options)
        return await self._engine.async_run(submit(self._engine, what))

    def get(self, prediction_id: str) -> Prediction:
        """Return a run as it is now, whoever submitted it.

        Raises:
            SpeedPixException: the service does not know it, or can't be asked.
        """
        return self._engine.run(self._get(prediction_id))

    async def async_get(self, prediction_id: str) -> Prediction:
        """Return a run as it is now, as `get` does."""
        return await self._engine.async_run(self._get(prediction_id))

    def list(self) -> list[Prediction]:
        """Return the runs that were submitted, newest first, at most 1,000.

        The service has no way to list runs, so these are what the client's history file has on
        record (of its endpoint and app key, whichever process submitted them), or, without a
        history, what this client remembers. Each is as it was when it was last asked for:
        `wait()` or `reload()` brings it up to date. One whose submit was interrupted has no id.

        Raises:
            HistoryError: the history can't be read.

        Examples:
            >>> client.predictions.list()[0].wait().output
        """
        predictions = self._engine.journal.newest_first()
        for prediction in predictions:
            prediction.link = Link(self._engine)
        return predictions

    def _get(self, prediction_id: str) -> Flow[Prediction]:
        check_text("the id of a prediction", prediction_id)
        prediction = Prediction(id=prediction_id, link=Link(self._engine))
        return reload(self._engine, prediction)
