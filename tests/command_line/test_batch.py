"""`speedpix batch`: a folder or a table in one command, which goes on when it is started again."""

from __future__ import annotations

import csv
import io
import json
import random
import signal
from collections import Counter

import pytest

from .conftest import end
from .test_interrupts import when

MAX_SUBMITS = 8


@pytest.fixture
def photos(home):
    """A function that writes photos, no two alike anywhere."""

    def write(count):
        folder = home / "photos"
        folder.mkdir(exist_ok=True)
        for number in range(count):
            content = f"photo {number} {random.random()}".encode() * 20
            (folder / f"商品 {number:03}.jpg").write_bytes(b"\xff\xd8\xff" + content)
        (folder / ".DS_Store").write_bytes(b"no photo")
        (folder / "notes.txt").write_text("no photo")
        return folder

    return write


@pytest.fixture
def jobs(jobs):
    """A function that gives the inputs of the jobs since the test began."""
    return lambda: [job.inputs for job in jobs()]


@pytest.fixture
def table(home):
    """A function that writes a table, and gives its name."""

    def write(name, content):
        (home / name).write_bytes(content)
        return name

    return write


COPY = ["photos", "-i", "file=@{path}", "-i", "caption={stem}"]


def test_a_folder_killed_thrice(photos, start, speedpix, emulator, home):
    count = 60
    folder = photos(count)
    before = len(emulator.jobs)
    command = ["batch", "copy", *COPY, "-o", "out", "--json"]
    for results in (3, 10, 15):
        with start(*command) as process:
            for _ in range(results):
                process.stdout.readline()
            process.kill()
            assert process.wait() == -signal.SIGKILL
    done = speedpix(*command)
    statuses = Counter(json.loads(line)["status"] for line in done.lines)
    unknown = statuses["unknown"]
    assert done.code == (6 if unknown else 0), done.err
    assert set(statuses) <= {"succeeded", "skipped", "unknown"}
    assert unknown <= 3 * MAX_SUBMITS
    paid = Counter(job.inputs["caption"] for job in emulator.jobs[before:])
    assert set(paid.values()) == {1}
    assert count - unknown <= len(paid) <= count
    saved = [each for each in (home / "out").iterdir() if each.suffix == ".jpg"]
    assert len(saved) == count - unknown
    for path in saved:
        assert path.read_bytes() == (folder / path.name).read_bytes()
    requests = len(emulator.requests)
    again = speedpix("batch", "copy", *COPY, "-o", "out")
    assert again.out == ""
    assert f"({count - unknown} of them before)" in again.err
    assert len(emulator.requests) == requests
    assert not [each for each in (home / "out").iterdir() if each.suffix == ".part"]


def test_files_are_told_with_what_became_of_them(photos, speedpix, home):
    photos(2)
    done = speedpix("batch", "copy", *COPY, "-o", "out", "--report", "r.csv")
    assert (done.code, sorted(done.lines)) == (0, ["out/商品 000.jpg", "out/商品 001.jpg"])
    assert done.err == "2/2 done · 2 submitted\n"
    assert "商品 000.jpg,succeeded" in (home / "r.csv").read_text("utf-8-sig")


def test_folders_in_a_folder_are_told_once_before_it_starts(photos, speedpix):
    folder = photos(1)
    for name in ("red", "blue", "green", "white", ".thumbnails", "out"):
        (folder / name).mkdir()
    command = ["batch", "copy", *COPY, "-o", "photos/out"]
    told = "folders in 'photos' are not looked into: blue, green, red, and 1 more"
    for arguments in ([], ["--dry-run"], ["--json"]):
        done = speedpix(*command, *arguments)
        assert (done.code, done.err.splitlines().count(told)) == (0, 1)
        assert done.err.startswith(told)


def test_names_that_are_digests_are_told_before_it_starts(table, speedpix):
    name = table("rows.csv", b"sku,file\nA1,input.jpg\n")
    command = ["batch", "copy", name, "-i", "file=@{file}", "-o", "out"]
    done = speedpix(*command, "--dry-run")
    assert done.err.startswith("without --key, files are called after digests of what is sent; ")
    assert "--key names a column" in done.err
    for arguments in (["--key", "sku"], ["--name", "{stem}.{ext}"]):
        assert speedpix(*command, *arguments, "--dry-run").err == ""


