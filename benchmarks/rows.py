"""A row of the table: one figure of both clients, and what ours must reach."""

from __future__ import annotations

from enum import Enum
from typing import Iterable, Sequence

from attrs import evolve, frozen

MEBIBYTE = 1 << 20


class Unit(Enum):
    """What a figure is shown in, and how much that is of the figure's own unit."""

    SECONDS = ("s", 1.0)
    MILLISECONDS = ("ms", 0.001)  # of a figure in seconds
    KILOBYTES = ("kB", 1000.0)  # of a figure in bytes
    MEBIBYTES = ("MiB", float(MEBIBYTE))
    COUNT = ("", 1.0)

    def show(self, figure: float | None) -> str:
        """Return a figure as text."""
        if figure is None:
            return "–"
        name, size = self.value
        shown = figure / size
        if self is Unit.COUNT or shown == int(shown):
            return f"{shown:,.2f}".rstrip("0").rstrip(".") + f" {name}".rstrip()
        digits = 0 if shown >= 100 else 1 if shown >= 10 else 2
        return f"{shown:,.{digits}f} {name}"


@frozen
class Row:
    """One figure of both clients. `most` is what ours may be; None when nothing is required.

    Figures are in the unit's base: seconds, bytes or a count. `limit` is what no client can
    go below: curl's time, the server's own delay, the task's own duration.
    """

    work: str
    unit: Unit
    published: float
    ours: float
    limit: float | None = None
    most: float | None = None
    required: str = ""

    @property
    def met(self) -> bool | None:
        """Tell whether ours is what is required; None when nothing is."""
        return None if self.most is None else self.ours <= self.most

    def cells(self) -> list[str]:
        """Return the row as texts, one a column."""
        ratio = f"{self.ours / self.published:.3g}" if self.published else "–"
        met = {True: "yes", False: "**no**", None: "–"}[self.met]
        figures = (self.unit.show(each) for each in (self.published, self.ours))
        return [self.work, *figures, ratio, self.unit.show(self.limit), self.required or "–", met]


def within_share(row: Row, share: float) -> Row:
    """Require ours to be at most a share of the published client's."""
    return evolve(row, most=share * row.published, required=f"≤ {share:g} × published")


def within_limit(row: Row, factor: float, what: str) -> Row:
    """Require ours to be at most so many times the limit, which is named."""
    return evolve(row, most=factor * (row.limit or 0.0), required=f"≤ {factor:g} × {what}")


def within(row: Row, most: float) -> Row:
    """Require ours to be at most a figure."""
    return evolve(row, most=most, required=f"≤ {row.unit.show(most)}")


def table(rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table."""
    columns = ("work", "published", "ours", "ratio", "limit", "required", "met")
    return markdown(columns, [row.cells() for row in rows])


def markdown(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    every = [columns, ["---"] * len(columns), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in every)
