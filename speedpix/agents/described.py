"""Workflows described in a TOML file: each is a tool of its own, with its fields."""

from __future__ import annotations

import inspect
import keyword
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Callable, Literal, Mapping, Sequence

from attrs import field, frozen
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult
from pydantic import Field

from ..exceptions import ConfigurationError
from .payment import Answer, Consent, consent, require
from .runs import DEFAULT_WAIT, ConfirmPaid, WaitSeconds, question, run
from .services import reported, services_of

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp.types import ToolAnnotations

_TYPES: Mapping[str, Any] = {
    "text": str,
    "file": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "json": Any,
}
_OWN = frozenset(("context", "agreed", "wait_seconds", "confirm_paid"))  # arguments of each tool
_WORKFLOW_KEYS = frozenset(("name", "id", "alias", "version", "description", "fields"))
_FIELD_KEYS = frozenset(("type", "description", "required", "default", "choices"))


@frozen
class DescribedField:
    """A field of a workflow's input."""

    name: str
    type: str = "text"
    description: str = ""
    required: bool = True
    default: Any = None
    choices: Sequence[Any] = ()

    def parameter(self) -> inspect.Parameter:
        """Return it as an argument of a tool."""
        kind = Literal[tuple(self.choices)] if self.choices else _TYPES[self.type]
        about = self.description
        if self.type == "file":
            about = f"{about} (a file below the folders of this server, or a URL)".strip()
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if self.required else self.default,
            annotation=Annotated[
                kind if self.required else Any if kind is Any else (kind | None),
                Field(description=about or None),
            ],
        )

    def given(self, value: Any) -> Any:
        """Return a value as `run_workflow` takes it: files marked, texts never taken for one."""
        if not isinstance(value, str):
            return value
        is_marked = value.startswith("@")  # as run_workflow has it
        if self.type == "file":
            return value if is_marked or "://" in value else f"@{value}"
        return f"@{value}" if is_marked else value


@frozen
class DescribedWorkflow:
    """A workflow as the file tells it."""

    name: str
    id: str
    description: str
    alias: str | None = None
    version: str | None = None
    fields: Sequence[DescribedField] = field(factory=tuple)


def read_workflows(path: Path) -> list[DescribedWorkflow]:
    """Return the workflows that a TOML file describes.

    Raises:
        ConfigurationError: it is no TOML, or describes something that can't be.
        OSError: it can't be read.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        found = tomllib.loads(path.read_text("utf-8"))
        workflows = [_workflow(each) for each in found["workflow"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        message = f"{path.name} describes no workflows: {what}"
        raise ConfigurationError(message) from error
    return workflows


def add_workflows(
    server: MCPServer[Any], workflows: Sequence[DescribedWorkflow], annotations: ToolAnnotations
) -> None:
    """Give a server a tool for each workflow."""
    for each in workflows:
        tool: Any = _tool(each)
        server.add_tool(
            tool,
            name=each.name,
            description=f"{each.description} A run is paid.",
            annotations=annotations,
        )


def _workflow(table: Mapping[str, Any]) -> DescribedWorkflow:
    _check_keys(table, _WORKFLOW_KEYS, "a workflow")
    fields = table.get("fields", {})
    return DescribedWorkflow(
        name=table["name"],
        id=table["id"],
        description=table["description"],
        alias=table.get("alias"),
        version=table.get("version"),
        fields=[_field(name, each) for name, each in fields.items()],
    )


def _field(name: str, table: Mapping[str, Any]) -> DescribedField:
    _check_keys(table, _FIELD_KEYS, f"the field {name!r}")
    found = DescribedField(name, **{"required": "default" not in table, **table})
    if found.type not in _TYPES:
        message = f"the field {name!r} has the type {found.type!r}; known are {', '.join(_TYPES)}"
        raise ValueError(message)
    if name in _OWN or not name.isidentifier() or keyword.iskeyword(name) or name[0] == "_":
        message = f"{name!r} can't be an argument of a tool; run_workflow takes any field"
        raise ValueError(message)
    return found


def _check_keys(table: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        message = f"{what} has {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        raise ValueError(message)


def _tool(workflow: DescribedWorkflow) -> Callable[..., Any]:
    """Return a function whose signature is the workflow's input."""
    by_name = {each.name: each for each in workflow.fields}

    def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: each.given(arguments[name])
            for name, each in by_name.items()
            if arguments.get(name) is not None
        }

    async def ask(context: Context[Any, Any], **arguments: Any) -> Elicit[Consent] | Consent:
        return consent(
            context,
            services_of(context).budget,
            question(workflow.name, given(arguments)),
            confirm_paid=arguments["confirm_paid"],
        )

    async def call(context: Context[Any, Any], agreed: Answer, **arguments: Any) -> CallToolResult:
        require(agreed)
        options = {"alias_id": workflow.alias, "version_id": workflow.version}
        fields = given(arguments)
        return await run(context, workflow.id, fields, options, arguments["wait_seconds"])

    parameters = [each.parameter() for each in workflow.fields]
    keyword_only = partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)
    own = [
        keyword_only("wait_seconds", default=DEFAULT_WAIT, annotation=WaitSeconds),
        keyword_only("confirm_paid", default=False, annotation=ConfirmPaid),
    ]
    context = keyword_only("context", annotation=Context[Any, Any])
    _sign(ask, [context, *parameters, *own], Any)
    agreed = keyword_only("agreed", annotation=Annotated[Answer, Resolve(ask)])
    _sign(call, [context, agreed, *parameters, *own], CallToolResult)
    return reported(call)


def _sign(
    function: Callable[..., Any], parameters: Sequence[inspect.Parameter], returns: Any
) -> None:
    """Give a function the signature and the types that the server reads."""
    signature: Any = inspect.Signature(parameters, return_annotation=returns)
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__annotations__["return"] = returns