def test_items_are_called_by_their_place_and_once(table, speedpix):
    name = table("rows.csv", b"sku,file\n,input.jpg\n\nB2,input.jpg\nB2,gone.jpg\nC3,input.jpg\n")
    command = ["batch", "copy", name, "-i", "file=@{file}", "--manifest", "m", "--key", "sku"]
    assert "failed: row 2: its key is empty\n" in speedpix(*command).err
    chinese = speedpix(*command, LANG="zh_CN.UTF-8").err
    assert "失败：第 2 行：它的键是空的\n" in chinese
    same = table("same.csv", b"sku,n\nB2,1\n\nB2,2\n")
    keyed = ["batch", "echo", same, "--manifest", "same", "--key", "sku"]
    assert "failed: B2: row 2 and row 4 have the same key 'B2'\n" in speedpix(*keyed).err
    alike = ["batch", "copy", name, "-i", "file=@{file}", "-i", "caption={sku}", "-o", "out"]
    done = speedpix(*alike, "--name", "{stem}.{ext}")
    assert (
        "failed: row 4: its files would replace those of row 2, which are called 'input', too; "
        "put {key} or {index} into --name\n"
    ) in done.err


ROWS = "sku,title,steps\nA1,红色的茶杯,20\nB2,1984,30\n"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (ROWS.encode(), []),
        (ROWS.encode("utf-8-sig"), []),
        (ROWS.replace("\n", "\r\n").encode("gb18030"), []),
        (ROWS.encode("utf-16"), ["--csv-encoding", "utf-16"]),
    ],
    ids=["utf-8", "with a mark", "gb18030", "told"],
)
def test_csv(table, speedpix, jobs, content, options):
    name = table("rows.csv", content)
    fields = ["-i", "text={sku}: {title}", "-i", "title={title}", "-i", "steps:={steps}"]
    more = ["-i", "fixed=7", "-i", "braces={{sku}}", "-i", "sizes:=[1, {steps}]"]
    keys = ["--key", "sku", "--manifest", "m"]
    done = speedpix("batch", "echo", name, *fields, *more, *keys, *options)
    assert done.code == 0, done.err
    assert sorted(jobs(), key=str) == [
        {
            "text": "A1: 红色的茶杯",
            "title": "红色的茶杯",
            "steps": 20,
            "fixed": 7,
            "braces": "{sku}",
            "sizes": [1, 20],
        },
        {
            "text": "B2: 1984",
            "title": "1984",
            "steps": 30,
            "fixed": 7,
            "braces": "{sku}",
            "sizes": [1, 30],
        },
    ]


def test_a_row_is_its_own_input_but_for_its_key(table, speedpix, jobs):
    name = table("rows.jsonl", '{"sku": 7, "prompt": "山", "size": [1, 2]}\n'.encode())
    keys = ["--key", "sku", "--manifest", "m", "--json"]
    done = speedpix("batch", "echo", name, *keys)
    assert jobs() == [{"prompt": "山", "size": [1, 2]}]
    assert list(done.json) == [
        *("index", "key", "status", "prediction_id", "output", "saved", "seconds", "error")
    ]
    assert (done.json["key"], done.json["output"]["given"]) == ("7", jobs()[0])


@pytest.mark.parametrize("stdin", [b'{"n": 1}\n{"n": 2}\n', b"n\n1\n2\n"])
def test_standard_input(speedpix, jobs, stdin):
    done = speedpix("batch", "echo", "-", "-i", "n:={n}", "--manifest", "m", stdin=stdin)
    assert done.code == 0
    assert sorted(job["n"] for job in jobs()) == [1, 2]


