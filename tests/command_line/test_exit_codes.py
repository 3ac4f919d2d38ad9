"""The exit codes: each error has one, each is documented, and each is what a process ends with."""

from __future__ import annotations

import pytest

from speedpix import exceptions
from speedpix.cli.exit_codes import MEANINGS, ExitCode, exit_code_of


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("APIConnectionError", ExitCode.UNREACHABLE),
        ("APIError", ExitCode.ERROR),
        ("APITimeoutError", ExitCode.UNREACHABLE),
        ("AuthenticationError", ExitCode.CONFIGURATION),
        ("BatchInUseError", ExitCode.CONFIGURATION),
        ("BatchStoppedError", ExitCode.NOT_ENDED),
        ("ConfigurationError", ExitCode.CONFIGURATION),
        ("DownloadError", ExitCode.TRANSFER_FAILED),
        ("HistoryError", ExitCode.CONFIGURATION),
        ("InputError", ExitCode.USAGE),
        ("InvalidRequestError", ExitCode.ERROR),
        ("ManifestError", ExitCode.CONFIGURATION),
        ("NotFoundError", ExitCode.ERROR),
        ("PermissionDeniedError", ExitCode.CONFIGURATION),
        ("PredictionError", ExitCode.RUN_FAILED),
        ("PredictionTimeoutError", ExitCode.NOT_ENDED),
        ("RateLimitError", ExitCode.UNREACHABLE),
        ("ServerError", ExitCode.UNREACHABLE),
        ("SpeedPixException", ExitCode.ERROR),
        ("SubmitOutcomeUnknownError", ExitCode.OUTCOME_UNKNOWN),
        ("UploadError", ExitCode.TRANSFER_FAILED),
    ],
)
def test_each_error_has_a_code(name, code):
    assert exit_code_of(getattr(exceptions, name)("what happened")) is code


def test_each_code_has_a_meaning_which_the_help_tells(speedpix):
    told = speedpix("--help").out
    assert set(MEANINGS) == set(ExitCode)
    for code, meaning in MEANINGS.items():
        assert f"  {code:<5}{meaning}\n" in told


def test_1_the_service_refuses(speedpix):
    done = speedpix("run", "no-such-workflow")
    assert (done.code, done.out) == (1, "")
    assert "'no-such-workflow' does not exist" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "echo", "-i", "text"], "Invalid value for -i: 'text' is not of the form"),
        (["run", "echo", "-i", "image=@no.jpg"], "Invalid value for -i: 'image': there is no file"),
        (["run", "echo", "--timeout", "nan"], "Invalid value for '--timeout'"),
        (["run", "echo", "--no-wait", "-o", "out"], "--no-wait goes without"),
        (["run", "echo", "--no-wait", "--polling-interval", "1"], "--no-wait goes without"),
        (["run", "echo", "--polling-interval", "0"], "Invalid value for '--polling-interval'"),
        (["run", "echo", "--encoding", "hex"], "Invalid value for '--encoding'"),
        (["run", "echo", "-o", "input.jpg"], "Invalid value for '-o'"),
        (["run", "echo", "--alias", " "], "alias_id must be"),
    ],
)
def test_2_what_is_typed_is_wrong_and_nothing_is_sent(speedpix, sent, arguments, told):
    done = speedpix(*arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert sent() == []


def test_3_no_credentials(speedpix):
    done = speedpix("run", "echo", SPEEDPIX_APP_SECRET=None)
    assert (done.code, done.out) == (3, "")
    assert "SPEEDPIX_APP_SECRET" in done.err
    assert "speedpix doctor" in done.err


def test_3_wrong_credentials(speedpix):
    done = speedpix("run", "echo", SPEEDPIX_APP_SECRET="not-the-secret")
    assert (done.code, done.out) == (3, "")
    assert "app secret is wrong" in done.err
    assert "not-the-secret" not in done.err


def test_3_a_history_that_can_not_be_used(speedpix, emulator, home):
    submits = emulator.count("submit")
    done = speedpix("run", "echo", "--history", str(home / "input.jpg" / "history"))
    assert done.code == 3
    assert "--no-history does without" in done.err
    assert emulator.count("submit") == submits


def test_4_the_run_failed(speedpix):
    done = speedpix("run", "failing")
    assert (done.code, done.out) == (4, "")
    assert "the run failed: out of luck (code LUCK" in done.err


def test_5_the_run_has_not_ended(speedpix, clock):
    done = speedpix("run", "slow", "--timeout", "0.1", "-o", "my pictures")
    assert (done.code, done.out) == (5, "")
    prediction_id = speedpix("list").lines[0].split("\t")[0]
    assert f"to go on: speedpix wait {prediction_id} -o 'my pictures'\n" in done.err
    assert speedpix("save", prediction_id).code == 5
    clock.advance(30)
    assert speedpix("wait", prediction_id, "-o", "my pictures").code == 0


def test_6_nobody_knows_whether_the_run_was_started(speedpix, emulator):
    emulator.faults.add("submit", "drop_after")
    submits = emulator.count("submit")
    done = speedpix("run", "echo")
    assert (done.code, done.out) == (6, "")
    assert "may have been started" in done.err
    assert emulator.count("submit") == submits + 1
    assert speedpix("list").lines[0].startswith("-\tsubmitting\techo\t")


def test_7_the_service_can_not_be_had_now(speedpix, emulator):
    emulator.faults.add("submit", "throttled_by_domain")
    done = speedpix("run", "echo")
    assert (done.code, done.out) == (7, "")
    assert "try again later" in done.err


def test_8_the_files_can_not_be_written_which_is_seen_before_anything_is_paid(speedpix, sent):
    done = speedpix("run", "copy", "-i", "file=@input.jpg", "-o", "input.jpg/out")
    assert (done.code, done.out) == (8, "")
    assert "'input.jpg/out' can't be written" in done.err
    assert sent() == []
