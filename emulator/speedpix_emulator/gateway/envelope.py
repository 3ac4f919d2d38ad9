"""The envelope around every answer of the service."""

from __future__ import annotations

import secrets
from typing import Dict, Mapping

SUCCESS = 10
FAILURE = 20

JsonObject = Dict[str, object]


class ServiceError(Exception):
    """A refusal by the service behind the gateway: HTTP 200, envelope status 20.

    `code` becomes `subErrCode`, `message` becomes `subErrMessage`. With `data`, the failure is told
    in the payload, and the envelope's status is 10.
    """

    def __init__(self, code: str, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


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
