"""The history's file on a real machine: other processes, other users, other programs."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from speedpix import Client, ConfigurationError, HistoryError, Prediction
from speedpix.predictions.history.history_file import FileHistory

ONE_RUN = """
import sys
from pathlib import Path
from speedpix import Prediction
from speedpix.predictions.history.history_file import FileHistory
history = FileHistory(Path(sys.argv[1]), "https://service", "key")
sys.stdout.write("ready"); sys.stdout.flush(); sys.stdin.read(1)
history.add(Prediction("", status="submitting", input={}))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "runs.db"


@pytest.fixture
def history(path):
    opened = FileHistory(path, "https://service", "key")
    yield opened
    opened.close()


def add(history, identity="") -> Prediction:
    prediction = Prediction("", status="submitting", input={})
    history.add(prediction)
    prediction.id = identity
    prediction.status = "waiting"
    history.update(prediction)
    return prediction


def test_many_processes_make_one_history_at_once(path, history):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_RUN, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(8)
    ]
    for each in workers:
        each.stdout.read(5)
    for each in workers:
        each.stdin.write(b"g")
        each.stdin.flush()
    told = [each.communicate()[1] for each in workers]
    assert told == [b""] * 8
    assert len(history.newest_first()) == 8


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_its_owner_may_read_it(path, history):
    before = os.umask(0)
    try:
        add(history)
    finally:
        os.umask(before)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_memory_is_no_file(monkeypatch):
    with pytest.raises(ConfigurationError, match="SPEEDPIX_HISTORY"):
        Client("key", "secret", history=":memory:")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("CREATE TABLE songs (title TEXT)", "another program"),
        ("CREATE TABLE runs (distance REAL); PRAGMA user_version = 1", "another program"),
        ("CREATE TABLE runs (distance REAL); PRAGMA user_version = 7", "another program"),
    ],
)
def test_the_database_of_another_program_is_left_alone(path, history, schema, reason):
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.executescript(schema)
    connection.close()
    content = path.read_bytes()
    for use in (lambda: add(history), history.newest_first):
        with pytest.raises(HistoryError, match=reason):
            use()
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_history_of_the_first_layout_goes_on(path, history):
    """As version 1 of the layout made it, which had no labels."""
    history.add(Prediction(id="", workflow_id="w"))
    history.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE runs DROP COLUMN label")
        connection.execute("PRAGMA user_version = 1")
    history.add(Prediction(id="", workflow_id="x", label="a photo"))
    assert [(run.workflow_id, run.label) for run in history.newest_first()] == [
        ("x", "a photo"),
        ("w", None),
    ]


def test_the_history_of_a_later_version_is_left_alone(path, history):
    add(history)
    history.close()
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE runs ADD COLUMN colour TEXT")
    connection.execute("PRAGMA user_version = 3")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    with pytest.raises(HistoryError, match="a later version of speedpix"):
        add(history)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        "status = x'ff'",
        "prediction_id = CAST(x'ff00' AS TEXT)",
        "submitted_at = 'yesterday'",
        "input = '{'",
        "input = '[1]'",
    ],
)
def test_a_damaged_row_hides_no_other(path, history, damage, caplog):
    for identity in ("first", "second", "third"):
        add(history, identity)
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE runs SET {damage} WHERE prediction_id = 'second'")
    connection.close()
    with caplog.at_level(logging.WARNING, "speedpix"):
        assert [each.id for each in history.newest_first()] == ["third", "first"]
    assert "record 2 is damaged" in caplog.text


def test_a_file_that_is_removed_is_made_again(path, history):
    add(history, "first")
    for each in path.parent.iterdir():
        each.unlink()
    add(history, "second")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT prediction_id FROM runs").fetchall() == [("second",)]
    connection.close()


def test_a_relative_path_means_the_same_file_after_a_change_of_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPEEDPIX_HISTORY", "runs.db")
    client = Client("key", "secret")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with client:
        assert client.predictions.list() == []
    assert (tmp_path / "runs.db").exists()


def test_a_relative_path_in_a_folder_that_is_gone_is_refused(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(HistoryError, match="history 'runs"):
        Client("key", "secret", history="runs.sqlite")


def test_a_run_costs_no_opening_of_the_file(path, history, monkeypatch):
    opened = []
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: opened.append(a) or connect(*a, **k))
    for _ in range(20):
        add(history)
    assert len(opened) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_parent_and_children_share_it(path, history):
    add(history, "parent")
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            add(history, "thread")

    thread = threading.Thread(target=work)
    thread.start()
    children = []
    for number in range(5):
        child = os.fork()
        if not child:
            try:
                add(history, f"child-{number}")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    codes = [os.waitpid(child, 0)[1] for child in children]
    stopped.set()
    thread.join()
    assert codes == [0] * 5
    found = {each.id for each in history.newest_first()}
    assert found == {"parent", "thread", *(f"child-{number}" for number in range(5))}
