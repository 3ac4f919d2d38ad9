"""Run a workflow from input to output: the flow behind `run`."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .engine import Engine
from .flow import Flow
from .options import submission, unfold, waiting
from .prediction import Prediction
from .submitting import submit
from .waiting import carrying, wait

Output = Dict[str, Any]  # the fields that the workflow's author chose


def run(
    engine: Engine, workflow_id: str, given: Mapping[str, object], keywords: Mapping[str, Any]
) -> Flow[Output | Prediction]:
    """Submit a run and follow it to its end; return its output, or the prediction at once."""
    inputs, options = unfold(given, keywords)
    how = waiting(options)
    prediction = yield from submit(engine, submission(workflow_id, inputs, options))
    if not how.wanted:
        return prediction
    yield from carrying(prediction, wait(engine, prediction, how.interval, how.timeout))
    return prediction.output or {}
