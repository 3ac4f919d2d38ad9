"""What each command does when all goes well: results on stdout, talk on stderr."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime

PICTURE = b"\xff\xd8\xff a small picture"


def test_run_saves_the_files_and_prints_their_paths(speedpix, home, emulator):
    done = speedpix("run", "copy", "-i", "caption=一幅画", "-i", "file=@./input.jpg", "-o", "out/")
    assert (done.code, done.lines) == (0, ["out/input-picture.jpg"])
    assert (home / "out" / "input-picture.jpg").read_bytes() == PICTURE
    said = done.err.splitlines()
    assert said[:2] == ["uploading input.jpg", f"submitted: run {emulator.jobs[-1].id}"]
    assert 'caption: "一幅画"' in said
    assert emulator.jobs[-1].submission.alias_id == "main"


def test_a_picture_that_is_there_is_not_replaced_unless_that_is_asked_for(speedpix, home):
    command = ("run", "copy", "-i", "file=@input.jpg", "-o", "out")
    assert speedpix(*command).lines == ["out/input-picture.jpg"]
    (home / "input.jpg").write_bytes(b"\xff\xd8\xff another")
    assert speedpix(*command).lines == ["out/input-picture-2.jpg"]
    assert (home / "out" / "input-picture.jpg").read_bytes() == PICTURE
    assert speedpix(*command, "--label", "cup.v2.png").lines == ["out/cup.v2-picture.jpg"]
    assert speedpix(*command, "--overwrite").lines == ["out/input-picture.jpg"]
    assert (home / "out" / "input-picture.jpg").read_bytes() == b"\xff\xd8\xff another"
    names = {"input-picture.jpg", "input-picture-2.jpg", "cup.v2-picture.jpg"}
    assert {each.name for each in (home / "out").iterdir()} == names


def test_a_label_ties_a_run_to_ones_own_photo(speedpix):
    done = speedpix("run", "copy", "-i", "file=@input.jpg", SPEEDPIX_LOG="info")
    assert "(input.jpg): submitted" in done.err
    assert "speedpix: input.jpg: succeeded\n" in done.err
    speedpix("run", "copy", "-i", "file=@input.jpg", "--label", "一杯咖啡")
    assert [line.split("\t")[4] for line in speedpix("list").lines] == ["一杯咖啡", "input.jpg"]
    prediction_id = speedpix("list").lines[0].split("\t")[0]
    assert speedpix("status", prediction_id).err == "一杯咖啡: succeeded\n"
    assert speedpix("save", prediction_id, "--json").json["label"] == "一杯咖啡"


def test_what_the_service_says_beside_the_result_is_shown(speedpix, emulator):
    @emulator.workflow("doubtful", outputs={"answer": "text"})
    def doubtful():
        return {"answer": "42", "info": {"warnings": ["touches the edge"]}}

    done = speedpix("run", "doubtful")
    assert (done.code, done.json) == (0, {"answer": "42"})
    assert 'warnings: ["touches the edge"]\n' in done.err
    told = speedpix("run", "doubtful", "--json").json
    assert told["info"] == {"warnings": ["touches the edge"]}


def test_run_without_a_directory_prints_the_urls_and_saves_nothing(speedpix, home):
    before = sorted(home.rglob("*.*"))
    done = speedpix("run", "copy", "-i", "file=@input.jpg", "--no-history")
    assert done.code == 0
    (url,) = done.lines
    assert url.startswith("http://127.0.0.1:")
    assert "/copy.jpg?" in url
    assert sorted(home.rglob("*.*")) == before


def test_an_output_without_files_is_printed_as_json(speedpix):
    given = {"text": "一", "path": "./input.jpg", "n": 20, "on": True, "sizes": [1, 2]}
    done = speedpix(
        *("run", "echo", "--input", "-", "-i", "n=20", "-i", "sizes:=[1, 2]"),
        stdin=json.dumps({**given, "n": 5}).encode(),
    )
    assert (done.code, done.json) == (0, {"given": given})
    assert "一" in done.out


def test_the_options_of_a_run_reach_the_service(speedpix, emulator):
    speedpix("run", "echo", "--version-id", "v1", "--resource", "a,default", "--no-wait")
    job = emulator.jobs[-1]
    assert (job.submission.alias_id, job.submission.version_id) == (None, "v1")
    assert job.resource_config_id == "a,default"


def test_seeds_temporary_files_and_encoding_are_options(speedpix, emulator):
    uploads = emulator.count("sign")
    picture = "file=@input.jpg"
    done = speedpix(
        *("run", "copy", "-i", picture, "--encoding", "base64", "--randomise-seeds"),
        *("--temp-files", "--polling-interval", "0.5"),
    )
    assert done.code == 0
    assert "uploading" not in done.err
    assert emulator.count("sign") == uploads
    submitted = emulator.jobs[-1].submission
    assert (submitted.randomise_seeds, submitted.return_temp_files) == (True, True)
    speedpix("run", "copy", "-i", picture)
    submitted = emulator.jobs[-1].submission
    assert not submitted.randomise_seeds
    assert not submitted.return_temp_files


def test_not_waiting_prints_the_id_and_other_commands_take_it_up(speedpix, home, clock, emulator):
    started = speedpix("run", "slow", "--no-wait")
    (prediction_id,) = started.lines
    assert prediction_id == emulator.jobs[-1].id
    assert f"to wait for it: speedpix wait {prediction_id}\n" in started.err

    asked = speedpix("status", prediction_id)
    assert (asked.code, asked.lines) == (0, ["waiting"])
    assert "3 ahead in the queue" in asked.err
    clock.advance(20)
    assert "running, KSampler 10/20, 50%, 0:10 left" in speedpix("status", prediction_id).err

    clock.advance(10)
    waited = speedpix("wait", prediction_id)
    assert (waited.code, len(waited.lines)) == (0, 1)
    saved = speedpix("save", prediction_id)
    assert (saved.code, saved.lines) == (0, ["picture.bin"])
    assert (home / "picture.bin").read_bytes() == b"slowly made"
    assert speedpix("status", prediction_id).lines == ["succeeded"]


def test_a_run_that_somebody_else_submitted(speedpix, clock):
    prediction_id = speedpix("run", "slow", "--no-wait", "--no-history").out.strip()
    clock.advance(30)
    assert speedpix("list").out == ""
    assert speedpix("save", prediction_id, "-o", "there").lines == ["there/picture.bin"]


def test_the_status_of_a_run_that_failed_is_an_answer(speedpix):
    prediction_id = speedpix("run", "failing", "--no-wait").out.strip()
    asked = speedpix("status", prediction_id)
    assert (asked.code, asked.lines) == (0, ["failed"])
    assert "out of luck" in asked.err
    assert speedpix("save", prediction_id).code == 4


def test_list_shows_the_history_newest_first(speedpix, home):
    for workflow in ("echo", "failing"):
        speedpix("run", workflow)
    rows = [line.split("\t") for line in speedpix("list").lines]
    assert [row[1:3] for row in rows] == [["failed", "failing"], ["succeeded", "echo"]]
    for row in rows:
        datetime.strptime(row[3], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - local, as people read it
    assert len(speedpix("list", "--limit", "1").lines) == 1
    assert (home / ".local" / "state" / "speedpix" / "history.sqlite3").is_file()


def test_which_history(speedpix, home):
    speedpix("run", "echo", SPEEDPIX_HISTORY="mine")
    speedpix("run", "echo", "--no-history", SPEEDPIX_HISTORY="mine")
    speedpix("run", "echo", SPEEDPIX_HISTORY="")
    assert len(speedpix("list", "--history", "mine").lines) == 1
    assert not (home / ".local").exists()
    empty = speedpix("list")
    assert (empty.out, empty.err[:22]) == ("", "no runs are remembered")


def test_upload_prints_the_url(speedpix, emulator):
    done = speedpix("upload", "input.jpg")
    assert done.code == 0
    (url,) = done.lines
    stored = emulator.objects[-1]
    assert stored.key in url
    assert (stored.file.read_bytes(), stored.content_type) == (PICTURE, "image/jpeg")
    assert done.err.startswith("it expires at 20")


def test_chinese_without_a_locale(speedpix):
    done = speedpix("run", "echo", "-i", "text=一幅画", LANG="C")
    assert done.json == {"given": {"text": "一幅画"}}
    assert "一幅画" in done.out


def test_characters_that_an_encoding_lacks_do_no_harm(speedpix):
    latin = {"PYTHONIOENCODING": "cp1252"}
    done = speedpix("run", "echo", "-i", "text=一", "--json", **latin)
    assert done.json["output"] == {"given": {"text": "一"}}
    assert speedpix("--help", **latin).code == 0


def test_a_run_that_the_service_forgot_is_nothing_to_go_on_with(speedpix, home):
    submitted = speedpix("run", "echo", "--no-wait", "--history", "h")
    with closing(sqlite3.connect(home / "h")) as connection:
        connection.execute("UPDATE runs SET prediction_id = 'forgotten'")
        connection.commit()
    assert submitted.code == 0
    done = speedpix("wait", "forgotten", "--history", "h")
    assert (done.code, "'forgotten' does not exist" in done.err) == (1, True)
    assert "to go on" not in done.err
