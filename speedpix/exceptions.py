"""Everything the SDK raises.

SpeedPixException
├── ConfigurationError (ValueError)        a credential or setting is missing or wrong
├── InputError (ValueError)                the input can't be sent; nothing was
├── APIError                               the service answered, with an error
│   ├── AuthenticationError                wrong app key, secret or clock
│   ├── PermissionDeniedError              the app may not do this, or its quota is used up
│   ├── RateLimitError                     too many calls
│   ├── InvalidRequestError                the service refused the request
│   ├── NotFoundError                      no such workflow, alias, run or address
│   └── ServerError                        the service failed, or what it said makes no sense
├── APIConnectionError                     the service could not be reached, or the line broke
│   └── APITimeoutError (TimeoutError)     one HTTP exchange took too long
├── SubmitOutcomeUnknownError              the run may or may not have been started
├── PredictionError                        the run failed
├── PredictionTimeoutError (TimeoutError)  the run did not end within the wait
├── HistoryError                           the history file can't be used
├── ManifestError                          a batch's manifest can't be used
├── BatchInUseError                        another process drives this batch
├── BatchStoppedError                      too many items of a batch failed in a row
├── UploadError                            a file did not reach the store
└── DownloadError                          a file could not be fetched whole
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar

from .printable import printable

if TYPE_CHECKING:
    from .values.prediction import Prediction


class SpeedPixException(Exception):  # noqa: N818 - the guide's name
    """The base of every error that the SDK raises.

    Attributes:
        message: what happened and what to do, without the ids.
        status_code: HTTP status of the answer, if there was one.
        code: the service's or the gateway's error code.
        request_id: the gateway's id of the request; quote it to support.
        invoke_id: the service's id of the call; quote it to support.
        retry_after: seconds that the service asks to wait before the next call; None where it
            asks nothing, as it does but for a RateLimitError or an outage.
        prediction: the run that this is about. Where there is none there is no such attribute:
            ask `hasattr(error, "prediction")`, or `prediction_id`, which is always there.
    """

    prediction: Prediction

    def __init__(
        self,
        message: str = "",
        *,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        invoke_id: str | None = None,
        retry_after: float | None = None,
        prediction: Prediction | None = None,
    ) -> None:
        super().__init__(message)
        self.message = printable(message)
        self.status_code = status_code
        self.code = code and printable(code)
        self.request_id = request_id and printable(request_id)
        self.invoke_id = invoke_id and printable(invoke_id)
        self.retry_after = retry_after
        if prediction is not None:
            self.prediction = prediction

    @property
    def prediction_id(self) -> str | None:
        """Return the id of the run that this is about; None where there is no run, or no id."""
        prediction: Prediction | None = getattr(self, "prediction", None)
        return (prediction.id or None) if prediction is not None else None

    def __str__(self) -> str:
        return with_ids(self, self.message)


E = TypeVar("E", bound=SpeedPixException)


def with_ids(error: SpeedPixException, message: str, translate: Callable[[str], str] = str) -> str:
    """Return a message with what is known of the call behind an error, whose names are translated.

    The message is the error's own, or stands in its place.
    """
    ids = [
        f"{translate(name)} {value}"
        for name, value in (
            ("HTTP", error.status_code),
            ("code", error.code),
            ("request id", error.request_id),
            ("invoke id", error.invoke_id),
            ("prediction", error.prediction_id),
        )
        if value
    ]
    return f"{message} ({', '.join(ids)})" if ids else message


def rephrased(error: SpeedPixException, kind: type[E], message: str) -> E:
    """Return an error of another kind, or with another message, and the ids of the one behind."""
    found = kind(
        message,
        status_code=error.status_code,
        code=error.code,
        request_id=error.request_id,
        invoke_id=error.invoke_id,
        retry_after=error.retry_after,
    )
    found.__cause__ = error
    return found


class ConfigurationError(SpeedPixException, ValueError):
    """A credential or a setting of the client that is missing or wrong."""


class InputError(SpeedPixException, ValueError):
    """An input that can't be sent, with the place of the trouble in it; nothing was sent."""


class APIError(SpeedPixException):
    """The base of the errors that the service itself, or its gateway, answered with."""


class AuthenticationError(APIError):
    """A wrong app key, app secret or local clock."""


class PermissionDeniedError(APIError):
    """Something that the app may not do: it is not authorised, or its quota is used up."""


class RateLimitError(APIError):
    """A call too many: the service asks for fewer."""


class InvalidRequestError(APIError):
    """A request that the service refused as it stands."""


class NotFoundError(APIError):
    """A workflow, alias, run or address that does not exist."""


class ServerError(APIError):
    """A failure of the service, or an answer that can't be understood."""


class APIConnectionError(SpeedPixException):
    """A service that could not be reached, or a connection that broke.

    Attributes:
        sent: False when it is certain that nothing of the request reached the service.
        part: what had come of the answer's body when the connection broke.
    """

    part = b""

    def __init__(self, message: str = "", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class APITimeoutError(APIConnectionError, TimeoutError):
    """One HTTP exchange that took longer than the client's `timeout`."""


class SubmitOutcomeUnknownError(SpeedPixException):
    """A submit that was sent and its answer lost: the run may or may not exist.

    It is never sent again by itself, because a run costs money. `__cause__` tells what happened.
    """


class PredictionError(SpeedPixException):
    """A run that failed; `prediction` is the run and `prediction.error` the reason."""


class PredictionTimeoutError(SpeedPixException, TimeoutError):
    """A run that did not end within the time given; it goes on, and can be waited for."""


class HistoryError(SpeedPixException):
    """A history file that can't be used; nothing was submitted."""


class ManifestError(SpeedPixException):
    """A batch's manifest that can't be used; nothing was submitted that is not in it."""


class BatchInUseError(SpeedPixException):
    """A batch whose manifest another process, or another call, is driving."""


class BatchStoppedError(SpeedPixException):
    """A batch that stopped because too many items failed in a row; `__cause__` is the last."""


class UploadError(SpeedPixException):
    """A file that did not reach the store; nothing was submitted."""


class DownloadError(SpeedPixException):
    """An output file that could not be fetched whole; the target is as it was before."""


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception, as `BaseException.add_note` of Python 3.11 does."""
    set_notes(error, [*notes_of(error), note])


def notes_of(error: BaseException) -> list[str]:
    """Return the notes of an exception."""
    return list(getattr(error, "__notes__", ()))


def set_notes(error: BaseException, notes: list[str]) -> None:
    """Give an exception these notes, also where its class lets nothing be set."""
    object.__setattr__(error, "__notes__", notes)
