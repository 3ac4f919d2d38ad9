"""One call of the command line: what is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from attrs import define

from .output.documents import BATCH, Document
from .output.terminal import command_line, tell, tell_json

if TYPE_CHECKING:
    from .. import Prediction


@define
class Invocation:
    """One call of the command line, known for its answer and for what may end it early.

    Attributes:
        words: what was typed.
        as_json: whether the answer is a JSON document.
        command: the command's name, once it is known.
        prediction: the run that it is about, once there is one.
        directory: where that run's files are to be saved.
        again: the words of the command that goes on, where it is the same once more.
        overwrite: whether they replace those that are there.
    """

    words: Sequence[str] = ()
    as_json: bool = False
    command: str = ""
    prediction: Prediction | None = None
    directory: Path | None = None
    again: Sequence[str] = ()
    overwrite: bool = False

    def answer(self, document: Document, lines: Sequence[str]) -> None:
        """Write the result: the document, or the lines."""
        if self.as_json:
            self.tell_document(document)
        else:
            for line in lines:
                tell(line)

    def tell_document(self, document: Document) -> None:
        """Write a document: in one line, of a command that has one for each result."""
        tell_json(document, None if self.command == BATCH else 2)

    def take_prediction(self, error: BaseException) -> None:
        """Take over the run that an error is about, if it is about one."""
        self.prediction = getattr(error, "prediction", None) or self.prediction

    def save_to(self, directory: Path | None, *, overwrite: bool) -> None:
        """Note where files are to be saved, and see that they can be: before anything is paid.

        Raises:
            DownloadError: they can't.
        """
        from ..files.save import probe

        self.directory, self.overwrite = directory, overwrite
        if directory is not None:
            probe(directory)

    def resume(self) -> str | None:
        """Return the command that takes the run up again, or the batch, if there is one."""
        if self.again:
            return command_line(["speedpix", *self.again])
        if self.prediction is None or not self.prediction.id:
            return None
        output = ["-o", str(self.directory)] if self.directory else []
        output += ["--overwrite"] if self.overwrite else []
        return command_line(["speedpix", "wait", self.prediction.id, *output])
