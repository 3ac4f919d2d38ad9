"""Signatures: every published vector, and the rules around them."""

from __future__ import annotations

import base64
import hashlib
import json
import locale
from pathlib import Path

import pytest

from speedpix import InputError
from speedpix.gateway.settings import Secret
from speedpix.gateway.signing import first_difference, sign, signature, string_to_sign

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "signature_vectors.json").read_text("utf-8")
)
# What this signer does not do, and why it need not. Everything else must pass.
NOT_APPLICABLE = {
    "kat_higress_post_form": "form bodies are merged into the path; this API has JSON bodies only",
}
APPLICABLE = [vector for vector in VECTORS if vector["name"] not in NOT_APPLICABLE]


def by_name(vector):
    return vector["name"]


def test_every_vector_is_judged():
    names = {vector["name"] for vector in VECTORS}
    assert len(VECTORS) == len(names) == 26
    assert set(NOT_APPLICABLE) <= names
    assert len(APPLICABLE) == 25


@pytest.mark.parametrize("vector", APPLICABLE, ids=by_name)
def test_the_string_to_sign_and_its_signature(vector):
    text = string_to_sign(vector["method"], vector["path_and_query"], vector["headers_in"])
    assert text == vector["expected_string_to_sign"]
    assert signature(text, Secret(vector["app_secret"])) == vector["expected_signature"]


@pytest.mark.parametrize("vector", APPLICABLE, ids=by_name)
def test_the_headers_made_for_a_vectors_body(vector):
    body = vector["body_utf8"].encode()
    headers = sign(
        vector["method"],
        vector["path_and_query"],
        {},
        body,
        app_key=vector["app_key"],
        app_secret=Secret(vector["app_secret"]),
        timestamp=int(vector["timestamp"]) / 1000,
        nonce=vector["nonce"],
    )
    assert headers.get("content-md5", "") == vector["expected_content_md5"]
    assert headers["x-ca-timestamp"] == vector["timestamp"]
    assert headers["x-ca-nonce"] == vector["nonce"]
    assert headers["x-ca-key"] == vector["app_key"]
    # The vectors' Date is written in another form; with theirs, the signature is theirs.
    theirs = dict(vector["headers_in"])
    theirs["content-md5"] = headers.get("content-md5", "")
    text = string_to_sign(vector["method"], vector["path_and_query"], theirs)
    assert signature(text, Secret(vector["app_secret"])) == vector["expected_signature"]


def test_the_vector_that_does_not_apply_differs_in_the_path_alone():
    vector = next(v for v in VECTORS if v["name"] == "kat_higress_post_form")
    text = string_to_sign(vector["method"], vector["path_and_query"], vector["headers_in"])
    expected = vector["expected_string_to_sign"]
    assert text.split("\n")[:-1] == expected.split("\n")[:-1]
    assert expected.split("\n")[-1].endswith(
        "?nickname=nickname&photo=photo&room_id=6893&uuid=uuid"
    )


def signed(headers=None, body=b"{}", nonce="n-1", timestamp=1_767_225_600.123):
    return sign(
        "POST",
        "/scc/comfy_prompt",
        headers or {},
        body,
        app_key="the-key",
        app_secret=Secret("the-secret"),
        timestamp=timestamp,
        nonce=nonce,
    )


def test_what_is_signed_is_what_the_services_own_clients_sign():
    headers = signed()
    assert headers["x-ca-signature-headers"] == (
        "x-ca-key,x-ca-nonce,x-ca-signature-method,x-ca-timestamp"
    )
    assert headers["x-ca-signature-method"] == "HmacSHA256"
    assert headers["accept"] == headers["content-type"] == "application/json; charset=utf-8"
    text = string_to_sign("POST", "/scc/comfy_prompt", headers)
    assert headers["x-ca-signature"] == signature(text, Secret("the-secret"))


@pytest.mark.parametrize(
    "name",
    [
        "x-ca-key",
        "X-Ca-Key",
        "X-CA-NONCE",
        "x-ca-timestamp",
        "x-ca-signature",
        "X-Ca-Signature-Headers",
        "x-ca-signature-method",
        "Date",
        "Content-MD5",
    ],
)
def test_a_callers_header_never_overrides_an_authenticating_one(name):
    assert signed({name: "mine"}) == signed()


def test_a_callers_other_headers_are_sent_unsigned():
    headers = signed({"X-SP-Resource-Config-Id": "pool-1", "User-Agent": "me"})
    assert headers["x-sp-resource-config-id"] == "pool-1"
    assert headers["user-agent"] == "me"
    assert headers["x-ca-signature"] == signed()["x-ca-signature"]


@pytest.mark.parametrize("value", ["a\r\nx-ca-key: other", "a\nb", "a\rb", "a\0b"])
def test_a_line_break_in_a_header_is_refused(value):
    with pytest.raises(InputError, match=r"header x-sp-resource-config-id.*line break") as caught:
        signed({"X-SP-Resource-Config-Id": value})
    assert value not in str(caught.value)


def test_the_md5_is_that_of_the_exact_bytes():
    body = '{"inputs":{"text":"一幅画"}}\n'.encode()
    expected = base64.b64encode(hashlib.md5(body).digest()).decode()
    assert signed(body=body)["content-md5"] == expected


def test_an_empty_body_has_no_md5():
    assert "content-md5" not in signed(body=b"")


def test_another_nonce_or_time_is_another_signature():
    first = signed()["x-ca-signature"]
    assert signed(nonce="n-2")["x-ca-signature"] != first
    assert signed(timestamp=1_767_225_601)["x-ca-signature"] != first


def test_dates_are_english_in_every_locale():
    available = [name for name in ("zh_CN.UTF-8", "de_DE.UTF-8", "C.UTF-8") if _settable(name)]
    before = locale.setlocale(locale.LC_TIME)
    dates = set()
    try:
        for name in available:
            locale.setlocale(locale.LC_TIME, name)
            dates.add(signed()["date"])
    finally:
        locale.setlocale(locale.LC_TIME, before)
    assert dates == {"Thu, 01 Jan 2026 00:00:00 GMT"}


def _settable(name):
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_TIME, before)
    return True


LOCAL = string_to_sign("POST", "/scc/comfy_prompt", signed())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (0, "the method"),
        (1, "Accept"),
        (2, "Content-MD5"),
        (3, "Content-Type"),
        (4, "Date"),
        (5, "the header x-ca-key"),
        (6, "the header x-ca-nonce"),
        (8, "the header x-ca-timestamp"),
        (9, "the path"),
    ],
)
def test_the_field_that_differs_is_named_and_nothing_quoted(line, named):
    lines = LOCAL.split("\n")
    lines[line] = "altered-on-the-way"
    assert first_difference("#".join(lines), LOCAL) == named


def test_the_first_of_several_differences_is_named():
    lines = LOCAL.split("\n")
    lines[1], lines[4] = "*/*", ""
    assert first_difference("#".join(lines), LOCAL) == "Accept"


def test_no_difference_means_the_secret_is_wrong():
    assert first_difference(LOCAL.replace("\n", "#"), LOCAL) == ""


def test_a_missing_header_is_told():
    lines = LOCAL.split("\n")
    del lines[-1]
    assert first_difference("#".join(lines), LOCAL) == "the number of signed headers"
