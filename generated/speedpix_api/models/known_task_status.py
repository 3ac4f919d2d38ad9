from __future__ import annotations

from typing import Literal

KnownTaskStatus = Literal[
    "canceled", "cancelled", "failed", "running", "succeeded", "successed", "waiting"
]

KNOWN_TASK_STATUS_VALUES: set[KnownTaskStatus] = {
    "canceled",
    "cancelled",
    "failed",
    "running",
    "succeeded",
    "successed",
    "waiting",
}


def check_known_task_status(value: str) -> KnownTaskStatus:
    if value in KNOWN_TASK_STATUS_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KNOWN_TASK_STATUS_VALUES!r}"
    )
