"""Answers that no client should trust: right ones, and what can become of them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from attrs import field, frozen
from hypothesis import strategies as st

CONTENT = b"the bytes of an output file " * 400
ETAG = f'"{hashlib.md5(CONTENT).hexdigest().upper()}"'
STORE = "http://store.test"
OPERATIONS = {
    "/scc/comfy_prompt": "submit",
    "/scc/comfy_get_progress": "progress",
    "/scc/comfy_get_result": "result",
    "/scc/sp_create_temp_file_upload_sign": "sign",
}


@frozen
class Answer:
    """One HTTP answer; `broken` breaks the connection after the body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = field(repr=lambda body: repr(body[:300]))
    broken: bool = False


def _envelope(**data: object) -> dict[str, object]:
    return {
        "status": 10,
        "apiInvokeId": "i_1",
        "data": data,
        "errCode": None,
        "errMessage": None,
        "subErrCode": None,
        "subErrMessage": None,
        "startTime": None,
        "endTime": None,
    }


ENVELOPES = {
    "submit": _envelope(taskId="task-1", status="waiting", estimatedDurationInSeconds=2.5),
    "progress": _envelope(
        taskId="task-1",
        status="succeeded",
        progress=1,
        etaRelative=0.5,
        lastQueueRemaining=None,
        message=None,
        state={"nodeLabel": "KSampler", "step": 3, "maxSteps": 20},
    ),
    "result": _envelope(
        taskId="task-1",
        status="succeeded",
        taskDuration=1500,
        taskBeginTime=1_700_000_000_000,
        taskEndTime=1_700_000_001_500,
        images=[f"{STORE}/get/b.png"],
        result={
            "copy": {
                "url": f"{STORE}/get/a.png",
                "type": "image",
                "format": "png",
                "filename": "a.png",
                "width": 3,
                "height": 2,
            },
            "words": ["some", {"more": 1.5}],
        },
        info=None,
        parameters={},
    ),
    "sign": _envelope(
        uploadUrl=f"{STORE}/put/a",
        objectKey="a",
        path="a",
        accessUrl=f"{STORE}/get/a",
        expireTime=1_900_000_000_000,
    ),
}
_JSON = (b"content-type", b"application/json")


def right_answer(operation: str) -> Answer:
    """What a well-meaning service answers."""
    if operation == "put":
        return Answer(200, [(b"etag", b'"not an MD5"')], b"")
    if operation == "get":
        length = str(len(CONTENT)).encode()
        return Answer(200, [(b"etag", ETAG.encode()), (b"content-length", length)], CONTENT)
    return Answer(200, [_JSON], json.dumps(ENVELOPES[operation]).encode())


# What can stand in JSON and has no Python value: written between these marks as it is.
_RAW = re.compile(r'"@raw:(.*?)@"')


def _raw(text: str) -> str:
    return f"@raw:{text}@"


_URLS = [
    "http://",
    "http://[",
    "http://\u2100/",
    "http://xn--/",
    "http://.../",
    f"http://{'a' * 64}/",
    "http://a:99999/",
    "http://a b/c",
    "http://a/\ud800",
    "http://user:password@a/b",
    f"http://a/{'b' * 70_000}",
    "https://a/%zz?%&#",
    "http://a/\r\nx: y",
]
junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([[], {}, [None], [[]], {"": None}, {"url": None}, {"url": 7}, [{"url": []}]])
    | st.sampled_from(["waiting", "failed", "succeeded", "successed", "canceled", "FAILED", " "])
    | st.sampled_from(["\ud800", "\udfff.png", "\0", "9" * 5000, "1e999", "nan", "2026-02-30"])
    | st.sampled_from([10**30, -(10**30), 1e308, 253402300800000, -1, 10, 20])
    | st.sampled_from(_URLS)
    | st.sampled_from(
        [
            _raw("1e400"),
            _raw("-1" * 1 + "0" * 400),
            _raw("9" * 5000),
            _raw("[" * 500 + "]" * 500),
            _raw('{"a":' * 500 + "1" + "}" * 500),
            _raw('1,"status":20'),
            _raw('null,"data":{}'),
        ]
    )
)


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    return [path, *(place for key, item in items for place in _places(item, (*path, key)))]


def _changed(tree: Any, path: tuple[Any, ...], change: Any) -> Any:
    if not path:
        return change(tree)
    copy = tree.copy()
    copy[path[0]] = _changed(copy[path[0]], path[1:], change)
    return copy


def _without(tree: Any) -> Any:
    return {} if isinstance(tree, dict) else None


def _nulls(tree: Any) -> Any:
    return dict.fromkeys(tree) if isinstance(tree, dict) else None


@st.composite
def _documents(draw, operation: str) -> bytes:
    """A right document in which some values are others."""
    tree = ENVELOPES[operation]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.sampled_from(_places(tree)))
        value = draw(junk)
        change = draw(st.sampled_from([lambda _, v=value: v, _without, _nulls, lambda t: [t]]))
        tree = _changed(tree, place, change)
    text = json.dumps(tree, ensure_ascii=draw(st.booleans()))
    return _RAW.sub(lambda found: found[1], text).encode("utf-8", "surrogatepass")


