"""Bring a run of a batch home: its end, and its files to disk."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Sequence

from ..exceptions import DownloadError
from ..files.save import save
from ..flow.effects import Flow, Gather, Work
from ..predictions.context import Context
from ..values.files import FileOutput, Origin
from ..values.output import Output, as_output, each_file
from ..values.prediction import Prediction
from .items import Looked, unsigned
from .targets import Targets, leftovers


def saved(
    context: Context, output: Output, looked: Looked, targets: Targets, *, again: bool
) -> Flow[list[Path]]:
    """Save the files of an output; return where they are.

    Args:
        context: what the client's flows share.
        output: the output.
        looked: the item that it is of.
        targets: where its files go.
        again: whether an earlier process may have been killed while it saved them.

    Raises:
        DownloadError: one can't be had or written.
    """
    files = each_file(output)
    paths = targets.paths(looked, files)
    if again:
        yield Work(partial(_sweep, paths))
    flows = [_saved(context, file, path) for (_, file), path in zip(files, paths)]
    found: list[Path | DownloadError] = yield Gather(flows)
    for each in found:
        if isinstance(each, DownloadError):
            raise each
    return paths


def _saved(context: Context, file: FileOutput, path: Path) -> Flow[Path | DownloadError]:
    """Return where a file was saved, or why not: the others are saved all the same."""
    try:
        return (yield from save(context.gateway, file, path))
    except DownloadError as error:
        return error


def _sweep(paths: Sequence[Path]) -> None:
    for folder in {path.parent for path in paths}:
        parts = leftovers(folder)
        for path in paths:
            for part in parts.get(path.name, ()) if path.parent == folder else ():
                part.unlink()


def output_text(output: Output) -> str:
    """Return an output as JSON for the manifest, without signatures: those expire."""
    return json.dumps(unsigned(_plain(output)), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, FileOutput):
        return value.url if isinstance(value, str) else _plain(dict(value))  # type: ignore[call-overload]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def output_from(content: str | None, prediction: Prediction) -> Output | None:
    """Return the output in a manifest; its files are asked for anew when they are used."""
    if content is None:
        return None
    return as_output(json.loads(content), Origin(prediction.link, prediction.id))
