"""The table of worlds: services, stores and claims as they are, or may be, elsewhere.

A world is data: options of the emulator, the script of its runs, and answers that are another
than the emulator's own. In each of them the SDK does what it does in any other.
"""

from __future__ import annotations

import gzip
import json
from functools import partial
from typing import Any, Callable, Iterator, Mapping

from attrs import evolve, field, frozen
from speedpix_emulator import Clock, Emulator, Failure, Fault, FaultPlan, OutputFile
from speedpix_emulator.exchanges.faults import GET, PROGRESS, PUT, RESULT, SIGN, SUBMIT, Answer
from speedpix_emulator.fault_catalogue import CATALOGUE

WORKFLOW = "echo"
DURATION = 4.0  # seconds
FAILED = Failure("no luck", code="LUCK")
CALLS = (SUBMIT, PROGRESS, RESULT, SIGN)
MOST_LATE = 1.2  # seconds from a run's end until it is known, in any world of claims
AN_HOUR = 3600.0

Rewrite = Callable[[Answer], Answer]
Json = dict[str, Any]


@frozen
class World:
    """One world.

    Attributes:
        options: the emulator's.
        script: of every run.
        answers: what becomes of the answers to an operation.
        ahead: the seconds by which the service's clock is ahead of the client's.
        ending: the status that every run ends with.
        late: the seconds after its end within which a run is known to have ended.
        dated: whether it is told when an upload's place expires.
    """

    name: str
    options: Mapping[str, Any] = field(factory=dict, kw_only=True)
    script: Mapping[str, Any] = field(factory=dict, kw_only=True)
    answers: Mapping[str, Rewrite] = field(factory=dict, kw_only=True)
    ahead: float = field(default=0.0, kw_only=True)
    ending: str = field(default="succeeded", kw_only=True)
    late: float = field(default=MOST_LATE, kw_only=True)
    dated: bool = field(default=True, kw_only=True)

    def __str__(self) -> str:
        return self.name

    @property
    def succeeds(self) -> bool:
        return self.ending == "succeeded"

    def emulator(self, clock: Clock) -> Emulator:
        """Return an emulator of this world, with a workflow that gives back a file."""
        running = Emulator(clock=_AheadClock(clock, self.ahead), **self.options)
        running.faults = WorldFaults(self.answers)

        @running.workflow(
            WORKFLOW,
            inputs={"file": "file", "marker": "text"},
            outputs={"copy": "file"},
            **{"duration": DURATION, **self.script},
        )
        def echo(file: bytes, marker: str) -> dict[str, OutputFile]:
            return {"copy": OutputFile(file, f"{marker}.bin")}

        return running


class WorldFaults(FaultPlan):
    """Faults on top of a world whose every answer may be another than the emulator's own."""

    def __init__(self, answers: Mapping[str, Rewrite]) -> None:
        super().__init__(CATALOGUE)
        self._answers = {
            operation: Fault("world", rewrite=rewrite) for operation, rewrite in answers.items()
        }

    def take(self, operation: str) -> Fault | None:
        return super().take(operation) or self._answers.get(operation)


@frozen
class _AheadClock:
    """A clock that goes with another, ahead of it by some seconds."""

    _clock: Clock
    _seconds: float

    def time(self) -> float:
        return self._clock.time() + self._seconds

    def monotonic(self) -> float:
        return self._clock.monotonic()


def in_envelope(change: Callable[[Json], Json]) -> Rewrite:
    """Return the rewriting of an answer that changes its envelope."""

    def rewrite(answer: Answer) -> Answer:
        try:
            envelope = json.loads(answer.body)
        except ValueError:  # the gateway's refusals have none
            return answer
        return evolve(answer, body=json.dumps(change(envelope)).encode())

    return rewrite


def in_data(change: Mapping[str, Any]) -> Rewrite:
    """Return the rewriting of an answer that changes fields of its data."""

    def changed(envelope: Json) -> Json:
        data = envelope["data"]
        return {**envelope, "data": data and {**data, **change}}

    return in_envelope(changed)


def _with_codes_of_success(envelope: Json) -> Json:
    if envelope["status"] != 10:
        return envelope
    codes = {"errCode": "0", "subErrCode": "0", "errMessage": "success", "subErrMessage": "OK"}
    return {**envelope, **codes}


