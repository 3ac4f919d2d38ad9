"""A service whose words are commands to a terminal: they arrive as text, everywhere."""

from __future__ import annotations

import json
import logging

import pytest
from speedpix_emulator import Failure, Fault
from speedpix_emulator.exchanges.faults import Answer

from speedpix import PredictionError, SpeedPixException
from speedpix.constants import QUOTED_LENGTH

WORDS = "\x1b]0;owned\x07\x9b2J\r\nforged \u202etxt.exe"


def test_a_failure(emulator, make_client, caplog):
    @emulator.workflow("rude", inputs={}, outputs={}, failure=Failure(WORDS * 100, code=WORDS))
    def rude() -> dict[str, bytes]:
        return {}

    client = make_client(timeout=30)
    with caplog.at_level(logging.DEBUG, "speedpix"), pytest.raises(PredictionError) as caught:
        client.run("rude", {})
    prediction = caught.value.prediction
    assert str(caught.value).isprintable()
    assert prediction.error.isprintable()
    assert prediction.error.endswith("characters more)")
    assert prediction.error_code.isprintable()
    assert all(record.getMessage().isprintable() for record in caplog.records)


@pytest.mark.parametrize("status", ["running", WORDS])
def test_a_progress(emulator, make_client, status):
    words = {"status": status, "state": {"nodeLabel": WORDS}, "message": WORDS}

    def rewrite(answer: Answer) -> Answer:
        envelope = json.loads(answer.body)
        envelope["data"].update(words)
        return Answer(answer.status, answer.headers, json.dumps(envelope).encode())

    client = make_client(timeout=30)
    prediction = client.run("echo", {"file": b"content"}, wait=False)
    emulator.faults.add("progress", Fault("rude", rewrite=rewrite))
    prediction.reload()
    progress = prediction.progress
    assert all(each.isprintable() for each in (progress.status, progress.message, progress.node))
    assert prediction.status.isprintable()


def test_a_gateway(emulator, make_client):
    headers = {"x-ca-error-message": "a" * 3000, "x-ca-error-code": "I400XX"}
    emulator.faults.add("submit", Fault("rude", answer=Answer(400, headers)))
    with pytest.raises(SpeedPixException) as caught:
        make_client(timeout=30).run("echo", {"file": b"content"})
    assert len(caught.value.message) < QUOTED_LENGTH + 100
