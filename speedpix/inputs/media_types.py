"""Media types: what extensions stand for, and what a file's first bytes tell."""

from __future__ import annotations

import mimetypes
import os

_GENERIC = "application/octet-stream"
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

# Magic numbers for content without a name, from the formats' specifications.
_SIGNATURES = (
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
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)

# Brands of ISO media files, as mp4ra.org has them on record; a file of any other is an MP4.
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"hevm": "image/heic",
    b"hevs": "image/heic",
    b"mif1": "image/heif",
    b"mif2": "image/heif",
    b"msf1": "image/heif",
    b"miaf": "image/heif",
    b"crx ": "image/x-canon-cr3",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"M4V ": "video/x-m4v",
    b"qt  ": "video/quicktime",
}
_GENERATION = {b"3gp": "video/3gpp", b"3g2": "video/3gpp"}  # followed by a number or letter

HEAD = 128  # bytes at a file's start that tell its type: some media files list many brands

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
    return named_type(name) or _sniffed(head) or _GENERIC


def named_type(name: str) -> str | None:
    """Return the media type for a file's name; what is packed is no longer of its inner type."""
    found = MEDIA_TYPES.get(os.path.splitext(name)[1].lower())
    if found is not None:
        return found
    kind, packing = mimetypes.guess_type(name)
    return _PACKED.get(packing, _GENERIC) if packing else kind


def extension_for(kind: str) -> str:
    """Return the extension of a media type with its dot, or nothing for an unknown type."""
    return _EXTENSIONS.get(kind, "")


def _sniffed(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(
            head[8:12]
        )
    if head[:4] == b"FORM":
        return "audio/aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    if head[4:8] == b"ftyp":
        return _branded(head)
    if head[:4] == b"\x1aE\xdf\xa3" and b"matroska" in head:
        return "video/x-matroska"
    return next((kind for magic, kind in _SIGNATURES if head.startswith(magic)), None)


def _branded(head: bytes) -> str:
    """Return the type of an ISO media file: of its brand, or of those it is compatible with.

    The box is: its size (4 bytes), `ftyp`, the brand, a version, the compatible brands.
    """
    brand = head[8:12]
    found = _BRANDS.get(brand) or _GENERATION.get(brand[:3], "video/mp4")
    if found != "image/heif":  # which says of the container only, not what is in it
        return found
    end = min(int.from_bytes(head[:4], "big"), len(head))
    others = [_BRANDS.get(head[start : start + 4]) for start in range(16, end, 4)]
    return next((kind for kind in others if kind in ("image/avif", "image/heic")), found)
