"""Plots that look alike, and whose files change only when what they show does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "speedpix", "axes.grid": True, "grid.alpha": 0.3})

from matplotlib import pyplot as plt  # noqa: E402

COLOURS = {"published": "tab:orange", "ours": "tab:blue"}
PANEL = (4.5, 3.6)  # inches


def figure(rows: int, columns: int) -> tuple[Any, Any]:
    """Return a figure, and its panels as a list."""
    chart, axes = plt.subplots(
        rows,
        columns,
        figsize=(PANEL[0] * columns, PANEL[1] * rows),
        squeeze=False,
        layout="constrained",
    )
    return chart, list(axes.flat)


def save(chart: Any, path: Path) -> None:
    """Write a figure as SVG, without a date."""
    chart.savefig(path, metadata={"Date": None}, dpi=150)
    plt.close(chart)
