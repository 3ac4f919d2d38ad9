"""The exit codes of the command line, and which error ends with which."""

from __future__ import annotations

from enum import IntEnum

from .. import exceptions as errors


class ExitCode(IntEnum):
    """The end of a command, as a number that scripts may rely on."""

    SUCCESS = 0
    ERROR = 1
    USAGE = 2
    CONFIGURATION = 3
    RUN_FAILED = 4
    NOT_ENDED = 5
    OUTCOME_UNKNOWN = 6
    UNREACHABLE = 7
    TRANSFER_FAILED = 8
    UNEXPECTED = 9
    # As shells count: 128 and the number of the signal.
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    ExitCode.SUCCESS: "success",
    ExitCode.ERROR: "the service refused, or doctor found something wrong",
    ExitCode.USAGE: "the command or an input is wrong; nothing was sent",
    ExitCode.CONFIGURATION: "credentials, settings, the history file or the manifest are wrong",
    ExitCode.RUN_FAILED: "the run failed, or some of a batch did",
    ExitCode.NOT_ENDED: "the run has not ended in time, and goes on; or a batch has not ended",
    ExitCode.OUTCOME_UNKNOWN: "it is not known whether the run was started",
    ExitCode.UNREACHABLE: "the service could not be reached, or is in trouble; try later",
    ExitCode.TRANSFER_FAILED: "a file could not be uploaded, downloaded or written",
    ExitCode.UNEXPECTED: "something that speedpix did not foresee: most likely a fault of its own",
    ExitCode.INTERRUPTED: "Ctrl-C; a run that was started goes on",
    ExitCode.TERMINATED: "SIGTERM; a run that was started goes on",
}

# The first class that fits counts.
_BY_ERROR = (
    (errors.InputError, ExitCode.USAGE),
    (errors.ConfigurationError, ExitCode.CONFIGURATION),
    (errors.AuthenticationError, ExitCode.CONFIGURATION),
    (errors.PermissionDeniedError, ExitCode.CONFIGURATION),
    (errors.HistoryError, ExitCode.CONFIGURATION),
    (errors.ManifestError, ExitCode.CONFIGURATION),
    (errors.BatchInUseError, ExitCode.CONFIGURATION),
    (errors.BatchStoppedError, ExitCode.NOT_ENDED),
    (errors.PredictionError, ExitCode.RUN_FAILED),
    (errors.PredictionTimeoutError, ExitCode.NOT_ENDED),
    (errors.SubmitOutcomeUnknownError, ExitCode.OUTCOME_UNKNOWN),
    (errors.APIConnectionError, ExitCode.UNREACHABLE),
    (errors.ServerError, ExitCode.UNREACHABLE),
    (errors.RateLimitError, ExitCode.UNREACHABLE),
    (errors.UploadError, ExitCode.TRANSFER_FAILED),
    (errors.DownloadError, ExitCode.TRANSFER_FAILED),
)


def exit_code_of(error: errors.SpeedPixException) -> ExitCode:
    """Return the exit code for an error of the SDK."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.ERROR)
