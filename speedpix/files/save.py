"""Output files on disk, in memory, or as pictures; a URL that has expired is asked for anew."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import closing, suppress
from functools import partial, reduce
from inspect import isawaitable, iscoroutine
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Optional, Sequence, Union

from attrs import evolve

from ..constants import CHUNK_SIZE, MAX_TRANSFERS, PROBE_SIZE
from ..exceptions import DownloadError, InputError, SpeedPixException, rephrased
from ..flow.effects import Flow, Gather, Work
from ..flow.open_file import OpenFile
from ..gateway.endpoints import get_result, parts_of
from ..gateway.exchange import Gateway
from ..inputs import pictures
from ..inputs.arguments import check_listener, check_switch, checked_timeout
from ..logs import logger
from ..values.file_output import FileOutput, extension
from ..values.link import Fetching, Origin, Target, Writable
from ..values.names import expanded, file_names
from ..values.output import Output
from ..values.wire import at, without_query
from .download import UNBOUNDED, Bounds, download
from .meter import Tally
from .selection import Chosen, chosen
from .sinks import Memory, PartFile, Sink, Spool, writing

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

Saved = Union[Optional[Path], DownloadError]


def probe(folder: Path) -> None:
    """Make a folder, and raise DownloadError unless files can be written there."""
    name = folder / f".speedpix-{uuid.uuid4().hex[:8]}.probe"
    with writing(repr(str(folder))):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with name.open("xb") as stream:
                stream.write(bytes(PROBE_SIZE))
        finally:
            if name.exists():
                name.unlink()


def save(
    gateway: Gateway, file: FileOutput, target: Target, bounds: Bounds = UNBOUNDED
) -> Flow[Path | None]:
    """Fetch a file to disk, and return its path; or to an open file.

    Args:
        gateway: whose timeout and retry budget count.
        file: what to fetch.
        target: a file, whose parents are created, or a directory (one that exists, or a path
            that ends in a separator), where the file gets the server's name; a pipe or a device,
            which is written to; or an open binary file.
        bounds: what it keeps to.

    Raises:
        DownloadError: the file can't be had or written whole; a file at the target is as it was.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield from _write_to(gateway, file, target, bounds)
        return None
    with writing(repr(os.fspath(target))):
        path = yield Work(partial(_place, target, file.filename))
    return (yield from save_at(gateway, file, path, bounds))


def save_at(
    gateway: Gateway, file: FileOutput, path: Path, bounds: Bounds = UNBOUNDED
) -> Flow[Path]:
    """Fetch a file to just this path, which nobody typed: no `~` or folder in it means another.

    Raises:
        DownloadError: the file can't be had or written whole; a file at the path is as it was.
    """
    name = repr(os.fspath(path))
    with writing(name):
        part: PartFile | None = yield Work(partial(_part, path))
    if part is None:
        yield from _feed(gateway, file, path, name, bounds)
    else:
        try:
            yield from _fetch(gateway, file, part, bounds)
        finally:
            part.discard()
    logger.info("saved %s", path)
    return path


def _feed(gateway: Gateway, file: FileOutput, path: Path, name: str, bounds: Bounds) -> Flow[None]:
    """Fetch a file, and write it to a pipe or a device once it is whole."""
    pipe = OpenFile(partial(_appending, path))
    if not os.access(path, os.W_OK):
        message = f"{name} can't be written: it is not for writing"
        raise DownloadError(message)
    with (yield from spooled(gateway, file, bounds)) as content, writing(name), closing(pipe):
        yield Work(partial(_append, pipe, b""))  # opened though there may be nothing to write
        yield from _copy(content, partial(_append, pipe))


def _appending(path: Path) -> BinaryIO:
    """Open what is there: standard output, say, may be a file in which something is already."""
    return open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb", buffering=0)


def _append(pipe: OpenFile[BinaryIO], piece: bytes) -> None:
    with pipe.used() as stream:
        _write(stream, piece)


def _write_to(gateway: Gateway, file: FileOutput, target: Writable, bounds: Bounds) -> Flow[None]:
    """Fetch a file, and write it to an open one once it is whole."""
    name = f"an open {type(target).__name__}"
    with writing(name):
        yield Work(partial(_try, target))
    with (yield from spooled(gateway, file, bounds)) as content, writing(name):
        yield from _copy(content, partial(_write, target))


def _try(target: Writable) -> None:
    """See that a file can be written to, before anything is fetched."""
    if not callable(getattr(target, "write", None)):
        message = f"save takes a path or an open binary file, not {type(target).__name__}"
        raise InputError(message)
    try:
        answer = target.write(b"")
    except TypeError as error:
        message = f"the open {type(target).__name__} takes text; open it as a binary file"
        raise InputError(message) from error
    if isawaitable(answer):
        if iscoroutine(answer):
            answer.close()
        message = (
            f"the {type(target).__name__} has to be awaited; save to a path, or iterate over "
            "aiter_bytes() and write each piece"
        )
        raise InputError(message)


def _copy(content: Spool, write: Callable[[bytes], object]) -> Flow[None]:
    while True:
        piece: bytes = yield Work(partial(content.read, CHUNK_SIZE))
        if not piece:
            return
        yield Work(partial(write, piece))


