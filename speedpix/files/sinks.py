"""Take a download's bytes: in memory, or in a file that is put in place whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
import uuid
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Iterator, cast

from ..constants import CHUNK_SIZE, WRITE_SIZE
from ..exceptions import DownloadError, SpeedPixException
from ..flow.open_file import OpenFile

if TYPE_CHECKING:
    from typing_extensions import Self

try:
    import fcntl
except ImportError:  # Windows, where an open file can't be removed
    fcntl = None  # type: ignore[assignment]

# Of Linux: a file that has no name yet, so that a process that is killed leaves none behind.
_UNNAMED = getattr(os, "O_TMPFILE", 0)
# Names are used where a file system has no nameless files, and for the moment in which a file
# replaces another; each file is locked while its process lives. A process that is killed leaves
# its file behind, but no lock: whoever needs a name in the same folder next removes it.
_PREFIX, _SUFFIX = ".speedpix-", ".part"


class Sink:
    """Where a download's bytes go, and what errors call that. What it raises ends the download."""

    name = "memory"

    def write(self, piece: memoryview) -> None:
        """Take the next bytes."""
        raise NotImplementedError

    def sync(self) -> None:
        """Bring the bytes so far to where they will last; may be called while others are taken."""

    def restart(self) -> None:
        """Forget the bytes so far; may be called before it was opened."""

    def commit(self) -> None:
        """Take note that the bytes are all, and as they should be."""


@contextmanager
def writing(target: str) -> Iterator[None]:
    """Raise DownloadError, which names the target, in place of what can't write it.

    The names of files that are there only meanwhile tell nobody anything.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, SpeedPixException):
            raise
        reason = OSError(*error.args) if isinstance(error, OSError) else error
        message = f"{target} can't be written: {reason}"
        raise DownloadError(message) from error


class Memory(Sink):
    """A download in memory."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, piece: memoryview) -> None:
        self.content += piece

    def restart(self) -> None:
        self.content.clear()


class Spool(Sink):
    """A download to be read once it is whole: a small one in memory, others in a nameless file."""

    name = "a temporary file"

    def __init__(self) -> None:
        self._file: OpenFile[BinaryIO] = OpenFile(_spool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int) -> bytes:
        """Return the next bytes of the content, once it is whole."""
        with self._file.used() as stream:
            return stream.read(size)

    def write(self, piece: memoryview) -> None:
        with self._file.used() as stream:
            _write(stream, piece)

    def restart(self) -> None:
        _empty(self._file)

    def commit(self) -> None:
        with self._file.used() as stream:
            stream.seek(0)

    def close(self) -> None:
        """Drop the content."""
        self._file.close()


