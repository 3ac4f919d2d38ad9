"""What the page shows, as JSON."""

from __future__ import annotations

import re
from typing import Iterator

from attrs import asdict, frozen

from ..clock import Clock
from ..exchanges.faults import ANY_OPERATION, OPERATIONS, RESULT, FaultPlan
from ..exchanges.records import Exchanged, Recorder
from ..limits import SHOWN_OBJECTS, SHOWN_REFUSALS, SHOWN_RUNS
from ..runs.jobs import Job, Jobs
from ..runs.script import FAILED
from ..store.objects import ObjectStore
from .files import RunFile, run_files
from .refusals import refusal
from .secrecy import shown, shown_body

TASK_ID = re.compile(r'"taskId"\s*:\s*"(\w+)"')

SHOWN_CHARACTERS = 300
"""What is shown of an input's text."""


@frozen
class State:
    """What one emulator's page looks at. `origin` is the store's."""

    clock: Clock
    jobs: Jobs
    store: ObjectStore
    recorder: Recorder
    faults: FaultPlan
    origin: str

    def overview(self) -> dict[str, object]:
        """Return all that the page shows at once, the latest first."""
        jobs, objects = self.jobs.list(), self.store.list()
        return {
            "runs": [self._run(job) for job in jobs[: -SHOWN_RUNS - 1 : -1]],
            "run_count": len(jobs),
            "refusals": list(self._refusals()),
            "objects": [
                {"key": each.key, "type": each.content_type, "size": each.size}
                for each in objects[: -SHOWN_OBJECTS - 1 : -1]
            ],
            "object_count": len(objects),
            "faults": [
                {
                    "operation": each.operation,
                    "name": each.fault.name,
                    "times": each.times,
                    "after": each.after,
                }
                for each in self.faults.planned
            ],
            "fault_rate": self.faults.rate,
            "counts": {operation: self.recorder.count(operation) for operation in OPERATIONS},
        }

    def known_faults(self) -> dict[str, list[str]]:
        """Return the faults that can be set, for each operation."""
        names = {operation: self.faults.names(operation) for operation in OPERATIONS}
        common = set.intersection(*(set(each) for each in names.values()))
        return {**names, ANY_OPERATION: sorted(common)}

    def job(self, job_id: str) -> Job | None:
        return next((job for job in self.jobs.list() if job.id == job_id), None)

    def conversation(self, job: Job) -> list[dict[str, object]]:
        """Return the requests of a run and their answers: those that name it or its files."""
        names = [job.id, *(file.key for file in run_files(job, self.origin) if file.key)]
        return [
            _exchange(each)
            for each in self.recorder.exchanges
            if any(_names(each, name) for name in names)
        ]

    def _run(self, job: Job) -> dict[str, object]:
        moment = job.moment()
        failure = job.failure if moment.status == FAILED else None
        files = run_files(job, self.origin)
        return {
            "id": job.id,
            "workflow": job.workflow_id,
            "status": moment.status,
            "ahead": moment.runs_ahead,
            "percent": int(moment.progress * 100),
            "node": moment.node,
            "step": moment.step,
            "steps": moment.steps,
            "seconds": round(job.seconds, 1),
            "at": job.submitted,
            "error": failure and {"code": failure.code, "message": shown(failure.message)},
            "info": job.output.info if job.scripted_end_passed else None,
            "inputs": _texts(job, files),
            "files": [
                {"side": file.side, "field": file.field, "name": file.name, "type": file.type}
                for file in files
            ],
        }

    def _refusals(self) -> Iterator[dict[str, object]]:
        failed = {job.id for job in self.jobs.list() if job.failure}
        left = SHOWN_REFUSALS
        for exchanged in reversed(self.recorder.exchanges):
            request, refused = exchanged.request, refusal(exchanged)
            if refused is None or _tells_failure(exchanged, failed):
                continue
            left -= 1
            if left >= 0:
                yield {
                    **asdict(refused),
                    "at": exchanged.at,
                    "operation": request.operation,
                    "path": request.path,
                    "status": request.status,
                    "fault": request.fault,
                }


def _tells_failure(exchanged: Exchanged, failed: set[str]) -> bool:
    """Return whether it is the answer that a run has failed, which its run shows."""
    if exchanged.request.operation != RESULT:
        return False
    return any(job_id in failed for job_id in TASK_ID.findall(exchanged.sent.decode("latin-1")))


def _names(exchanged: Exchanged, name: str) -> bool:
    wanted = name.encode()
    return name in exchanged.request.path or wanted in exchanged.sent + exchanged.answered


def _texts(job: Job, files: list[RunFile]) -> dict[str, str]:
    """Return the inputs that are no files, shortened."""
    fields = {file.field for file in files}
    return {
        name: shown(value if isinstance(value, str) else repr(value))[:SHOWN_CHARACTERS]
        for name, value in job.inputs.items()
        if name not in fields
    }


def _exchange(exchanged: Exchanged) -> dict[str, object]:
    request, refused = exchanged.request, refusal(exchanged)
    return {
        "at": exchanged.at,
        "operation": request.operation,
        "method": request.method,
        "path": request.path,
        "status": request.status,
        "fault": request.fault,
        "size": request.body_size,
        "refusal": refused and asdict(refused),
        "sent": shown_body(exchanged.sent),
        "answered": shown_body(exchanged.answered),
    }
