"""Cassettes: recorded HTTP without anything that is secret or changes with every recording."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import vcr
from attrs import astuple, frozen

CASSETTES = Path(__file__).parents[1] / "cassettes"
RECORDING = os.environ.get("SPEEDPIX_RECORD") == "1"  # set by record.py

# Request headers that authenticate, or that differ each time; X-Ca-Signature-Headers says
# which are signed, and may be read.
_SCRUBBED_HEADERS = (
    "content-md5",
    "date",
    "x-ca-key",
    "x-ca-nonce",
    "x-ca-signature",
    "x-ca-timestamp",
)
_KEPT_RESPONSE_HEADERS = frozenset(
    (
        "accept-ranges",
        "content-length",
        "content-range",
        "content-type",
        "etag",
        "x-ca-error-code",
        "x-ca-error-message",
        "x-ca-request-id",
        "x-oss-hash-crc64ecma",
        "x-oss-request-id",
    )
)
# The query of a pre-signed URL is a credential.
_SIGNED_QUERY = re.compile(r"(https?://[^\s\"'?<>]+)\?[^\s\"'<>]*")


@frozen
class Source:
    """What is recorded from, or, in a cassette, what stands for it."""

    endpoint: str
    app_key: str
    app_secret: str
    workflow_id: str


PLACEHOLDERS = Source("https://speedpix.test", "app-key", "app-secret", "white-background")


def cassette(path: Path, source: Source):
    """Record into a cassette, or play it: each answer once, and nothing that is not on it."""
    scrub = Scrubber(source)
    return vcr.VCR(
        record_mode="all" if RECORDING else "none",
        match_on=["method", "scheme", "host", "path", "body"],
        before_record_request=scrub.request,
        before_record_response=scrub.response,
        filter_headers=[(name, "scrubbed") for name in _SCRUBBED_HEADERS],
    ).use_cassette(str(path))


@frozen
class Scrubber:
    source: Source

    def request(self, request):
        request.uri = urlsplit(self.text(request.uri))._replace(query="").geturl()
        request.body = self._body(request.body)
        if "host" in request.headers:
            request.headers["host"] = urlsplit(request.uri).netloc
        return request

    def response(self, response):
        body = self._body(response["body"]["string"])
        headers = {
            name: [self.text(value) for value in values]
            for name, values in response["headers"].items()
            if name.lower() in _KEPT_RESPONSE_HEADERS
        }
        for name in headers:
            if name.lower() == "content-length":
                headers[name] = [str(len(body))]
        return {**response, "headers": headers, "body": {"string": body}}

    def text(self, text: str) -> str:
        for real, stands_for in zip(astuple(self.source), astuple(PLACEHOLDERS), strict=True):
            text = text.replace(real, stands_for)
        return _SIGNED_QUERY.sub(r"\1", text)

    def _body(self, body):
        """Scrub a body if it is text; a file goes as it is."""
        if not isinstance(body, bytes):
            return body
        try:
            return self.text(body.decode()).encode()
        except UnicodeDecodeError:
            return body
