"""Talk to the object storage behind pre-signed URLs: open them, and say what answers mean.

Sources: the storage service's documentation of PutObject, GetObject and error responses.
"""

from __future__ import annotations

import re
from typing import Mapping

from ..exceptions import DownloadError, SpeedPixException
from ..flow.effects import Close, Flow, Open, Request, Stream
from ..gateway.exchange import Attempts, Gateway
from ..gateway.retry import Failure, Outcome
from ..printable import quoted
from ..values.wire import host_of, is_plain_http, joined

_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,100})\s*</Code>")
_MESSAGE = re.compile(r"<Message>\s*([^<]{1,300})</Message>")
_REQUEST_ID = re.compile(r"<RequestId>\s*([A-Za-z0-9-]{1,100})\s*</RequestId>")
_CLIENT_ERRORS, _FORBIDDEN, _TOO_MANY_REQUESTS, _SERVER_ERRORS = 400, 403, 429, 500
_REQUEST_TIMEOUT = 408
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5  # a store redirects to a mirror at most; more is a loop
_PAGES = ("text/html", "application/xhtml")
# A URL in a message carries a signature.
_URL = re.compile(r"https?://\S+")


def opened(
    gateway: Gateway, url: str, headers: Mapping[str, str], attempts: Attempts
) -> Flow[Stream | Failure]:
    """Open a file's address, or the one it redirects to: there is no secret to give away."""
    hops = 0
    while True:
        if not gateway.settings.may_fetch_from(url):
            message = f"{host_of(url)} is not among this client's download_hosts"
            return Failure(DownloadError(message), Outcome.FINAL)
        connect = gateway.settings.timeout.connect
        request = Request("GET", url, headers, connect=connect)
        stream: Stream = yield Open(request, *attempts.times)
        target = stream.headers.get("location")
        if stream.status not in _REDIRECTS or not target or hops == _MOST_REDIRECTS:
            return stream
        yield Close(stream)
        target = joined(url, target)
        if is_plain_http(target) and not is_plain_http(url):
            message = f"it redirects from https to plain http ({host_of(target)}), which is refused"
            return Failure(DownloadError(message), Outcome.FINAL)
        hops, url = hops + 1, target


def store_failure(
    status: int, headers: Mapping[str, str], body: bytes, kind: type[SpeedPixException], what: str
) -> Failure:
    """Return the failure that a refusal of the store is; `what` begins its message.

    The store says why in XML, of which only code and message are taken: the document also
    quotes what was signed, and with whose key.
    """
    document = body.decode("utf-8", "replace")
    said = quoted(_URL.sub("…", _first(_MESSAGE, document)).strip())
    error = kind(
        f"{what}: the store answered with HTTP {status}" + (f": {said}" if said else ""),
        status_code=status,
        code=_first(_CODE, document) or None,
        request_id=headers.get("x-oss-request-id") or _first(_REQUEST_ID, document) or None,
    )
    # Reading and writing whole objects may always be repeated. A redirect is not the store's.
    passing = (
        status >= _SERVER_ERRORS
        or status < _CLIENT_ERRORS
        or status in (_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT)
    )
    return Failure(error, Outcome.UNKNOWN if passing else Outcome.FINAL)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell whether a success came from something before the store, such as a login page.

    The store gives every object an ETag.
    """
    return "etag" not in headers and headers.get("content-type", "").lower().startswith(_PAGES)


def is_expired(error: SpeedPixException) -> bool:
    """Tell whether the store refused because a pre-signed URL's time may be over."""
    return error.status_code == _FORBIDDEN and error.code in ("AccessDenied", None)


def _first(pattern: re.Pattern[str], document: str) -> str:
    found = pattern.search(document)
    return found[1] if found else ""
