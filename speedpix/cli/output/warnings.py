"""Tell people what the SDK warns of, whether or not they asked for its log."""

from __future__ import annotations

import logging

import click

from ...logs import logger
from .language import translated
from .terminal import clearing, say

# Seconds in which a second warning of a kind is left to the log: an outage meets all runs of a
# batch at once.
_WHILE = 60.0


class _Warnings(logging.Handler):
    """Warnings as talk on standard error, unless the log that was asked for shows them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        told = self._told.get(record.msg)
        again = told is not None and record.created - told < _WHILE
        if logger.level or (again and record.levelno < logging.ERROR):
            return  # an error names a run that was paid: each is told
        self._told[record.msg] = record.created
        warning = click.style(translated("Warning: "), fg="yellow")
        say(f"{clearing()}{warning}{translated(record.getMessage())}")


_WARNINGS = _Warnings()


def tell_warnings() -> None:
    """Let this process say what the SDK warns of."""
    logger.addHandler(_WARNINGS)
