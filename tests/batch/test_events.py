"""What may happen to a batch, and what it then does: the table of the documentation."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from full_disk import files_of_at_most

from speedpix import (
    AuthenticationError,
    BatchStoppedError,
    DownloadError,
    ManifestError,
    PermissionDeniedError,
    PredictionError,
    SubmitOutcomeUnknownError,
)

from .conftest import by_index, labels

FAILING = {"label": "x", "fail": True}


@pytest.mark.parametrize("fault", ["drop_after", "internal_error", "garbage"])
def test_a_lost_answer_is_unknown_and_counts(client, collect, clean, jobs, manifest, fault):
    clean.faults.add("submit", fault, times=2)
    batch = client.map("echo", labels(10), manifest=manifest, max_runs=5, concurrency=1)
    results = collect(batch)
    assert [result.status for result in results].count("unknown") == 2
    assert batch.counts.submitted == 5
    assert len(jobs()) <= 5
    assert batch.stopped == "max_runs=5 was reached"
    # It comes again as unknown, unpaid, until it is asked for.
    before = len(jobs())
    again = collect(client.map("echo", labels(5), manifest=manifest))
    assert [result.status for result in again].count("unknown") == 2
    assert len(jobs()) == before
    assert {
        r.status for r in collect(client.map("echo", labels(5), manifest=manifest, retry="unknown"))
    } == {"skipped", "succeeded"}


def test_no_more_than_max_runs_are_paid(client, collect, jobs, manifest):
    batch = client.map("echo", labels(100), manifest=manifest, max_runs=7)
    assert len(collect(batch)) == 7
    assert len(jobs()) == 7
    rest = client.map("echo", labels(100), manifest=manifest)
    results = collect(rest)
    assert [each.error for each in results if each.error] == []
    assert len(results) == len(jobs()) == 100
    assert rest.counts.skipped == 7


def test_polls_that_fail_leave_the_run_open(make_client, collect, clean, jobs, manifest):
    clean.faults.add("progress", "unavailable", times=1000)
    results = collect(
        make_client(max_retries=0).map("echo", labels(3), manifest=manifest, wait_timeout=1)
    )
    assert {result.status for result in results} == {"open"}
    assert all(result.prediction_id for result in results)
    clean.faults.clear()
    again = collect(make_client().map("echo", labels(3), manifest=manifest))
    assert {result.status for result in again} == {"succeeded"}
    assert len(jobs()) == 3


def test_a_deadline_leaves_the_run_open(client, collect, jobs, manifest):
    inputs = [{"label": "slow", "seconds": 1.5}]
    [result] = collect(client.map("echo", inputs, manifest=manifest, wait_timeout=0.3))
    assert result.status == "open"
    [result] = collect(client.map("echo", inputs, manifest=manifest))
    assert result.status == "succeeded"
    assert len(jobs()) == 1


def test_a_download_that_fails_leaves_the_run_open(
    make_client, collect, clean, jobs, manifest, photo, tmp_path
):
    inputs = [{"file": photo("a.bin"), "label": "a"}]
    options = {"manifest": manifest, "save_to": tmp_path / "out"}
    clean.faults.add("get", "store_unavailable", times=1000)
    [result] = collect(make_client(max_retries=1).map("copy", inputs, **options))
    assert result.status == "open"
    assert isinstance(result.error, DownloadError)
    clean.faults.clear()
    [result] = collect(make_client().map("copy", inputs, **options))
    assert result.status == "succeeded"
    assert result.saved[0].read_bytes() == inputs[0]["file"].read_bytes()
    assert len(jobs()) == 1


def test_a_deleted_file_is_fetched_again(client, collect, jobs, manifest, photo, tmp_path):
    inputs = [{"file": photo("a.bin"), "label": "a"}]
    options = {"manifest": manifest, "save_to": tmp_path / "out" / "{stem}.{ext}"}
    [first] = collect(client.map("copy", inputs, **options))
    [path] = first.saved
    assert path == tmp_path / "out" / "a.bin"
    [second] = collect(client.map("copy", inputs, **options))
    assert second.status == "skipped"
    assert second.saved == (path,)
    assert second.output["copy"].read() == path.read_bytes()  # with a fresh URL
    path.unlink()
    [third] = collect(client.map("copy", inputs, **options))
    assert third.saved == (path,)
    assert path.exists()
    assert len(jobs()) == 1


def test_a_changed_photo_runs_anew_and_a_touched_one_does_not(
    client, collect, jobs, manifest, photo
):
    path = photo("a.bin")
    inputs = [{"sku": "a", "file": path, "label": "a"}]
    collect(client.map("copy", inputs, manifest=manifest, key="sku"))
    os.utime(path, (1, 1))
    [result] = collect(client.map("copy", inputs, manifest=manifest, key="sku"))
    assert result.status == "skipped"
    path.write_bytes(b"something else")
    [result] = collect(client.map("copy", inputs, manifest=manifest, key="sku"))
    assert result.status == "succeeded"
    assert len(jobs()) == 2


def test_a_missing_photo_is_its_items_failure(client, collect, jobs, manifest, photo, tmp_path):
    there = photo("a.bin")
    inputs = [
        {"file": tmp_path / "photos" / "missing.bin", "label": "m"},
        {"file": there, "label": "a"},
    ]
    results = by_index(collect(client.map("copy", inputs, manifest=manifest)))
    assert [results[index].status for index in range(2)] == ["failed", "succeeded"]
    assert "missing.bin" in str(results[0].error)
    assert len(jobs()) == 1
    shutil.copy(there, tmp_path / "photos" / "missing.bin")
    results = by_index(collect(client.map("copy", inputs, manifest=manifest)))
    assert [results[index].status for index in range(2)] == ["succeeded", "skipped"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_a_name_in_another_encoding_is_a_name(client, collect, jobs, manifest, photo, tmp_path):
    path = photo(os.fsdecode("产品.bin".encode("gb18030")), b"gb")
    inputs = [{"sku": path.stem, "file": path, "label": "a"}, {"file": path, "label": "b"}]
    for status in ("succeeded", "skipped"):
        batch = client.map(
            "copy", inputs[:1], manifest=manifest, key="sku", save_to=tmp_path / "out"
        )
        [result] = collect(batch)
        assert result.status == status
        assert result.saved[0].read_bytes() == b"gb"
    assert result.key in batch.report(tmp_path / "report.csv").read_text("utf-8-sig")
    batch = client.map("copy", inputs[1:], save_to=tmp_path / path.stem / "{stem}.{ext}")
    [result] = collect(batch)
    assert result.saved[0].read_bytes() == b"gb"
    line = json.loads(batch.report(tmp_path / "report.jsonl").read_text("utf-8"))
    assert line["saved"] == [str(result.saved[0])]
    for name in ("report.csv", "report.html"):
        assert r"\udcb2" in batch.report(tmp_path / name).read_text("utf-8-sig")
    assert len(jobs()) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the system")
def test_a_disk_that_fills_up_is_named_and_nothing_is_paid_twice_or_lost(
    client, collect, jobs, manifest, caplog
):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        with pytest.raises(ManifestError, match="disk"):
            collect(client.map("echo", labels(200), manifest=manifest, concurrency=16))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    results = collect(client.map("echo", labels(200), manifest=manifest))
    started = {job.inputs["label"]: job.id for job in jobs()}
    assert len(started) == len(jobs())
    unknown = [each.input["label"] for each in results if each.status == "unknown"]
    assert all(started[label] in caplog.text for label in unknown if label in started)


def test_a_run_that_is_not_on_record_was_paid(client, collect, jobs, manifest, monkeypatch):
    def refuse(record, prediction):
        if prediction.id != record.entry.prediction_id:
            record.put(record.entry._replace(prediction_id=prediction.id))
            raise ManifestError

    monkeypatch.setattr("speedpix.batch.driver.record.ItemRecord.update", refuse)
    batch = client.map("echo", labels(1), manifest=manifest)
    with pytest.raises(ManifestError):
        collect(batch)
    assert batch.counts.submitted == len(jobs()) == 1


def test_what_is_done_stays_done_without_its_photo(client, collect, manifest, photo):
    path = photo("a.bin")
    inputs = [{"sku": "a", "file": path, "label": "a"}]
    collect(client.map("copy", inputs, manifest=manifest, key="sku"))
    path.unlink()
    [result] = collect(client.map("copy", inputs, manifest=manifest, key="sku"))
    assert result.status == "skipped"


def test_a_run_that_the_service_forgot_is_unknown(
    make_client, collect, clean, jobs, manifest, emulator, tmp_path
):
    inputs = [{"label": "slow", "seconds": 30}]
    client = make_client()
    [result] = collect(client.map("echo", inputs, manifest=manifest, wait_timeout=0.2))
    assert result.status == "open"
    connection = sqlite3.connect(manifest)
    connection.execute("UPDATE items SET prediction_id = 'forgotten'")
    connection.commit()
    connection.close()
    batch = client.map("echo", inputs, manifest=manifest)
    [result] = collect(batch)
    assert result.status == "unknown"
    assert len(jobs()) == 1
    page = batch.report(tmp_path / "r.html").read_text("utf-8")
    assert "'forgotten' does not exist" in page
    assert "whether a run was started" not in page


def test_what_was_being_submitted_when_the_process_ended_is_told(
    client, collect, manifest, tmp_path, jobs
):
    path = Path(manifest)
    collect(client.map("echo", [{"label": "a"}], manifest=path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE items SET state = 4, submitted_at = 1764000000, output = NULL")
        connection.execute("UPDATE items SET prediction_id = NULL")
        connection.commit()
    batch = client.map("echo", [{"label": "a"}], manifest=path)
    [result] = collect(batch)
    assert result.status == "unknown"
    with pytest.raises(
        SubmitOutcomeUnknownError, match=r'ended while.*at 2025-11-2.*retry "unknown"'
    ):
        result.get()
    assert "being submitted" in batch.report(tmp_path / "report.csv").read_text("utf-8-sig")
    assert len(jobs()) == 1


def test_failures_in_a_row_stop_the_batch(client, collect, jobs):
    batch = client.map(
        "echo",
        [{"label": number, "fail": True} for number in range(100)],
        stop_after=5,
        concurrency=2,
    )
    with pytest.raises(BatchStoppedError, match="5 items failed in a row") as caught:
        collect(batch)
    assert isinstance(caught.value.__cause__, PredictionError)
    assert 5 <= batch.counts.failed == len(jobs()) <= 8  # those under way were brought home


def test_failures_between_successes_do_not(client, collect):
    inputs = [FAILING if number % 2 else {"label": number} for number in range(20)]
    inputs = [{**given, "n": number} for number, given in enumerate(inputs)]
    assert len(collect(client.map("echo", inputs, stop_after=2, concurrency=1))) == 20


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("invalid_app_key", AuthenticationError),
        ("unauthorized", PermissionDeniedError),
        ("quota_exhausted", PermissionDeniedError),
    ],
)
def test_what_would_meet_every_item_stops_the_batch(
    client, collect, clean, jobs, manifest, fault, kind
):
    clean.faults.add("submit", fault, times=1000)
    with pytest.raises(kind):
        collect(client.map("echo", labels(30), manifest=manifest))
    assert jobs() == []
    clean.faults.clear()
    results = collect(client.map("echo", labels(30), manifest=manifest))
    assert {result.status for result in results} == {"succeeded"}


def test_stop_brings_home_what_is_under_way(client, jobs):
    batch = client.map("echo", [{"label": n, "seconds": 0.2} for n in range(500)], concurrency=4)
    results = []
    for result in batch:
        results.append(result)
        batch.stop()
    assert batch.stopped == "stop() was called"
    assert len(results) == len(jobs()) < 20
    assert {result.status for result in results} == {"succeeded"}


def test_stop_from_another_thread(client, jobs):
    batch = client.map("echo", [{"label": n, "seconds": 0.2} for n in range(500)], concurrency=4)
    timer = threading.Timer(0.5, batch.stop)
    timer.start()
    results = list(batch)
    timer.join()
    assert len(results) == len(jobs()) < 500


def test_a_folder_that_cant_be_written_is_found_first(client, collect, jobs, photo, tmp_path):
    (tmp_path / "file").write_text("no folder")
    inputs = [{"file": photo("a.bin"), "label": "a"}]
    with pytest.raises(DownloadError, match="can't be written"):
        collect(client.map("copy", inputs, save_to=tmp_path / "file" / "out" / "{stem}.{ext}"))
    assert jobs() == []


def test_of_a_folder_that_cant_be_written_its_own_name_is_told(client, collect):
    with pytest.raises(DownloadError, match=r"^'/proc' can't be written: \[Errno \d+\] [\w ]+$"):
        collect(client.map("echo", [{"label": "a"}], save_to="/proc/{key}.{ext}"))


def test_a_report_that_cant_be_written(client, collect, tmp_path):
    (tmp_path / "file").write_text("no folder")
    batch = client.map("echo", [{"label": "a"}])
    collect(batch)
    path = tmp_path / "no" / "folder" / "r.csv"
    assert batch.report(path) == path
    path = tmp_path / "file" / "r.csv"
    with pytest.raises(DownloadError, match="can't be written") as caught:
        batch.report(path)
    assert repr(str(path)) in str(caught.value)


def test_a_place_that_cant_be_written_leaves_runs_open_and_stops(
    client, collect, jobs, manifest, photo, tmp_path
):
    inputs = [{"file": photo(f"{n}.bin"), "label": str(n)} for n in range(40)]
    out = tmp_path / "out"
    options = {"manifest": manifest, "save_to": out / "{stem}" / "made.{ext}", "concurrency": 2}
    out.mkdir()
    for number in range(40):
        (out / str(number)).write_text("in the way of the folder")
    with pytest.raises(DownloadError, match="can't be written"):
        collect(client.map("copy", inputs, **options))
    assert len(jobs()) < 10
    shutil.rmtree(out)
    results = collect(client.map("copy", inputs, **options))
    assert {result.status for result in results} == {"succeeded"}
    assert len(jobs()) == 40


def test_a_manifest_on_a_full_disk_stops_the_batch(client, collect, jobs, manifest):
    with files_of_at_most(100_000), pytest.raises(ManifestError, match=r"full|I/O"):
        collect(client.map("echo", labels(300), manifest=manifest))
    assert 0 < len(jobs()) < 300
    collect(client.map("echo", labels(300), manifest=manifest))
    paid = [job.inputs["label"] for job in jobs()]
    assert len(set(paid)) == len(paid) <= 300


def test_several_files_of_an_item_have_names_of_their_own(client, collect, tmp_path):
    [result] = collect(
        client.map("two", [{"sku": "a/b"}], key="sku", save_to=tmp_path / "{key}.{ext}")
    )
    names = sorted(path.name for path in result.saved)
    assert [name.partition("-")[2].partition("-")[2] for name in names] == ["back.bin", "front.bin"]
    [result] = collect(
        client.map(
            "two", [{"sku": "7"}], key="sku", save_to=tmp_path / "{field}" / "{index:03}.{ext}"
        )
    )
    assert {path.relative_to(tmp_path).as_posix() for path in result.saved} == {
        "front/000.bin",
        "back/000.bin",
    }


def test_a_key_is_never_a_home_nor_a_folder_to_save_into(client, collect, tmp_path, monkeypatch):
    home, out = tmp_path / "home", tmp_path / "out"
    monkeypatch.setenv("HOME", str(home))
    for folder in (home, out, out / "front"):
        folder.mkdir()
    monkeypatch.chdir(out)
    options = {"key": "sku", "save_to": "{key}/{field}"}
    (result,) = collect(client.map("two", [{"sku": "~"}], **options))
    assert [path.read_bytes() for path in result.saved] == [b"front", b"back"]
    assert {path.parent for path in result.saved} == {Path("~")}
    with pytest.raises(DownloadError, match="is a folder"):
        collect(client.map("two", [{"sku": "front"}], key="sku", save_to="{field}"))
    assert list((out / "front").iterdir()) == []


def test_files_of_one_name_do_not_replace_each_other(client, collect, photo, tmp_path, jobs):
    inputs = [{"file": photo(name), "label": name} for name in ("a.bin", "a.dat", "b.bin")]
    results = by_index(collect(client.map("copy", inputs, save_to=tmp_path / "{stem}.{ext}")))
    assert [results[index].status for index in range(3)] == ["succeeded", "failed", "succeeded"]
    assert "put {key} or {index} into save_to" in str(results[1].error)
    assert len(jobs()) == 2


def test_a_plan_asks_nothing(client, collect, sent, manifest, photo):
    same = b"x" * 1000
    inputs = [
        {"file": photo(f"{n}.bin", same if n < 3 else None), "label": str(n)} for n in range(5)
    ]
    collect(client.map("copy", inputs[:1], manifest=manifest))
    before = len(sent())
    batch = client.map("copy", inputs, manifest=manifest)
    plan = batch.plan()
    assert (plan.done, plan.to_run, plan.to_fetch) == (1, 4, 0)
    assert plan.to_upload == 3  # the same content is uploaded once
    assert plan.bytes == 1000 + 2 * len(b"3.bin" * 500)
    assert plan.failures == ()
    assert len(sent()) == before
    assert len(collect(batch)) == 5  # a list can be drawn again


def test_a_plan_names_what_failed_and_what_would(client, collect, manifest, tmp_path):
    inputs = [FAILING, {"file": tmp_path / "gone.bin", "label": "gone"}]
    failed = by_index(collect(client.map("echo", inputs, manifest=manifest)))[0]
    plan = client.map("echo", inputs, manifest=manifest).plan()
    assert plan.failed == 2
    earlier, gone = plan.failures
    assert (earlier.index, earlier.status, earlier.error.message) == (0, "failed", "no luck")
    assert earlier.prediction_id == failed.prediction_id
    assert "gone.bin" in str(gone.error)


def test_a_report_has_a_line_for_each_input(client, collect, manifest, tmp_path):
    inputs = [{"label": "=1+1"}, FAILING, {"label": "=1+1"}]
    batch = client.map("echo", inputs, manifest=manifest, key=lambda given: given["label"])
    collect(batch)
    lines = [
        json.loads(line) for line in batch.report(tmp_path / "r.jsonl").read_text().split("\n")[:-1]
    ]
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert [line["status"] for line in lines] == ["succeeded", "failed", "succeeded"]
    assert "no luck" in lines[1]["error"]
    assert lines[0]["prediction_id"] == lines[2]["prediction_id"]
    content = batch.report(tmp_path / "r.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfindex,key,status,")
    assert b"\n0,'=1+1,succeeded," in content


def test_a_batch_in_memory_reports_too(client, collect, tmp_path):
    batch = client.map("echo", labels(2))
    collect(batch)
    assert len(batch.report(tmp_path / "r.jsonl").read_text().split("\n")) == 3
