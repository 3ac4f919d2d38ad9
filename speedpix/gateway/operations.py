"""The gateway's operations: what each is called, where it is, and whether it may be repeated."""

from __future__ import annotations

from attrs import frozen


@frozen
class Operation:
    """One operation of the gateway.

    Attributes:
        name: what logs call it.
        path: where it is, below the endpoint.
        repeatable: whether sending it again is known to be harmless.
        paid: whether it starts something that costs money.
    """

    name: str
    path: str
    repeatable: bool = False
    paid: bool = False


SUBMIT = Operation("submit", "/scc/comfy_prompt", paid=True)
PROGRESS = Operation("progress", "/scc/comfy_get_progress", repeatable=True)
RESULT = Operation("result", "/scc/comfy_get_result", repeatable=True)
SIGN_UPLOAD = Operation("sign", "/scc/sp_create_temp_file_upload_sign", repeatable=True)

_BY_PATH = {each.path: each for each in (SUBMIT, PROGRESS, RESULT, SIGN_UPLOAD)}


def operation_at(path: str) -> Operation:
    """Return the operation at a path below the endpoint; one that is not known is not repeated."""
    return _BY_PATH.get(path) or Operation(path, path)
