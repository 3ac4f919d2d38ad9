"""The folders that an assistant may read and write in, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from ..exceptions import InputError
from ..values.names import expanded

_MARK = "@"  # what names a file in an input, as on the command line; doubled, it begins a text


class Folders:
    """What was named on the command line; symlinks are followed before anything is compared."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._roots = [Path(expanded(path)).resolve(strict=True) for path in paths]

    def inside(self, given: str) -> Path:
        """Return a path below one of the folders; a relative one begins at the first.

        Raises:
            InputError: it leads elsewhere, or no folder was named.
        """
        if not self._roots:
            message = "no files can be used: the server was started without a folder"
            raise InputError(message)
        try:
            path = (self._roots[0] / expanded(given)).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            message = f"{given!r} is no path: {error}"
            raise InputError(message) from error
        if not any(root == path or root in path.parents for root in self._roots):
            names = ", ".join(map(str, self._roots))
            message = f"{given!r} is outside of the folders that may be used: {names}"
            raise InputError(message)
        return path

    def file(self, given: str) -> Path:
        """Return a file to read.

        Raises:
            InputError: it is elsewhere, or there is no such file.
        """
        path = self.inside(given)
        if not path.is_file():
            message = f"there is no file {given!r}"
            raise InputError(message)
        return path

    def with_files(self, value: Any) -> Any:
        """Return an input with each `@path` in it, at any depth, as that file's Path.

        Raises:
            InputError: a file is elsewhere, or missing.
        """
        if isinstance(value, dict):
            return {key: self.with_files(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.with_files(item) for item in value]
        if not (isinstance(value, str) and value.startswith(_MARK)):
            return value
        rest = value[len(_MARK) :]
        return rest if rest.startswith(_MARK) else self.file(rest)
