"""Name the version, for the package and its User-Agent, and where it is had from."""

from __future__ import annotations

__version__ = "2.0.0"


def install_hint(extra: str) -> str:
    """Return how an extra is installed: from the clone, as the index has another client."""
    return f"in the clone: pip install '.[{extra}]'"
