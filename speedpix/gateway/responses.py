"""Turn HTTP status, gateway headers and envelopes into failures: the one place that does.

Sources: the gateway's documentation of error codes; the API reference's envelope.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Callable, Mapping

from ..constants import MAX_CLOCK_OFFSET
from ..exceptions import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from ..flow.effects import Reply
from ..printable import quoted
from .retry import Failure, Outcome
from .signing import first_difference

SUCCESS = 10  # the envelope's status of a call that went well
_NO_CODE = "0"  # what some answers have where there is no error
# What data says of a run that has not failed, or of no run; with any other status, codes count.
_WELL = (None, "waiting", "running", "succeeded", "successed")

_OK = 200
_TOO_MANY_REQUESTS = 429
# What stands between may have lost patience (408, 499) with a request that it had passed on.
_LOST_PATIENCE = (408, 499)
_CLIENT_ERRORS, _SERVER_ERRORS = 400, 500
_QUOTE_LENGTH = 200  # characters of a foreign body that are worth showing

_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}

# What the gateway says, as text, where it sends no code or one that says less.
_CREDENTIALS = re.compile(
    r"invalid app ?key|empty signature|invalid signature|empty app ?key|app ?key.*not exist", re.I
)
_CREDENTIAL_CODES = ("A400IK", "A403IS", "A400IS", "A401")
_NOT_ALLOWED = re.compile(r"quota|arrears|unauthorized", re.I)
_DAYS_LIMIT = "throttled by domain"
_HINTS = {
    AuthenticationError: "check SPEEDPIX_APP_KEY and SPEEDPIX_APP_SECRET",
    NotFoundError: "check the endpoint",
    RateLimitError: "make fewer calls at a time, or try again later",
}


def failure(reply: Reply, *, now: float, string_to_sign: Callable[[], str] = str) -> Failure | None:
    """Return why HTTP status and headers make an answer a failure, or None if they do not.

    Args:
        reply: the answer.
        now: the local time it came at, in seconds since the epoch.
        string_to_sign: makes what was signed, to tell where the server's differs.
    """
    code = reply.headers.get("x-ca-error-code", "").strip()
    said = reply.headers.get("x-ca-error-message", "").strip()
    if reply.status == _OK and not code:
        return None
    content = _json_object(reply)
    inner = None if content is None else envelope_error(content, reply)
    error = partial(_error, reply, code, inner)
    if "timestamp" in said.lower() and "expired" in said.lower():
        return _clock_is_off(error, http_date(reply.headers.get("date")), now)
    if "nonce used" in said.lower():
        message = "the gateway has seen this very request before"
        return Failure(error(ServerError, message), Outcome.UNKNOWN)
    if _CREDENTIALS.search(said) or code in _CREDENTIAL_CODES:
        message = _signature_message(said, string_to_sign())
        return Failure(error(AuthenticationError, message), Outcome.FINAL)
    if code.startswith("T") or "throttled by" in said.lower():
        message, again = quoted(said) or "too many calls", _retry_after(reply, now)
        outcome = Outcome.FINAL if _DAYS_LIMIT in said.lower() else Outcome.NOT_TAKEN
        return Failure(error(RateLimitError, message, retry_after=again), outcome)
    kind = PermissionDeniedError if _NOT_ALLOWED.search(said) else _kind(reply.status, code)
    if kind is InvalidRequestError and isinstance(inner, NotFoundError):
        kind = NotFoundError
    in_body = _said_in_foreign_body(reply) if content is None else inner and inner.message
    message = quoted(said) or in_body or f"the service answered with HTTP {reply.status}"
    outcome = Outcome.FINAL
    if reply.status == _TOO_MANY_REQUESTS or 300 <= reply.status < 400:  # noqa: PLR2004
        outcome = Outcome.REFUSED
    elif kind is ServerError or reply.status in _LOST_PATIENCE:
        outcome = Outcome.UNKNOWN
    return Failure(error(kind, message, retry_after=_retry_after(reply, now)), outcome)


def is_days_limit(error: RateLimitError) -> bool:
    """Tell whether a throttle is for the rest of the day, so that waiting does not help."""
    return _DAYS_LIMIT in error.message.lower()


def connection_failure(error: APIConnectionError) -> Failure:
    """Return the failure that a broken or absent connection is."""
    return Failure(error, Outcome.UNKNOWN if error.sent else Outcome.NOT_TAKEN)


def envelope(reply: Reply) -> dict[str, Any]:
    """Return the envelope in an answer.

    Raises:
        ServerError: it is not a JSON object, or it reports success and has no `data`.
    """
    content = _json_object(reply)
    if content is None:
        kind = reply.headers.get("content-type", "").partition(";")[0]
        what = f"a JSON object was expected, {kind or 'something else'} came: {_quote(reply)}"
        raise malformed(reply, what)
    if not isinstance(content.get("data"), dict) and envelope_error(content, reply) is None:
        raise malformed(reply, "there is no data in it", content)
    return content


def envelope_error(content: Mapping[str, Any], reply: Reply) -> APIError | None:
    """Return the error that an envelope reports, or None if it reports success.

    The service's own detail (`subErr…`) leads: it is more specific than the gateway
    application's.
    """
    data = content.get("data")
    failed = isinstance(data, dict) and data.get("status") not in _WELL
    if content.get("status") == SUCCESS and not failed:  # then any code is to be ignored
        return None
    message = _text(content.get("subErrMessage")) or _text(content.get("errMessage"))
    code = _text(content.get("subErrCode")) or _text(content.get("errCode"))
    code = None if code == _NO_CODE else code
    if content.get("status") in (SUCCESS, None) and not code:
        return None
    missing = re.search(r"not_?\s?found|not_?\s?exist", f"{code} {message}", re.I)
    kind = NotFoundError if missing else InvalidRequestError
    return kind(
        message or "the service reports a failure and gives no reason",
        status_code=reply.status,
        code=code,
        request_id=request_id(reply),
        invoke_id=_text(content.get("apiInvokeId")),
    )


def malformed(reply: Reply, what: str, content: Mapping[str, Any] | None = None) -> ServerError:
    """Return the error for an answer that says success and lacks what it should carry."""
    return ServerError(
        f"the service's answer can't be understood: {what}",
        status_code=reply.status,
        request_id=request_id(reply),
        invoke_id=_text(content.get("apiInvokeId")) if content else None,
    )


def request_id(reply: Reply) -> str | None:
    """Return the gateway's id of the request."""
    return reply.headers.get("x-ca-request-id") or None


