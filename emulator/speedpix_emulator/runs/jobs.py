"""Runs: submitted once, worked on in threads, and told about as their script has it."""

from __future__ import annotations

import builtins
import secrets
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future, wait
from functools import partial
from typing import Mapping, Union

from attrs import field, frozen

from ..clock import Clock
from ..limits import KEPT_JOBS, STOP_SECONDS, WORK_THREADS
from .errors import ServiceError, WorkflowError
from .inputs import FileReader
from .outputs import Output, collect
from .script import FAILED, RUNNING, WAITING, Failure, Moment, Timeline
from .threads import Threads
from .workflows import Workflow

Outcome = Union[Output, Failure]


@frozen
class Submission:
    """What a client asked for."""

    workflow_id: str
    alias_id: str | None
    version_id: str | None
    inputs: Mapping[str, object] = field(repr=False)
    randomise_seeds: bool
    return_temp_files: bool
    resource_config_id: str | None


@frozen
class Job:
    """One run. Times are the emulator's clock, `submitted` in epoch seconds."""

    id: str
    submission: Submission
    timeline: Timeline = field(repr=False)
    submitted: float
    _started: float = field(repr=False)
    _outcome: Future[Outcome] = field(repr=False)
    _clock: Clock = field(repr=False)

    @property
    def workflow_id(self) -> str:
        """Return the workflow that it runs."""
        return self.submission.workflow_id

    @property
    def inputs(self) -> Mapping[str, object]:
        """Return its inputs, as they were sent."""
        return self.submission.inputs

    @property
    def resource_config_id(self) -> str | None:
        """Return the value of X-SP-RESOURCE-CONFIG-ID; None when it was absent."""
        return self.submission.resource_config_id

    @property
    def status(self) -> str:
        """Return the status now."""
        return self.moment().status

    @property
    def work(self) -> Future[Outcome]:
        """Return the future of what the workflow's function gives."""
        return self._outcome

    @property
    def scripted_end_passed(self) -> bool:
        """Return whether the script's time is over; the work itself may take longer."""
        return self._elapsed() >= self.timeline.end

    @property
    def seconds(self) -> float:
        """Return how long ago it was submitted; of one that ended, how long it took."""
        elapsed = self._elapsed()
        return elapsed if self._known() is None else min(elapsed, self.timeline.end)

    @property
    def failure(self) -> Failure | None:
        """Return how it failed; None when it didn't, or not yet."""
        outcome = self._known()
        return outcome if isinstance(outcome, Failure) else None

    @property
    def output(self) -> Output:
        """Return what it produced; nothing before its end."""
        outcome = self._known()
        return outcome if isinstance(outcome, Output) else Output()

    def moment(self) -> Moment:
        """Return where it is now; it ends when both its script and its work have."""
        moment = self.timeline.at(self._elapsed())
        if not self.scripted_end_passed:
            return moment
        if self._known() is None:
            return self.timeline.almost_done
        if self.failure:
            return Moment(FAILED, progress=moment.progress, left=0.0)
        return moment

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._started

    def _known(self) -> Outcome | None:
        work = self._outcome
        return work.result() if work.done() and not work.cancelled() else None


class Jobs:
    """All runs of one emulator, and the threads that work on them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._unended: deque[Job] = deque(maxlen=KEPT_JOBS)
        self._lock = threading.Lock()
        self._threads = Threads(WORK_THREADS)

    def submit(
        self, workflow: Workflow, submission: Submission, timeline: Timeline, files: FileReader
    ) -> Job:
        outcome: Future[Outcome]
        if timeline.script.failure:
            outcome = Future()
            outcome.set_result(timeline.script.failure)
        else:
            outcome = self._threads.submit(partial(work, workflow, submission.inputs, files))
        job = Job(
            id=secrets.token_hex(13),
            submission=submission,
            timeline=timeline,
            submitted=self._clock.time(),
            started=self._clock.monotonic(),
            outcome=outcome,
            clock=self._clock,
        )
        with self._lock:
            self._jobs[job.id] = job
            self._unended.append(job)
            if len(self._jobs) > KEPT_JOBS:
                self._jobs.popitem(last=False)
        return job

    def get(self, job_id: str) -> Job:
        """Return the run; ServiceError when there is none."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            code = "TASK_NOT_FOUND"
            raise ServiceError(code, f"The task {job_id!r} does not exist")
        return job

    def list(self) -> builtins.list[Job]:
        """Return all runs, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    @property
    def running(self) -> int:
        """Return how many runs have not ended."""
        with self._lock:  # those that have ended are not looked at again
            unended = [job for job in self._unended if job.status in (WAITING, RUNNING)]
            self._unended = deque(unended, KEPT_JOBS)
            return len(unended)

    def close(self) -> None:
        """Wait for the work at hand, a while; what has not begun is dropped."""
        at_hand = [job.work for job in self.list() if not job.work.cancel()]
        wait(at_hand, timeout=STOP_SECONDS)


def work(workflow: Workflow, inputs: Mapping[str, object], files: FileReader) -> Outcome:
    """Do a run's work: read the files, call the function, store what it returns."""
    try:
        returned = workflow.call(_arguments(workflow, inputs, files))
        return collect(returned, workflow.outputs, files.store)
    except WorkflowError as error:
        return Failure(error.message, error.code)
    except BaseException as error:  # noqa: BLE001 (whatever it raises, an exit too, fails the run)
        return Failure(f"{type(error).__name__}: {error}")


def _arguments(
    workflow: Workflow, inputs: Mapping[str, object], files: FileReader
) -> dict[str, object]:
    if workflow.inputs is None:
        return dict(inputs)
    arguments: dict[str, object] = {}
    for name, declared in workflow.inputs.items():
        value = inputs.get(name)
        if value is None:
            value = declared.default
        elif declared.kind.is_file and isinstance(value, str):
            value = files.read(name, declared.kind, value)
        arguments[name] = value
    return arguments