def test_a_bad_row_is_its_own_failure(table, speedpix, jobs, home):
    lines = [b'{"file": "input.jpg"}', b"no JSON", b"[1]", b'{"file": "gone.jpg"}', b"{}"]
    name = table("rows.jsonl", b"\n".join(lines))
    command = ["batch", "copy", name, "-i", "file=@{file}", "-o", "out", "--report", "r.jsonl"]
    done = speedpix(*command)
    assert (done.code, len(jobs())) == (4, 1)
    assert done.err.endswith("1/5 done · 4 failed · 1 submitted\n")
    for said in (
        "failed: line 2: it is not JSON: ",
        "failed: line 3: it is no JSON object\n",
        """failed: line 4: input["file"]: there is no file 'gone.jpg'""",
        "failed: line 5: there is no field {file}\n",
    ):
        assert said in done.err
    report = [json.loads(line) for line in (home / "r.jsonl").read_text().splitlines()]
    assert [line["status"] for line in report] == ["succeeded", *["failed"] * 4]


def test_a_row_of_csv_is_found_as_a_spreadsheet_counts(table, speedpix, jobs, home):
    name = table("rows.csv", b'title,file\n"two\nlines",input.jpg\n\nCup,gone.jpg\nPot\n')
    command = ["batch", "copy", name, "-i", "file=@{file}", "-i", "caption={title}", "-o", "out"]
    done = speedpix(*command, "--report", "r.csv")
    assert (done.code, len(jobs())) == (4, 1)
    assert "failed: row 4: input[\"file\"]: there is no file 'gone.jpg'" in done.err
    assert "failed: row 5: it has 1 cells, and there are 2 columns\n" in done.err
    [first, *_] = csv.DictReader(io.StringIO((home / "r.csv").read_text("utf-8-sig")))
    assert first["file"] == str(home / "input.jpg")
    keyed = speedpix(*command, "--key", "title", "--manifest", "keyed")
    assert "failed: Cup: input[" in keyed.err


def test_rows_of_empty_cells_are_empty_rows(table, speedpix, jobs):
    name = table("rows.csv", b"sku,n\nA1,1\n,\nB2,2\nC3\n,\n,,\n")
    command = ["batch", "echo", name, "--key", "sku", "-i", "n={n}", "--manifest", "m"]
    done = speedpix(*command)
    assert (done.code, len(jobs())) == (4, 2)
    assert "failed: row 5: it has 1 cells, and there are 2 columns\n" in done.err
    assert done.err.endswith("2/3 done · 1 failed · 2 submitted\n")


def test_a_column_that_is_misspelt_is_meant_by_a_row_of_json_lines(table, speedpix):
    name = table("rows.jsonl", b'{"titel": "Cup"}\n')
    for typed in ("title", "TITLE"):
        done = speedpix("batch", "echo", name, "-i", f"text={{{typed}}}", "--manifest", "m")
        told = f"failed: line 1: there is no field {{{typed}}}; did you mean {{titel}}?\n"
        assert told in done.err


def test_what_would_fail_is_named_before_anything_is_paid(table, speedpix, jobs):
    rows = "\n".join(f"gone{number}.jpg" for number in range(12))
    name = table("rows.csv", f"file\n{rows}\ninput.jpg\n".encode())
    command = ["batch", "copy", name, "-i", "file=@{file}", "--manifest", "m", "--dry-run"]
    done = speedpix(*command)
    assert (done.code, jobs()) == (0, [])
    assert done.out.startswith("0 done · 1 to run and pay · 0 to bring home · 12 failed · ")
    *named, more = done.err.splitlines()
    assert len(named) == 10
    assert named[0].startswith("failed: row 2: input[\"file\"]: there is no file 'gone0.jpg'")
    assert more == "and 2 more"
    failures = speedpix(*command, "--json").json["failures"]
    assert [each["index"] for each in failures] == list(range(10))
    assert "gone9.jpg" in failures[9]["error"]["message"]


def test_what_failed_is_tried_again_when_that_is_asked_for(table, speedpix, jobs):
    name = table("rows.csv", b"n\n1\n2\n")
    command = ["batch", "failing", name, "--manifest", "m"]
    assert speedpix(*command).code == 4
    again = speedpix(*command)
    assert (again.code, len(jobs())) == (4, 2)
    assert "out of luck" in again.err
    way = f"to go on: speedpix {' '.join(command)} --retry failed\n"
    for arguments in ([], ["--dry-run"], ["--retry", "failed"], ["--retry=failed"]):
        assert speedpix(*command, *arguments).err.endswith(way)
    assert len(jobs()) == 6


