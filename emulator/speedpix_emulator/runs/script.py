"""What a run does over time: queue, nodes, steps, estimates, its end. Pure functions of time."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence, Union

from attrs import field, frozen
from attrs.validators import ge, gt, le

from .claims import STUCK, Eta, check_eta, check_progress, fraction_done, time_left

Duration = Union[float, Callable[[Mapping[str, object]], float]]

WAITING = "waiting"
RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"


@frozen
class Node:
    """A node of a workflow: its label, its steps, and its share of the run beside the others."""

    label: str
    steps: int = field(default=1, validator=ge(1))
    weight: float = field(default=1.0, validator=gt(0.0))


@frozen
class Failure:
    """A way for a run to fail.

    `at` is the fraction of the running time after which it does. With `in_envelope=False` the
    result is answered with envelope status 10 and the status inside `data`. `status` is how the end
    is called, such as `cancelled`.
    """

    message: str
    code: str = "NODE_FAILED"
    at: float = field(default=1.0, validator=[ge(0.0), le(1.0)])
    in_envelope: bool = True
    status: str = FAILED


def _failure(given: Failure | str | None) -> Failure | None:
    return Failure(given) if isinstance(given, str) else given


@frozen
class Script:
    """The course of a run. Times are seconds of the emulator's clock.

    `duration`: how long it runs after the queue, or a function of the inputs that says so.
    `queue`: pairs (seconds, runs ahead), waited through one after another before it starts.
    `nodes`: told as `state` while it runs, one after another.
    `eta`: how the time left is told: a factor, where 1 is honest; None for not at all; or a name,
    with a factor if you like: `scaled`, `countdown*3` (to an end three times too late), `average`
    (of other runs), `still`, `growing`, `zero`, `huge`, `negative`.
    `estimate`: the estimate at submit, in seconds; None derives it from `duration` and `eta`.
    `progress`: how the fraction done is told: `linear`, `nodes` (it jumps from node to node),
    `sticks*1.5` (it runs ahead by this factor, and sticks at 0.99), `absent`.
    `failure`: how it fails, or its message; None lets the workflow's function decide.
    `statuses`: other names for statuses, such as `{"succeeded": "successed"}`.
    """

    duration: Duration = 0.0
    queue: Sequence[tuple[float, int]] = ()
    nodes: Sequence[Node] = ()
    eta: Eta = field(default=1.0, validator=lambda _, __, eta: check_eta(eta))
    estimate: float | None = None
    progress: str = field(default="linear", validator=lambda _, __, told: check_progress(told))
    failure: Failure | None = field(default=None, converter=_failure)
    statuses: Mapping[str, str] = field(factory=dict)


@frozen
class Moment:
    """One moment of a run; times in seconds, `progress` from 0 to 1."""

    status: str
    progress: float
    left: float
    runs_ahead: int | None = None
    node: str | None = None
    step: int | None = None
    steps: int | None = None


@frozen
class Timeline:
    """A script for one run, its duration known."""

    script: Script
    duration: float

    @classmethod
    def of(cls, script: Script, inputs: Mapping[str, object]) -> Timeline:
        duration = script.duration
        return cls(script, max(0.0, float(duration(inputs) if callable(duration) else duration)))

    @property
    def begin(self) -> float:
        """Return the seconds from submit to the start of the work."""
        return sum(seconds for seconds, _ in self.script.queue)

    @property
    def end(self) -> float:
        """Return the seconds from submit to the end."""
        failure = self.script.failure
        return self.begin + self.duration * (failure.at if failure else 1.0)

    @property
    def almost_done(self) -> Moment:
        """Return what is told when the time is over and the work is not."""
        return self._running(STUCK, 0.0)

    @property
    def estimate(self) -> float | None:
        """Return what is said at submit of the seconds until the end; None when nothing is."""
        if self.script.estimate is not None:
            return self.script.estimate
        return self.told(self.begin + self.duration)

    def told(self, left: float) -> float | None:
        """Return what the service says when `left` seconds are left; None when it says nothing."""
        end = self.begin + self.duration
        return time_left(self.script.eta, end - left, end)

    def told_fraction(self, moment: Moment) -> float:
        """Return what the service says of the fraction done."""
        if moment.status != RUNNING:
            return moment.progress
        shares = [node.weight for node in self.script.nodes]
        return fraction_done(self.script.progress, moment.progress, shares)

    def at(self, elapsed: float) -> Moment:
        """Return where the run is `elapsed` seconds after it was submitted."""
        if elapsed >= self.end:
            failure = self.script.failure
            if failure:
                return Moment(FAILED, progress=failure.at, left=0.0)
            return Moment(SUCCEEDED, progress=1.0, left=0.0)
        until = 0.0
        for seconds, runs_ahead in self.script.queue:
            until += seconds
            if elapsed < until:
                left = self.begin + self.duration - elapsed
                return Moment(WAITING, progress=0.0, left=left, runs_ahead=runs_ahead)
        progress = (elapsed - self.begin) / self.duration
        return self._running(progress, self.begin + self.duration - elapsed)

    def _running(self, progress: float, left: float) -> Moment:
        whole = sum(node.weight for node in self.script.nodes)
        before = 0.0
        for node in self.script.nodes:
            share = node.weight / whole
            if progress < before + share or node is self.script.nodes[-1]:
                step = min(node.steps, int((progress - before) / share * node.steps))
                return Moment(RUNNING, progress, left, None, node.label, step, node.steps)
            before += share
        return Moment(RUNNING, progress, left)
