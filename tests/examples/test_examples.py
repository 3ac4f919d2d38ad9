"""Every example, each as a program of its own, with an emulator on whose clock nothing passes.

The quick start has its tests beside the guide's programs, and the notebook beside the notebooks'.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from speedpix_emulator import Emulator, Failure, SteppedClock, store_error

EXAMPLES = Path(__file__).parents[2] / "examples"
COFFEE = EXAMPLES / "coffee.jpg"
SECONDS = 60  # no example takes longer, unless it hangs


@pytest.fixture
def emulator():
    """An emulator with a workflow like the sample one, whose runs end at once."""
    with Emulator(clock=SteppedClock(time.time())) as running:
        pictures = ("images", "subject_image", "mask_image")

        @running.workflow(
            "white-background",
            inputs={"image": "image", "text": "text"},
            outputs=dict.fromkeys(pictures, "image"),
        )
        def white(image, text):
            return dict.fromkeys(pictures, Image.new("RGB", image.size, "white"))

        yield running


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder in which examples are run, and leave their files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(environment, folder):
    """A function that starts an example, with arguments."""
    started = []

    def begin(name: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "default", str(EXAMPLES / name), *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def succeed(start):
    """A function that runs an example, and returns the lines that it prints."""

    def run(name: str, *arguments: object) -> list[str]:
        process = start(name, *arguments)
        printed, complaints = process.communicate(timeout=SECONDS)
        assert (process.returncode, complaints) == (0, ""), printed
        return printed.splitlines()

    return run


@pytest.fixture
def fail(start):
    """A function that runs an example, and returns what it prints, and what it ends with."""

    def run(name: str, *arguments: object) -> tuple[list[str], str]:
        process = start(name, *arguments)
        printed, complaints = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        return printed.splitlines(), complaints

    return run


def assert_picture(path):
    with Image.open(path) as made, Image.open(COFFEE) as photo:
        made.load()
        assert made.size == photo.size


def test_async_gather_makes_a_picture_for_each_text(succeed, emulator):
    assert succeed("async_gather.py", "山", "水") == [
        "saved picture-1.png 山",
        "saved picture-2.png 水",
    ]

    assert_picture("picture-1.png")
    assert_picture("picture-2.png")
    assert sorted(job.inputs["text"] for job in emulator.jobs) == ["山", "水"]
    assert emulator.count("put") == 1


def saved_of(job):
    return [f"saved {Path(job.id, name)}.png" for name in ("images", "subject_image", "mask_image")]


def test_background_resume_is_one_program_that_starts_and_one_that_picks_up(succeed, emulator):
    printed = succeed("background_resume.py")

    (job,) = emulator.jobs
    assert printed == [f"started {job.id}", f"picked up {job.id}", *saved_of(job)]
    assert_picture(Path(job.id, "images.png"))


def test_background_resume_picks_up_what_the_history_knows_to_go_on(succeed, emulator):
    succeed("background_resume.py", "start")
    succeed("background_resume.py", "start")

    printed = succeed("background_resume.py", "resume")

    first, second = emulator.jobs
    assert printed == [
        *(f"picked up {second.id}", *saved_of(second)),
        *(f"picked up {first.id}", *saved_of(first)),
    ]
    assert succeed("background_resume.py", "resume") == []


def test_background_resume_picks_up_by_id_without_a_history(succeed, emulator):
    succeed("background_resume.py", "start")
    Path("runs.db").unlink()

    printed = succeed("background_resume.py", "resume", emulator.jobs[0].id)

    assert printed[1:] == saved_of(emulator.jobs[0])


def test_background_resume_tells_of_a_run_that_may_exist(fail, succeed, emulator):
    emulator.faults.add("submit", "drop_after")

    _, complaint = fail("background_resume.py", "start")

    assert complaint.startswith("failed: the submit was sent and its outcome is not known")
    printed = succeed("background_resume.py", "resume")
    assert printed == ["look in the console for a run of white-background"]


def test_error_handling_of_nothing(succeed):
    assert succeed("error_handling.py") == ["saved result.png"]
    assert_picture("result.png")


def test_error_handling_of_an_input_that_cannot_be_sent(fail, emulator):
    _, said = fail("error_handling.py", "missing.jpg")

    assert said.startswith('nothing was sent; mend the input: input["image"]: there is no file')
    assert emulator.requests == []


def test_error_handling_of_a_run_that_fails(fail, emulator):
    emulator.next_run(failure=Failure("out of memory"))

    _, said = fail("error_handling.py")

    assert said == "the run failed; another one may fail as well: out of memory\n"


@pytest.mark.parametrize(
    ("operation", "fault", "expected"),
    [
        ("submit", "drop_after", "a run may have been started; look in the console"),
        ("put", store_error(400, "InvalidArgument", "no"), "no run was started; try again later"),
        ("submit", "quota_exhausted", "trying again does not help: Quota Exhausted"),
    ],
)
def test_error_handling_of_a_submit_that_does_not_succeed(
    fail, emulator, operation, fault, expected
):
    emulator.faults.add(operation, fault)

    _, said = fail("error_handling.py")

    assert said.startswith(expected)
    assert emulator.count("submit") <= 1


def test_error_handling_of_a_picture_that_cannot_be_fetched(fail, emulator):
    emulator.faults.add("get", store_error(404, "NoSuchKey", "there is no such file"))

    _, said = fail("error_handling.py")

    assert said.startswith(f"the run {emulator.jobs[0].id} is not lost; take it up by its id later")


@pytest.fixture
def photos(folder):
    """A folder with three photos, and what is none."""
    photos = folder / "photos"
    photos.mkdir()
    for name in ("a.jpg", "a.png", "b.JPG"):
        shutil.copy(COFFEE, photos / name)
    (photos / "notes.txt").write_text("of these photos")
    return photos


def test_batch_folder_makes_every_picture_once(succeed, emulator, photos):
    printed = succeed("batch_folder.py", "photos", "made/results")

    names = ("a.jpg", "a.png", "b.JPG")
    assert sorted(printed) == [f"succeeded {name} " for name in names]
    fields = ("images", "subject_image", "mask_image")
    results = {Path("made/results", f"{name}-{field}.png") for name in names for field in fields}
    assert set(Path("made/results").glob("*.png")) == results
    for result in results:
        assert_picture(result)

    assert sorted(succeed("batch_folder.py", "photos", "made/results")) == [
        f"skipped {name} " for name in names
    ]
    assert len(emulator.jobs) == 3


def test_batch_folder_goes_on_after_a_picture_that_fails(succeed, emulator, photos):
    (photos / "a.png").write_bytes(b"no picture")

    printed = succeed("batch_folder.py", "photos", "results")

    (failed,) = (line for line in printed if line.startswith("failed"))
    assert failed.startswith("failed a.png image: not a picture that can be read")
    assert len(list(Path("results").glob("*.png"))) == 6

    shutil.copy(COFFEE, photos / "a.png")
    printed = succeed("batch_folder.py", "photos", "results")
    assert sorted(printed) == ["skipped a.jpg ", "skipped b.JPG ", "succeeded a.png "]
    assert len(emulator.jobs) == 4


def test_batch_folder_takes_up_the_runs_that_were_under_way(start, succeed, emulator, photos):
    emulator.next_run(times=3, duration=60)
    killed = start("batch_folder.py", "photos", "results")
    while len(emulator.jobs) < 3:
        assert killed.poll() is None
        time.sleep(0.05)
    polls = emulator.count("progress")
    while emulator.count("progress") < polls + 4:  # so one was asked for twice: all ids are known
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    killed.wait(SECONDS)
    emulator.clock.advance(60)

    printed = succeed("batch_folder.py", "photos", "results")

    assert {line.partition(" ")[0] for line in printed} == {"succeeded"}, printed
    assert len(printed) == len(emulator.jobs) == 3


def test_catalogue_runs_each_row_once(succeed, emulator, folder):
    shutil.copy(COFFEE, folder / "coffee.jpg")
    rows = [f"{number},coffee.jpg,text {number}" for number in range(3)]
    Path("rows.csv").write_text("\n".join(["sku,image,text", *rows]), encoding="utf-8")

    printed = succeed("catalogue.py", "rows.csv", "results")

    assert printed[-1] == f"see {Path('results/report.csv')}"
    assert len(list(Path("results").glob("*-images.png"))) == 3
    succeed("catalogue.py", "rows.csv", "results")
    assert len(emulator.jobs) == 3


def test_batch_folder_tells_how_it_is_used(fail):
    assert "python batch_folder.py PHOTOS RESULTS" in fail("batch_folder.py", "photos")[1]


def test_low_level_does_by_hand_what_run_does(succeed, emulator):
    printed = succeed("low_level.py")

    (job,) = emulator.jobs
    assert printed[:2] == [f"submitted {job.id}", "succeeded 100%"]
    assert printed[2].startswith(f"result {emulator.store_url}/")
    assert printed[3:] == ["saved low_level.png"]
    assert_picture("low_level.png")


def test_low_level_shows_what_the_service_refuses(fail, monkeypatch):
    monkeypatch.setenv("SPEEDPIX_WORKFLOW_ID", "nameless")

    assert fail("low_level.py") == ([], "refused: The workflow 'nameless' does not exist\n")


def test_low_level_shows_why_a_run_failed(fail, emulator):
    emulator.next_run(failure=Failure("out of memory"))

    assert fail("low_level.py")[1] == "failed: out of memory\n"
