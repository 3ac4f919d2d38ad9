"""Where the documentation tells more about an error."""

from __future__ import annotations

from importlib import metadata

from ...exceptions import SpeedPixException


def page_of(error: SpeedPixException, *, chinese: bool) -> str:
    """Return the section about an error, which has its name: its URL, or its place in the clone.

    The URL is below the one that the package's metadata calls `Documentation`.
    """
    language = "zh" if chinese else "en"
    section = f"#{type(error).__name__.lower()}" if type(error) is not SpeedPixException else ""
    site = _site()
    if site is None:
        return f"docs/{language}/errors.md{section}"
    return f"{site}/{language}/errors.html{section}"


def _site() -> str | None:
    try:
        urls = metadata.metadata("speedpix").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return None
    named = dict(each.split(", ", 1) for each in urls)
    return named["Documentation"].rstrip("/") if "Documentation" in named else None
