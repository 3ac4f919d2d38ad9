"""Many runs in one call: results, keys, order, resuming."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sqlite3
import time
from contextlib import closing
from functools import partial

import pytest

import speedpix
from speedpix import BatchInUseError, InputError, ManifestError, PredictionError, Result
from speedpix.constants import MANIFEST_ID
from speedpix.flow.clock import SystemClock

from .conftest import by_index, labels


def test_each_input_has_a_result(client, collect, jobs):
    batch = client.map("echo", labels(20))
    results = collect(batch)
    assert sorted(result.index for result in results) == list(range(20))
    for result in results:
        assert isinstance(result, Result)
        assert result.status == "succeeded"
        assert result.input == {"label": f"item {result.index}"}
        assert result.get() == {"label": f"item {result.index}"}
        assert result.prediction_id
        assert result.seconds >= 0
    assert len(jobs()) == 20
    assert batch.counts.succeeded == batch.counts.submitted == batch.counts.ended == 20
    assert batch.stopped is None


def test_a_clock_that_is_set_back_gives_no_negative_time(make_client, collect):
    class SetBack(SystemClock):
        behind = 0.0

        def time(self):
            self.behind += 1
            return super().time() - self.behind

    for result in collect(make_client(clock=SetBack()).map("echo", labels(3))):
        assert result.status == "succeeded"
        assert result.seconds == 0


def test_the_module_has_it_too(environment, clean, jobs):
    assert [result.status for result in speedpix.map("echo", labels(2))] == ["succeeded"] * 2


def test_results_come_in_order_when_asked(client, collect):
    inputs = [{"label": str(number), "seconds": 0.3 if number == 0 else 0} for number in range(9)]
    assert [r.index for r in collect(client.map("echo", inputs, ordered=True))] == list(range(9))


def test_no_inputs_are_no_results(client, collect):
    assert collect(client.map("echo", [])) == []


def test_inputs_are_drawn_as_they_are_needed(client):
    drawn = []

    def inputs():
        for number in range(10_000):
            drawn.append(number)
            yield {"label": number}

    for count, _ in enumerate(client.map("echo", inputs(), concurrency=4), 1):
        assert len(drawn) - count < 4 + 64
        if count == 150:
            break


def test_inputs_that_come_slowly_are_run_as_they_come(client, jobs):
    def ran(count):
        return any(len(jobs()) >= count or time.sleep(0.01) for _ in range(1000))

    def inputs():
        for number in range(3):
            time.sleep(0.1)  # as from a camera
            assert ran(number - 1)
            yield {"label": number}

    assert len(list(client.map("echo", inputs()))) == 3


def test_a_second_call_does_nothing(client, collect, jobs, manifest, sent):
    first = by_index(collect(client.map("echo", labels(5), manifest=manifest)))
    assert len(jobs()) == 5
    before = len(sent())
    second = collect(client.map("echo", labels(5), manifest=manifest))
    assert [result.status for result in second] == ["skipped"] * 5
    assert len(sent()) == before
    for result in second:
        assert result.prediction_id == first[result.index].prediction_id
        assert result.output == {"label": f"item {result.index}"}


def test_in_whatever_order_they_come_items_are_known_again(
    client, collect, jobs, manifest, tmp_path
):
    first = list(range(150))
    shuffled = random.Random(7).sample(first, len(first))
    mixed = [*first[:20], 1000, *first[20:70], 1001, *first[100:]]
    known = set()
    calls = [
        first,
        first[::3],
        first,
        first[::-1],
        shuffled,
        mixed,
        mixed,
        [*first, *first[10:20]],
        first[70:] + first[:70],
        [7],
    ]
    for numbers in calls:
        batch = client.map("echo", [{"label": each} for each in numbers], manifest=manifest)
        results = sorted(collect(batch), key=lambda result: result.index)
        assert [result.input["label"] for result in results] == numbers
        for result in results:
            done = result.input["label"] in known
            assert result.status == ("skipped" if done else "succeeded")
        known.update(numbers)
        assert len(jobs()) == len(known)
        report = batch.report(tmp_path / "report.jsonl").read_text("utf-8").splitlines()
        told = [(line["index"], line["key"]) for line in map(json.loads, report)]
        assert told == [(result.index, result.key) for result in results]


def test_a_key_is_a_field_that_is_not_sent(client, collect, jobs):
    inputs = [{"sku": 7, "label": "a"}, {"sku": 8, "label": "b"}]
    results = collect(client.map("echo", inputs, key="sku"))
    assert {result.key for result in results} == {"7", "8"}
    assert {tuple(job.inputs) for job in jobs()} == {("label",)}
    assert results[0].input["sku"] in (7, 8)


def test_a_key_is_a_function_of_the_input(client, collect):
    results = collect(client.map("echo", labels(3), key=lambda given: given["label"].upper()))
    assert {result.key for result in results} == {"ITEM 0", "ITEM 1", "ITEM 2"}


@pytest.fixture
def told(caplog):
    """A function that gives the first and the last that the log says of a run by some name."""
    caplog.set_level("INFO", "speedpix")

    def told(name):
        parted = [each.partition(f" ({name}): ") for each in caplog.messages]
        said = [what.partition(",")[0] for _, _, what in parted if what]
        return said[:1] + said[1:][-1:]

    return told


def test_the_log_tells_runs_apart_by_their_keys(client, collect, told):
    collect(client.map("echo", [{"sku": 7}, {"sku": 8}], key="sku", label="shoes"))
    assert told("7") == told("8") == ["submitted", "succeeded"]
    assert told("shoes") == []


def test_the_log_tells_runs_apart_by_their_files(client, collect, told, photo):
    files = [photo("cup.jpg"), photo("spoon.jpg")]
    collect(client.map("copy", [{"file": file, "label": "a"} for file in files], label="shoes"))
    assert told("cup.jpg") == told("spoon.jpg") == ["submitted", "succeeded"]
    assert told("shoes") == []


def test_runs_without_key_and_file_have_the_label_of_all(client, collect, told):
    collect(client.map("echo", [{"a": 1}], label="shoes"))
    assert told("shoes") == ["submitted", "succeeded"]


def test_a_run_that_is_taken_up_is_called_as_before(client, collect, told, manifest):
    inputs = [{"sku": "7", "seconds": 0.5}]
    (left,) = collect(client.map("echo", inputs, key="sku", manifest=manifest, wait_timeout=0))
    assert left.error.prediction.label == "7"
    (result,) = collect(client.map("echo", inputs, key="sku", manifest=manifest))
    assert result.prediction_id == left.prediction_id
    assert told("7") == ["submitted", "succeeded"]


@pytest.mark.parametrize("given", [{"label": "a"}, {"sku": None}, {"sku": float("nan")}, "text"])
def test_an_input_without_its_key_fails_alone(client, collect, given, jobs):
    results = by_index(collect(client.map("echo", [given, {"sku": "1", "label": "b"}], key="sku")))
    assert [results[index].status for index in range(2)] == ["failed", "succeeded"]
    assert len(jobs()) == 1
    with pytest.raises(InputError, match="input 0"):
        results[0].get()


def test_one_key_for_two_inputs_is_refused(client, collect, jobs):
    inputs = [{"sku": "1", "label": "a"}, {"sku": "1", "label": "b"}]
    results = by_index(collect(client.map("echo", inputs, key="sku")))
    assert [results[index].status for index in range(2)] == ["succeeded", "failed"]
    assert "same key '1'" in str(results[1].error)
    assert len(jobs()) == 1


def test_an_input_that_is_refused_is_in_plan_and_report(client, collect, jobs, manifest, tmp_path):
    inputs = [{"sku": key, "label": label} for key, label in ("1a", "1b", "2c", "1d")]
    for _ in range(2):
        batch = client.map("echo", inputs, key="sku", manifest=manifest)
        plan = batch.plan()
        assert plan.failed == 2
        assert [each.index for each in plan.failures] == [1, 3]
        assert {each.prediction_id for each in plan.failures} == {None}
        collect(batch)
        report = batch.report(tmp_path / "report.jsonl").read_text("utf-8").splitlines()
        lines = [json.loads(line) for line in report]
        assert [(line["index"], line["key"]) for line in lines] == list(enumerate("1121"))
        assert [line["index"] for line in lines if line["status"] == "failed"] == [1, 3]
        assert "inputs 0 and 3 have the same key '1'" in lines[3]["error"]
    assert len(jobs()) == 2


def test_the_same_input_twice_is_one_run_with_two_results(client, collect, jobs, manifest):
    inputs = [{"label": "same"}, {"label": "other"}, {"label": "same"}]
    results = collect(client.map("echo", inputs, manifest=manifest))
    assert sorted(result.index for result in results) == [0, 1, 2]
    assert {result.status for result in results} == {"succeeded"}
    assert len(jobs()) == 2
    again = collect(client.map("echo", inputs, manifest=manifest))
    assert sorted(result.index for result in again) == [0, 1, 2]
    assert {result.status for result in again} == {"skipped"}


def test_a_failed_run_is_its_items_failure(client, collect, jobs, manifest):
    inputs = [*labels(3), {"label": "x", "fail": True}]
    results = by_index(collect(client.map("echo", inputs, manifest=manifest)))
    assert [results[index].status for index in range(4)] == [*["succeeded"] * 3, "failed"]
    with pytest.raises(PredictionError, match="no luck"):
        results[3].get()
    assert results[3].prediction_id

    # It comes again as it was, unpaid; and is tried again when that is asked for.
    results = by_index(collect(client.map("echo", inputs, manifest=manifest)))
    assert results[3].status == "failed"
    with pytest.raises(PredictionError, match="no luck"):
        results[3].get()
    assert results[3].error.code == "LUCK"
    assert len(jobs()) == 4
    results = collect(client.map("echo", inputs, manifest=manifest, retry="failed"))
    assert len(jobs()) == 5
    assert sorted(result.status for result in results) == ["failed", *["skipped"] * 3]


def test_an_error_is_raised_when_asked(client, collect):
    inputs = [{"label": "x", "fail": True}, *labels(3)]
    with pytest.raises(PredictionError, match="no luck"):
        collect(client.map("echo", inputs, on_error="raise", ordered=True))


def test_a_changed_input_under_a_key_runs_anew(client, collect, jobs, manifest):
    collect(client.map("echo", [{"sku": 1, "label": "a"}], key="sku", manifest=manifest))
    [result] = collect(client.map("echo", [{"sku": 1, "label": "b"}], key="sku", manifest=manifest))
    assert result.status == "succeeded"
    assert result.output == {"label": "b"}
    assert len(jobs()) == 2


def test_another_version_runs_anew(client, collect, jobs, manifest):
    collect(client.map("echo", labels(1), manifest=manifest))
    collect(client.map("echo", labels(1), manifest=manifest, version_id="v1"))
    assert len(jobs()) == 2


def test_a_url_signed_anew_is_the_same_input(client, collect, jobs, manifest):
    address = "https://store.test/a.png?x=1&Expires={0}&Signature=s{0}"
    for number in range(2):
        inputs = [{"label": address.format(number)}]
        collect(client.map("echo", inputs, manifest=manifest))
    assert len(jobs()) == 1


def test_progress_is_told_before_each_result(client, collect):
    told = []
    batch = client.map("echo", labels(3), on_progress=told.append)
    results = collect(batch)
    assert len(told) == len(results)
    assert told[-1] == batch.counts


def test_progress_is_awaited_in_async_for(client):
    told = []

    async def tell(counts):
        await asyncio.sleep(0)
        told.append(counts)

    async def main():
        return [result async for result in client.map("echo", labels(3), on_progress=tell)]

    assert len(asyncio.run(main())) == len(told) == 3


def test_no_database_is_left_for_the_collector_to_close(client, collect, monkeypatch):
    """Python 3.13 warns of such a one, and tests that make warnings errors fail."""
    opened = []

    class Told(sqlite3.Connection):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            opened.append(self)

        def close(self):
            super().close()
            opened.remove(self)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Told))
    assert collect(client.map("echo", labels(1)))
    gc.collect()
    assert opened == []


def test_a_batch_is_driven_by_one(client, manifest):
    first = iter(client.map("echo", labels(200), manifest=manifest, concurrency=1))
    next(first)
    with pytest.raises(BatchInUseError, match="in use"):
        list(client.map("echo", labels(1), manifest=manifest))
    first.close()
    assert len(list(client.map("echo", labels(1), manifest=manifest))) == 1


class Table(list):
    """What iterates over the names of its columns, as a DataFrame does."""

    columns = ("image",)


@pytest.mark.parametrize(
    "inputs",
    ["photos", b"photos", {"image": "a.png"}, Table(["image"])],
    ids=lambda inputs: type(inputs).__name__,
)
def test_inputs_that_are_one_or_a_table_are_refused(client, inputs):
    with pytest.raises(InputError, match=r'not a \w+; of pandas, df.to_dict\("records"\)'):
        client.map("echo", inputs)


@pytest.mark.parametrize("kept", [True, False])
def test_an_interrupt_says_how_a_batch_goes_on(client, manifest, kept):
    def interrupted(_counts):
        raise KeyboardInterrupt

    path = manifest if kept else None
    with pytest.raises(KeyboardInterrupt) as caught:
        list(client.map("echo", labels(2), manifest=path, on_progress=interrupted))
    (note,) = caught.value.__notes__
    assert f"map with manifest={str(path)!r} goes on" in note if kept else "manifest=…" in note


@pytest.mark.parametrize("inputs", [iter, list])
def test_a_batch_is_iterated_once(client, jobs, inputs):
    batch = client.map("echo", inputs(labels(2)))
    list(batch)
    with pytest.raises(RuntimeError, match="call map again"):
        list(batch)
    assert len(jobs()) == 2


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("CREATE TABLE products (sku)", "another program"),
        ("CREATE TABLE items (key); PRAGMA user_version = 1", "another program"),
        (f"CREATE TABLE items (key); PRAGMA application_id = {MANIFEST_ID}", "version 0"),
        (
            f"CREATE TABLE a (b); PRAGMA application_id = {MANIFEST_ID}; PRAGMA user_version = 4",
            "version 4, and this speedpix knows 3",
        ),
    ],
)
def test_a_database_of_another_kind_is_left_alone(client, jobs, tmp_path, made, said):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(made)
    before = path.read_bytes()
    for use in (list, lambda batch: batch.plan()):
        with pytest.raises(ManifestError, match=said):
            use(client.map("echo", labels(1), manifest=path))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["shop.sqlite"]
    assert jobs() == []


@pytest.mark.parametrize(
    "options",
    [
        {"retry": "everything"},
        {"on_error": "ignore"},
        {"concurrency": 0},
        {"max_runs": -1},
        {"stop_after": 0},
        {"wait_timeout": "soon"},
        {"save_to": "out/{sku}.png"},
        {"save_to": "out/{"},
        {"save_to": "out\0/{key}.png"},
        {"ordered": "no"},
        {"key": 7},
        {"on_progress": "print"},
    ],
)
def test_wrong_options_are_told_at_once(client, options):
    with pytest.raises(InputError):
        client.map("echo", [], **options)


def test_a_misspelt_option_is_told_at_once(client):
    with pytest.raises(TypeError, match=r"'concurency'; did you mean concurrency\?"):
        client.map("echo", [], concurency=2)
