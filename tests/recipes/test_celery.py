"""The Celery task in a real worker, whose broker is a folder: what it repeats is paid once."""

from __future__ import annotations

import csv
import os
import signal
import sys
from pathlib import Path

import pytest
from celery import Celery
from speedpix_emulator import store_error

from .conftest import COUNT, RECIPES, assert_each_is_paid_once, wait_until

# The recipe's own application, with a broker that needs no server, and without pauses: before a
# retry, and before a process that is gone is taken for lost.
WORKER = """
import sys

sys.path.insert(0, {folder!r})
from celery_task import app, make_pictures

app.conf.update({broker!r}, worker_lost_wait=0.1)
make_pictures.default_retry_delay = 0
"""


@pytest.fixture
def broker(tmp_path):
    """Settings for messages in a folder."""
    folders = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    for folder in {*folders.values()}:
        Path(folder).mkdir()
    return {"broker_url": "filesystem://", "broker_transport_options": folders}


@pytest.fixture
def worker(start, broker, tmp_path):
    """A worker with one process for tasks."""
    program = WORKER.format(folder=str(RECIPES), broker=broker)
    (tmp_path / "worker.py").write_text(program, encoding="utf-8")
    command = "--app worker worker --concurrency 1 --without-mingle --without-gossip"
    return start(sys.executable, "-m", "celery", *command.split())


@pytest.fixture
def delay(broker, catalogue):
    """A function that gives the task to the worker, as a web server would."""
    app = Celery()
    app.conf.update(broker)
    return lambda: app.send_task("celery_task.make_pictures", [str(catalogue)])


def process_of_tasks(worker):
    """Return the id of the process in which the worker's tasks run."""
    (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return int(child)


def statuses(catalogue):
    """Return the statuses in the report that a task leaves at its end."""
    report = catalogue / "report.csv"
    if not report.exists():
        return []
    lines = report.read_text("utf-8-sig").splitlines()
    return [row["status"] for row in csv.DictReader(lines)]


def test_a_task_whose_process_is_killed_runs_again_and_pays_nothing_twice(
    worker, delay, catalogue, emulator
):
    emulator.next_run(times=COUNT, duration=60)
    delay()
    wait_until(lambda: len(emulator.jobs) == COUNT, worker)
    polls = emulator.count("progress")
    wait_until(lambda: emulator.count("progress") > polls + COUNT, worker)  # all ids are known

    os.kill(process_of_tasks(worker), signal.SIGKILL)
    emulator.clock.advance(60)

    wait_until(lambda: statuses(catalogue) == ["succeeded"] * COUNT, worker)
    assert_each_is_paid_once(emulator, catalogue)


def test_a_retry_brings_home_what_is_paid_and_a_repetition_finds_all_done(
    worker, delay, catalogue, emulator
):
    emulator.faults.add("get", store_error(404, "NoSuchKey", "there is no such file"))
    delay()
    retried = ["skipped"] * (COUNT - 1) + ["succeeded"]
    wait_until(lambda: sorted(statuses(catalogue)) == retried, worker)

    delay()
    wait_until(lambda: statuses(catalogue) == ["skipped"] * COUNT, worker)
    assert_each_is_paid_once(emulator, catalogue)
