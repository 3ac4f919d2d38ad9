"""The input of a row: `-i image=@{path} -i text={title}`, with the row's fields put in."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Sequence

import click

from ...exceptions import InputError
from ...values.names import expanded
from ..inputs import decoded, json_of, scalar_of, split
from .rows import Row, Rows

Make = Callable[[Row], Any]

_INDEX = "index"  # the field that every row has
# `{name}`, or `{{name}}` for itself; what holds a quote is JSON.
_FIELD = re.compile(r'\{\{([^{}"]+)\}\}|\{([^{}"]+)\}')


class Input(Dict[str, Any]):
    """The input of one row, and the key that the row has."""

    key: object = None


def inputs_of(
    rows: Rows, makers: Mapping[str, Make], key: str | None
) -> Iterator[Mapping[str, Any] | InputError]:
    """Yield the input of each row; an InputError stands for one that has none.

    Args:
        rows: the catalogue.
        makers: what makes each field; without any, a row is its own input, but for the key.
        key: the field that tells the rows apart.
    """
    for index, row in enumerate(rows.draw()):
        try:
            if isinstance(row, InputError):
                raise row
            yield _input({_INDEX: index, **row}, row, makers, key)
        except InputError as error:
            yield InputError(f"{rows.place(index)}: {error.message}")


def _input(known: Row, row: Row, makers: Mapping[str, Make], key: str | None) -> Input:
    made = {name: make(known) for name, make in makers.items()}
    found = Input(made if makers else {name: row[name] for name in row if name != key})
    if key is not None:
        found.key = _value(known, key)
    return found


def check_fields(columns: Sequence[str], fields: Sequence[str], key: str | None) -> None:
    """Check the fields that all rows are to have, once for all.

    Args:
        columns: those that they have, beside their index.
        fields: what was given with `-i`.
        key: the field that tells the rows apart.

    Raises:
        click.BadParameter: there is no such field.
    """
    known = [_INDEX, *columns]
    named = [("-i", found[2]) for each in fields for found in _FIELD.finditer(split(each)[1])]
    for option, name in [*named, ("--key", key)]:
        if name and name not in known:
            there = " ".join(f"{{{each}}}" for each in known)
            message = f"the fields are {there}; {_missing(name, known)}"
            raise click.BadParameter(message, param_hint=option)


def makers_of(fields: Sequence[str]) -> dict[str, Make]:
    """Return what makes each field of an input of a row.

    Raises:
        click.BadParameter: a field is not of the form, or given twice.
    """
    found: dict[str, Make] = {}
    for each in fields:
        key, value, is_json = split(each)
        if key in found:
            message = f"{key!r} is given twice"
            raise click.BadParameter(message, param_hint="-i")
        found[key] = _maker(key, value, is_json=is_json)
    return found


def _maker(key: str, value: str, *, is_json: bool) -> Make:
    if not is_json and value.startswith("@") and not value.startswith("@@"):
        return partial(_file, key, value[1:])
    text = decoded(value[1:] if value.startswith("@@") and not is_json else value)
    if is_json:
        return partial(_json, key, text)
    if _FIELD.search(text) is None and not value.startswith("@@"):
        fixed = scalar_of(text)
        return lambda _row: fixed
    return partial(_filled, text)


def _filled(template: str, row: Row) -> Any:
    """Return a template with a row's fields put in; a field alone is the value as it is."""
    alone = _FIELD.fullmatch(template)
    if alone is not None and alone[2]:
        return _value(row, alone[2])
    return _FIELD.sub(
        lambda found: _text(_value(row, found[2])) if found[2] else f"{{{found[1]}}}", template
    )


def _file(key: str, template: str, row: Row) -> Path:
    name = _text(_filled(template, row))
    if not name:
        message = f"{key!r}: the row names no file"
        raise InputError(message)
    return Path(expanded(name))


def _json(key: str, template: str, row: Row) -> Any:
    value = _filled(template, row)
    try:
        return json_of(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        message = f"{key!r} is not JSON: {error}"
        raise InputError(message) from error


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(row: Row, name: str) -> object:
    if name not in row:
        raise InputError(_missing(name, row))
    return row[name]


def _missing(name: str, fields: Iterable[str]) -> str:
    alike = {each.casefold(): each for each in fields}
    near = get_close_matches(name.casefold(), alike, 1)
    meant = [f"did you mean {{{alike[each]}}}?" for each in near]
    return "; ".join([f"there is no field {{{name}}}", *meant])
