"""The contract says what it means to, and the generated client understands all that it says."""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import httpx
import jsonschema_rs
import pytest
import yaml
from speedpix_api import Client, models

import speedpix

CONTRACT = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "openapi" / "speedpix.yaml").read_text(encoding="utf-8")
)
OPERATIONS = {
    item["post"]["operationId"]: (path, item["post"]) for path, item in CONTRACT["paths"].items()
}


class Example(NamedTuple):
    """An example of the contract: a value, and the name of the model that it is one of."""

    operation_id: str
    name: str
    model: str
    value: dict[str, Any]

    def parse(self, value: dict[str, Any] | None = None) -> Any:
        return getattr(models, self.model).from_dict(self.value if value is None else value)


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference of the contract."""
    if "$ref" not in node:
        return node
    target: Any = CONTRACT
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return target


def examples(of: str) -> Iterator[Example]:
    """Give the examples of all requests, or of all responses."""
    for operation_id, (_, operation) in OPERATIONS.items():
        body = operation["requestBody"] if of == "request" else operation["responses"]["200"]
        (media_type,) = resolve(body)["content"].values()
        model = media_type["schema"]["$ref"].rpartition("/")[2]
        for name, example in media_type["examples"].items():
            yield Example(operation_id, name, model, example["value"])


def name_of(example: Any) -> str | None:
    return f"{example.operation_id}-{example.name}" if isinstance(example, Example) else None


REQUESTS = list(examples("request"))
RESPONSES = list(examples("response"))
WITH_DATA = [example for example in RESPONSES if example.value["data"] is not None]

every_request = pytest.mark.parametrize("example", REQUESTS, ids=name_of)
every_response = pytest.mark.parametrize("example", RESPONSES, ids=name_of)
every_response_with_data = pytest.mark.parametrize("example", WITH_DATA, ids=name_of)
every_operation = pytest.mark.parametrize("operation_id", OPERATIONS)


def unknown(model: Any, place: str = "") -> Iterator[str]:
    """Give the places of what a parsed model left raw or did not know; free-form objects aside."""
    if isinstance(model, models.JsonObject):
        return
    yield from (f"{place}.{key}" for key in model.additional_properties)
    for name, value in attrs.asdict(model, recurse=False).items():
        if attrs.has(type(value)):
            yield from unknown(value, f"{place}.{name}")
        elif isinstance(value, dict) and name != "additional_properties":
            yield f"{place}.{name}"


def optional_places(example: Example) -> Iterator[tuple[str, ...]]:
    """Give the paths of the fields that a response may lack."""
    required = {
        "ComfyPromptData": {"taskId"},
        "ProgressData": {"status"},
        "ResultData": set(),
        "UploadSignData": {"uploadUrl", "accessUrl"},
    }[type(example.parse().data).__name__]
    yield from ((key,) for key in example.value)
    for key, value in example.value["data"].items():
        if key not in required:
            yield ("data", key)
        if key == "state" and value is not None:
            yield from (("data", "state", inner) for inner in value)


def container(value: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    for key in place[:-1]:
        value = value[key]
    return value


@every_request
def test_a_request_example_is_what_its_model_sends(example: Example) -> None:
    request = example.parse()

    assert list(unknown(request)) == []
    assert request.to_dict() == example.value


@every_response
def test_a_response_example_is_typed_to_its_depth(example: Example) -> None:
    response = example.parse()

    assert list(unknown(response)) == []
    assert response.to_dict() == example.value


@every_response_with_data
def test_a_null_field_and_an_absent_field_leave_the_rest_typed(example: Example) -> None:
    for place in optional_places(example):
        for change in ("null", "absent"):
            value = copy.deepcopy(example.value)
            holder = container(value, place)
            if change == "null":
                holder[place[-1]] = None
            else:
                del holder[place[-1]]

            response = example.parse(value)

            assert list(unknown(response)) == [], (place, change)
            assert response.to_dict() == value, (place, change)


@every_response_with_data
def test_fields_and_states_of_a_later_service_are_kept_and_harmless(example: Example) -> None:
    value = copy.deepcopy(example.value)
    value["later"] = {"field": 1}
    value["data"]["later"] = [1]
    if "status" in value["data"]:
        value["data"]["status"] = "paused"

    response = example.parse(value)

    assert sorted(unknown(response)) == [".data.later", ".later"]
    assert response.data["later"] == [1]
    assert getattr(response.data, "status", "paused") == "paused"
    assert response.to_dict() == value


def test_data_without_what_makes_it_useful_is_left_untyped() -> None:
    response = models.ComfyPromptResponse.from_dict({"status": 10, "data": {"status": "waiting"}})

    assert not isinstance(response.data, models.ComfyPromptData)


@pytest.mark.parametrize(
    ("pointer", "accepted"),
    [
        ({"alias_id": "main"}, True),
        ({"version_id": "v1"}, True),
        ({"alias_id": "main", "version_id": "v1"}, True),
        ({"alias_id": "main", "version_id": None}, True),
        ({"alias_id": None, "version_id": "v1"}, True),
        ({}, False),
        ({"alias_id": None}, False),
        ({"version_id": None}, False),
        ({"alias_id": ""}, False),
        ({"alias_id": 1}, False),
    ],
)
def test_a_run_needs_an_alias_or_a_version(pointer: dict[str, Any], accepted: bool) -> None:
    schema = {
        "$ref": "#/components/schemas/ComfyPromptRequest",
        "components": CONTRACT["components"],
    }
    validator = jsonschema_rs.Draft202012Validator(schema)

    assert validator.is_valid({"workflow_id": "w", "inputs": {}, **pointer}) is accepted


@every_operation
def test_an_operation_is_one_signed_post_of_json(operation_id: str) -> None:
    path, operation = OPERATIONS[operation_id]

    assert path == f"/scc/{operation_id}"
    assert list(CONTRACT["paths"][path]) == ["post"]
    assert list(operation["responses"]) == ["200"]
    assert list(resolve(operation["requestBody"])["content"]) == ["application/json; charset=utf-8"]
    assert "security" not in operation
    assert CONTRACT["security"] == [{"digest": []}]


@every_request
def test_an_operation_can_be_called_blocking_and_with_await(example: Example) -> None:
    path, _ = OPERATIONS[example.operation_id]
    answer = next(
        response for response in RESPONSES if response.operation_id == example.operation_id
    )
    endpoint = importlib.import_module(f"speedpix_api.api.scc.{example.operation_id}")
    received: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200, json=answer.value)

    transport = httpx.MockTransport(respond)
    arguments = {
        "client": Client("http://service.test", httpx_args={"transport": transport}),
        "body": example.parse(),
    }

    with arguments["client"]:
        parsed = [endpoint.sync(**arguments), endpoint.sync_detailed(**arguments).parsed]

    async def await_both() -> list[Any]:
        async with arguments["client"]:
            detailed = await endpoint.asyncio_detailed(**arguments)
            return [await endpoint.asyncio(**arguments), detailed.parsed]

    parsed += asyncio.run(await_both())

    assert parsed == [answer.parse()] * 4
    assert {(request.method, request.url.path) for request in received} == {("POST", path)}
    assert {request.headers["Content-Type"] for request in received} == {
        "application/json; charset=utf-8"
    }


@every_operation
def test_every_operation_is_reachable_from_speedpix(operation_id: str) -> None:
    endpoint = getattr(speedpix, operation_id)

    assert endpoint is importlib.import_module(f"speedpix_api.api.scc.{operation_id}")
    assert callable(endpoint.sync)
    assert inspect.iscoroutinefunction(endpoint.asyncio)
