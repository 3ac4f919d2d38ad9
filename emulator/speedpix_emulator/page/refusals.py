"""What was refused, by the gateway, the service or the store, and why."""

from __future__ import annotations

import json
import re

from attrs import frozen

from ..exchanges.records import Exchanged
from .secrecy import shown

ERROR = 400
FIELDS = ("method", "accept", "content-md5", "content-type", "date")
"""What the lines of a string to sign are, up to the headers and the path."""

STRING_TO_SIGN = "Server StringToSign:"
XML = {name: re.compile(f"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("Code", "Message")}


@frozen
class Refusal:
    """Why a request was refused; `fields` are the lines of the string to sign, when it is that."""

    by: str
    code: str
    message: str
    reason: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def refusal(exchanged: Exchanged) -> Refusal | None:
    """Return why the request was refused; None when it was not, or has no answer yet."""
    status = exchanged.request.status
    if status is None:
        return None
    code = exchanged.answer_headers.get("x-ca-error-code")
    if code is not None:
        message = exchanged.answer_headers.get("x-ca-error-message", "")
        told, _, signed = message.partition(STRING_TO_SIGN)
        fields = tuple(_fields(signed)) if signed else ()
        return Refusal("gateway", code, shown(told.strip(" ,")), exchanged.reason, fields)
    if status >= ERROR:
        return Refusal(_server(exchanged), *_told_in_xml(exchanged.answered, status))
    if exchanged.answered.startswith(b"{"):
        return _told_in_envelope(exchanged.answered)
    return None


def _fields(signed: str) -> list[tuple[str, str]]:
    lines = signed.split("#")
    fields = list(zip(FIELDS, lines))
    for line in lines[len(FIELDS) : -1]:
        name, _, value = line.partition(":")
        fields.append((name, value))
    return [*fields, ("path", shown(lines[-1]))]


def _server(exchanged: Exchanged) -> str:
    return "store" if exchanged.request.operation in ("put", "get") else "gateway"


def _told_in_xml(content: bytes, status: int) -> tuple[str, str]:
    text = content.decode("utf-8", "replace")
    code, message = (XML[name].search(text) for name in ("Code", "Message"))
    return code[1] if code else f"HTTP {status}", shown(message[1]) if message else ""


def _told_in_envelope(content: bytes) -> Refusal | None:
    try:
        envelope = json.loads(content)
    except (ValueError, RecursionError):
        return None
    code = envelope.get("subErrCode")
    if not code:
        return None
    return Refusal("service", str(code), shown(str(envelope.get("subErrMessage") or "")))
