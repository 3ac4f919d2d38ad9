"""The contract, and clients generated from it into folders of their own."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "openapi" / "speedpix.yaml"


@frozen
class Later:
    """What a later contract has more: a field of the run request, and an endpoint."""

    field: str
    endpoint: str


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
def contract() -> dict[str, Any]:
    """The contract as it is."""
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def later(contract) -> Later:
    """The names that a later contract adds."""
    return later_names(contract)


@pytest.fixture(scope="session")
def regenerated_client(generate, contract, later, tmp_path_factory) -> Path:
    """The folder of a `speedpix_api` made from a later contract; first on PYTHONPATH, it is used.

    The later contract has an optional field in the run request, and an endpoint with the envelope
    as its answer.
    """
    folder = tmp_path_factory.mktemp("regenerated")
    path = folder / "later.yaml"
    text = yaml.safe_dump(later_contract(contract, later), sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return generate(folder / "client", path)


def later_names(contract: dict[str, Any]) -> Later:
    """Return names that nothing in a contract has."""
    text = yaml.safe_dump(contract)
    field, endpoint = (
        next(name for name in (f"{stem}{number}" for number in count(1)) if name not in text)
        for stem in ("later", "comfy_later")
    )
    return Later(field, endpoint)


def later_contract(contract: dict[str, Any], later: Later) -> dict[str, Any]:
    """Return the contract with one optional field and one endpoint more."""
    schemas = contract["components"]["schemas"]
    request = schemas["ComfyPromptRequest"]
    grown = {
        **request,
        "properties": {
            **request["properties"],
            later.field: {"type": "integer", "description": "A later field."},
        },
    }
    schema = {"$ref": "#/components/schemas/TaskRequest"}
    answer = {"$ref": "#/components/schemas/Envelope"}
    endpoint = {
        "post": {
            "operationId": later.endpoint,
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
        "paths": {**contract["paths"], f"/scc/{later.endpoint}": endpoint},
        "components": {
            **contract["components"],
            "schemas": {**schemas, "ComfyPromptRequest": grown},
        },
    }
