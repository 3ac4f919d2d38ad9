"""Run a workflow from input to output: the flow behind `run`."""

from __future__ import annotations

from typing import Any, Mapping

from ..flow.effects import Flow
from ..values.output import Output
from ..values.prediction import Prediction
from .context import Context
from .options import submission, unfold, waiting
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
    """Submit a run and follow it to its end; return its output, or the prediction at once."""
    inputs, options = unfold(given, keywords)
    how = waiting(options, blocking=blocking)
    prediction = yield from submit(context, submission(workflow_id, inputs, options))
    if how is None:
        return prediction
    yield from follow(context, prediction, how)
    return prediction.output or Output()