def _with_more(envelope: Json) -> Json:
    more = {"extra": {"nested": [None, {"deep": "…"}]}, "code": 0, "success": True}
    return {**envelope, **more, "data": envelope["data"] and {**envelope["data"], **more}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _with_status(status: int, answer: Answer) -> Answer:
    """Give what fails an error status, with its envelope."""
    failed = answer.status == 200 and json.loads(answer.body)["status"] != 10
    return evolve(answer, status=status) if failed else answer


def _compressed(answer: Answer) -> Answer:
    headers = {**answer.headers, "content-encoding": "gzip"}
    return evolve(answer, headers=headers, body=gzip.compress(answer.body))


def _without_header(name: str, answer: Answer) -> Answer:
    headers = {key: value for key, value in answer.headers.items() if key != name}
    return evolve(answer, headers=headers)


def _with_preview(envelope: Json) -> Json:
    for value in ((envelope["data"] or {}).get("result") or {}).values():
        value["preview"] = value["url"].replace(".bin", ".preview.jpg")
    return envelope


def _stores() -> Iterator[World]:
    yield World("store: CRC-64 and MD5 ETags")
    yield World("store: no CRC-64", options={"store_crc64": False})
    plain = {"store_crc64": False, "store_md5_etag": False}
    yield World("store: no checksum at all", options=plain)
    yield World("store: encrypted", options={"store_crc64": False, "store_encrypted": True})
    yield World("store: Content-MD5", options={**plain, "store_content_md5": True})
    yield World("store: 206 for the whole", options={"store_whole_206": True})
    yield World("store: gzip", options={"store_gzip": True})
    gzipped = {"store_gzip": True, "store_whole_206": True, **plain}
    yield World("store: gzip, 206, no checksum", options=gzipped)
    without_etag = partial(_without_header, "etag")
    yield World("store: no ETag", answers={PUT: without_etag, GET: without_etag})
    yield World("store: an origin of its own", options={"separate_store": True})
    yield World("store: no accessUrl", options={"access_urls": False})


def _statuses() -> Iterator[World]:
    def called(name: str, **names: str) -> World:
        return World(f"status: {name}", script={"statuses": names}, late=LATE_UNKNOWN)

    yield called("successed", succeeded="successed")
    yield called("an unknown end", succeeded="completed")
    yield called("unknown on the way", waiting="queued", running="preparing")
    for status in ("cancelled", "canceled"):
        ended = evolve(FAILED, status=status)
        yield World(f"status: {status}", script={"failure": ended}, ending=status)
    expired = evolve(FAILED, status="expired")
    yield World(
        "status: expired, which nobody knows",
        script={"failure": expired},
        ending="failed",
        late=LATE_UNKNOWN,
    )


def _envelopes() -> Iterator[World]:
    def all_calls(name: str, rewrite: Rewrite) -> World:
        return World(f"envelope: {name}", answers=dict.fromkeys(CALLS, rewrite))

    yield all_calls("codes of success", in_envelope(_with_codes_of_success))
    yield all_calls("more fields", in_envelope(_with_more))
    yield all_calls("nothing for null", in_envelope(_without_nulls))
    yield all_calls("compressed", _compressed)
    nulls: dict[str, Json] = {
        SUBMIT: {"status": None, "estimatedDurationInSeconds": None},
        PROGRESS: dict.fromkeys(
            ("taskId", "progress", "lastQueueRemaining", "etaRelative", "message", "state")
        ),
        RESULT: dict.fromkeys(
            ("taskId", "status", "taskDuration", "taskBeginTime", "taskEndTime", "images")
        ),
        SIGN: dict.fromkeys(("objectKey", "path")),
    }
    yield World("envelope: nulls", answers={call: in_data(nulls[call]) for call in CALLS})
    image = "https://pictures.test/now.jpg"
    pictures = {PROGRESS: in_data({"currentImage": image}), RESULT: in_envelope(_with_preview)}
    yield World("envelope: previews and current images", answers=pictures)
    failing = {"failure": FAILED}
    yield World("envelope: a failure", script=failing, ending="failed")
    in_the_data = {"failure": evolve(FAILED, in_envelope=False)}
    yield World("envelope: a failure in the data", script=in_the_data, ending="failed")
    for status in (400, 404, 422):
        yield World(
            f"envelope: a failure with HTTP {status}",
            script=failing,
            ending="failed",
            answers={RESULT: partial(_with_status, status)},
        )


def _claims() -> Iterator[World]:
    for eta, progress in (
        ("scaled", "linear"),
        ("scaled/3", "nodes"),
        ("countdown*3", "linear"),
        ("countdown/3", "sticks*1.5"),
        ("average", "absent"),
        ("still/10", "sticks*10"),
        ("growing", "nodes"),
        ("zero", "absent"),
        (None, "linear"),
        (None, "absent"),
        ("huge", "absent"),
        ("negative", "sticks*10"),
    ):
        yield World(f"claims: {eta}, {progress}", script={"eta": eta, "progress": progress})
    yield World("claims: none, then a queue", script={"eta": None, "queue": [(2, 3), (1, 1)]})
    yield World("claims: an estimate of ten minutes", script={"estimate": 600, "eta": "huge"})


def _limits() -> Iterator[World]:
    yield World("limits: two calls a second", options={"calls_per_second": 2}, late=LATE_THROTTLED)
    yield World("limits: one run at a time", options={"running_jobs": 1})


def _dates() -> Iterator[World]:
    def expires(what: str, expire_time: object, *, dated: bool = True) -> World:
        answers = {SIGN: in_data({"expireTime": expire_time})}
        return World(f"dates: {what}", answers=answers, dated=dated)

    yield expires("seconds", 4_102_444_800)
    yield expires("milliseconds", 4_102_444_800_000)
    yield expires("digits", "4102444800000")
    yield expires("ISO, UTC", "2100-01-01T00:00:00Z")
    yield expires("ISO, with an offset", "2100-01-01T08:00:00.000+08:00")
    yield expires("ISO, without one", "2100-01-01T00:00:00")
    yield expires("nothing", None, dated=False)
    yield expires("no date", "soon", dated=False)
    yield expires("beyond all time", 10**30, dated=False)
    yield World("dates: the service is an hour ahead", ahead=AN_HOUR)
    yield World("dates: the service is an hour behind", ahead=-AN_HOUR)


# An end that nobody knows is asked for in growing gaps; who is throttled waits his turn.
LATE_UNKNOWN = 5.0
LATE_THROTTLED = 5.0

WORLDS = (*_stores(), *_statuses(), *_envelopes(), *_claims(), *_limits(), *_dates())
