"""Report what ended a command early: as text or as JSON, with what to do next."""

from __future__ import annotations

import errno
import io
import logging
import signal
import sys
import traceback
from types import FrameType
from typing import TYPE_CHECKING, Sequence

import click

from .. import exceptions as errors
from ..display.terminal import is_terminal
from ..logs import configure_from_environment, logger
from ..printable import printable, quoted
from ..version import install_hint
from .exit_codes import ExitCode, exit_code_of
from .invocation import Invocation
from .output.documents import INTERRUPTED, Failure, failed_document, failure_of
from .output.language import is_chinese, joined, translated
from .output.pages import page_of
from .output.terminal import say

if TYPE_CHECKING:
    from .. import Prediction

_DOCTOR = "to look for the cause: speedpix doctor"
_REMEDIES = (
    (errors.ConfigurationError, _DOCTOR),
    (errors.AuthenticationError, _DOCTOR),
    (errors.APIConnectionError, _DOCTOR),
    (errors.BatchInUseError, "wait until it has ended; one process drives a batch"),
    (errors.HistoryError, "--history FILE names another file, --no-history does without"),
)
# After these the same command would end so again.
_FINAL = (ExitCode.RUN_FAILED, ExitCode.USAGE)
# What a system says that has no more of something.
_EXHAUSTED = (
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.ENOBUFS,
    errno.ENOSPC,
    errno.EDQUOT,
)
# What these say are the service's words, and what is added to them.
_QUOTING = (errors.APIError, errors.PredictionError)


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
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            say(translated(line))
    return code


def report_error(invocation: Invocation, error: errors.SpeedPixException) -> ExitCode:
    """Report an error of the SDK."""
    code = exit_code_of(error)
    invocation.take_prediction(error)
    final = code in _FINAL or isinstance(error, errors.NotFoundError)
    resume = None if final else invocation.resume()
    message = _message(error)
    # After the submit, the notes say how to go on in Python.
    notes = [] if invocation.prediction else errors.notes_of(error)
    said = f"the run failed: {message}" if isinstance(error, errors.PredictionError) else message
    failure = failure_of(error, "; ".join([message, *notes]), resume)
    _report(invocation, failure, told(error, said, notes))
    if not invocation.as_json:
        for kind, remedy in _REMEDIES:
            if isinstance(error, kind):
                say(translated(remedy))
        say(translated(f"more about it: {page_of(error, chinese=is_chinese())}"))
    return code


def report_interrupt(invocation: Invocation, interrupt: KeyboardInterrupt) -> ExitCode:
    """Report Ctrl-C or SIGTERM, and what is known of the run."""
    terminated = isinstance(interrupt, Terminated)
    invocation.take_prediction(interrupt)
    resume = invocation.resume()
    if is_terminal(sys.stderr):
        say("")  # ends the line on which the terminal shows ^C
    what = ["terminated" if terminated else "interrupted"]
    if resume and invocation.prediction is not None:
        what.append(_state(invocation.prediction))
    elif resume:
        what.append("runs that were started go on, and none is paid twice")
    elif errors.notes_of(interrupt):
        what += [*errors.notes_of(interrupt), "look in the console before you submit it again"]
    elif invocation.command == "run":
        what.append("nothing was submitted")
    _report(invocation, Failure(type=INTERRUPTED, message="; ".join(what), resume=resume))
    return ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED


def report_unwritten(invocation: Invocation, cause: BaseException | None) -> ExitCode:
    """Report that the result could not be written, and what it was about."""
    prediction, resume = invocation.prediction, invocation.resume()
    if resume is None and isinstance(cause, BrokenPipeError):
        return ExitCode.ERROR  # as with `| head`: nobody wants more
    state = f"; the run {prediction.id} is {prediction.status}" if prediction else ""
    say(translated(f"Error: the result can't be written to standard output: {cause}{state}"))
    if resume:
        say(translated(f"to have it again: {resume}"))
    return ExitCode.TRANSFER_FAILED


def report_unexpected(invocation: Invocation, error: Exception) -> ExitCode:
    """Report what nobody foresaw, in a sentence; the log has the traceback, if it is asked for."""
    invocation.take_prediction(error)
    configure_from_environment()
    if logger.isEnabledFor(logging.DEBUG):
        trace = traceback.format_exception(type(error), error, error.__traceback__)
        for line in "".join(trace).splitlines():
            logger.debug("%s", line)
    kind = type(error).__name__
    what = quoted(f"{kind}: {error}".rstrip(": "))
    message = (
        f"speedpix did not foresee this: {what}; it is most likely a fault of its own, and "
        "SPEEDPIX_LOG=debug shows where"
    )
    if isinstance(error, MemoryError):
        message = "there is not enough memory"
    elif _is_exhaustion(error):
        message = (
            f"the system has no more of what is needed: {what}; end other programs, or raise its "
            "limits (ulimit), and try again"
        )
    elif isinstance(error, ImportError):
        message = f"a part of speedpix can't be imported: {what}; {install_hint('cli')}"
    resume = invocation.resume()
    if resume and invocation.prediction is not None:
        message = f"{message}; {_state(invocation.prediction)}"
    _report(invocation, Failure(type=kind, message=message, resume=resume))
    return ExitCode.UNEXPECTED


def told(
    error: errors.SpeedPixException, message: str | None = None, notes: Sequence[str] = ()
) -> str:
    """Return an error for people.

    Args:
        error: what to tell, with its ids.
        message: its message in other words, if there are better ones.
        notes: what is told beside; these are words of ours, whoever's the message is.
    """
    said = translated(message or error.message, certain=isinstance(error, _QUOTING))
    return printable(errors.with_ids(error, joined([said, *map(translated, notes)]), translated))


def _state(prediction: Prediction) -> str:
    if prediction.status == "succeeded":
        return f"the run {prediction.id} has succeeded"
    return f"the run {prediction.id} goes on"


def _is_exhaustion(error: Exception) -> bool:
    """Tell whether the system refused what it has no more of: files, memory, threads, room."""
    no_thread = isinstance(error, RuntimeError) and str(error) == "can't start new thread"
    return no_thread or (isinstance(error, OSError) and error.errno in _EXHAUSTED)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _report(invocation: Invocation, failure: Failure, text: str | None = None) -> None:
    if invocation.as_json:
        document = failed_document(invocation.command, invocation.prediction, failure)
        invocation.tell_document(document)
        return
    beginning = "" if failure.type == INTERRUPTED else click.style(translated("Error: "), fg="red")
    say(f"{beginning}{text or printable(translated(failure.message))}")
    if failure.resume:
        say(translated(f"to go on: {failure.resume}"))


def _message(error: errors.SpeedPixException) -> str:
    """Return what an error says, put for the command line where it speaks of Python."""
    if isinstance(error, errors.PredictionTimeoutError):
        return "the run has not ended; it goes on at the service"
    return error.message
