"""One call of the command line: what is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from attrs import define

from .output.documents import Document
from .output.terminal import command_line, tell, tell_json

if TYPE_CHECKING:
    from .. import Prediction


@define
class Invocation:
    """One call of the command line, known for its answer and for what may end it early.

    Attributes:
        as_json: whether the answer is a JSON document.
        command: the command's name, once it is known.
        prediction: the run that it is about, once there is one.
        directory: where that run's files are to be saved.
        overwrite: whether they replace those that are there.
    """

    as_json: bool = False
    command: str = ""
    prediction: Prediction | None = None
    directory: Path | None = None
    overwrite: bool = False

    def answer(self, document: Document, lines: Sequence[str]) -> None:
        """Write the result: the document, or the lines."""
        if self.as_json:
            tell_json(document)
        else:
            for line in lines:
                tell(line)

    def take_prediction(self, error: BaseException) -> None:
        """Take over the run that an error is about, if it is about one."""
        self.prediction = getattr(error, "prediction", None) or self.prediction

    def save_to(self, directory: Path | None, *, overwrite: bool) -> None:
        """Note where files are to be saved, and see that they can be: before anything is paid.

        Raises:
            DownloadError: they can't.
        """
        from ..batch.targets import probe

        self.directory, self.overwrite = directory, overwrite
        if directory is not None:
            probe(directory)

    def resume(self) -> str | None:
        """Return the command that takes the run up again, if there is a run."""
        if self.prediction is None or not self.prediction.id:
            return None
        output = ["-o", str(self.directory)] if self.directory else []
        output += ["--overwrite"] if self.overwrite else []
        return command_line(["speedpix", "wait", self.prediction.id, *output])