class PartFile(Sink):
    """A download in a file of its own, which takes its target's place at the end."""

    def __init__(self, target: Path) -> None:
        self.name = repr(os.fspath(target))
        # Of a symbolic link, what it leads to is replaced.
        self._target = Path(os.path.realpath(target))
        self._part: Path | None = None
        self._file = OpenFile(self._begun, self._remove)

    def prepare(self) -> None:
        """Make the target's folder, and see that it can be written to, with nothing opened.

        Raises:
            OSError: it can't.
        """
        folder = self._target.parent
        folder.mkdir(parents=True, exist_ok=True)
        if self._target.is_symlink() or self._target.is_dir():
            message = "it leads to itself, or is a folder"
            raise OSError(message)
        if not os.access(folder, os.W_OK | os.X_OK):
            message = f"the folder {str(folder)!r} is not for writing"
            raise PermissionError(message)

    def write(self, piece: memoryview) -> None:
        with self._file.used() as stream:
            for start in range(0, len(piece), WRITE_SIZE):
                _write(stream, piece[start : start + WRITE_SIZE])

    def sync(self) -> None:
        with self._file.used() as stream:
            os.fsync(stream.fileno())

    def restart(self) -> None:
        _empty(self._file)

    def commit(self) -> None:
        """Put the file in place, durably, and close it."""
        with self._file.used() as stream:
            self._complete(stream)
            if self._part is not None or self._named(stream):
                self._replace(stream)
        self.discard()

    def _complete(self, stream: IO[bytes]) -> None:
        """Bring a file to disk, with the mode of the one that it will replace."""
        os.fsync(stream.fileno())
        if hasattr(os, "fchmod"):
            with suppress(OSError):  # there is none, or the file system has no modes
                os.fchmod(stream.fileno(), stat.S_IMODE(os.stat(self._target).st_mode) & 0o777)

    def _named(self, stream: IO[bytes]) -> bool:
        """Name a nameless file; tell whether it still has to take the target's place."""
        try:
            if _linked(stream, self._target):
                return False
            with suppress(OSError):  # a file system without locks
                _locked(stream)
            part = _new_name(self._target.parent)
            _linked(stream, part)
            self._part = part
        except OSError:  # a sandbox, as on Android, gives nameless files and lets none be named
            copy, self._part = _named_part(self._target.parent)
            with copy:  # locked until it is in place
                _copy(stream, copy)
                self._complete(copy)
                self._replace(copy)
            return False
        return True

    def _replace(self, stream: IO[bytes]) -> None:
        """Let the file that has a name take the target's place."""
        assert self._part is not None  # noqa: S101 - it has a name
        if os.name == "nt":  # where an open file can't be renamed
            stream.close()
        os.replace(self._part, self._target)
        self._part = None

    def discard(self) -> None:
        """Remove what was collected, unless it was put in place."""
        self._file.close()

    def _begun(self) -> BinaryIO:
        folder = self._target.parent
        if _UNNAMED and os.path.isdir("/proc/self/fd"):  # by which it gets its name at the end
            with suppress(OSError):  # a file system without
                return open(os.open(folder, os.O_RDWR | _UNNAMED, 0o666), "r+b", buffering=0)
        stream, self._part = _named_part(folder)
        return stream

    def _remove(self, stream: BinaryIO) -> None:
        with suppress(OSError):  # what failed has been told
            stream.close()
        if self._part is not None:
            with suppress(OSError):
                self._part.unlink()


def _linked(stream: IO[bytes], name: Path) -> bool:
    """Give a nameless file a name; tell whether it was free.

    Raises:
        OSError: it can't have one.
    """
    descriptor = stream.fileno()
    try:
        # Only with a folder's descriptor, of no use here, is a link followed (linkat, AT_…).
        os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor)
    except FileExistsError:
        return False
    return True


def _copy(stream: IO[bytes], copy: IO[bytes]) -> None:
    stream.seek(0)
    for piece in iter(partial(stream.read, WRITE_SIZE), b""):
        _write(copy, memoryview(piece))


def _empty(file: OpenFile[BinaryIO]) -> None:
    if file.is_open:
        with file.used() as stream:
            stream.seek(0)
            stream.truncate()


def _write(stream: IO[bytes], piece: memoryview) -> None:
    """Write all of some bytes to an unbuffered file, which may take fewer at a time."""
    while piece:
        piece = piece[stream.write(piece) :]


def _spool() -> BinaryIO:
    spool = tempfile.SpooledTemporaryFile(CHUNK_SIZE, buffering=0)  # noqa: SIM115 - closed elsewhere
    return cast("BinaryIO", spool)


def _new_name(folder: Path) -> Path:
    """Return a name in a folder that nothing else has, and remove what the dead have left there."""
    _sweep(folder)
    return folder / f"{_PREFIX}{uuid.uuid4().hex}{_SUFFIX}"


def _named_part(folder: Path) -> tuple[BinaryIO, Path]:
    """Open a new file for writing, and lock it."""
    while True:
        path = _new_name(folder)
        stream = path.open("xb", buffering=0)
        try:
            mine = _locked(stream)
        except OSError:  # a file system without locks, where nothing is swept either
            mine = True
        if mine and path.exists():
            return stream, path
        stream.close()  # another process swept it before it was locked


def _locked(stream: IO[bytes]) -> bool:
    """Lock a file until it is closed; tell whether nobody else had.

    Raises:
        OSError: the file system has no locks.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove the files of processes that are no more."""
    found: list[str] = []
    with suppress(OSError), os.scandir(folder) as entries:  # one may write where one may not look
        found = [
            entry.path
            for entry in entries
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX) and entry.is_file()
        ]
    for path in found:
        with suppress(OSError), open(path, "rb") as stream:
            if fcntl is None:
                stream.close()
            if _locked(stream):
                os.unlink(path)
