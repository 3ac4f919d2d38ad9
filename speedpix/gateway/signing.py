"""Sign requests as the gateway's digest authentication wants it: bytes and headers in, headers out.

Source: the API gateway's documentation of digest authentication, "calculate the signature".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from functools import lru_cache
from typing import Mapping
from urllib.parse import unquote_plus

from ..exceptions import InputError
from .settings import Secret

JSON = "application/json; charset=utf-8"

_SIGNATURE = "x-ca-signature"
_SIGNED_NAMES = "x-ca-signature-headers"
_NEVER_SIGNED = frozenset(
    (_SIGNATURE, _SIGNED_NAMES, "accept", "content-md5", "content-type", "date")
)
# What the service's own clients sign, so what it is known to accept.
_SIGNED = "x-ca-key,x-ca-nonce,x-ca-signature-method,x-ca-timestamp"


def sign(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    app_key: str,
    app_secret: Secret,
    timestamp: float,
    nonce: str,
) -> dict[str, str]:
    """Return the headers to send, lower-case: those given, plus all that authenticate.

    Args:
        method: the HTTP method.
        target: path and query exactly as they are sent.
        headers: further headers; none of them overrides an authenticating one.
        body: the exact bytes that are sent.
        app_key: names the application.
        app_secret: its secret.
        timestamp: seconds since the epoch; the gateway accepts 15 minutes either way.
        nonce: a string that no other request within 15 minutes carries.

    Raises:
        InputError: a header contains a line break.
    """
    merged = {name.lower(): value for name, value in headers.items()}
    merged.setdefault("accept", JSON)
    merged.setdefault("content-type", JSON)
    merged.update(
        {
            "date": _date(int(timestamp)),
            "x-ca-key": app_key,
            "x-ca-nonce": nonce,
            "x-ca-signature-method": "HmacSHA256",
            "x-ca-timestamp": str(int(timestamp * 1000)),
        }
    )
    for name in ("content-md5", _SIGNATURE, _SIGNED_NAMES):
        merged.pop(name, None)
    if body:
        merged["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()  # noqa: S324 - the gateway's rule
    if _has_line_break("".join(merged.values())):
        name = next(name for name, value in merged.items() if _has_line_break(value))
        message = f"header {name} must not contain a line break"
        raise InputError(message)
    merged[_SIGNED_NAMES] = _SIGNED
    text = string_to_sign(method, target, merged)
    merged[_SIGNATURE] = signature(text, app_secret)
    return merged


@lru_cache(maxsize=1)  # where many requests are made, many are of one second
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _has_line_break(text: str) -> bool:
    return "\r" in text or "\n" in text or "\0" in text


def string_to_sign(method: str, target: str, headers: Mapping[str, str]) -> str:
    """Return the text that is signed: the headers named in `x-ca-signature-headers` take part."""
    names = sorted(headers[_SIGNED_NAMES].replace(" ", "").lower().split(","))
    lines = [
        method.upper(),
        *[headers.get(name, "") for name in ("accept", "content-md5", "content-type", "date")],
        *[f"{name}:{headers[name]}" for name in names if name and name not in _NEVER_SIGNED],
        _resource(target),
    ]
    return "\n".join(lines)


def signature(text: str, app_secret: Secret) -> str:
    """Return Base64(HMAC-SHA256) of a string-to-sign."""
    digest = hmac.new(app_secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _resource(target: str) -> str:
    """Return path and query as signed: decoded, sorted by key, the first value of each."""
    path, _, query = target.partition("?")
    parameters: dict[str, str] = {}
    for key, value in _pairs(query):
        parameters.setdefault(key, value)
    if not parameters:
        return path
    return f"{path}?" + "&".join(
        f"{key}={parameters[key]}" if parameters[key] else key for key in sorted(parameters)
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = (item.partition("=") for item in query.split("&") if item)
    return [(unquote_plus(key), unquote_plus(value)) for key, _, value in pairs]


def first_difference(server_text: str, local_text: str) -> str:
    """Name the first field in which the server's string-to-sign and ours differ.

    The server writes its string with `#` for line breaks. Only the field's name is returned:
    the strings contain the app key and the signed headers.
    """
    server = server_text.replace("\n", "#").split("#")
    local = local_text.split("\n")
    names = ["the method", "Accept", "Content-MD5", "Content-Type", "Date"]
    names += [f"the header {line.partition(':')[0]}" for line in local[5:-1]] + ["the path"]
    for name, theirs, ours in zip(names, server, local):
        if theirs != ours:
            return name
    return "" if len(server) == len(local) else "the number of signed headers"
