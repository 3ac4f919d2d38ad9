"""When the API grows, its client is generated anew and nothing that was there changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .conftest import Later, later_contract, later_names

SURFACE = """
import importlib, inspect, json, pkgutil
import attrs
import speedpix_api.api.scc, speedpix_api.models

surface = {}
for name in speedpix_api.models.__all__:
    model = getattr(speedpix_api.models, name)
    fields = attrs.fields(model) if attrs.has(model) else ()
    surface[name] = {field.name: str(field.type) for field in fields}
for module in pkgutil.iter_modules(speedpix_api.api.scc.__path__):
    endpoint = importlib.import_module(f"speedpix_api.api.scc.{module.name}")
    surface[module.name] = {
        name: inspect.get_annotations(getattr(endpoint, name))
        for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
    }
print(json.dumps({"file": speedpix_api.__file__, "surface": surface}))
"""

CALL = """
import importlib, json, sys
import httpx
from speedpix_api import Client
from speedpix_api.api.scc import comfy_prompt
from speedpix_api.models import ComfyPromptRequest, JsonObject, TaskRequest

def answer(request):
    body = json.loads(request.content)
    return httpx.Response(200, json={"status": 10, "path": request.url.path, "body": body})

field, endpoint = sys.argv[1:]
later = importlib.import_module(f"speedpix_api.api.scc.{endpoint}")
client = Client("http://service.test", httpx_args={"transport": httpx.MockTransport(answer)})
submitted = comfy_prompt.sync(
    client=client,
    body=ComfyPromptRequest("workflow", JsonObject(), alias_id="main", **{field: 3}),
)
asked = later.sync(client=client, body=TaskRequest("task"))
print(json.dumps([submitted.to_dict(), asked.to_dict()]))
"""


def run_with(client: Path, program: str, *arguments: str) -> Any:
    """Return what a program prints as JSON in an interpreter that imports `client`."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": str(client)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_later_contract_adds_its_names_and_changes_no_other(
    regenerated_client: Path, committed_client: Path, later: Later
) -> None:
    grown = run_with(regenerated_client, SURFACE)
    now = run_with(committed_client, SURFACE)
    assert Path(grown["file"]).is_relative_to(regenerated_client)

    surface = grown["surface"]
    endpoint = surface.pop(later.endpoint)
    field = surface["ComfyPromptRequest"].pop(later.field)

    assert endpoint.keys() == {"sync", "sync_detailed", "asyncio", "asyncio_detailed"}
    assert field == "int | Unset"
    assert surface == now["surface"]


def test_what_a_later_contract_adds_can_be_used(regenerated_client: Path, later: Later) -> None:
    submitted, asked = run_with(regenerated_client, CALL, later.field, later.endpoint)

    assert submitted["body"] == {
        "workflow_id": "workflow",
        "alias_id": "main",
        "inputs": {},
        later.field: 3,
    }
    assert asked["path"] == f"/scc/{later.endpoint}"
    assert asked["body"] == {"taskId": "task"}


def test_names_that_the_contract_has_are_not_added_again(contract: dict[str, Any]) -> None:
    """As when a field or an endpoint of that name was added to the contract itself."""
    later = later_names(contract)
    latest = later_names(later_contract(contract, later))
    assert {latest.field, latest.endpoint}.isdisjoint({later.field, later.endpoint})


def test_the_high_level_tests_stay_green_with_a_later_client(regenerated_client: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/behaviour/test_runs.py",
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(regenerated_client)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
