"""Published workflows: a Python function each, with declared inputs and outputs."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import Callable, Mapping, Optional, Union

from attrs import field, frozen

from .errors import ServiceError
from .script import Script

Function = Callable[..., Optional[Mapping[str, object]]]


class Kind(str, Enum):
    """A kind of input or output field."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    TEXT = "text"
    NUMBER = "number"
    JSON = "json"
    ANY = "any"

    @property
    def is_file(self) -> bool:
        """Return whether a value of this kind is a file."""
        return self in {Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.FILE}


@frozen
class Input:
    """A declared input field. One that isn't required arrives as `default` when it is left out."""

    kind: Kind = field(converter=Kind)
    required: bool = True
    default: object = None


InputDeclaration = Mapping[str, Union[Input, Kind, str]]
OutputDeclaration = Mapping[str, Union[Kind, str]]


@frozen
class Workflow:
    """One published version of a workflow.

    `inputs` None accepts any fields, as they are sent. `outputs` None publishes it without output
    fields: the files that the function returns are the list `images`.
    """

    workflow_id: str
    version: str
    function: Function
    inputs: Mapping[str, Input] | None
    outputs: Mapping[str, Kind] | None
    script: Script

    def check_inputs(self, given: Mapping[str, object]) -> None:
        """Raise ServiceError for an input that is missing, unknown or of another kind."""
        if self.inputs is None:
            return
        for name, declared in self.inputs.items():
            if given.get(name) is not None:
                _check_kind(name, declared.kind, given[name])
            elif declared.required:
                code = "MISSING_INPUT"
                raise ServiceError(code, f"inputs.{name}: required, and not given")
        for name in given:
            if name not in self.inputs:
                known = ", ".join(self.inputs)
                code = "UNKNOWN_INPUT"
                raise ServiceError(code, f"inputs.{name}: not an input of this workflow ({known})")

    def call(self, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """Call the function, with keywords or, when that is its one parameter, `inputs`."""
        if list(inspect.signature(self.function).parameters) == ["inputs"]:
            return self.function(inputs) or {}
        return self.function(**inputs) or {}


def _check_kind(name: str, kind: Kind, value: object) -> None:
    if kind is Kind.TEXT or kind.is_file:
        right = isinstance(value, str)
        wanted = "a string" if kind is Kind.TEXT else "a URL or a data URI"
    elif kind is Kind.NUMBER:
        right = isinstance(value, (int, float)) and not isinstance(value, bool)
        wanted = "a number"
    else:
        return
    if not right:
        code = "INVALID_INPUT"
        raise ServiceError(code, f"inputs.{name}: must be {wanted}")


def declared_inputs(inputs: InputDeclaration | None) -> Mapping[str, Input] | None:
    """Return the declaration in full; ValueError for an unknown kind."""
    if inputs is None:
        return None
    return {
        name: declared if isinstance(declared, Input) else Input(declared)
        for name, declared in inputs.items()
    }


def declared_outputs(outputs: OutputDeclaration | None) -> Mapping[str, Kind] | None:
    """Return the declaration in full; ValueError for an unknown kind."""
    if outputs is None:
        return None
    return {name: Kind(kind) for name, kind in outputs.items()}


class Catalogue:
    """The published workflows, their versions and aliases."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[str, Workflow]] = {}
        self._aliases: dict[str, dict[str, str]] = {}

    def publish(self, workflow: Workflow) -> None:
        """Add a version, or replace it."""
        self._versions.setdefault(workflow.workflow_id, {})[workflow.version] = workflow

    def point(self, workflow_id: str, alias: str, version: str) -> None:
        self._aliases.setdefault(workflow_id, {})[alias] = version

    def find(self, workflow_id: str, alias: str | None, version: str | None) -> Workflow:
        """Return the version that is asked for, a version before an alias; ServiceError if none."""
        versions = self._versions.get(workflow_id)
        if versions is None:
            code = "WORKFLOW_NOT_FOUND"
            raise ServiceError(code, f"The workflow {workflow_id!r} does not exist")
        if version is None:
            version = self._aliases.get(workflow_id, {}).get(alias or "")
            if version is None:
                code = "ALIAS_NOT_FOUND"
                raise ServiceError(code, f"The workflow {workflow_id!r} has no alias {alias!r}")
        if version not in versions:
            code = "VERSION_NOT_FOUND"
            raise ServiceError(code, f"The workflow {workflow_id!r} has no version {version!r}")
        return versions[version]
