"""What an engine's workers do: functions of plain data, which may be repeated.

They get URLs that the driver has had signed, and paths; no client, no secret.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from speedpix_api.models.upload_sign_data import UploadSignData

from ...files.save import save_at
from ...files.upload import Terms, put
from ...flow import drivers
from ...flow.clock import DEFAULT_CLOCK
from ...flow.effects import Flow
from ...gateway.exchange import Gateway
from ...gateway.settings import Secret, Settings, Timeout
from ...inputs.sources import from_path
from ...transports.blocking import SyncTransport
from ...values.file_output import FileURL, as_file
from ...values.link import Origin

T = TypeVar("T")


class How(NamedTuple):
    """What a step is told of the client: seconds, what it calls itself, and of whose service."""

    timeout: float
    connect_timeout: float
    user_agent: str
    endpoint: str


class Upload(NamedTuple):
    """What is put to a URL."""

    path: str
    name: str
    content_type: str
    sha256: str | None


def put_file(what: Upload, url: str, how: How) -> int:
    """Put a file to a signed URL; return its size.

    Raises:
        UploadError: it did not arrive, or is not what it was.
    """
    source = from_path(Path(what.path), what.name, what.content_type)
    signed = UploadSignData(upload_url=url, access_url=url)
    return _run(put(_gateway(how), source, signed, Terms(sha256=what.sha256))).size


def fetch_file(url: str, path: str, how: How) -> None:
    """Fetch a URL to a path, whole or not at all.

    Raises:
        DownloadError: it can't be had or written whole.
    """
    _run(save_at(_gateway(how), as_file(FileURL, url, Origin()), Path(path)))


@lru_cache(maxsize=4)
def _gateway(how: How) -> Gateway:
    """Return what tells flows the timeout, and whether stores are on https; it signs nothing."""
    unsigned = Settings(
        app_key="",
        app_secret=Secret(""),
        endpoint=how.endpoint,
        timeout=Timeout(how.timeout, how.connect_timeout),
        user_agent=how.user_agent,
    )
    return Gateway(unsigned, DEFAULT_CLOCK)


@lru_cache(maxsize=1)
def _transport() -> SyncTransport:
    return SyncTransport(DEFAULT_CLOCK)


def _run(flow: Flow[T]) -> T:
    return drivers.run(flow, _transport().perform)
