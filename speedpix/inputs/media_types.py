"""Media types: what extensions stand for, and what a file's first bytes tell."""

from __future__ import annotations

import mimetypes
import os

GENERIC = "application/octet-stream"

# Magic numbers for content without a name, from the formats' specifications.
SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
)

# Extensions that make a string a path, and the media type each stands for. The standard
# library's table depends on the operating system and lacks some of them on old Pythons.
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".apng": "image/apng",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".flv": "video/x-flv",
    ".wmv": "video/x-ms-wmv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".3gp": "video/3gpp",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/opus",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".wma": "audio/x-ms-wma",
    ".aiff": "audio/aiff",
    ".amr": "audio/amr",
}

_EXTENSIONS = {kind: extension for extension, kind in reversed(list(MEDIA_TYPES.items()))}


def media_type(name: str, head: bytes = b"") -> str:
    """Return the media type for a file's name, or else for its first bytes."""
    extension = os.path.splitext(name)[1].lower()
    found = MEDIA_TYPES.get(extension) or mimetypes.guess_type(name)[0]
    return found or _sniffed(head) or GENERIC


def extension_for(kind: str) -> str:
    """Return the extension of a media type with its dot, or nothing for an unknown type."""
    return _EXTENSIONS.get(kind, "")


def _sniffed(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(
            head[8:12]
        )
    if head[4:8] == b"ftyp":
        return {b"avif": "image/avif", b"heic": "image/heic", b"qt  ": "video/quicktime"}.get(
            head[8:12], "video/mp4"
        )
    return next((kind for magic, kind in SIGNATURES if head.startswith(magic)), None)
