"""Report what ended a command early: as text or as JSON, with what to do next."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click

from .. import exceptions as errors
from ..printable import printable
from .exit_codes import ExitCode, exit_code_of
from .invocation import Invocation
from .output.documents import INTERRUPTED, Failure, failed_document, failure_of
from .output.terminal import Unwritten, say

_DOCTOR = "to look for the cause: speedpix doctor"
_REMEDIES = (
    (errors.ConfigurationError, _DOCTOR),
    (errors.AuthenticationError, _DOCTOR),
    (errors.APIConnectionError, _DOCTOR),
    (errors.BatchInUseError, "wait until it has ended; one process drives a batch"),
    (errors.HistoryError, "--history FILE names another file, --no-history does without"),
)


class Terminated(KeyboardInterrupt):
    """SIGTERM: a request that the process end."""


def watch_for_sigterm() -> None:
    """Raise Terminated in the main thread when SIGTERM comes."""
    signal.signal(signal.SIGTERM, _raise)


def report_usage(invocation: Invocation, error: click.ClickException) -> ExitCode:
    """Report that the command line is wrong, or asks for what is not installed."""
    code = ExitCode(error.exit_code)
    if invocation.as_json:
        kind = "UsageError" if code is ExitCode.USAGE else "Error"
        failure = Failure(type=kind, message=error.format_message())
        invocation.tell_document(failed_document(invocation.command, None, failure))
    else:
        error.show()
    return code


def report_error(invocation: Invocation, error: errors.SpeedPixException) -> ExitCode:
    """Report an error of the SDK."""
    code = exit_code_of(error)
    invocation.take_prediction(error)
    resume = None if code in (ExitCode.RUN_FAILED, ExitCode.USAGE) else invocation.resume()
    failure = failure_of(error, message=_message(error, invocation), resume=resume)
    _report(invocation, failure)
    if not invocation.as_json:
        for kind, remedy in _REMEDIES:
            if isinstance(error, kind):
                say(remedy)
    return code


def report_interrupt(invocation: Invocation, interrupt: KeyboardInterrupt) -> ExitCode:
    """Report Ctrl-C or SIGTERM, and what is known of the run."""
    terminated = isinstance(interrupt, Terminated)
    invocation.take_prediction(interrupt)
    prediction, resume = invocation.prediction, invocation.resume()
    if sys.stderr.isatty():
        say("")  # ends the line on which the terminal shows ^C
    what = ["terminated" if terminated else "interrupted"]
    if prediction is not None and resume:
        state = "has succeeded" if prediction.status == "succeeded" else "goes on"
        what.append(f"the run {prediction.id} {state}")
    elif _notes(interrupt):
        what += [*_notes(interrupt), "look in the console before you submit it again"]
    elif invocation.command == "run":
        what.append("nothing was submitted")
    _report(invocation, Failure(type=INTERRUPTED, message="; ".join(what), resume=resume))
    return ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED


def report_unwritten(invocation: Invocation, error: Unwritten) -> ExitCode:
    """Report that the result could not be written, and what it was about."""
    cause = error.__cause__
    prediction = invocation.prediction
    if prediction is None and isinstance(cause, BrokenPipeError):
        return ExitCode.ERROR  # as with `| head`: nobody wants more
    state = f"; the run {prediction.id} is {prediction.status}" if prediction else ""
    say(f"Error: the result can't be written to standard output: {cause}{state}")
    resume = invocation.resume()
    if resume:
        say(f"to have it again: {resume}")
    return ExitCode.TRANSFER_FAILED


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _report(invocation: Invocation, failure: Failure) -> None:
    if invocation.as_json:
        document = failed_document(invocation.command, invocation.prediction, failure)
        invocation.tell_document(document)
        return
    beginning = "" if failure.type == INTERRUPTED else click.style("Error: ", fg="red")
    say(f"{beginning}{printable(failure.text)}")
    if failure.resume:
        say(f"to go on: {failure.resume}")


def _message(error: errors.SpeedPixException, invocation: Invocation) -> str:
    """Return what an error says, put for the command line where it speaks of Python."""
    if isinstance(error, errors.PredictionTimeoutError):
        return "the run has not ended; it goes on at the service"
    # After the submit, the notes say how to go on in Python.
    notes = [] if invocation.prediction else _notes(error)
    return "; ".join([error.message, *notes])


def _notes(error: BaseException) -> list[str]:
    """Return what the SDK noted of how far a run got."""
    return list(getattr(error, "__notes__", []))
