"""What is to be done for an item, by what is known of it: a pure function."""

from __future__ import annotations

import json
import os
from enum import Enum, auto
from typing import Collection

from .items import Looked
from .manifest import FAILED, OPEN, SUCCEEDED, Entry


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
