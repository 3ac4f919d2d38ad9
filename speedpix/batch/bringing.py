"""Bring a run of a batch home: its end, and its files to disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Optional

from ..exceptions import DownloadError
from ..files.save import save
from ..files.selection import Chosen, chosen
from ..flow.effects import Flow, Gather
from ..gateway.exchange import Gateway
from ..predictions.context import Context
from ..values.file_output import FileOutput
from ..values.link import Link, Origin
from ..values.output import Output, as_output
from .items import Looked, unsigned
from .targets import Targets

Save = Callable[[Gateway, FileOutput, Path], Flow[Optional[Path]]]


def saved(
    context: Context, output: Output, looked: Looked, targets: Targets, save: Save = save
) -> Flow[list[Path]]:
    """Save the files of an output, by what is given for that; return where they are.

    Raises:
        DownloadError: one can't be had or written; those under way are saved all the same.
    """
    files = chosen(context.gateway.settings.endpoint, output)
    paths = targets.paths(looked, files)
    flows = [_saved(context, each, path, save) for each, path in zip(files, paths)]
    found: list[Path | DownloadError | None] = yield Gather(flows)
    for each in found:
        if isinstance(each, DownloadError):
            raise each
    return [path for path in found if isinstance(path, Path)]


def _saved(
    context: Context, each: Chosen, path: Path, save: Save
) -> Flow[Path | DownloadError | None]:
    """Return where a file was saved, or why not; None for what may be no file."""
    try:
        yield from save(context.gateway, each.file, path)
    except DownloadError as error:
        return error if each.certain else None
    return path


def output_text(output: Output) -> str:
    """Return an output as JSON for the manifest, without signatures: those expire."""
    return json.dumps(unsigned(_plain(output)), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, FileOutput):
        return value.url if isinstance(value, str) else _plain(dict(value))  # type: ignore[call-overload]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def output_from(content: str | None, link: Link, prediction_id: str | None) -> Output | None:
    """Return the output in a manifest; its files are asked for anew when they are used."""
    if content is None:
        return None
    return as_output(json.loads(content), Origin(link, prediction_id))
