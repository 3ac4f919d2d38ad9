"""Whatever is signed, a verifier written from the gateway's rules accepts it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string

import pytest
from hypothesis import assume, given, strategies as st

from speedpix import InputError
from speedpix.gateway.settings import Secret
from speedpix.gateway.signing import sign

from .values import bounded

NEVER_SIGNED = {
    "x-ca-signature",
    "x-ca-signature-headers",
    "accept",
    "content-md5",
    "content-type",
    "date",
}
ALWAYS_SIGNED = {"x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp"}

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
words = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=20)
methods = st.sampled_from(["GET", "POST", "PUT", "post", "DELETE"])
paths = st.lists(st.text(string.ascii_letters + string.digits + "-._~%", max_size=8)).map(
    lambda parts: "/" + "/".join(parts)
)
owned = st.sampled_from(sorted(ALWAYS_SIGNED | NEVER_SIGNED - {"accept", "content-type"}))
any_case = owned.flatmap(
    lambda name: st.lists(st.booleans(), min_size=len(name), max_size=len(name)).map(
        lambda upper: "".join(c.upper() if up else c for c, up in zip(name, upper, strict=True))
    )
)
requests = st.fixed_dictionaries(
    {
        "method": methods,
        "target": paths,
        "headers": st.dictionaries(words, printable, max_size=5),
        "body": st.binary(max_size=200),
        "app_key": words,
        "app_secret": st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()),
        "timestamp": st.floats(0, 4e9),
        "nonce": words,
    }
)


def signed(request: dict) -> dict[str, str]:
    return sign(**{**request, "app_secret": Secret(request["app_secret"])})


def accepted(request: dict, headers: dict[str, str]) -> bool:
    """Tell whether the gateway accepts a request, from the rules in its documentation."""
    names = headers["x-ca-signature-headers"].split(",")
    assert names == [name.strip().lower() for name in names]
    assert not NEVER_SIGNED & set(names)
    assert set(names) >= ALWAYS_SIGNED
    lines = [request["method"].upper()]
    lines += [headers.get(each, "") for each in ("accept", "content-md5", "content-type", "date")]
    lines += [f"{name}:{headers[name]}" for name in sorted(names)]
    lines += [request["target"]]
    secret = request["app_secret"].encode()
    mac = hmac.new(secret, "\n".join(lines).encode(), hashlib.sha256).digest()
    return headers["x-ca-signature"] == base64.b64encode(mac).decode()


@bounded
@given(requests)
def test_the_verifier_accepts_what_is_signed(request):
    headers = signed(request)
    assert accepted(request, headers)
    digest = base64.b64encode(hashlib.md5(request["body"]).digest()).decode()
    assert headers.get("content-md5") == (digest if request["body"] else None)
    assert abs(int(headers["x-ca-timestamp"]) / 1000 - request["timestamp"]) < 0.01
    assert headers["x-ca-signature-method"] == "HmacSHA256"
    assert headers["accept"]


@bounded
@given(requests, st.dictionaries(any_case, printable, min_size=1))
def test_no_header_of_the_caller_takes_the_place_of_an_authenticating_one(request, intruders):
    plain = signed(request)
    crowded = signed({**request, "headers": {**request["headers"], **intruders}})
    mine = (ALWAYS_SIGNED | NEVER_SIGNED) - {"accept", "content-type"}
    assert {name: crowded.get(name) for name in mine} == {name: plain.get(name) for name in mine}
    assert all(name == name.lower() for name in crowded)


@bounded
@given(requests, words, printable, printable, st.sampled_from(["\r", "\n", "\r\n", "\0"]))
def test_a_header_with_a_line_break_is_refused(request, name, before, after, line_break):
    assume(name.lower() not in ALWAYS_SIGNED | NEVER_SIGNED)
    request["headers"] = {**request["headers"], name: f"{before}{line_break}{after}"}
    with pytest.raises(InputError, match="line break") as caught:
        signed(request)
    assert name.lower() in str(caught.value)


@bounded
@given(requests, requests, st.sampled_from(["method", "target", "body", "app_key", "nonce"]))
def test_a_change_on_the_way_is_noticed(request, other, part):
    altered = {**request, part: other[part]}
    before, after = signed(request), signed(altered)
    same = request[part] == other[part] or request[part] == other[part].upper()
    assume(not same and str(request[part]).upper() != str(other[part]).upper())
    assert before["x-ca-signature"] != after["x-ca-signature"]
    if part in ("method", "target"):
        assert not accepted(altered, before)


@bounded
@given(requests, st.text(min_size=1).filter(str.isprintable))
def test_another_secret_signs_otherwise(request, secret):
    assume(secret != request["app_secret"])
    assert not accepted({**request, "app_secret": secret}, signed(request))
