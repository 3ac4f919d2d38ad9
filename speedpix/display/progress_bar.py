"""Show people how far a run is: in a terminal, in a notebook, or as lines of a log."""

from __future__ import annotations

import html
import math
import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, TextIO

from ..forks import PerProcess
from ..printable import cut
from ..values.progress import UNSUCCESSFUL, Progress

if TYPE_CHECKING:
    import rich.progress

Show = Callable[[Progress], None]
Say = Callable[[Progress], str]

_BAR_WIDTH = 20  # characters, of the bar that needs no Rich
_USUAL_COLUMNS = 80  # of a terminal that does not tell


def describe(progress: Progress, translate: Callable[[str], str] = str) -> str:
    """Return a progress as one line of text: `cup.jpg: running, KSampler 5/20, 25%, 0:12 left`.

    It is safe to print: of what the service says, only printable characters are kept.

    Args:
        progress: how far a run is.
        translate: gives the words of it another language.
    """
    status = translate(progress.status or "unknown")
    parts = [f"{progress.label}: {status}" if progress.label else status]
    if progress.status == "waiting":
        if progress.queue_length is not None:
            parts.append(translate(f"{progress.queue_length} ahead in the queue"))
    elif progress.status != "succeeded":
        if progress.node:
            parts.append(_node(progress))
        if progress.fraction is not None:
            parts.append(f"{progress.fraction:.0%}")
        if progress.seconds_left is not None and progress.status not in UNSUCCESSFUL:
            minutes, seconds = divmod(math.ceil(progress.seconds_left), 60)
            parts.append(translate(f"{minutes}:{seconds:02} left"))
    return "".join(each if each.isprintable() else " " for each in ", ".join(parts))


def _node(progress: Progress) -> str:
    if progress.step is None or not progress.steps:
        return progress.node or ""
    return f"{progress.node} {progress.step}/{progress.steps}"


@contextmanager
def progress_bar(say: Say = describe) -> Iterator[Show]:
    """Open the display that fits, and give the function that shows a progress in it.

    In a notebook that is the cell's output. In a terminal it is one line of standard error, by
    Rich if that is installed. Elsewhere it is a line for each change of the state.
    """
    # While a display of Rich is open, something else stands in for standard error.
    with _fitting_display(getattr(sys.stderr, "rich_proxied_file", sys.stderr), say) as show:
        yield show


def _fitting_display(stream: TextIO | None, say: Say) -> ContextManager[Show]:
    if _in_notebook():
        return _cell(say)
    if stream is None or not _is_terminal(stream):
        return _log(stream, say)
    try:
        import rich.progress  # noqa: F401 - is it there?
    except ImportError:
        return _line(stream, say)
    return _RICH.value.row(say)


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(AttributeError, ValueError):  # None, of another make, or closed
        return stream.isatty()  # type: ignore[union-attr]
    return False


def _in_notebook() -> bool:
    """Tell whether this is an IPython kernel, with which a notebook speaks."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _cell(say: Say) -> Iterator[Show]:
    """Show progress in a notebook's cell, which needs no widgets."""
    from IPython import display

    handle: Any = None

    def show(progress: Progress) -> None:
        nonlocal handle
        text = say(progress)
        bar = f'<progress value="{progress.fraction or 0:.3f}"></progress>'
        content = {"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}
        if handle is None:
            handle = display.display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            handle.update(content, raw=True)

    yield show


@contextmanager
def _log(stream: TextIO | None, say: Say) -> Iterator[Show]:
    """Write a line for each change of the state."""
    last = None

    def show(progress: Progress) -> None:
        nonlocal last
        if progress.status != last:
            _write(stream, f"speedpix: {say(progress)}\n")
        last = progress.status

    yield show


@contextmanager
def _line(stream: TextIO, say: Say) -> Iterator[Show]:
    """Write one line of a terminal again and again, without any escape codes."""
    shown = False

    def show(progress: Progress) -> None:
        nonlocal shown
        shown = True  # first, as Ctrl-C may come at any moment
        done = round(_BAR_WIDTH * (progress.fraction or 0))
        bar = "#" * done + "-" * (_BAR_WIDTH - done)
        columns = _columns(stream) - 1  # in the last one, some terminals begin a new line
        text = cut(f"[{bar}] {say(progress)}", columns)
        _write(stream, f"\r{' ' * columns}\r{text}")

    try:
        yield show
    finally:
        if shown:
            _write(stream, "\n")


def _columns(stream: TextIO) -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
    return _USUAL_COLUMNS


def _write(stream: TextIO | None, text: str) -> None:
    """Write at once; that nobody reads it must not end a run that was paid for."""
    if stream is not None:
        with suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()


class _Rich:
    """Share one display of Rich among the runs at a time: two would overwrite each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bars: rich.progress.Progress | None = None
        self._rows = 0

    @contextmanager
    def row(self, say: Say) -> Iterator[Show]:
        """Show progress in a row of its own, which stays when it is closed."""
        with self._lock:
            bars = self._bars = self._bars or _rich_bars()
            self._rows += 1
            task = bars.add_task("", total=1, visible=False)

        def show(progress: Progress) -> None:
            bars.update(
                task,
                description=say(progress),
                completed=progress.fraction or 0,
                visible=True,
                refresh=True,
            )

        try:
            bars.start()
            yield show
        finally:
            self._close(bars, task)

    def _close(self, bars: rich.progress.Progress, task: rich.progress.TaskID) -> None:
        """Leave a row above those that are still at work; the last one ends the display."""
        with self._lock:
            self._rows -= 1
            if self._rows:
                row = bars.make_tasks_table([each for each in bars.tasks if each.id == task])
                bars.remove_task(task)
                bars.console.print(row)
                return
            self._bars = None
            with suppress(IndexError):  # Ctrl-C came while it was started
                bars.stop()
            bars.console.show_cursor()


_RICH = PerProcess(_Rich)


def _rich_bars() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        BarColumn(bar_width=_BAR_WIDTH),
        TimeElapsedColumn(),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        ),
        console=Console(stderr=True),
        redirect_stdout=_is_terminal(sys.stdout),  # what is printed meanwhile goes above, too
    )
