"""Show people how far a run is: in a terminal, in a notebook, or as lines of a log."""

from __future__ import annotations

import html
import math
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterable, Iterator, TextIO

from ..flow.clock import Clock
from ..forks import PerProcess
from ..printable import cut
from ..values.progress import UNSUCCESSFUL, Progress
from .expected import ALMOST_DONE, Report, Reports, expected, remembered
from .terminal import columns, is_live, is_terminal, write

if TYPE_CHECKING:
    import rich.progress

Show = Callable[[Progress], None]

_BAR_WIDTH = 20  # characters, of the bar that needs no Rich

# Puts a phrase into the language of who looks on.
_translate: Callable[[str], str] = str


def speak(translate: Callable[[str], str]) -> None:
    """Let all that this process shows speak another language: for the start of a program."""
    global _translate  # noqa: PLW0603 - Rich's thread knows no context
    _translate = translate


def describe(progress: Progress) -> str:
    """Return a progress as one line of text: `cup.jpg: running, KSampler 5/20, 25%, 0:12 left`.

    It is safe to print: of what the service says, only printable characters are kept.
    """
    status = _translate(progress.status or "unknown")
    parts = [f"{progress.label}: {status}" if progress.label else status]
    if progress.status == "waiting":
        if progress.queue_length is not None:
            parts.append(_translate(f"{progress.queue_length} ahead in the queue"))
    elif progress.status != "succeeded":
        if progress.node:
            parts.append(_node(progress))
        if progress.fraction is not None:
            parts.append(f"{_filled(progress):.0%}")
        if progress.seconds_left and progress.status not in UNSUCCESSFUL:
            minutes, seconds = divmod(math.ceil(progress.seconds_left), 60)
            parts.append(_translate(f"{minutes}:{seconds:02} left"))
    return "".join(each if each.isprintable() else " " for each in ", ".join(parts))


def _node(progress: Progress) -> str:
    if progress.step is None or not progress.steps:
        return progress.node or ""
    return f"{progress.node} {progress.step}/{progress.steps}"


def _filled(progress: Progress) -> float:
    """Return the part of a bar that is filled: all of it is for a success alone."""
    fraction = progress.fraction or 0.0
    return fraction if progress.status == "succeeded" else min(ALMOST_DONE, fraction)


@contextmanager
def progress_bar(clock: Clock) -> Iterator[Show]:
    """Open the display that fits, and give the function to call with the progress of each poll.

    In a notebook that is the cell's output. In a terminal it is one line of standard error, by
    Rich if that is installed: then it moves between the polls, too, in the time of a clock.
    Elsewhere, and where a terminal is to be sent plain text only, it is a line for each change of
    the state.
    """
    # While a display of Rich is open, something else stands in for standard error.
    with _fitting_display(getattr(sys.stderr, "rich_proxied_file", sys.stderr), clock) as show:
        yield show


def _fitting_display(stream: TextIO | None, clock: Clock) -> ContextManager[Show]:
    if _in_notebook():
        return _cell()
    if stream is None or not is_live(stream):
        return _log(stream)
    try:
        import rich.progress  # noqa: F401 - is it there?
    except ImportError:
        return _line(stream)
    return _RICH.value.row(clock)


def _in_notebook() -> bool:
    """Tell whether this is an IPython kernel, with which a notebook speaks."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _cell() -> Iterator[Show]:
    """Show progress in a notebook's cell, which needs no widgets."""
    from IPython import display

    handle: Any = None

    def show(progress: Progress) -> None:
        nonlocal handle
        text = describe(progress)
        bar = f'<progress value="{_filled(progress):.3f}"></progress>'
        content = {"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}
        if handle is None:
            handle = display.display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            handle.update(content, raw=True)

    yield show


@contextmanager
def _log(stream: TextIO | None) -> Iterator[Show]:
    """Write a line for each change of the state."""
    last = None

    def show(progress: Progress) -> None:
        nonlocal last
        if progress.status != last:
            write(stream, f"speedpix: {describe(progress)}\n")
        last = progress.status

    yield show


@contextmanager
def _line(stream: TextIO) -> Iterator[Show]:
    """Write one line of a terminal again and again, without any escape codes."""
    shown = False

    def show(progress: Progress) -> None:
        nonlocal shown
        shown = True  # first, as Ctrl-C may come at any moment
        done = round(_BAR_WIDTH * _filled(progress))
        bar = "#" * done + "-" * (_BAR_WIDTH - done)
        width = columns(stream) - 1  # in the last column, some terminals begin a new line
        text = cut(f"[{bar}] {describe(progress)}", width)
        write(stream, f"\r{' ' * width}\r{text}")

    try:
        yield show
    finally:
        if shown:
            write(stream, "\n")


class _Rich:
    """Share one display of Rich among the runs at a time: two would overwrite each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bars: rich.progress.Progress | None = None
        self._rows = 0

    @contextmanager
    def row(self, clock: Clock) -> Iterator[Show]:
        """Show progress in a row of its own, which stays when it is closed."""
        reports: Reports = ()

        def now() -> Progress:
            return expected(reports, clock.monotonic())

        with self._lock:
            bars = self._bars = self._bars or _rich_bars()
            self._rows += 1
            task = bars.add_task("", total=1, visible=False, now=now)

        def show(progress: Progress) -> None:
            nonlocal reports
            reports = remembered(reports, Report(clock.monotonic(), progress))
            bars.update(task, visible=True, refresh=True)

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
                # Rich's thread must not draw amid this: it would move the cursor by another height.
                with bars.live._lock:  # noqa: SLF001 - nothing public holds it up
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
    from rich.progress import BarColumn, Progress, Task, TextColumn, TimeElapsedColumn
    from rich.table import Column, Table

    class Bars(Progress):
        """Rows that are drawn as each run should be by then, whenever Rich's thread draws them."""

        def make_tasks_table(self, tasks: Iterable[Task]) -> Table:
            shown = [task for task in tasks if task.visible]
            for task in shown:
                progress = task.fields["now"]()
                task.description, task.completed = describe(progress), _filled(progress)
            return super().make_tasks_table(shown)

    return Bars(
        # Colours that every terminal has: where there are 16 of them, Rich's own turn into grey.
        BarColumn(_BAR_WIDTH, "bright_black", complete_style="cyan", finished_style="green"),
        TimeElapsedColumn(),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        ),
        console=Console(stderr=True),
        redirect_stdout=is_terminal(sys.stdout),  # what is printed meanwhile goes above, too
    )
