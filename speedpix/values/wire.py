"""Untrusted JSON and URLs: what the service says may be anything, and is taken apart with care."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import Tuple, Union
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from ..printable import printable, quoted

Key = Union[str, int]
Keys = Tuple[Key, ...]

_NOTHING = urlsplit("")
_MILLISECONDS_FROM = 1e11  # an epoch time this large is in milliseconds (1e11 s is the year 5138)


def text(value: object) -> str | None:
    """Return a value if it is a string with something in it."""
    return value if isinstance(value, str) and value else None


def said(value: object) -> str | None:
    """Return what the service says in words, fit to be shown, if there is something."""
    found = text(value)
    return found and quoted(found)


def number(value: object) -> float | None:
    """Return a value as a number, if it is one, or a string of one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None  # neither infinite nor NaN


def moment(value: object) -> datetime | None:
    """Return a time, which is a number (seconds or milliseconds) or an ISO string, with zone."""
    seconds = number(value)
    try:
        if seconds is not None:
            scale = 1000 if seconds > _MILLISECONDS_FROM else 1
            return datetime.fromtimestamp(seconds / scale, timezone.utc)
        if isinstance(value, str):
            from dateutil import parser as dates

            found = dates.isoparse(value.strip())
            return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError, OSError):
        pass
    return None


@lru_cache(maxsize=1000, typed=True)  # inputs by the thousand have the same few
def at(place: str, key: object) -> str:
    """Return the place in JSON, such as `input["style"][0]`, of what stands under a key of it."""
    if not isinstance(key, str):
        return f"{place}[{key!r}]"
    name = json.dumps(key, ensure_ascii=not key.isprintable())
    return f"{place}[{name}]".replace("\x7f", "\\u007f")  # which JSON lets stand


def is_address(value: object) -> bool:
    """Tell whether a value is a web address."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def is_plain_http(url: str) -> bool:
    """Tell whether a URL is one that others on the way can read and change."""
    return _parts(url).scheme == "http"


def over_tls(url: str) -> str | None:
    """Return a plain http URL over https, its port included; None for any other."""
    if not url.startswith("http://"):
        return None
    host = _parts(url).netloc
    plain = host[: -len(":80")] if host.endswith(":80") else host
    return f"https://{plain}{url[len('http://') + len(host) :]}"


def host_of(url: str) -> str:
    """Return host and port of a URL, without credentials."""
    return printable(_parts(url).netloc.rpartition("@")[2]) or "the server"


def hostname_of(url: str) -> str:
    """Return the host of a URL in lower case, "" where there is none."""
    try:
        name = _parts(url).hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name


def host_and_port(url: str) -> tuple[str, int | None]:
    """Return the host of a URL, and the port that it names or means."""
    try:
        port = _parts(url).port
    except ValueError:
        port = None
    return hostname_of(url), port or {"http": 80, "https": 443}.get(_parts(url).scheme)


def path_and_query(url: str) -> str:
    """Return what a request for a URL asks the server for."""
    parts = _parts(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def without_query(url: str) -> str:
    """Return a URL that may be shown: the query of a pre-signed one is a credential."""
    parts = _parts(url)
    return f"{parts.scheme}://{host_of(url)}{printable(parts.path)}"


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