@st.composite
def _bodies(draw, operation: str) -> bytes:
    """A document, whole or damaged on the way, or something else altogether."""
    if operation in ("put", "get"):
        document = draw(st.sampled_from([CONTENT, CONTENT[:5000], b"", ERROR_XML]))
    else:
        document = draw(_documents(operation))
    place = draw(st.integers(0, len(document)))
    damage = draw(
        st.sampled_from(["none", "none", "none", "cut", "flip", "insert", "utf-16", "other"])
    )
    if damage == "cut":
        return document[:place]
    if damage == "flip":
        return (
            document[:place]
            + bytes(b ^ 0xFF for b in document[place : place + 1])
            + (document[place + 1 :])
        )
    if damage == "insert":
        return document[:place] + draw(st.binary(max_size=20)) + document[place:]
    if damage == "utf-16":
        return document.decode("utf-8", "replace").encode("utf-16")
    if damage == "other":
        return draw(st.binary(max_size=200) | st.sampled_from(_OTHER_BODIES))
    return document


ERROR_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code><Message>'
    b"The request signature http://a/?sig=1 does not match.</Message><RequestId>ABC</RequestId>"
    b"<OSSAccessKeyId>the-key-id</OSSAccessKeyId><StringToSign>PUT secret</StringToSign></Error>"
)
_OTHER_BODIES = [
    b"",
    b"null",
    b"[]",
    b"[1, 2, 3]",
    b"NaN",
    b'"text"',
    b"<html><body>Please log in</body></html>",
    b"\xef\xbb\xbf{}",
    b"\x1f\x8b\x08\x00garbage",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"<Error>" * 10_000,
    b"<Error><Code>\xff\xfe</Code><Message>\x00</Message>",
    b'{"status":20,"subErrMessage":"\\ud800"}',
    b'{"status":20,"errCode":{},"errMessage":[]}',
]

_HEADER_TEXT = st.binary(max_size=20).filter(lambda value: not set(value) & set(b"\r\n\0"))
_HEADERS = {
    b"content-type": [b"text/html", b"application/xml", b"application/json; charset=utf-16", b";"],
    b"content-encoding": [b"gzip", b"deflate", b"br", b"identity", b"gzip, gzip", b"nonsense"],
    b"content-length": [b"0", b"-1", b"7", b"99999999999999999999999", b"1" * 5000, b"\xb2"],
    b"content-range": [b"bytes 0-1/2", b"bytes */5", b"bytes 9-1/x", b"1" * 5000, b"bytes 0-/"],
    b"date": [
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"Mon, 01 Jan 0001 00:00:00 GMT",
        b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        b"Mon, 01 Jan 2024 00:00:00 +9999",
    ],
    b"etag": [ETAG.encode(), b'"0"', b"*", b'"' + b"0" * 32 + b'"', b"W/" + ETAG.encode()],
    b"location": [b"http://[", b"/", b"//", b"http://a/\xff", b"data:,x", b"\x7f", b"http://a:b/"],
    b"retry-after": [b"0", b"-1", b"9" * 9, b"9" * 99, b"Mon, 01 Jan 99999999999999999999 0:0:0"],
    b"set-cookie": [b"a=b; Domain=.test", b"=", b"\xff"],
    b"x-ca-error-code": [b"T429UN", b"X500ER", b"B403", b"I403AA", b"?", b"\xe4\xbd\xa0"],
    b"x-ca-error-message": [
        b"Invalid Signature, Server StringToSign:",
        b"Invalid Signature, Server StringToSign:`POST##########`",
        b"Timestamp Expired",
        b"Nonce Used",
        b"Throttled by USER Flow Control",
        b"Throttled by DOMAIN Flow Control",
        b"Invalid AppKey",
    ],
    b"x-ca-request-id": [b"request-1", b"\xff\xfe"],
    b"x-oss-hash-crc64ecma": [b"0", b"-1", b"9" * 20, b"9" * 5000, b"\xb2", b"abc"],
    b"x-oss-request-id": [b"ABC", b"\xff"],
}
_header = st.sampled_from(sorted(_HEADERS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(_HEADERS[name]) | _HEADER_TEXT)
)
_STATUSES = [200, 200, 200, 200, 203, 204, 206, 299, 301, 302, 304, 307, 400, 401, 403, 404, 408]
_STATUSES += [409, 412, 416, 418, 429, 499, 500, 502, 503, 504, 599, 600, 999]


@st.composite
def answers(draw, operation: str) -> Answer:
    """What a hostile service, or something before it, may answer to an operation."""
    headers = draw(st.lists(_header, max_size=3))
    if draw(st.booleans()):
        headers = [*right_answer(operation).headers, *headers]
    return Answer(
        draw(st.sampled_from(_STATUSES)),
        headers,
        draw(_bodies(operation)),
        draw(st.integers(0, 9)) == 0,
    )
