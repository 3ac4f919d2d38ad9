"""Take URLs apart, also those that are none: they come from the service, and may be anything."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_NOTHING = urlsplit("")


def is_address(value: object) -> bool:
    """Tell whether a value of the wire is a web address."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def host_of(url: str) -> str:
    """Return host and port of a URL, without credentials."""
    return _parts(url).netloc.rpartition("@")[2] or "the server"


def path_and_query(url: str) -> str:
    """Return what a request for a URL asks the server for."""
    parts = _parts(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def without_query(url: str) -> str:
    """Return a URL that may be shown: the query of a pre-signed one is a credential."""
    parts = _parts(url)
    return f"{parts.scheme}://{host_of(url)}{parts.path}"


def name_of(url: str) -> str:
    """Return the file name at the end of a URL, as it stands there."""
    return unquote(_parts(url).path).rpartition("/")[2]


def joined(url: str, location: str) -> str:
    """Return where a redirect leads; the URL itself when it leads nowhere."""
    try:
        return urljoin(url, location)
    except ValueError:
        return url


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return _NOTHING
