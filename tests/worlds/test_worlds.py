"""Every operation in every world, sync and async."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import pytest
from service_worlds import DURATION

from speedpix import PredictionError
from speedpix.values.progress import ENDS

CONTENT = bytes(range(256)) * 20
INPUT = {"file": CONTENT, "marker": "one"}


@pytest.fixture
def ends(world):
    """A context in which a run ends as runs of the world do."""
    return nullcontext() if world.succeeds else pytest.raises(PredictionError)


@pytest.fixture(autouse=True)
def room(emulator, clock):
    """Let the runs of other tests end: some worlds allow one at a time."""
    while any(job.status not in ENDS for job in emulator.jobs):
        clock.advance(DURATION)


def test_upload(emulator, world, client, do):
    file = do(client.files, "create", CONTENT, filename="a.bin")
    stored = emulator.objects[-1]
    assert stored.file.read_bytes() == CONTENT
    assert (file.size, file.name) == (len(CONTENT), "a.bin")
    assert file.content_type == stored.content_type
    if world.dated:
        assert file.expire_time > datetime.now(timezone.utc) - timedelta(hours=1)
    else:
        assert file.expire_time is None
    prediction = do(client, "run", "echo", {"file": file, "marker": "a"}, wait=False)
    assert prediction.id == emulator.jobs[-1].id


def test_submit(emulator, run):
    jobs = len(emulator.jobs)
    prediction = run(INPUT, wait=False)
    assert len(emulator.jobs) == jobs + 1
    assert prediction.id == emulator.jobs[-1].id
    assert prediction.status not in ENDS


def test_progress(emulator, world, run, ends):
    told = []
    with ends as caught:
        run(INPUT, on_progress=told.append)
    job = emulator.jobs[-1]
    assert 0 <= emulator.clock.time() - job.submitted - job.timeline.end <= world.late
    assert told[-1].status == world.ending
    assert all(each.status not in ENDS for each in told[:-1])
    assert all(each.fraction is None or 0 <= each.fraction <= 1 for each in told)
    assert all(each.seconds_left is None or each.seconds_left >= 0 for each in told)
    if caught is not None:
        assert caught.value.prediction.id == job.id


def test_result(world, run, another_client, do, ends):
    submitted = run(INPUT, wait=False)
    prediction = do(another_client.predictions, "get", submitted.id)
    with ends as caught:
        do(prediction, "wait")
    assert prediction.status == world.ending
    if caught is None:
        assert list(prediction.output) == ["copy"]
    else:
        assert (caught.value.code, caught.value.message) == ("LUCK", "no luck")
        assert caught.value.prediction is prediction


def test_save(run, do, ends, tmp_path):
    with ends as caught:
        output = run(INPUT)
    if caught is not None:
        assert not caught.value.prediction.output
        return
    assert do(output["copy"], "read") == CONTENT
    do(output["copy"], "save", tmp_path / "copy.bin")
    do(output, "save_all", tmp_path / "all")
    assert (tmp_path / "copy.bin").read_bytes() == CONTENT
    assert [path.read_bytes() for path in (tmp_path / "all").iterdir()] == [CONTENT]
    assert {path.name for path in tmp_path.iterdir()} == {"copy.bin", "all"}
