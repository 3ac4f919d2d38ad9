"""Make a run's input of what stands on the command line."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, NoReturn

import click

from ..inputs.refusals import refused
from ..values.names import expanded
from .output.terminal import command_line

_FORMS = "key=value, key=@file or key:=JSON"
_FIELD, _DOCUMENT = "-i", "--input"


def input_of(document: str | None, fields: Iterable[str]) -> dict[str, Any]:
    """Return the input of a run; a field given by itself wins over the document's.

    Args:
        document: the path of a JSON object, `-` for standard input, or None.
        fields: what was given with `-i`.

    Raises:
        click.BadParameter: something is wrong, with the option that it stands in.
    """
    given: dict[str, Any] = {}
    for each in fields:
        key, value = field(each)
        if key in given:
            _refuse(_FIELD, f"{key!r} is given twice; for a list, say {key}:='[…, …]'")
        given[key] = value
    return {**({} if document is None else _read(document)), **given}


def field(argument: str) -> tuple[str, Any]:
    """Return key and value of one `-i`.

    `key=value` is a number, true, false, null or a "string" of JSON, else text;
    `key=@file` is a file, `key=@@text` a text that begins with @, `key:=JSON` any JSON.
    """
    key, value, is_json = split(argument)
    if is_json:
        return key, _json(decoded(value), key)
    if value.startswith("@@"):
        return key, decoded(value[1:])
    if value.startswith("@"):
        return key, _file(value[1:], key)  # as it is: a file's name may be any bytes
    return key, scalar_of(decoded(value))


def split(argument: str) -> tuple[str, str, bool]:
    """Return key and value of one `-i` as they stand there, and whether the value is JSON."""
    name, found, value = argument.partition("=")
    is_json = name.endswith(":")
    key = decoded(name[:-1] if is_json else name)
    if not (found and key):
        _refuse(_FIELD, f"{argument!r} is not of the form {_FORMS}")
    return key, value, is_json


def meant(given: Mapping[str, Any], said: str) -> Iterator[str]:
    """Yield how fields that the service refused may have been meant, as options to be pasted."""
    for key, value in refused(given, said).items():
        if isinstance(value, str) and Path(value).suffix and os.path.isfile(value):
            yield command_line([_FIELD, f"{key}=@{value}"])
        elif isinstance(value, (int, float)) and "string" in said:
            yield command_line([_FIELD, f'{key}="{json.dumps(value)}"'])


def scalar_of(text: str) -> Any:
    """Return a number, true, false, null or a "string" of JSON; else the text."""
    try:
        value = json_of(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, (dict, list)) or text != text.strip() else value


def _json(text: str, key: str) -> Any:
    try:
        return json_of(text)
    except (ValueError, RecursionError) as error:
        _refuse(_FIELD, f"{key!r} is not JSON: {error}")


def _file(name: str, key: str) -> Path:
    path = Path(expanded(name))
    if not name or not path.exists():
        _refuse(
            _FIELD,
            f"{key!r}: there is no file {name!r}; for a text that begins with @, say {key}=@@…",
        )
    if not path.is_file():
        _refuse(_FIELD, f"{key!r}: {name!r} is not a file")
    return path


def _read(name: str) -> dict[str, Any]:
    where = "standard input" if name == "-" else repr(name)
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        value = json_of(content.decode("utf-8-sig"))  # editors on Windows begin with a mark
    except OSError as error:
        _refuse(_DOCUMENT, f"{where} can't be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        _refuse(_DOCUMENT, f"{where} is not JSON in UTF-8: {error}")
    if not isinstance(value, dict):
        _refuse(_DOCUMENT, f"{where} must hold a JSON object, {{…}}")
    return value


def json_of(text: str) -> Any:
    """Parse strict JSON; Python's own also takes NaN, and makes infinity of 1e999."""
    return json.loads(text, parse_constant=_no_number, parse_float=_finite)


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_number(digits)


def _no_number(text: str) -> NoReturn:
    message = f"{text} is not a number of JSON"
    raise ValueError(message)


def decoded(argument: str) -> str:
    """Return an argument as UTF-8, whatever the locale made of its bytes."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        _refuse(_FIELD, f"{argument!a} is not UTF-8")


def _refuse(option: str, message: str) -> NoReturn:
    raise click.BadParameter(message, param_hint=option)
