"""The bodies of the calls, checked as the contract has them."""

from __future__ import annotations

import json
import re
from typing import Mapping, TypeVar

from attrs import frozen

from ..runs.errors import ServiceError

T = TypeVar("T")

INVALID = "INVALID_PARAMETER"
RESOURCE_IDS = re.compile(r"[A-Za-z0-9_.:-]+(,[A-Za-z0-9_.:-]+)*")
MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*( *;[ -~]*)?"
)

TOLD = {str: "a non-empty string", bool: "true or false", dict: "an object"}


@frozen
class Body:
    """A call's JSON object. Every getter raises ServiceError for a value that is not as asked."""

    fields: Mapping[str, object]

    @classmethod
    def parse(cls, content: bytes) -> Body:
        """Read the bytes of a request."""
        try:
            fields = json.loads(content.decode(), parse_constant=_refused_constant)
        except (ValueError, RecursionError) as error:
            raise ServiceError(INVALID, f"the body is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise ServiceError(INVALID, "the body is not a JSON object")
        return cls(fields)

    def text(self, name: str) -> str:
        """Return a required text."""
        value = self.optional_text(name)
        if value is None:
            raise ServiceError(INVALID, f"{name}: required, and not given")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text; None when it is absent or null."""
        value = self._value(name, str)
        if value == "":
            raise ServiceError(INVALID, f"{name}: must be {TOLD[str]}")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value; False when it is absent or null."""
        return self._value(name, bool) or False

    def mapping(self, name: str) -> dict[str, object]:
        """Return a required object."""
        value = self._value(name, dict)
        if value is None:
            raise ServiceError(INVALID, f"{name}: required, and not given")
        return value

    def check_count(self, name: str) -> None:
        """Require a whole number, 0 or more, unless the field is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return
        whole = isinstance(value, int) and not isinstance(value, bool)
        whole = whole or (isinstance(value, float) and value.is_integer())
        if not (whole and isinstance(value, (int, float)) and value >= 0):
            raise ServiceError(INVALID, f"{name}: must be a whole number, 0 or more")

    def _value(self, name: str, kind: type[T]) -> T | None:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, kind):
            raise ServiceError(INVALID, f"{name}: must be {TOLD[kind]}")
        return value


def _refused_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def media_type(text: str) -> str:
    """Return the text; ServiceError unless it is a media type."""
    if not MEDIA_TYPE.fullmatch(text):
        raise ServiceError(INVALID, "contentType: must be a media type, such as image/png")
    return text


def resource_config_id(header: str | None) -> str | None:
    """Return the X-SP-RESOURCE-CONFIG-ID header; ServiceError unless it is a list of pool ids."""
    if header is not None and not RESOURCE_IDS.fullmatch(header):
        message = "X-SP-RESOURCE-CONFIG-ID: must be resource pool ids, separated by commas"
        raise ServiceError(INVALID, message)
    return header
