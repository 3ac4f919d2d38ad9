"""Log through one logger, `speedpix`: silent unless the application or SPEEDPIX_LOG asks."""

from __future__ import annotations

import logging
import os

logger = logging.getLogger("speedpix")
logger.addHandler(logging.NullHandler())


def configure_from_environment() -> None:
    """Write to standard error what SPEEDPIX_LOG asks for: `info` or `debug`."""
    level = os.environ.get("SPEEDPIX_LOG", "").upper()
    if level not in ("INFO", "DEBUG") or logger.level != logging.NOTSET:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
