"""A file that the service can read: one that was uploaded."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen


class Remote:
    """Something within the service's reach already, so that it is sent as its URL."""

    @property
    def url(self) -> str:
        raise NotImplementedError


@frozen
class File(Remote):
    """An uploaded file; it can be used in any input, as itself or as its URL.

    Attributes:
        access_url: the URL that goes into an input; readable until `expire_time`.
        path: the file's path in the store.
        object_key: the file's key in the store.
        upload_url: the URL it was put to, a credential while it lives.
        expire_time: when the URLs expire, with time zone, or None if the service did not say.
        name: the file's name.
        content_type: its media type.
        size: bytes.
    """

    access_url: str
    path: str | None
    object_key: str | None
    upload_url: str = field(repr=False)
    expire_time: datetime | None
    name: str
    content_type: str
    size: int

    @property
    def url(self) -> str:
        """Return the URL that goes into an input."""
        return self.access_url

    def __str__(self) -> str:
        return self.access_url
