"""Workflows that a TOML file describes are tools of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from speedpix.agents.described import read_workflows

from .conftest import User

WORKFLOWS = """
[[workflow]]
name = "copy_photo"
id = "copy"
description = "Give a photo back as it is."

[workflow.fields.image]
type = "file"
description = "The photo."

[[workflow]]
name = "echo"
id = "echo"
alias = "main"
description = "Give everything back."

[workflow.fields]
prompt = {description = "What to say."}
steps = {type = "integer", default = 20, description = "More take longer."}
style = {choices = ["ink", "oil"], default = "ink"}
"""


PAGE = Path(__file__).parents[2] / "docs" / "en" / "agents.md"


def test_the_example_of_the_documentation_is_one(tmp_path):
    path = tmp_path / "workflows.toml"
    path.write_text(PAGE.read_text("utf-8").partition("```toml\n")[2].partition("```")[0], "utf-8")
    [workflow] = read_workflows(path)
    assert [each.type for each in workflow.fields] == ["file", "text"]


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "workflows.toml"
    path.write_text(WORKFLOWS)
    return str(path)


def test_each_is_a_tool_with_a_schema(talk, described):
    async def look(client):
        return {each.name: each for each in (await client.list_tools()).tools}

    tools = talk(look, "--workflows", described)
    assert tools["copy_photo"].description.startswith("Give a photo back as it is.")
    schema = tools["echo"].input_schema
    assert schema["required"] == ["prompt"]
    assert schema["properties"]["prompt"]["description"] == "What to say."
    assert schema["properties"]["prompt"]["type"] == "string"
    assert schema["properties"]["steps"]["default"] == 20


def test_it_runs_with_files_and_texts_and_is_paid_like_any(talk, described):
    user = User("accept", pay=True)

    async def make(client):
        return [
            await client.call_tool("copy_photo", {"image": "photo.jpg"}),
            await client.call_tool("copy_photo", {"image": "@photo.jpg"}),
            await client.call_tool("echo", {"prompt": "@someone", "style": "oil"}),
            await client.call_tool("echo", {"prompt": "x", "style": "crayon"}),
            await client.call_tool("copy_photo", {"image": "../photo.jpg"}),
        ]

    copied, marked, echoed, unknown_style, outside = talk(make, "--workflows", described, user=user)
    assert copied.structured_content["status"] == "succeeded"
    assert marked.structured_content["status"] == "succeeded"
    given = echoed.structured_content["output"]["given"]
    assert given == {"prompt": "@someone", "steps": 20, "style": "oil"}
    assert unknown_style.is_error
    assert outside.is_error
    assert user[0].startswith("Run copy_photo once, which is paid")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nothing = 1", "'workflow' is missing"),
        ('[[workflow]]\nname = "x"', "'id' is missing"),
        (WORKFLOWS.replace('"integer"', '"int"'), "known are text, file"),
        (WORKFLOWS.replace("alias", "allias"), "allias"),
        (WORKFLOWS.replace("steps =", "confirm_paid ="), "confirm_paid"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_at_the_start(tmp_path, content, said):
    path = tmp_path / "workflows.toml"
    path.write_text(content)
    command = [sys.executable, "-m", "speedpix", "mcp", "--no-history", "--workflows", str(path)]
    environment = {"SPEEDPIX_APP_KEY": "key", "SPEEDPIX_APP_SECRET": "secret"}
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False
    )
    assert ended.returncode == 3
    assert said in ended.stderr.decode()
