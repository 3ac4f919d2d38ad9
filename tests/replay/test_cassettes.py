"""The cassettes hold no secret, and playing them needs no network."""

from __future__ import annotations

import ast
import re
import socket
from pathlib import Path

import httpx
import pytest
import yaml
from isolation import ForbiddenError, forbid_network
from speedpix_emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from vcr.errors import CannotOverwriteExistingCassetteException

from speedpix import Client

from .cassettes import CASSETTES, PLACEHOLDERS, Scrubber, Source, cassette

FILES = sorted(CASSETTES.glob("*.yaml"))
SIGNED_REQUEST_HEADERS = ("x-ca-key", "x-ca-nonce", "x-ca-signature", "x-ca-timestamp")


def by_name(path):
    return path.stem


def bodies(path):
    """Every body of a cassette, decoded."""
    for interaction in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
        for body in (interaction["request"]["body"], interaction["response"]["body"]["string"]):
            yield body.decode("latin-1") if isinstance(body, bytes) else str(body)


def test_there_is_a_cassette_for_each_replay():
    tree = ast.parse((Path(__file__).parent / "test_replay.py").read_text("utf-8"))
    tests = {
        node.name.removeprefix("test_")
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert {path.stem for path in FILES} == tests
    assert len(tests) >= 6


def test_a_note_says_where_they_come_from():
    assert "emulator" in (CASSETTES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_no_secret_is_on_a_cassette(path):
    text = "\n".join([path.read_text("utf-8"), *bodies(path)])
    for secret in (DEFAULT_APP_SECRET, DEFAULT_APP_KEY, PLACEHOLDERS.app_secret):
        assert secret not in text
    assert not re.search(r"(Signature|OSSAccessKeyId|security-token|Expires)=", text, re.I)
    assert "127.0.0.1" not in text
    assert not re.search(r"https?://[^\s\"']*\?", text)


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_what_signs_a_request_is_scrubbed(path):
    calls = 0
    for interaction in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
        headers = interaction["request"]["headers"]
        for name in SIGNED_REQUEST_HEADERS:
            assert headers.get(name, ["scrubbed"]) == ["scrubbed"]
        calls += "x-ca-signature" in headers
        assert not {"authorization", "cookie", "x-ca-secret"} & set(headers)
        assert not {"set-cookie", "date", "server"} & set(interaction["response"]["headers"])
    assert calls


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_cassettes_are_small(path):
    assert path.stat().st_size < 50_000


def test_scrubbing_takes_out_what_is_secret_and_leaves_the_rest():
    source = Source("https://real.test", "real-key", "real-secret", "real-workflow")
    scrubbed = Scrubber(source).response(
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Length": ["1"], "Date": ["today"], "Set-Cookie": ["s=1"]},
            "body": {
                "string": b'{"a": "https://real.test/x?Signature=abc&Expires=1", "b": '
                b'"real-key real-secret real-workflow", "c": "why? because"}'
            },
        }
    )
    body = scrubbed["body"]["string"]
    assert body == (
        b'{"a": "https://speedpix.test/x", "b": "app-key app-secret white-background", '
        b'"c": "why? because"}'
    )
    assert scrubbed["headers"] == {"Content-Length": [str(len(body))]}


def test_a_file_is_left_as_it_is():
    content = b"\x89PNG\xff https://real.test/x?y"
    source = Source("https://real.test", "real-key", "real-secret", "real-workflow")
    response = {"status": {}, "headers": {}, "body": {"string": content}}
    assert Scrubber(source).response(response)["body"]["string"] == content


def test_the_network_is_blocked(monkeypatch):
    forbid_network(monkeypatch)
    with socket.socket() as connection, pytest.raises(ForbiddenError):
        connection.connect(("127.0.0.1", 9))
    with httpx.Client() as client, pytest.raises(ForbiddenError):
        client.get("http://127.0.0.1:9/")


def play(path):
    """A client that plays a cassette."""
    opened = cassette(path, PLACEHOLDERS)
    return opened, Client(
        PLACEHOLDERS.app_key,
        PLACEHOLDERS.app_secret,
        PLACEHOLDERS.endpoint,
        max_retries=0,
    )


def test_a_request_that_was_not_recorded_fails(monkeypatch):
    forbid_network(monkeypatch)
    opened, client = play(CASSETTES / "upload.yaml")
    with opened, client, pytest.raises(CannotOverwriteExistingCassetteException):
        client.files.create(b"other content")


def test_an_answer_is_played_once(monkeypatch, photo):
    forbid_network(monkeypatch)
    opened, client = play(CASSETTES / "upload.yaml")
    with opened, client:
        client.files.create(photo)
        with pytest.raises(CannotOverwriteExistingCassetteException):
            client.files.create(b"another content, as the same is uploaded once")
