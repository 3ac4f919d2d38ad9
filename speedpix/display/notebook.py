"""Files in a notebook: thumbnails of pictures, players for video and audio, a gallery.

IPython, which is not imported, asks for HTML only where it can be shown; so nothing is fetched
before. Whatever goes into the HTML is escaped, and only web addresses are linked: it all came
over the wire.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from html import escape
from typing import Sequence, Union

from ..constants import (
    DISPLAY_LIMIT,
    DISPLAY_TIMEOUT,
    EMBEDDED_LIMIT,
    GALLERY_LIMIT,
    REMEMBERED_THUMBNAILS,
    SHOWN_TEXT_LIMIT,
    THUMBNAIL_SIDE,
)
from ..exceptions import DownloadError
from ..files.download import Bounds, download
from ..files.selection import chosen, is_chosen
from ..files.sinks import Memory
from ..flow.effects import Flow, Gather
from ..gateway.exchange import Gateway
from ..inputs.media_types import media_type
from ..inputs.pictures import is_too_large, thumbnail
from ..inputs.sources import as_data_uri
from ..printable import encodable
from ..values.file_output import FileOutput, extension
from ..values.output import Output, rest
from ..values.wire import Keys, is_address

Fetched = Union[bytes, Exception]

# What every browser of this decade shows.
_BROWSER_PICTURES = {f"image/{kind}" for kind in ("avif", "bmp", "gif", "jpeg", "png", "webp")}
_FIGURE = "display:inline-block;margin:0.5em;vertical-align:top;max-width:{width}"
_LINE = "margin:0.5em;overflow-wrap:anywhere"
_CAPTION = "font-size:85%;opacity:0.75;overflow-wrap:anywhere"
_FIT = "display:block;box-sizing:border-box;max-width:100%"
_FRAME = "border:1px solid rgba(128,128,128,0.4)"  # a white picture ends somewhere

# The data URIs of thumbnails by the URLs of their pictures, the latest last.
_thumbnails: OrderedDict[str, str] = OrderedDict()


def html(gateway: Gateway, value: Output | FileOutput) -> Flow[str | None]:
    """Return what a notebook shows for a file or an output; None where its text will do.

    For a file that can't be shown, that is why, and a link.
    """
    endpoint = gateway.settings.endpoint
    if isinstance(value, FileOutput):
        found = yield from _pictures(gateway, [value] if is_chosen(endpoint, value) else [])
        size = f" · {value.width} × {value.height}" if value.width and value.height else ""
        caption = f"{value.filename}{size}"
        return encodable(_figure(value, found, caption, f"{THUMBNAIL_SIDE}px"))
    files = chosen(endpoint, value)
    shown = files[:GALLERY_LIMIT]
    found = yield from _pictures(gateway, [each.file for each in shown])
    figures = "".join(_figure(each.file, found, _label(each.keys), "16em") for each in shown)
    urls = {each.file.url for each in files}
    lines = [
        f"<b>{escape(_label(keys))}</b>: {escape(_text(item))}" for keys, item in rest(value, urls)
    ]
    if len(files) > len(shown):
        lines.insert(0, f"and {len(files) - len(shown)} more files")
    texts = "".join(f'<div style="{_LINE}">{line}</div>' for line in lines)
    return encodable(f"<div>{figures}{texts}</div>") if files else None


def _label(keys: Keys) -> str:
    return " / ".join(map(str, keys))


def _text(value: object) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # it has been changed, or is nested too deep
        return "…"
    return text if len(text) <= SHOWN_TEXT_LIMIT else f"{text[:SHOWN_TEXT_LIMIT]}…"


def _figure(
    file: FileOutput, pictures: dict[str, str | Exception], caption: str, width: str
) -> str:
    return (
        f'<figure style="{_FIGURE.format(width=width)}">{_media(file, pictures.get(file.url))}'
        f'<figcaption style="{_CAPTION}">{escape(caption)}</figcaption></figure>'
    )


def _media(file: FileOutput, picture: str | Exception | None) -> str:
    name, url = escape(file.filename), escape(file.url)
    kind = _kind(file)
    if kind == "video":
        return f'<video controls preload="metadata" src="{url}" style="{_FIT}"></video>'
    if kind == "audio":
        return f'<audio controls preload="metadata" src="{url}" style="{_FIT}"></audio>'
    if isinstance(picture, str):
        shown = f'<img src="{escape(picture)}" alt="{name}" style="{_FIT};{_FRAME}">'
    else:
        shown = name
    if is_address(file.url):
        shown = f'<a href="{url}" target="_blank" rel="noopener noreferrer">{shown}</a>'
    reason = f" can't be shown: {escape(str(picture))}" if isinstance(picture, Exception) else ""
    return shown + reason


def _kind(file: FileOutput) -> str:
    """Return `image`, `video` or `audio`; something else for what is only linked."""
    if not is_address(file.url):
        return "unknown"
    if file.type in ("image", "video", "audio"):
        return file.type
    return media_type(f"file{extension(file)}").partition("/")[0]


def _pictures(gateway: Gateway, files: Sequence[FileOutput]) -> Flow[dict[str, str | Exception]]:
    """Return the thumbnail of each picture, or why there is none, by URL."""
    wanted = {file.url: file for file in files if _kind(file) == "image"}
    found: dict[str, str | Exception] = {
        url: _thumbnails[url] for url in wanted if url in _thumbnails
    }
    missing = [file for url, file in wanted.items() if url not in found]
    if missing:
        contents: list[Fetched] = yield Gather([_tried(gateway, file.url) for file in missing])
        found.update((file.url, _thumbnail(file, got)) for file, got in zip(missing, contents))
    return found


def _thumbnail(file: FileOutput, content: Fetched) -> str | Exception:
    """Return a picture as a data URI, small ones as they are, and keep it."""
    if isinstance(content, Exception):
        return content
    kind = media_type("", content)
    try:
        as_it_is = len(content) <= EMBEDDED_LIMIT and kind in _BROWSER_PICTURES
        if not as_it_is or is_too_large(content):
            kind, content = thumbnail(content, file.filename, THUMBNAIL_SIDE)
    except Exception as error:  # noqa: BLE001 - showing something must not break a program
        return error
    shown = _thumbnails[file.url] = as_data_uri(kind, content)
    while len(_thumbnails) > REMEMBERED_THUMBNAILS:
        _thumbnails.popitem(last=False)
    return shown


def _tried(gateway: Gateway, url: str) -> Flow[Fetched]:
    """Return a file, unless to fetch it is too much for a look."""
    end = gateway.clock.monotonic() + DISPLAY_TIMEOUT
    memory, bounds = Memory(), Bounds(end, DISPLAY_TIMEOUT, limit=DISPLAY_LIMIT, retry=False)
    try:
        yield from download(gateway, url, memory, bounds=bounds)
    except DownloadError as error:  # without its address, which is in the link
        return error.__cause__ if isinstance(error.__cause__, Exception) else error
    except Exception as error:  # noqa: BLE001 - showing something must not break a program
        return error
    return bytes(memory.content)
