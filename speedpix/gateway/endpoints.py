"""Call one endpoint, typed by the generated models; each function is a flow."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from itertools import chain
from typing import Any, Callable, Generic, Iterator, TypeVar

from attrs import frozen
from speedpix_api.models.comfy_prompt_data import ComfyPromptData
from speedpix_api.models.comfy_prompt_request import ComfyPromptRequest
from speedpix_api.models.json_object import JsonObject
from speedpix_api.models.progress_data import ProgressData
from speedpix_api.models.result_data import ResultData
from speedpix_api.models.task_request import TaskRequest
from speedpix_api.models.upload_sign_data import UploadSignData
from speedpix_api.models.upload_sign_request import UploadSignRequest
from speedpix_api.types import Unset

from ..constants import OUTPUT_DEPTH_LIMIT
from ..exceptions import APIError
from ..flow.effects import Flow, Reply, Request, Work
from ..values.wire import is_address, said, text, without_query
from .exchange import Gateway, exchange
from .operations import PROGRESS, RESULT, SIGN_UPLOAD, SUBMIT, Operation
from .responses import envelope, envelope_error, malformed

D = TypeVar("D")


@frozen
class Answer(Generic[D]):
    """What an endpoint said: `data`, or `error`, or both for a run that failed."""

    data: D | None
    error: APIError | None
    invoke_id: str | None

    def require(self) -> D:
        """Return the data, or raise the error that the service reported."""
        if self.error is not None:
            raise self.error
        assert self.data is not None  # noqa: S101 - an envelope without error has data
        return self.data


@frozen
class _Endpoint(Generic[D]):
    """An operation, the model of its data, and when that is usable."""

    operation: Operation
    data: type[D]
    usable: Callable[[D], bool]


def _has_output(data: ResultData) -> bool:
    """Tell whether result and images have the types they should, if they are there."""
    images = data.images or []
    return (not data.result or isinstance(data.result, JsonObject)) and (
        isinstance(images, list) and all(isinstance(image, str) for image in images)
    )


_SUBMIT = _Endpoint(
    SUBMIT,
    ComfyPromptData,
    lambda data: (text(data.task_id) or "\n").isprintable(),
)
_PROGRESS = _Endpoint(
    PROGRESS,
    ProgressData,
    lambda data: text(data.status) is not None,
)
_RESULT = _Endpoint(RESULT, ResultData, _has_output)
_SIGN_UPLOAD = _Endpoint(
    SIGN_UPLOAD,
    UploadSignData,
    lambda data: (
        is_address(data.upload_url) and (not data.access_url or is_address(data.access_url))
    ),
)

# An id that can be sent back as it is, in whatever stands around it; a number only if it is whole.
_TASK_ID = re.compile(r'"task_?id"\s*:\s*(?:"([\w.:-]{1,200})"|([0-9]{1,200})\s*[,}])', re.I)

# Pieces of JSON, such as a field's name: so many, none of them of more characters, take less time
# than to hand them to a thread.
_ENCODED_AT_ONCE, _LONG_PIECE = 250, 64 * 1024
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def submit(
    gateway: Gateway,
    body: ComfyPromptRequest,
    resource_config_id: str | None,
    *,
    deadline: float = math.inf,
    before: Callable[[], Flow[None]] | None = None,
    queued: bool = False,
) -> Flow[Answer[ComfyPromptData]]:
    """Start a run; a paid job, so it is sent again only when it certainly was not taken.

    An answer that names the task is a run that was started, whatever else is wrong with it.
    `before` is a flow that runs right before the request is sent; `queued`: see `exchange`.
    """
    headers = {"x-sp-resource-config-id": resource_config_id} if resource_config_id else {}
    content = yield from _encoded(body)
    request = Request("POST", gateway.url(SUBMIT.path), headers, content)
    return (
        yield from exchange(
            gateway,
            SUBMIT,
            request,
            _submitted,
            deadline=deadline,
            before=before,
            rescue=_started,
            queued=queued,
        )
    )


def get_progress(
    gateway: Gateway, task_id: str, deadline: float = math.inf
) -> Flow[Answer[ProgressData]]:
    """Ask how far a run is."""
    return _call(gateway, _PROGRESS, TaskRequest(task_id=task_id), deadline)


def get_result(
    gateway: Gateway, task_id: str, deadline: float = math.inf
) -> Flow[Answer[ResultData]]:
    """Ask for the output of a run, or for the reason why there is none."""
    return _call(gateway, _RESULT, TaskRequest(task_id=task_id), deadline)


def sign_upload(
    gateway: Gateway, body: UploadSignRequest, deadline: float = math.inf
) -> Flow[Answer[UploadSignData]]:
    """Ask for a place to put a file."""
    return _call(gateway, _SIGN_UPLOAD, body, deadline)


def _call(
    gateway: Gateway,
    endpoint: _Endpoint[D],
    body: TaskRequest | UploadSignRequest,
    deadline: float,
) -> Flow[Answer[D]]:
    operation, content = endpoint.operation, _ENCODER.encode(body.to_dict()).encode()
    request = Request("POST", gateway.url(operation.path), {}, content)
    return exchange(gateway, operation, request, partial(_parsed, endpoint), deadline=deadline)


def _encoded(body: ComfyPromptRequest) -> Flow[bytes]:
    """Encode a body, most of a large one where the event loop does not wait for it.

    In pieces, as other threads can't run while `encode` does.
    """
    pieces = _ENCODER.iterencode(body.to_dict())
    found: list[str] = []
    for piece in pieces:
        found.append(piece)
        if len(found) == _ENCODED_AT_ONCE or len(piece) > _LONG_PIECE:
            content: bytes = yield Work(lambda: "".join(chain(found, pieces)).encode())
            return content
    return "".join(found).encode()


def _parsed(endpoint: _Endpoint[D], reply: Reply) -> Answer[D]:
    """Return the answer in a reply.

    The generated models take values of any type, and raise KeyError where a required field is
    missing. Hence the checks.
    """
    content = envelope(reply)
    error = envelope_error(content, reply)
    data = _data(endpoint, content.get("data"))
    usable = data is not None and endpoint.usable(data)
    if error is None and not usable:
        raise malformed(reply, "a field is missing or of the wrong type", content)
    return Answer(data if usable else None, error, said(content.get("apiInvokeId")))


def _data(endpoint: _Endpoint[D], content: object) -> D | None:
    """Return an envelope's data; None where there is none, or a required field is missing."""
    model: Any = endpoint.data
    try:
        return model.from_dict(content) if isinstance(content, dict) else None
    except KeyError:
        return None


