"""The API gateway's check of a request: who sent it, when, and whether it arrived unaltered."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from typing import Mapping
from urllib.parse import parse_qsl

from attrs import evolve, frozen

from ..clock import Clock
from ..limits import CLOCK_WINDOW_SECONDS, REMEMBERED_NONCES

NEVER_SIGNED = frozenset(
    ["x-ca-signature", "x-ca-signature-headers", "accept", "content-md5", "content-type", "date"]
)
STANDARD_FIELDS = ("accept", "content-md5", "content-type", "date")
MUST_BE_SIGNED = ("x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp")


@frozen
class RefusalError(Exception):
    """The gateway's own answer to a request that it does not let through."""

    status: int
    code: str
    message: str
    reason: str = ""
    """What the gateway knows beyond that, for whoever looks at the emulator's page."""


@frozen
class SignedRequest:
    """What the gateway looks at. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Gateway:
    """The gate that lets each signed request through, once, and raises RefusalError for others."""

    def __init__(self, app_key: str, app_secret: str, clock: Clock) -> None:
        self._app_key = app_key.encode()
        self._app_secret = app_secret.encode()
        self._clock = clock
        self._nonces: OrderedDict[str, float] = OrderedDict()

    def check(self, request: SignedRequest) -> None:
        """Raise RefusalError unless the request is signed, timely, unaltered and new."""
        headers = request.headers
        for name in MUST_BE_SIGNED:
            if not headers.get(name):
                raise RefusalError(400, "I400MH", f"Header `{name}` is Required")
        if not hmac.compare_digest(_bytes(headers["x-ca-key"]), self._app_key):
            raise RefusalError(400, "A400IK", "Invalid AppKey")
        if not headers.get("x-ca-signature"):
            raise RefusalError(403, "A403IS", "Empty Signature")
        if headers["x-ca-signature-method"] != "HmacSHA256":
            message = "Invalid Header `x-ca-signature-method` must be HmacSHA256"
            raise RefusalError(400, "I400HD", message)
        self._check_timestamp(headers["x-ca-timestamp"])
        check_content_md5(headers.get("content-md5", ""), request.body)
        self._check_signature(request)
        self._check_nonce(headers["x-ca-nonce"])

    def _check_timestamp(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise RefusalError(400, "I400HD", "Invalid Header `x-ca-timestamp` not a number")
        if abs(int(timestamp[:20]) / 1000 - self._clock.time()) > CLOCK_WINDOW_SECONDS:
            raise RefusalError(400, "I400TE", "Timestamp Expired")

    def _check_signature(self, request: SignedRequest) -> None:
        names = signed_names(request.headers.get("x-ca-signature-headers", ""))
        for name in MUST_BE_SIGNED:
            if name not in names:
                raise RefusalError(400, "I400HD", f"Invalid Header `{name}` must be signed")
        given = _bytes(request.headers["x-ca-signature"])
        if not self._signs(request, names, given):
            shown = string_to_sign(request, names).replace("\n", "#")
            message = f"Invalid Signature, Server StringToSign:{shown}"
            raise RefusalError(403, "A403IS", message, self._difference(request, names, given))

    def _difference(self, request: SignedRequest, names: list[str], given: bytes) -> str:
        """Return which field was signed with another value, where leaving one out explains it."""
        signed_fields = [*STANDARD_FIELDS, *names]
        for name in signed_fields:
            others = {key: value for key, value in request.headers.items() if key != name}
            if name in request.headers and self._signs(
                evolve(request, headers=others), names, given
            ):
                return f"{name}: sent, but signed as if it were empty"
        for name in names:
            rest = [each for each in names if each != name]
            if self._signs(request, rest, given):
                return f"{name}: listed in x-ca-signature-headers, but not signed"
        if self._signs(evolve(request, query=""), names, given):
            return "the query: sent, but not signed"
        if self._signs(evolve(request, path="/"), names, given):
            return "the path: signed as /"
        return "no single field explains it: the app secret differs, or several fields do"

    def _signs(self, request: SignedRequest, names: list[str], given: bytes) -> bool:
        text = string_to_sign(request, names)
        return hmac.compare_digest(given, signature(self._app_secret, text))

    def _check_nonce(self, nonce: str) -> None:
        now = self._clock.time()
        while self._nonces:
            oldest, seen = next(iter(self._nonces.items()))
            if now - seen <= CLOCK_WINDOW_SECONDS and len(self._nonces) < REMEMBERED_NONCES:
                break
            del self._nonces[oldest]
        if nonce in self._nonces:
            raise RefusalError(400, "I400NU", "Nonce Used")
        self._nonces[nonce] = now


def check_content_md5(given: str, body: bytes) -> None:
    """Raise RefusalError if `given` is not the Base64 MD5 of the body; none need be given."""
    digest = hashlib.md5(body).digest()  # noqa: S324 (the gateway's rule)
    expected = base64.b64encode(digest).decode()
    if given and not hmac.compare_digest(_bytes(given), expected.encode()):
        raise RefusalError(400, "I400I5", "Invalid Content-MD5")


def signed_names(listed: str) -> list[str]:
    """Return the header names that enter the string to sign, sorted, from their comma list."""
    names = {name.strip().lower() for name in listed.split(",")}
    return sorted(name for name in names - NEVER_SIGNED if name)


def string_to_sign(request: SignedRequest, names: list[str]) -> str:
    """Return the text whose HMAC is the signature."""
    headers = request.headers
    lines = [request.method, *(headers.get(name, "") for name in STANDARD_FIELDS)]
    lines += [f"{name}:{headers.get(name, '')}" for name in names]
    return "\n".join([*lines, resource(request.path, request.query)])


def resource(path: str, query: str) -> str:
    """Return the path with the query's parameters decoded and sorted, the first of each name."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, value)
    if not parameters:
        return path
    pairs = (f"{name}={value}" if value else name for name, value in sorted(parameters.items()))
    return f"{path}?{'&'.join(pairs)}"


def signature(secret: bytes, text: str) -> bytes:
    """Return Base64(HMAC-SHA256(secret, text))."""
    return base64.b64encode(hmac.new(secret, _bytes(text), hashlib.sha256).digest())


def _bytes(text: str) -> bytes:
    """Return the bytes that a header arrived as."""
    return text.encode("utf-8", "surrogateescape")
