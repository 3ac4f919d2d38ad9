"""The object store's errors, and the XML that tells them."""

from __future__ import annotations

from xml.sax.saxutils import escape

from attrs import frozen

ACCESS_KEY_ID = "EMULATORACCESSKEY"
"""The id of the store's one key: in each signed URL, and told when a signature is wrong."""


@frozen
class StoreError(Exception):
    """An error of the object store: an HTTP status and the code and message of its XML."""

    status: int
    code: str
    message: str
    string_to_sign: str = ""


def signature_mismatch(string_to_sign: str) -> StoreError:
    """Return the error for a request that isn't the one that was signed."""
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    return StoreError(403, "SignatureDoesNotMatch", message, string_to_sign)


def xml_error(error: StoreError, request_id: str) -> bytes:
    fields = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    if error.string_to_sign:
        fields["OSSAccessKeyId"] = ACCESS_KEY_ID
        fields["StringToSign"] = error.string_to_sign
    elements = "".join(f"\n  <{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{elements}\n</Error>\n'.encode()
