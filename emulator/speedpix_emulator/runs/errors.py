"""How a call about a run is refused, and how a workflow's function fails its run."""

from __future__ import annotations

from typing import Mapping


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


class WorkflowError(Exception):
    """An error with which a function fails its run; becomes subErrMessage and subErrCode."""

    def __init__(self, message: str, code: str = "NODE_FAILED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
