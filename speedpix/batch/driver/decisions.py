"""What is to be done for an item, and what follows from an error: pure functions."""

from __future__ import annotations

import json
import os
from enum import Enum, auto
from typing import Collection

from ...exceptions import (
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
from ...gateway.responses import is_days_limit
from ..items import Looked
from ..manifest.entry import FAILED, OPEN, SUCCEEDED, UNKNOWN, Entry


class Verdict(Enum):
    """What is done for an item."""

    RUN = auto()  # submitted, and paid
    PICK_UP = auto()  # its run is there: brought home
    SKIP = auto()  # done
    REPORT = auto()  # comes again as it ended before
    FAIL = auto()  # can't be run
    REFUSE_KEY = auto()  # its key stands for another item already


def decide(
    before: Entry | None,
    looked: Looked,
    call: int,
    retry: Collection[str] = (),
    *,
    saves: bool = False,
) -> Verdict:
    """Return what is to be done for an item.

    Args:
        before: what is known of its key.
        looked: the item.
        call: the number of this call.
        retry: the states that are tried again.
        saves: whether files are to be saved.
    """
    if before is not None and before.call == call and before.digest != looked.digest:
        return Verdict.REFUSE_KEY
    if looked.trouble is not None and (before is None or before.state == FAILED):
        return Verdict.FAIL
    if before is None or (before.digest != looked.digest and looked.trouble is None):
        return Verdict.RUN
    # What is done, or paid, is kept though its photo may be gone.
    if before.state == OPEN:
        return Verdict.PICK_UP
    if before.state == SUCCEEDED:
        return Verdict.PICK_UP if saves and not _all_there(before.saved) else Verdict.SKIP
    tried = before.made == call
    return Verdict.RUN if before.state in retry and not tried else Verdict.REPORT


def _all_there(saved: str | None) -> bool:
    """Tell whether the files that were saved are there; an output may have had none."""
    return saved is not None and all(map(os.path.exists, json.loads(saved)))


def same_key(looked: Looked, position: int) -> InputError:
    """Return why an item is refused whose key stands for the one at a position."""
    message = f"inputs {position} and {looked.item.position} have the same key {looked.key!r}"
    return InputError(message)


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