def _json_object(reply: Reply) -> dict[str, Any] | None:
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _clock_is_off(
    error: Callable[[type[APIError], str], APIError], server_time: float | None, now: float
) -> Failure:
    message = "the local clock is wrong by more than the gateway's 15 minutes; set it right"
    offset = None if server_time is None else server_time - now
    if offset is not None and abs(offset) > MAX_CLOCK_OFFSET:
        offset = None
    return Failure(
        error(AuthenticationError, message),
        Outcome.FINAL if offset is None else Outcome.NOT_TAKEN,
        clock_offset=offset,
    )


def _signature_message(said: str, string_to_sign: str) -> str:
    """Explain a refused credential, without quoting what was signed."""
    head, _, server_text = said.partition("Server StringToSign:")
    head = quoted(head.strip(" ,"))
    if not server_text:
        return f"{quoted(said) or 'the credentials were refused'}; {_HINTS[AuthenticationError]}"
    field = first_difference(server_text.strip().strip("`"), string_to_sign)
    if field:
        return f"{head}: the gateway received another value for {field} than was signed"
    return (
        f"{head}: what was signed is what the gateway received, so the app secret "
        "is wrong; check SPEEDPIX_APP_SECRET"
    )


def _kind(status: int, code: str) -> type[APIError]:
    """Return the class of error for a status and a gateway code; codes begin with their family."""
    if code[:1] in ("D", "X", "N") or status >= _SERVER_ERRORS:
        return ServerError
    if code[:1] == "B" or code == "I403AA" or code.startswith("A403"):
        return PermissionDeniedError
    if status < _CLIENT_ERRORS:  # neither a success, as it has a code, nor a refusal
        return ServerError
    return _BY_STATUS.get(status, InvalidRequestError)


def _error(
    reply: Reply,
    code: str,
    inner: APIError | None,
    kind: type[APIError],
    message: str,
    *,
    retry_after: float | None = None,
) -> APIError:
    """Return an error with what is known beside its message; an envelope's error may know more."""
    hint = _HINTS.get(kind)
    if hint and hint not in message and kind is not AuthenticationError and inner is None:
        message = f"{message}; {hint}"
    return kind(
        message,
        status_code=reply.status,
        code=code or (inner.code if inner else None),
        request_id=request_id(reply),
        invoke_id=inner.invoke_id if inner else None,
        retry_after=retry_after,
    )


def _said_in_foreign_body(reply: Reply) -> str | None:
    if 300 <= reply.status < 400:  # noqa: PLR2004
        return "the service redirects elsewhere, which is not followed; check the endpoint"
    found = _quote(reply)
    return f"HTTP {reply.status}: {found}" if found else None


def _quote(reply: Reply) -> str:
    text = reply.body[: 4 * _QUOTE_LENGTH].decode("utf-8", "replace")
    plain = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return plain[:_QUOTE_LENGTH]


def _retry_after(reply: Reply, now: float) -> float | None:
    value = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    moment = http_date(value)
    return None if moment is None else max(0.0, moment - now)


def http_date(value: str | None) -> float | None:
    """Return the moment in a header, in seconds since the epoch; None when there is none."""
    try:
        moment: datetime | None = parsedate_to_datetime(value or "")
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def _text(value: object) -> str | None:
    return quoted(str(value)) if value not in (None, "", 0) else None
