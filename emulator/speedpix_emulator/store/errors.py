"""The XML in which the object store tells an error."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .presign import ACCESS_KEY_ID, StoreError


def xml_error(error: StoreError, request_id: str) -> bytes:
    """Return the error's document."""
    fields = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    if error.string_to_sign:
        fields["OSSAccessKeyId"] = ACCESS_KEY_ID
        fields["StringToSign"] = error.string_to_sign
    elements = "".join(f"\n  <{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{elements}\n</Error>\n'.encode()