def _submitted(reply: Reply) -> Answer[ComfyPromptData]:
    """Return the answer to a submit: the run that it names, also where it reports an error."""
    answer = _parsed(_SUBMIT, reply)
    if answer.data is not None:
        return answer
    return _started(reply.body) or answer


def _started(body: bytes) -> Answer[ComfyPromptData] | None:
    """Return the run that an answer to a submit names, though it can't be understood as one."""
    found = _TASK_ID.search(body.decode("utf-8", "replace"))
    if found is None:
        return None
    return Answer(ComfyPromptData(task_id=found[1] or found[2]), None, None)


def status_of(value: object) -> str | None:
    """Return a run's status; the reference spells success in two ways."""
    return "succeeded" if value == "successed" else said(value)


def parts_of(data: ResultData) -> dict[str, Any]:
    """Return the parts of a result: its output, and what came beside that.

    The output is its fields, or `images` for a workflow without any. Images beside fields are
    the temporary files that were asked for, unless they are the fields' own files.
    """
    images = data.images if isinstance(data.images, list) else []
    fields = _plain(data.result) if isinstance(data.result, JsonObject) else None
    output = {"images": images} if fields is None or (images and not fields) else fields
    known = {without_query(url) for url in _addresses(output)}
    return {
        "output": output,
        "temp_files": [image for image in images if without_query(image) not in known],
        "info": _plain(data.info),
        "parameters": _plain(data.parameters),
    }


def _plain(value: object) -> Any:
    """Return a value of any JSON as it came, None for one that is absent."""
    if isinstance(value, JsonObject):
        return value.additional_properties
    return None if isinstance(value, Unset) else value


def _addresses(value: object, depth: int = 0) -> Iterator[str]:
    if depth > OUTPUT_DEPTH_LIMIT:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _addresses(item, depth + 1)
