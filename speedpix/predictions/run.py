"""Run a workflow from input to output: the flow behind `run`."""

from __future__ import annotations

from typing import Any, Mapping

from ..constants import SHORTEST_POLLING_INTERVAL
from ..exceptions import APIConnectionError, PredictionTimeoutError, rephrased
from ..flow.effects import Flow
from ..observing import RUN, Observation
from ..values.output import Output
from ..values.prediction import Prediction
from .context import Context
from .options import Submission, Wait, submission, unfold, waiting
from .submit import submit
from .wait import follow


def run(
    context: Context,
    workflow_id: str,
    given: Mapping[str, object],
    keywords: Mapping[str, Any],
    *,
    blocking: bool,
) -> Flow[Output | Prediction]:
    """Submit a run and follow it to its end; return its output, or the prediction at once.

    The timeout counts from here: uploads and the submit are within it.
    """
    clock = context.gateway.clock
    inputs, options = unfold(given, keywords)
    how = waiting(options, blocking=blocking, begun=clock.monotonic())
    what = submission(workflow_id, inputs, options)
    with Observation(RUN, clock, what.request.workflow_id) as observation:
        prediction = yield from observation.watch(_submitted(context, what, how))
        observation.prediction = prediction
        if not how.follow:
            return prediction
        yield from observation.watch(follow(context, prediction, how))
    return Output() if prediction.output is None else prediction.output


def _submitted(context: Context, what: Submission, how: Wait) -> Flow[Prediction]:
    """Submit a run within its timeout; one that came too late was not submitted at all."""
    clock = context.gateway.clock
    deadline = (how.begun or 0.0) + how.timeout
    try:
        return (yield from submit(context, what, deadline))
    except APIConnectionError as error:
        if clock.monotonic() < deadline - SHORTEST_POLLING_INTERVAL:
            raise
        message = (
            f"the run was not submitted within {how.timeout:g} s: {error.message}; "
            "nothing was submitted"
        )
        raise rephrased(error, PredictionTimeoutError, message) from error
