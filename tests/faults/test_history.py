"""A history outlives its process, and tells the truth about every run."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from speedpix import HistoryError, InvalidRequestError, PredictionError, SubmitOutcomeUnknownError

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history" / "runs.db"


def test_another_client_picks_a_run_up(emulator, make_client, path):
    make_client(history=path).run("echo", {"file": CONTENT}, wait=False)
    found = make_client(history=path).predictions.list()[0]
    assert found.status in ("waiting", "running")
    assert found.workflow_id == "echo"
    assert found.wait().output["copy"].read() == CONTENT
    ended = make_client(history=path).predictions.list()[0]
    assert ended.status == "succeeded"
    assert ended.wait().output["copy"].read() == CONTENT


def test_the_environment_can_ask_for_it(emulator, make_client, path, monkeypatch):
    monkeypatch.setenv("SPEEDPIX_HISTORY", str(path))
    identity = make_client().run("echo", {"file": CONTENT}, wait=False).id
    assert [p.id for p in make_client().predictions.list()] == [identity]


def test_newest_first_and_only_this_account(emulator, make_client, path):
    client = make_client(history=path)
    identities = [client.run("echo", {"file": CONTENT}, wait=False).id for _ in range(3)]
    assert [p.id for p in client.predictions.list()] == identities[::-1]
    other = type(client)("another-key", "s", endpoint=emulator.url, history=path)
    assert other.predictions.list() == []


def test_an_unknown_outcome_is_on_record(emulator, make_client, path):
    client = make_client(history=path)
    emulator.faults.add("submit", "drop_after")
    with pytest.raises(SubmitOutcomeUnknownError):
        client.run("echo", {"file": CONTENT})
    (found,) = client.predictions.list()
    assert (found.id, found.status, found.workflow_id) == ("", "submitting", "echo")
    with pytest.raises(SubmitOutcomeUnknownError, match="console"):
        found.wait()


def test_a_refused_submit_is_no_run(emulator, make_client, path):
    client = make_client(history=path)
    with pytest.raises(InvalidRequestError):
        client.run("echo", {"wrong": "field"})
    assert client.predictions.list() == []


def test_a_failure_is_recorded(emulator, make_client, path):
    client = make_client(history=path)
    emulator.faults.add("submit", "throttled")
    with pytest.raises(PredictionError):
        client.run("failing", {})
    found = client.predictions.list()[0]
    assert (found.status, found.error, found.error_code) == ("failed", "no luck", "LUCK")


@pytest.mark.parametrize("keep", [False, True])
def test_secret_and_input_are_not_written_unless_asked(emulator, make_client, path, keep):
    client = make_client(history=path, history_keeps_input=keep)
    client.run("echo", {"file": CONTENT}, wait=False)
    client.close()
    content = path.read_bytes()
    assert emulator.app_secret.encode() not in content
    assert (b"Signature" in content) is keep
    assert (client.predictions.list()[0].input is not None) is keep


def test_a_history_that_cannot_be_written_submits_nothing(emulator, make_client, tmp_path):
    (tmp_path / "file").write_text("")
    submits = emulator.count("submit")
    with pytest.raises(HistoryError, match="SPEEDPIX_HISTORY"):
        make_client(history=tmp_path / "file" / "runs.db").run("echo", {"file": CONTENT})
    (tmp_path / "broken.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(HistoryError):
        make_client(history=tmp_path / "broken.db").run("echo", {"file": CONTENT})
    assert emulator.count("submit") == submits


def test_many_threads_write_one_history(emulator, make_client, path):
    clients = [make_client(history=path, timeout=30) for _ in range(4)]

    def work(client) -> None:
        for _ in range(5):
            client.run("echo", {"file": CONTENT}, wait=False)

    threads = [threading.Thread(target=work, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    identities = {p.id for p in clients[0].predictions.list()}
    assert len(identities - {""}) == 20
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
