"""Write help in the language of who reads it: Chinese has no spaces to break lines at."""

from __future__ import annotations

import re
from typing import Iterable, Iterator

import click

from ...printable import columns_of
from .language import is_chinese, translated

_PARAGRAPHS = re.compile(r"\n\s*\n")
_GAP = re.compile(r"(\s{2,})")  # between the columns of a line that is kept as it is
_AS_IT_IS = "\b\n"  # what Click has before such lines
_WIDE = r"\u2026\u3000-\u9fff\uff00-\uffef"
_PIECE = re.compile(  # what no line is broken in: a word, or a character with its punctuation
    rf"\s*(?:[（「“\[(]*(?:[^\s\[({_WIDE}]+|[{_WIDE}])[，。；：、？！）」”…]*|\S)"
)


class Formatter(click.HelpFormatter):
    """Click's help, translated."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or translated("Usage: "))

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{translated(f'{heading}:')}\n")

    def write_text(self, text: str) -> None:
        if not is_chinese():
            super().write_text(text)
            return
        indent = " " * self.current_indent
        paragraphs = (
            _kept(each[len(_AS_IT_IS) :]) if each.startswith(_AS_IT_IS) else self._wrapped(each)
            for each in _PARAGRAPHS.split(text.strip("\n"))
        )
        self.write("\n\n".join("\n".join(indent + line for line in each) for each in paragraphs))
        self.write("\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if not is_chinese():
            super().write_dl(list(rows), col_max, col_spacing)
            return
        listed = list(rows)
        column = min(max(len(first) for first, _ in listed), col_max) + col_spacing
        margin = "\n" + " " * (self.current_indent + column)
        for first, second in listed:
            begins = f"{'':>{self.current_indent}}{first:<{column}}"
            begins = begins if len(first) <= column - col_spacing else begins.rstrip() + margin
            lines = wrap(translated(second), self.width - column - 2)
            self.write(f"{begins}{margin.join(lines)}\n")

    def _wrapped(self, paragraph: str) -> list[str]:
        told = translated(" ".join(paragraph.split()))
        return wrap(told, self.width - self.current_indent)


def wrap(text: str, columns: int) -> list[str]:
    """Return a text in lines that take no more than some columns, unless a word does."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if columns_of(lines[-1] + piece) <= columns:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return lines


def _kept(block: str) -> Iterator[str]:
    """Yield the lines of a block that keeps them, with the words of each column translated."""
    for line in block.splitlines():
        yield "".join(translated(each) for each in _GAP.split(line))


class Context(click.Context):
    """What Click knows of a command that is called; here, how its help is written."""

    formatter_class = Formatter
