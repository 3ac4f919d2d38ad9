"""What an error says of an item and of its batch: pure functions."""

from __future__ import annotations

from enum import Enum

from ..exceptions import (
    AuthenticationError,
    ConfigurationError,
    DownloadError,
    HistoryError,
    InputError,
    InvalidRequestError,
    ManifestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    RateLimitError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    UploadError,
)
from ..gateway.responses import is_days_limit
from .manifest import FAILED, OPEN, UNKNOWN


class Judgement(Enum):
    """What follows from an error."""

    FAILED = FAILED
    UNKNOWN = UNKNOWN
    OPEN = OPEN
    AGAIN = "again"  # a throttle is no item's failure
    STOP = "stop"  # it would meet every item


_EVERYWHERE = (
    AuthenticationError,
    PermissionDeniedError,
    ConfigurationError,
    HistoryError,
    ManifestError,
)
_OWN = (InputError, UploadError, InvalidRequestError, NotFoundError)


def before_payment(error: BaseException) -> Judgement:
    """Judge an error that came before there was a run with an id."""
    if isinstance(error, RateLimitError):
        return Judgement.STOP if is_days_limit(error) else Judgement.AGAIN
    if isinstance(error, SubmitOutcomeUnknownError):
        return Judgement.UNKNOWN
    return Judgement.FAILED if isinstance(error, _OWN) else Judgement.STOP


def after_payment(error: BaseException) -> Judgement:
    """Judge an error that came while a run was followed, or its files were saved."""
    if isinstance(error, RateLimitError) and not is_days_limit(error):
        return Judgement.AGAIN
    if isinstance(error, PredictionError):
        return Judgement.FAILED
    if isinstance(error, (NotFoundError, SubmitOutcomeUnknownError)):
        return Judgement.UNKNOWN
    if isinstance(error, DownloadError) and isinstance(error.__cause__, OSError):
        return Judgement.STOP  # the disk is full, or the folder can't be written
    if isinstance(error, (*_EVERYWHERE, RateLimitError)):
        return Judgement.STOP
    return Judgement.OPEN if isinstance(error, SpeedPixException) else Judgement.STOP
