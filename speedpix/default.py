"""Keep engines for values that have none of their own, made when first needed."""

from __future__ import annotations

import os
from functools import lru_cache

from .exceptions import ConfigurationError
from .flow.clock import DEFAULT_CLOCK
from .gateway.settings import ENVIRONMENT, read_settings
from .session import Engine


def default_engine() -> Engine:
    """Return the engine configured by the environment, one for each configuration.

    Raises:
        ConfigurationError: the environment has no credentials.
    """
    return _engine_for(*(os.environ.get(name) for name in ENVIRONMENT))


def download_engine() -> Engine:
    """Return an engine that downloads: the default one, or, without credentials, a bare one."""
    try:
        return default_engine()
    except ConfigurationError:
        return _bare_engine()


@lru_cache(maxsize=4)
def _engine_for(*_environment: str | None) -> Engine:
    return Engine(read_settings(), DEFAULT_CLOCK)


@lru_cache(maxsize=1)
def _bare_engine() -> Engine:
    return Engine(read_settings("none", "none"), DEFAULT_CLOCK)