def test_what_is_refused_as_it_was_given_is_no_way_on(table, speedpix, jobs):
    rows = "\n".join(f"input.jpg,{number}" for number in range(4))
    name = table("rows.csv", f"image,text\n{rows}\n".encode())
    command = ["batch", "white-background", name, "-i", "image={image}", "-i", "text={text}"]
    for arguments in ([], ["--dry-run"], ["--stop-after", "3"]):
        done = speedpix(*command, "--manifest", f"m{len(arguments)}", *arguments)
        assert "to go on" not in done.err
    assert "with @ before it, as in -i key=@file, the file is sent" in done.err
    assert jobs() == []


def test_when_all_is_done_or_failed_what_stopped_it_goes_on_with_what_failed(table, speedpix):
    name = table("rows.csv", b"n\n1\n2\n3\n")
    command = ["batch", "failing", name, "--manifest", "m", "--stop-after", "3"]
    done = speedpix(*command)
    assert (done.code, "3 items failed in a row" in done.err) == (5, True)
    assert done.err.splitlines()[-2] == f"to go on: speedpix {' '.join(command)} --retry failed"


def test_too_many_failures_stop_it(table, speedpix, jobs):
    name = table("rows.csv", "n\n{}".format("\n".join(map(str, range(40)))).encode())
    command = ["batch", "failing", name, "--manifest", "m", "--stop-after", "3"]
    done = speedpix(*command, "--concurrency", "1")
    assert (done.code, len(jobs())) == (5, 3)
    assert "3 items failed in a row" in done.err
    assert f"to go on: speedpix {' '.join(command)} --concurrency 1\n" in done.err


def test_6_an_unknown_outcome(table, speedpix, jobs, emulator):
    name = table("rows.csv", b"n\n1\n")
    emulator.faults.add("submit", "drop_after")
    command = ["batch", "echo", name, "--manifest", "m"]
    assert [speedpix(*command).code for _ in range(2)] == [6, 6]
    assert len(jobs()) == 1
    for arguments in ([], ["--dry-run"]):
        assert speedpix(*command, *arguments).err.endswith(
            "look in the console first, as it may be paid a second time; "
            "to go on: speedpix batch echo rows.csv --manifest m --retry unknown\n"
        )


