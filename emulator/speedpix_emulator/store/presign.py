"""Pre-signed URLs of the object store."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from ..clock import Clock
from .errors import ACCESS_KEY_ID, StoreError, signature_mismatch

STORE_PATH = "/store/"


class Presigner:
    """Signer and checker of one store's URLs. The key is random and never leaves this object.

    What is in the folder `public` may be read without a signature.
    """

    def __init__(self, clock: Clock, public: str | None = None) -> None:
        self._clock = clock
        self._public = public
        self._secret = secrets.token_bytes(32)

    def url(
        self, origin: str, method: str, key: str, seconds: float, content_type: str = ""
    ) -> str:
        """Return a URL for one method on one object, valid for `seconds`."""
        expires = int(self._clock.time() + seconds)
        text = _string_to_sign(method, key, str(expires), content_type)
        query = {
            "Expires": expires,
            "OSSAccessKeyId": ACCESS_KEY_ID,
            "Signature": self._signature(text),
        }
        return f"{origin}{STORE_PATH}{quote(key)}?{urlencode(query)}"

    def check(self, method: str, key: str, query: str, content_type: str = "") -> None:
        """Raise StoreError unless the query signs this method, object and Content-Type, in time."""
        if method != "PUT" and not query and key.partition("/")[0] == self._public:
            return
        given = {name: values[0] for name, values in parse_qs(query).items()}
        expires, signature = given.get("Expires", ""), given.get("Signature", "")
        if not (expires.isascii() and expires.isdigit() and signature):
            raise StoreError(403, "AccessDenied", "You have no right to access this object.")
        text = _string_to_sign(method, key, expires, content_type)
        if not hmac.compare_digest(self._signature(text).encode(), signature.encode()):
            raise signature_mismatch(text)
        if self._clock.time() > int(expires[:20]):
            raise StoreError(403, "AccessDenied", "Request has expired.")

    def _signature(self, text: str) -> str:
        digest = hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def _string_to_sign(method: str, key: str, expires: str, content_type: str) -> str:
    signed_as = "GET" if method == "HEAD" else method
    return f"{signed_as}\n\n{content_type}\n{expires}\n/emulator/{key}"


def key_and_query(url: str) -> tuple[str, str]:
    """Return the object key (still percent-encoded) and the query of a store URL."""
    parts = urlsplit(url)
    return parts.path[len(STORE_PATH) :], parts.query
