"""The four calls of the service behind the gateway."""

from __future__ import annotations

import asyncio
from typing import Collection

from attrs import frozen

from ..clock import Clock
from ..limits import WORK_WAIT_SECONDS
from ..runs.errors import ServiceError
from ..runs.inputs import FileReader
from ..runs.jobs import Job, Jobs, Submission
from ..runs.outputs import tell
from ..runs.script import FAILED, RUNNING, SUCCEEDED, WAITING, Timeline
from ..runs.scripts_ahead import ScriptsAhead
from ..runs.workflows import Catalogue
from ..store.objects import ObjectStore
from ..store.presign import Presigner
from .bodies import INVALID, Body, media_type, resource_config_id
from .envelope import JsonObject
from .throttle import Throttle

SHARED_POOL = "default"
UPLOADS = "temp"  # the store's folder of uploaded files


@frozen
class Lifetimes:
    """Validity of signed URLs, in seconds."""

    upload_url: float
    result_url: float


@frozen
class Service:
    """The four calls. Each returns the `data` of its answer, or raises ServiceError."""

    catalogue: Catalogue
    scripts_ahead: ScriptsAhead
    jobs: Jobs
    store: ObjectStore
    presigner: Presigner
    files: FileReader
    lifetimes: Lifetimes
    access_urls: bool
    resource_pools: Collection[str] | None
    clock: Clock
    throttle: Throttle

    async def submit(self, body: Body, resources: str | None) -> JsonObject:
        submission = Submission(
            workflow_id=body.text("workflow_id"),
            alias_id=body.optional_text("alias_id"),
            version_id=body.optional_text("version_id"),
            inputs=body.mapping("inputs"),
            randomise_seeds=body.flag("randomise_seeds"),
            return_temp_files=body.flag("return_temp_files"),
            resource_config_id=resource_config_id(resources),
        )
        if submission.alias_id is None and submission.version_id is None:
            raise ServiceError(INVALID, "alias_id or version_id: one of the two is required")
        self.throttle.check_jobs(self.jobs)
        self._check_pools(submission.resource_config_id)
        workflow = self.catalogue.find(
            submission.workflow_id, submission.alias_id, submission.version_id
        )
        workflow.check_inputs(submission.inputs)
        self.files.check(submission.inputs, workflow.inputs or {})
        script = self.scripts_ahead.take(submission.workflow_id, workflow.script)
        timeline = Timeline.of(script, submission.inputs)
        job = self.jobs.submit(workflow, submission, timeline, self.files)
        return {
            "taskId": job.id,
            "status": _told_status(job, WAITING),
            "estimatedDurationInSeconds": timeline.estimate,
        }

    async def progress(self, body: Body, _resources: str | None) -> JsonObject:
        """Tell where a run is."""
        job = await self._settled(body.text("taskId"))
        moment = job.moment()
        waiting = moment.status == WAITING
        data: dict[str, object] = {
            "taskId": job.id,
            "status": _told_status(job, moment.status),
            "progress": job.timeline.told_fraction(moment),
            "etaRelative": 0 if waiting else job.timeline.told(moment.left),
            "lastQueueRemaining": moment.runs_ahead,
            "message": job.failure.message if moment.status == FAILED and job.failure else None,
            "state": None,
        }
        if moment.status == RUNNING and moment.node is not None:
            data["state"] = {
                "nodeLabel": moment.node,
                "step": moment.step,
                "maxSteps": moment.steps,
            }
        return data

    async def result(self, body: Body, _resources: str | None) -> JsonObject:
        """Give a run's output."""
        job = await self._settled(body.text("taskId"))
        status = job.moment().status
        failure = job.failure if status == FAILED else None
        if failure and failure.in_envelope:
            raise ServiceError(failure.code, failure.message)
        ended = status in (SUCCEEDED, FAILED)
        timeline, output = job.timeline, job.output
        images = output.images
        if job.submission.return_temp_files:
            images += output.temp_files
        data: JsonObject = {
            "taskId": job.id,
            "status": _told_status(job, status),
            "taskDuration": _milliseconds(timeline.end - timeline.begin) if ended else None,
            "taskBeginTime": _milliseconds(job.submitted + timeline.begin) if ended else None,
            "taskEndTime": _milliseconds(job.submitted + timeline.end) if ended else None,
            "images": [self._result_url(file.key) for file in images] if images and ended else None,
            "result": tell(output.result, self._result_url) if ended else None,
            "info": tell(output.info, self._result_url) if ended else None,
            "parameters": None,
        }
        if failure:
            raise ServiceError(failure.code, failure.message, data)
        return data

    async def sign(self, body: Body, _resources: str | None) -> JsonObject:
        """Give a place for a temporary file."""
        content_type = media_type(body.text("contentType"))
        body.check_count("size")
        key = self.store.new_key(UPLOADS, body.text("originalFilename"))
        seconds = self.lifetimes.upload_url
        origin = self.files.origin
        access_url = self.presigner.url(origin, "GET", key, seconds)
        return {
            "uploadUrl": self.presigner.url(origin, "PUT", key, seconds, content_type),
            "objectKey": key,
            "path": key,
            "accessUrl": access_url if self.access_urls else None,
            "expireTime": _milliseconds(self.clock.time() + seconds),
        }

    async def _settled(self, job_id: str) -> Job:
        """Return the run; when its scripted time is over, once its work is done too."""
        job = self.jobs.get(job_id)
        if job.scripted_end_passed and not job.work.done():
            await asyncio.wait([asyncio.wrap_future(job.work)], timeout=WORK_WAIT_SECONDS)
        return job

    def _result_url(self, key: str) -> str:
        return self.presigner.url(self.files.origin, "GET", key, self.lifetimes.result_url)

    def _check_pools(self, resources: str | None) -> None:
        if self.resource_pools is None or resources is None:
            return
        for pool in resources.split(","):
            if pool != SHARED_POOL and pool not in self.resource_pools:
                code = "RESOURCE_CONFIG_NOT_FOUND"
                raise ServiceError(code, f"The resource pool {pool!r} does not exist")


def _told_status(job: Job, status: str) -> str:
    if status == FAILED and job.failure is not None:
        status = job.failure.status
    return job.timeline.script.statuses.get(status, status)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