def test_max_runs_and_what_is_left_to_do(table, speedpix, jobs):
    name = table("rows.csv", b"n\n1\n2\n3\n")
    command = ["batch", "echo", name, "--manifest", "m"]
    done = speedpix(*command, "--max-runs", "2")
    assert (done.code, len(jobs())) == (5, 2)
    assert "--max-runs 2 was reached; to go on: speedpix batch" in done.err
    plan = speedpix(*command, "--dry-run")
    assert (plan.code, len(jobs())) == (0, 2)
    assert plan.out.startswith("2 done · 1 to run and pay · ")
    assert speedpix(*command, "--dry-run", "--json").json["to_run"] == 1
    assert (speedpix(*command).code, len(jobs())) == (0, 3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_tells_the_command_that_goes_on(
    table, start, speedpix, jobs, clock, emulator, number
):
    name = table("rows.csv", b"n\n1\n2\n3\n")
    command = ["batch", "slow", name, "-o", "out"]
    with start(*command) as process:
        when(lambda: len(jobs()) == 3)
        process.send_signal(number)
        done = end(process)
    assert done.code == 128 + number
    word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert f"{word}; runs that were started go on, and none is paid twice\n" in done.err
    assert f"to go on: speedpix {' '.join(command)}\n" in done.err
    assert "Traceback" not in done.err
    clock.advance(60)
    again = speedpix(*command)
    assert (again.code, len(jobs()), len(again.lines)) == (0, 3, 3)


def test_one_process_at_a_time(table, start, speedpix, jobs):
    name = table("rows.csv", b"n\n1\n")
    command = ["batch", "slow", name, "--manifest", "m"]
    with start(*command) as process:
        when(jobs)
        second = speedpix(*command)
        process.send_signal(signal.SIGINT)
        end(process)
    assert second.code == 3
    assert "is in use" in second.err


def test_the_last_line_of_json_is_the_error(table, speedpix):
    name = table("rows.csv", b"n\n1\n")
    done = speedpix("batch", "no-such-workflow", name, "--manifest", "m", "--json")
    assert all(json.loads(line)["error"] for line in done.lines)
    refused = speedpix("batch", "echo", "rows.xlsx", "--manifest", "m", "--json")
    [line] = refused.lines
    assert (refused.code, json.loads(line)["error"]["type"]) == (2, "UsageError")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-folder", "--manifest", "m"], "is not a folder"),
        (["no.csv", "--manifest", "m"], "can't be read"),
        (["twice.csv", "--manifest", "m"], "two columns are called 'n'"),
        (["input.jpg", "--manifest", "m"], "is not a folder"),
        (["goods.xlsx", "--manifest", "m"], "; save a spreadsheet as CSV\n"),
        (["above", "-i", "image=@{path}", "--manifest", "m"], "are not looked into: a, b, c\n"),
        ([".", "--manifest", "m"], "a folder needs -i"),
        ([".", "-i", "image=@{path}"], "say -o"),
        ([".", "-i", "image", "--manifest", "m"], "is not of the form"),
        (
            ["good.csv", "-i", "text={nn}", "--manifest", "m"],
            "-i: the fields are {index} {n}; there is no field {nn}; did you mean {n}?\n",
        ),
        (["good.csv", "--key", "sku", "--manifest", "m"], "there is no field {sku}\n"),
        ([".", "-i", "image=@{file}", "-o", "out"], "there is no field {file}\n"),
        ([".", "-i", "a=1", "-i", "a=2", "--manifest", "m"], "given twice"),
        (["good.csv", "--manifest", "m", "--name", "{key}"], "--name needs -o"),
        (["good.csv", "-o", "out", "--name", "{colour}"], "--name 'out/{colour}': its fields"),
        (["good.csv", "-o", "out", "--name", "{index:d.png"], "its fields are {key}"),
        (["good.csv", "-o", "out", "--name", "{key:Q}"], "its fields are {key}"),
        (["good.csv", "-o", "out", "--name", "{index:4096d}.png"], "have at most 255 bytes"),
        (["good.csv", "-o", "out", "--name", "{key:>300}"], "have at most 255 bytes"),
        (
            ["good.csv", "--manifest", "m", "--report", "r.xlsx"],
            "path ends in one of .jsonl, .csv, .html, not 'r.xlsx'",
        ),
        (["good.csv", "--manifest", "m", "--csv-encoding", "no-such"], "no-such"),
    ],
)
def test_2_what_is_typed_is_wrong_and_nothing_is_sent(speedpix, sent, table, home, arguments, told):
    for name in ("a", "b", "c", ".d"):
        (home / "above" / name).mkdir(parents=True)
    table("twice.csv", b"n,n\n1,2\n")
    table("good.csv", b"n\n1\n")
    done = speedpix("batch", "echo", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert sent() == []


def test_8_a_report_that_can_not_be_written_is_found_first(speedpix, sent, table):
    name = table("rows.csv", b"n\n1\n")
    done = speedpix("batch", "echo", name, "--manifest", "m", "--report", "input.jpg/r.csv")
    assert done.code == 8
    assert "'input.jpg' can't be written" in done.err
    assert sent() == []


def test_a_terminal_shows_how_far_it_is(table, terminal, clock, jobs):
    name = table("rows.csv", b"n\n1\n2\n")
    with terminal("batch", "slow", name, "-o", "out") as screen:
        screen.until("0/2 done · 2 running")
        clock.advance(60)
        screen.until("2/2 done · 2 submitted")
        assert "0/2" not in "\n".join(screen.lines)
        assert sum(line.startswith("out/") for line in screen.lines) == 2
