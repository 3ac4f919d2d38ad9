"""The contract, and clients generated from it into folders of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "openapi" / "speedpix.yaml"


@pytest.fixture(scope="session")
def committed_client() -> Path:
    """The folder that holds the committed package `speedpix_api`."""
    return ROOT / "generated"


@pytest.fixture(scope="session")
def generator() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the project's own generating script with some arguments."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = ROOT / "openapi" / "generator" / "generate.py"
        command = [sys.executable, str(script), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def generate(generator) -> Callable[..., Path]:
    """Generate `folder/speedpix_api` from a contract; give the folder."""

    def generate_into(folder: Path, contract: Path = CONTRACT) -> Path:
        done = generator(f"--contract={contract}", f"--output={folder / 'speedpix_api'}")
        assert done.returncode == 0, done.stderr
        return folder

    return generate_into


@pytest.fixture(scope="session")
def regenerated_client(generate, tmp_path_factory) -> Path:
    """The folder of a `speedpix_api` made from a later contract; first on PYTHONPATH, it is used.

    The later contract has an optional field `priority` in the run request, and an endpoint
    `comfy_example` with the envelope as its answer.
    """
    folder = tmp_path_factory.mktemp("regenerated")
    contract = later_contract(yaml.safe_load(CONTRACT.read_text(encoding="utf-8")))
    later = folder / "later.yaml"
    later.write_text(yaml.safe_dump(contract, sort_keys=False), encoding="utf-8")
    return generate(folder / "client", later)


def later_contract(contract: dict[str, Any]) -> dict[str, Any]:
    """Return the contract with one optional field and one endpoint more."""
    schemas = contract["components"]["schemas"]
    request = schemas["ComfyPromptRequest"]
    grown = {
        **request,
        "properties": {
            **request["properties"],
            "priority": {"type": "integer", "description": "A later field."},
        },
    }
    schema = {"$ref": "#/components/schemas/TaskRequest"}
    answer = {"$ref": "#/components/schemas/Envelope"}
    endpoint = {
        "post": {
            "operationId": "comfy_example",
            "tags": ["scc"],
            "requestBody": {
                "required": True,
                "content": {"application/json; charset=utf-8": {"schema": schema}},
            },
            "responses": {
                "200": {
                    "description": "The envelope alone",
                    "content": {"application/json": {"schema": answer}},
                }
            },
        }
    }
    return {
        **contract,
        "paths": {**contract["paths"], "/scc/comfy_example": endpoint},
        "components": {
            **contract["components"],
            "schemas": {**schemas, "ComfyPromptRequest": grown},
        },
    }
