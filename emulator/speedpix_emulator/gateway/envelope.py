"""The envelope around every answer of the service."""

from __future__ import annotations

import secrets
from typing import Dict, Mapping

from ..runs.errors import ServiceError

SUCCESS = 10
FAILURE = 20

JsonObject = Dict[str, object]


def success(data: Mapping[str, object]) -> JsonObject:
    """Return the envelope of a call that succeeded."""
    return _envelope(SUCCESS, data, None)


def failure(error: ServiceError) -> JsonObject:
    """Return the envelope of a call that the service refused."""
    return _envelope(FAILURE if error.data is None else SUCCESS, error.data, error)


def _envelope(
    status: int, data: Mapping[str, object] | None, error: ServiceError | None
) -> JsonObject:
    return {
        "status": status,
        "apiInvokeId": f"i_{secrets.token_hex(12)}",
        "data": data,
        "subErrCode": error and error.code,
        "subErrMessage": error and error.message,
        "errCode": error and "BACKEND_ERROR",
        "errMessage": error and "The service behind the gateway failed",
        "startTime": None,
        "endTime": None,
    }
