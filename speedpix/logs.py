"""Log through one logger, `speedpix`.

Where a program sets up no logging, Python writes warnings to standard error, and nothing else: they
tell of a service that does not answer, or of what was paid and is not on record.
"""

from __future__ import annotations

import logging
import os

from .printable import printable

logger = logging.getLogger("speedpix")


def _show_printable(record: logging.LogRecord) -> bool:
    """Escape what would act on a terminal, or begin another line, wherever it comes from."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            each if isinstance(each, (int, float)) else printable(str(each)) for each in record.args
        )
    return True


logger.addFilter(_show_printable)


def configure_from_environment() -> None:
    """Write to standard error what SPEEDPIX_LOG asks for: `info` or `debug`."""
    level = os.environ.get("SPEEDPIX_LOG", "").upper()
    if level not in ("INFO", "DEBUG") or logger.level != logging.NOTSET:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
