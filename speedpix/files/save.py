"""Output files on disk, in memory, or as pictures; a URL that has expired is asked for anew."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..constants import MAX_TRANSFERS
from ..exceptions import DownloadError, SpeedPixException, rephrased
from ..flow.effects import Flow, Gather, Work
from ..gateway.endpoints import get_result, output_of
from ..gateway.exchange import Gateway
from ..inputs import pictures
from ..logs import logger
from ..values.files import FileOutput, Origin, extension
from ..values.names import file_names
from ..values.output import Output, each_file
from ..values.wire import Keys, at
from .download import download
from .sinks import Memory, PartFile

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image


def save(gateway: Gateway, file: FileOutput, target: str | os.PathLike[str]) -> Flow[Path]:
    """Fetch a file to disk; return its path.

    Args:
        gateway: whose timeout and retry budget count.
        file: what to fetch.
        target: a file, whose parents are created, or a directory (one that exists, or a path
            that ends in a separator), where the file gets the server's name.

    Raises:
        DownloadError: the file can't be had or written whole; the target is as it was.
    """
    try:
        part = PartFile((yield Work(lambda: _path(target, file.filename))))
    except (OSError, ValueError) as error:
        raise _not_written(target, error) from error
    try:
        yield Work(part.open)
        size = yield from download(gateway, file.url, part, partial(_fresh_url, gateway, file))
        path: Path = yield Work(part.commit)
    except (OSError, ValueError) as error:
        if isinstance(error, SpeedPixException):
            raise
        raise _not_written(target, error) from error
    finally:
        part.discard()
    logger.info("saved %s (%s bytes)", path, size)
    return path


def read(gateway: Gateway, file: FileOutput) -> Flow[bytes]:
    """Fetch a file to memory."""
    memory = Memory()
    yield from download(gateway, file.url, memory, partial(_fresh_url, gateway, file))
    return bytes(memory.content)


def picture(gateway: Gateway, file: FileOutput) -> Flow[Image.Image]:
    """Fetch a file as a Pillow image."""
    content = yield from read(gateway, file)
    image: Image.Image = yield Work(partial(pictures.opened, content, file.filename))
    return image


def array(gateway: Gateway, file: FileOutput) -> Flow[npt.NDArray[Any]]:
    """Fetch a file as a numpy array."""
    image = yield from picture(gateway, file)
    pixels: npt.NDArray[Any] = yield Work(partial(pictures.array_of, image))
    return pixels


def save_all(
    gateway: Gateway, output: Output, directory: str | os.PathLike[str]
) -> Flow[list[Path]]:
    """Fetch every file of an output to disk; return their paths."""
    files, folder = each_file(output), Path(directory)
    names = file_names((keys, extension(file)) for keys, file in files)
    flows = [_saved(gateway, keys, file, folder / name) for (keys, file), name in zip(files, names)]
    paths: list[Path] = []
    for start in range(0, len(flows), MAX_TRANSFERS):  # no more files are open at a time
        found: list[Path | DownloadError] = yield Gather(flows[start : start + MAX_TRANSFERS])
        for path in found:
            if isinstance(path, DownloadError):
                raise path
            paths.append(path)
    return paths


def _saved(
    gateway: Gateway, keys: Keys, file: FileOutput, path: Path
) -> Flow[Path | DownloadError]:
    """Return where a file was saved, or why not: that does not stop those under way."""
    try:
        return (yield from save(gateway, file, path))
    except DownloadError as error:
        place = "output"
        for key in keys:
            place = at(place, key)
        return rephrased(error, DownloadError, f"{place}: {error.message}")


def _fresh_url(gateway: Gateway, file: FileOutput) -> Flow[str | None]:
    """Ask for the result again, which comes with fresh URLs, and find this file's."""
    origin: Origin = file.origin
    if origin.prediction_id is None:
        return None
    try:
        answer = yield from get_result(gateway, origin.prediction_id)
        found: Any = output_of(answer.require())
        for key in origin.keys:
            found = found[key]
    except (SpeedPixException, LookupError, TypeError):
        return None  # the error that made this necessary says more
    found = found.get("url") if isinstance(found, dict) else found
    return found if isinstance(found, str) else None


def _path(target: str | os.PathLike[str], name: str) -> Path:
    text = os.fspath(target)
    path = Path(text).expanduser()
    return path / name if path.is_dir() or text.endswith(("/", os.sep)) else path


def _not_written(target: str | os.PathLike[str], error: Exception) -> DownloadError:
    return DownloadError(f"{os.fspath(target)!r} can't be written: {error}")
