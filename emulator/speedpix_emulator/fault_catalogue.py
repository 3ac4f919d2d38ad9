"""The faults known by name, for each operation."""

from __future__ import annotations

import json
import uuid
from typing import Callable

from attrs import evolve

from .exchanges.faults import GET, PROGRESS, PUT, RESULT, SIGN, SUBMIT, Answer, Catalogue, Fault
from .gateway.envelope import failure
from .runs.errors import ServiceError
from .store.errors import StoreError, xml_error

FOREVER = float("inf")
HTML = b"<!doctype html><html><body><h1>Please log in to the network</h1></body></html>"
SLOW_SECONDS = 0.02


def http_status(
    status: int,
    code: str | None = None,
    message: str | None = None,
    retry_after: str | None = None,
) -> Fault:
    """Return a fault that answers with a status and, when given, the gateway's headers."""
    # The gateway puts an id on whatever it answers.
    headers = {"x-ca-request-id": str(uuid.uuid4()).upper()}
    if code is not None:
        headers["x-ca-error-code"] = code
    if message is not None:
        headers["x-ca-error-message"] = message
    if retry_after is not None:
        headers["retry-after"] = retry_after
    return Fault(f"http_{status}", answer=Answer(status, headers))


def body(content: bytes, content_type: str = "application/json", status: int = 200) -> Fault:
    """Return a fault that answers with this body."""
    return Fault("body", answer=Answer(status, {"content-type": content_type}, content))


def store_error(status: int, code: str, message: str) -> Fault:
    """Return a fault that answers with an error of the object store."""
    error = StoreError(status, code, message)
    headers = {"content-type": "application/xml"}
    return Fault(code, answer=Answer(status, headers, xml_error(error, "0" * 24)))


def service_error(code: str, message: str) -> Fault:
    """Return a fault that answers with HTTP 200 and envelope status 20."""
    return body(json.dumps(failure(ServiceError(code, message))).encode())


def _rewritten(change: Callable[[dict[str, object]], dict[str, object]]) -> Fault:
    """Return a fault that changes an envelope; an answer without one, as a throttle's, stays."""

    def rewrite(answer: Answer) -> Answer:
        try:
            envelope = json.loads(answer.body)
        except ValueError:
            return answer
        return evolve(answer, body=json.dumps(change(envelope)).encode())

    return Fault("rewritten", rewrite=rewrite)


def _with_data(change: dict[str, object]) -> Fault:
    def changed(envelope: dict[str, object]) -> dict[str, object]:
        data = envelope.get("data")
        return {**envelope, "data": {**data, **change}} if isinstance(data, dict) else envelope

    return _rewritten(changed)


def _without(field: str) -> Fault:
    return _rewritten(lambda envelope: {k: v for k, v in envelope.items() if k != field})


def _truncated(answer: Answer) -> Answer:
    return evolve(answer, body=answer.body[: len(answer.body) // 2])


WRONG_TYPES: dict[str, object] = {
    "taskId": ["not", "a", "string"],
    "status": 7,
    "progress": "half",
    "state": "none",
    "images": "none",
    "result": [None],
    "uploadUrl": 7,
    "accessUrl": {},
}

CONNECTION: dict[str, Fault] = {
    "drop_before": Fault("", lose_request=0),
    "drop_after": Fault("", lose_answer=0),
    "hang_before": Fault("", hang_before=FOREVER),
    "hang_after": Fault("", hang_after=FOREVER),
    "slow": Fault("", slow=SLOW_SECONDS),
    "redirect": Fault("", answer=Answer(307, {"location": "http://127.0.0.1:9/elsewhere"})),
    "html": body(HTML, "text/html"),
    "bad_gateway_html": body(HTML, "text/html", 502),
}

GATEWAY: dict[str, Fault] = {
    **CONNECTION,
    "throttled": http_status(429, "T429UN", "Throttled by USER Flow Control", "1"),
    "throttled_legacy": http_status(403, None, "Throttled by USER Flow Control"),
    "throttled_by_domain": http_status(403, None, "Throttled by DOMAIN Flow Control"),
    "backend_throttled": http_status(429),
    "internal_error": http_status(500),
    "bad_gateway": http_status(502),
    "unavailable": http_status(503),
    "unavailable_retry_after": http_status(503, None, None, "2"),
    "gateway_timeout": http_status(504, "D504RE", "Backend service request timeout"),
    "gateway_internal_error": http_status(500, "X500ER", "Service internal error"),
    "unauthorized": http_status(403, "I403AA", "Unauthorized"),
    "authorization_expired": http_status(403, "A403EP", "App authorization expired"),
    "quota_exhausted": http_status(403, "B403BQ", "Quota Exhausted"),
    "invalid_app_key": http_status(400, "A400IK", "Invalid AppKey"),
    "timestamp_expired": http_status(400, "I400TE", "Timestamp Expired"),
    "nonce_used": http_status(400, "I400NU", "Nonce Used"),
    "garbage": body(b"\x00\xff\xfe{{{"),
    "empty": body(b""),
    "top_level_list": body(b"[1, 2, 3]"),
    "deep_nesting": body(b"[" * 100_000),
    "truncated_json": Fault("", rewrite=_truncated),
    "null_data": _rewritten(lambda envelope: {**envelope, "data": None}),
    "missing_data": _without("data"),
    "wrong_types": _with_data(WRONG_TYPES),
    "service_error": service_error("SYSTEM_BUSY", "The service is busy, try again later"),
}

STORE: dict[str, Fault] = {
    **CONNECTION,
    "store_internal_error": store_error(500, "InternalError", "We encountered an internal error."),
    "store_unavailable": store_error(503, "ServiceUnavailable", "Please reduce your request rate."),
    "expired": store_error(403, "AccessDenied", "Request has expired."),
}

UPLOAD: dict[str, Fault] = {
    **STORE,
    "drop_mid_upload": Fault("", lose_request=0.5),
    "callback_failed": Fault(
        "",
        rewrite=lambda answer: evolve(
            answer,
            status=203,
            body=xml_error(StoreError(203, "CallbackFailed", "Error status : 502."), "0" * 24),
        ),
    ),
    "wrong_etag": Fault("", set_headers={"etag": f'"{"0" * 32}"'}),
    "wrong_crc64": Fault("", set_headers={"x-oss-hash-crc64ecma": "1"}),
}

DOWNLOAD: dict[str, Fault] = {
    **STORE,
    "drop_mid_download": Fault("", lose_answer=0.5),
    "corrupt": Fault("", corrupt=0.5),
    "cut": Fault("", cut=0.5),
    "range_ignored": Fault("", ignore_headers=("range", "if-match")),
    "changed": store_error(412, "PreconditionFailed", "At least one precondition failed."),
}


def _named(faults: dict[str, Fault]) -> dict[str, Fault]:
    return {name: evolve(fault, name=name) for name, fault in faults.items()}


CATALOGUE: Catalogue = {
    **{operation: _named(GATEWAY) for operation in (SUBMIT, PROGRESS, RESULT, SIGN)},
    PUT: _named(UPLOAD),
    GET: _named(DOWNLOAD),
}
