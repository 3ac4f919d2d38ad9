"""What comes of each item, and of a batch as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Mapping

from attrs import field, frozen

from .. import exceptions
from ..exceptions import SpeedPixException
from ..values.link import Link, Origin
from ..values.output import Output, as_output
from ..values.wire import text
from .items import unsigned
from .manifest.entry import SUCCEEDED, Entry


@frozen
class Result:
    """What came of one input of a batch.

    Attributes:
        index: the place of the input among all.
        key: its key: of the field or function that was named, or else the digest of the input.
        status: `succeeded`; `skipped`, as an earlier call did it, and its output is there;
            `failed`; `unknown`, when it is not known whether a run was started; `open`, when
            there is a run that was not brought home: the next call does that, unpaid.
        input: the input as it was given.
        prediction_id: the service's id of the run, if there is one.
        error: why there is no output.
        saved: the files that were saved.
        seconds: from the submit until output and files were there.
    """

    index: int
    key: str
    status: str
    input: Mapping[str, Any] = field(repr=False)
    prediction_id: str | None = None
    _output: Output | Callable[[], Output | None] | None = field(default=None, repr=False)
    error: SpeedPixException | None = None
    saved: tuple[Path, ...] = ()
    seconds: float | None = None

    @property
    def output(self) -> Output | None:
        """Return the run's output; None when there is none."""
        return self._output() if callable(self._output) else self._output

    def get(self) -> Output:
        """Return the output, or raise the error for which there is none."""
        if self.error is not None:
            raise self.error
        output = self.output
        return Output() if output is None else output


@frozen
class Plan:
    """What a batch would do.

    Attributes:
        done: items that an earlier call did.
        to_run: items to be submitted and paid.
        to_fetch: runs that are there already, to be brought home unpaid.
        failed: items that failed earlier, or can't be sent, and are not to be tried again.
        unknown: items of which it is not known whether a run was started.
        to_upload: files to be uploaded; the same content counts once.
        bytes: their size in all.
        failures: the first 10 of those that failed, with why.
    """

    done: int = 0
    to_run: int = 0
    to_fetch: int = 0
    failed: int = 0
    unknown: int = 0
    to_upload: int = 0
    bytes: int = 0
    failures: tuple[Result, ...] = ()


@frozen
class End:
    """The last that a driver emits: whether, and why, the batch ended early."""

    error: BaseException | None = None
    stopped: str | None = None


def status_in(call: int, entry: Entry) -> str:
    """Return the status of an item in a call: what an earlier one did is skipped."""
    return "skipped" if entry.state == SUCCEEDED and entry.made != call else entry.state


def error_from(content: str | None) -> SpeedPixException | None:
    """Return the error in a manifest."""
    if content is None:
        return None
    facts: dict[str, Any] = json.loads(content)
    kind = getattr(exceptions, facts.pop("kind", ""), None)
    message = facts.pop("message", "")
    if not (isinstance(kind, type) and issubclass(kind, SpeedPixException)):
        kind = SpeedPixException
    if issubclass(kind, exceptions.APIConnectionError):
        return kind(message)
    return kind(
        message,
        status_code=facts.get("status_code"),
        code=text(facts.get("code")),
        request_id=text(facts.get("request_id")),
        invoke_id=text(facts.get("invoke_id")),
    )


def output_text(output: Output) -> str:
    """Return an output as JSON for the manifest, without signatures: those expire."""
    return json.dumps(unsigned(output), ensure_ascii=False)


def output_from(content: str | None, link: Link, prediction_id: str | None) -> Output | None:
    """Return the output in a manifest; its files are asked for anew when they are used."""
    if content is None:
        return None
    return as_output(json.loads(content), Origin(link, prediction_id))
