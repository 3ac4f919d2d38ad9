"""Mark what is within the service's reach already, so that it is sent as its URL."""

from __future__ import annotations


class Remote:
    """Be something with a URL that the service can read: an uploaded file, or an output."""

    @property
    def url(self) -> str:
        """Return the URL."""
        raise NotImplementedError