def _write(target: Writable, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        written = target.write(bytes(rest))
        rest = rest[written if isinstance(written, int) else len(rest) :]


def read(gateway: Gateway, file: FileOutput, bounds: Bounds) -> Flow[bytes]:
    """Fetch a file to memory."""
    memory = Memory()
    yield from _fetch(gateway, file, memory, bounds)
    return bytes(memory.content)


def spooled(gateway: Gateway, file: FileOutput, bounds: Bounds) -> Flow[Spool]:
    """Fetch a file to where it can be read in pieces; to be closed by the caller."""
    spool = Spool()
    try:
        yield from _fetch(gateway, file, spool, bounds)
    except BaseException:
        spool.close()
        raise
    return spool


def picture(gateway: Gateway, file: FileOutput, bounds: Bounds) -> Flow[Image.Image]:
    """Fetch a file as a Pillow image."""
    content = yield from read(gateway, file, bounds)
    image: Image.Image = yield Work(partial(pictures.opened, content, file.filename))
    return image


def array(gateway: Gateway, file: FileOutput, bounds: Bounds) -> Flow[npt.NDArray[Any]]:
    """Fetch a file as a numpy array."""
    image = yield from picture(gateway, file, bounds)
    pixels: npt.NDArray[Any] = yield Work(partial(pictures.array_of, image))
    return pixels


def save_all(
    gateway: Gateway,
    output: Output,
    directory: str | os.PathLike[str],
    how: Fetching,
    bounds: Bounds,
) -> Flow[list[Path]]:
    """Fetch every file of an output to disk; return their paths."""
    check_switch("overwrite", how.overwrite)
    folder = Path(expanded(directory))
    files = chosen(gateway.settings.endpoint, output)
    names = file_names(((each.keys, extension(each.file)) for each in files), how.prefix)
    places = [folder / name for name in names]
    if how.overwrite:
        return (yield from _save_to(gateway, files, places, bounds))
    reserved: list[Path] = []
    try:
        with writing(repr(os.fspath(folder))):
            yield Work(partial(_reserve, places, reserved))
        return (yield from _save_to(gateway, files, reserved, bounds))
    finally:
        for place in reserved:
            with suppress(OSError):
                if not place.stat().st_size:
                    place.unlink()


def _reserve(places: Sequence[Path], reserved: list[Path]) -> None:
    for place in places:
        reserved.append(_made(place))  # noqa: PERF401 - known, should the next fail


def _made(path: Path) -> Path:
    """Make an empty file under a name that is free: the one given, or one with a number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        place = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        with suppress(FileExistsError):
            place.open("xb").close()  # others may look for a name at the same time
            return place
    raise AssertionError  # there are always more numbers


def _save_to(
    gateway: Gateway, files: Sequence[Chosen], places: Sequence[Path], bounds: Bounds
) -> Flow[list[Path]]:
    tally = Tally(len(files), bounds.listener)
    flows = [
        _saved(gateway, each, place, evolve(bounds, listener=tally.of(number)))
        for number, (each, place) in enumerate(zip(files, places))
    ]
    paths: list[Path] = []
    for start in range(0, len(flows), MAX_TRANSFERS):  # so that after an error no more are begun
        found: list[Saved] = yield Gather(flows[start : start + MAX_TRANSFERS])
        for path in found:
            if isinstance(path, DownloadError):
                raise path
            if path is not None:
                paths.append(path)
    return paths


def _saved(gateway: Gateway, each: Chosen, path: Path, bounds: Bounds) -> Flow[Saved]:
    """Return where a file was saved, or why not: that does not stop those under way."""
    try:
        return (yield from save_at(gateway, each.file, path, bounds))
    except DownloadError as error:
        if not each.certain:
            url = without_query(each.file.url)
            logger.warning("%s was not saved, as it may be no file: %s", url, error)
            return None
        place = reduce(at, each.keys, "output")
        return rephrased(error, DownloadError, f"{place}: {error.message}")


def bounds_of(gateway: Gateway, how: Fetching) -> Bounds:
    """Return the bounds that a caller gave, or raise InputError."""
    timeout, listener = checked_timeout(how.timeout, zero=False), how.on_progress
    check_listener(listener, blocking=how.blocking)
    return Bounds(
        gateway.clock.monotonic() + timeout,
        timeout,
        listener=None if listener is None else lambda news: listener(*news),
    )


def _fetch(gateway: Gateway, file: FileOutput, sink: Sink, bounds: Bounds) -> Flow[None]:
    renew = partial(_fresh_url, gateway, file, bounds.deadline)
    yield from download(gateway, file.url, sink, renew, bounds)


def _fresh_url(gateway: Gateway, file: FileOutput, deadline: float) -> Flow[str | None]:
    """Ask for the result again, which comes with fresh URLs, and find this file's."""
    origin: Origin = file.origin
    if origin.prediction_id is None:
        return None
    try:
        answer = yield from get_result(gateway, origin.prediction_id, deadline)
        found: Any = parts_of(answer.require())[origin.part]
        for key in origin.keys:
            found = found[key]
    except (SpeedPixException, LookupError, TypeError):
        return None  # the error that made this necessary says more
    found = found.get("url") if isinstance(found, dict) else found
    return found if isinstance(found, str) else None


def _place(target: str | os.PathLike[str], name: str) -> Path:
    """Return where a file is to go that a caller wants in a file, or in a folder."""
    text = expanded(target)
    path = Path(text)
    return path / name if path.is_dir() or text.endswith(("/", os.sep)) else path


def _part(path: Path) -> PartFile | None:
    """Return what puts a file at a path, made ready; None where what is there is written to.

    Raises:
        OSError: it can't go there.
    """
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or _is_descriptor(path):
            return None
    part = PartFile(path)
    part.prepare()
    return part


def _is_descriptor(path: Path) -> bool:
    """Tell whether a path leads to a file that a process holds open, as /dev/stdout does."""
    while path.is_symlink():
        if str(path.parent.resolve()).startswith(("/proc/", "/dev/fd")):
            return True
        path = path.parent / os.readlink(path)
    return False
