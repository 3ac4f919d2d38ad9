"""schemathesis finds no answer of the emulator that the contract does not have."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis
import yaml
from hypothesis import settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    status_code_conformance,
)
from speedpix_emulator import Emulator

from .wire import PROGRESS, PROMPT, RESULT, SIGN, Wire

CONTRACT = Path(__file__).parents[2] / "openapi" / "speedpix.yaml"
EXAMPLES = 30

# The gateway answers an unknown key with 400, not with the 401 or 403 that ignored_auth wants, and
# the service refuses wrong data with envelope status 20, not with the 4xx that
# negative_data_rejection wants. What takes their place is below.
NOT_THE_GATEWAYS_WAY = [ignored_auth, negative_data_rejection]

# The contract describes the service's answers alone, none of the gateway's.
NOT_IN_THE_CONTRACT = [
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
]

COMPONENTS = yaml.safe_load(CONTRACT.read_text())["components"]
BODIES = {
    path: jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    )
    for path, name in {
        PROMPT: "ComfyPromptRequest",
        PROGRESS: "TaskRequest",
        RESULT: "TaskRequest",
        SIGN: "UploadSignRequest",
    }.items()
}

schema = schemathesis.openapi.from_path(CONTRACT)
submissions = schemathesis.openapi.from_path(CONTRACT).include(operation_id="comfy_prompt")
submissions.config.generation.update(modes=[GenerationMode.POSITIVE])


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as running:
        running.workflow("any", outputs={"n": "number"})(lambda inputs: {"n": len(inputs)})
        yield running


def send(case, emulator):
    """Send the case, signed as it is sent."""
    wire = Wire(emulator, http=None)

    def sign(request):
        if "x-ca-key" not in request.headers:  # a case of a request without credentials
            return request
        content = request.body or b""
        content = content.encode() if isinstance(content, str) else content
        changes = {"content_type": request.headers.get("content-type")}
        if not content:
            changes["content_md5"] = None
        path, method = request.path_url, request.method
        request.headers.update(wire.headers(path, content, method=method, **changes))
        return request

    return case.call(base_url=emulator.url, auth=sign)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
def test_every_answer_is_in_the_contract(case, emulator):
    response = send(case, emulator)
    excluded = list(NOT_THE_GATEWAYS_WAY)
    if "x-ca-error-code" in response.headers:
        assert case.meta.generation.mode.is_negative
        assert response.status_code in {400, 405}
        excluded += NOT_IN_THE_CONTRACT
    elif isinstance(case.body, bytes) or not BODIES[case.path].is_valid(case.body):
        assert response.json()["status"] == 20
    case.validate_response(response, excluded_checks=excluded)


@submissions.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
def test_runs_that_are_taken(case, emulator):
    case.body = {**case.body, "workflow_id": "any", "alias_id": "main", "version_id": None}
    response = send(case, emulator)
    assert response.json()["status"] == 10
    case.validate_response(response, excluded_checks=NOT_THE_GATEWAYS_WAY)
