"""What nobody foresaw ends in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .conftest import COMMAND

WORDS = (
    "Error: speedpix did not foresee this: ZeroDivisionError: by hand; it is most likely a fault"
)


@pytest.fixture
def broken(tmp_path):
    """A function that gives the environment in which Python code is run before the command."""

    def broken(code):
        folder = tmp_path / "broken"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(code)
        return {"PYTHONPATH": str(folder)}

    return broken


def raising(target, error="ZeroDivisionError('by hand')"):
    module, _, name = target.rpartition(":")
    return (
        f"import functools, importlib\n"
        f"def fail(*_, **__): raise {error}\n"
        f"*names, last = {name!r}.split('.')\n"
        f"owner = functools.reduce(getattr, names, importlib.import_module({module!r}))\n"
        f"setattr(owner, last, fail)\n"
    )


def test_before_a_run_is_submitted(speedpix, broken, emulator):
    submits = emulator.count("submit")
    fault = broken(raising("speedpix.resources:Predictions.create"))
    done = speedpix("run", "echo", **fault)
    assert (done.code, done.out) == (9, "")
    assert done.err.startswith(WORDS)
    assert "SPEEDPIX_LOG=debug" in done.err
    assert "Traceback" not in done.err
    assert emulator.count("submit") == submits


def test_after_a_run_was_submitted_the_way_to_go_on_is_told(speedpix, broken, emulator):
    fault = broken(raising("speedpix.values.output:Output.save_all"))
    done = speedpix("run", "copy", "-i", "file=@input.jpg", "-o", "out", **fault)
    run_id = emulator.jobs[-1].id
    assert (done.code, done.out) == (9, "")
    assert f"; the run {run_id} has succeeded\n" in done.err
    assert done.err.endswith(f"to go on: speedpix wait {run_id} -o out\n")


def test_as_json(speedpix, broken):
    fault = broken(raising("speedpix.resources:Predictions.create"))
    done = speedpix("run", "echo", "--json", **fault)
    assert (done.code, done.err) == (9, "")
    assert done.json["error"]["type"] == "ZeroDivisionError"
    assert done.json["id"] is None


def test_the_log_has_the_traceback(speedpix, broken):
    fault = broken(raising("speedpix.resources:Predictions.create", "OSError('\\x1b[2J')"))
    done = speedpix("run", "echo", SPEEDPIX_LOG="debug", **fault)
    assert done.code == 9
    assert "speedpix DEBUG Traceback (most recent call last):\n" in done.err
    assert "in fail" in done.err
    assert "\x1b[2J" not in done.err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("MemoryError()", "Error: there is not enough memory\n"),
        (
            "RecursionError('too deep')",
            "RecursionError: too deep; it is most likely a fault of its",
        ),
    ],
)
def test_what_python_runs_out_of(speedpix, broken, error, told):
    done = speedpix(
        "run", "echo", **broken(raising("speedpix.resources:Predictions.create", error))
    )
    assert done.code == 9
    assert told in done.err


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_what_the_system_runs_out_of_is_no_fault_of_the_program(
    speedpix, broken, emulator, home, language
):
    submits = emulator.count("submit")
    (home / "photos").mkdir()
    (home / "photos" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    few_files = broken("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))\n")
    words = ("batch", "copy", "photos", "-i", "file=@{path}", "-o", "out")
    done = speedpix(*words, LANG=language, **few_files)
    assert done.code == 9
    told = {
        "C.UTF-8": "Error: the system has no more of what is needed: ",
        "zh_CN.UTF-8": "错误：系统资源不足：",
    }
    assert done.err.startswith(f"{told[language]}OSError: [Errno 24] Too many open files")
    assert "ulimit" in done.err
    assert "speedpix batch copy photos" in done.err
    assert emulator.count("submit") == submits


def test_a_set_up_that_lacks_a_part(speedpix, blocked):
    done = speedpix("run", "echo", **blocked("httpx"))
    assert done.code == 9
    assert "Error: a part of speedpix can't be imported: ModuleNotFoundError: " in done.err
    assert "pip install '.[cli]'" in done.err


def test_a_set_up_that_can_not_even_start(speedpix, broken):
    done = speedpix("list", **broken("import click\ndel click.Group\n"))
    assert done.code == 1
    assert "Traceback" not in done.err


def test_in_chinese(speedpix, broken):
    fault = broken(raising("speedpix.resources:Predictions.create"))
    done = speedpix("run", "echo", LANG="zh_CN.UTF-8", **fault)
    assert done.err.startswith(
        "错误：speedpix 没有预料到这种情况：ZeroDivisionError: by hand；这多半是"
    )


def test_an_interrupt_before_the_command(speedpix, broken):
    fault = broken(raising("speedpix.cli.invocation:Invocation.__init__", "KeyboardInterrupt"))
    done = speedpix("list", **fault)
    assert (done.code, done.out, done.err) == (130, "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_that_nobody_can_read(surroundings, home, words):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, *words],
            env=surroundings,
            cwd=home,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert done.returncode == 8


def test_a_pipe_that_is_closed_ends_it_without_a_word(start):
    process = start("--help")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.stdin.close()
    assert process.wait(timeout=60) == 1


def test_json_stays_a_document(speedpix, broken):
    fault = broken(raising("speedpix.cli.diagnosis.probe:probe"))
    done = speedpix("doctor", "--json", **fault)
    assert set(json.loads(done.out)) == {"ok", "checks", "error"}
