"""vcrpy records what the service says, and plays it."""

from __future__ import annotations

import vcr
from isolation import forbid_network

from .conftest import CONTENT


def test_what_was_recorded_is_played(use, served, emulated, tmp_path, monkeypatch):
    path = tmp_path / "run.yaml"
    with vcr.use_cassette(str(path), record_mode="once"):
        assert use(emulated) == CONTENT
    before = len(served.requests)
    assert before

    forbid_network(monkeypatch)
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert use(emulated) == CONTENT
        assert cassette.all_played
    assert len(served.requests) == before


def test_the_addresses_on_a_cassette_are_no_credentials(use, emulated, tmp_path):
    with vcr.use_cassette(str(tmp_path / "run.yaml")) as cassette:
        use(emulated)
    assert {request.method for request in cassette.requests} == {"POST", "PUT", "GET"}
    assert not [request for request in cassette.requests if "?" in request.uri]
