"""Turn files into pictures of Pillow and numpy, and such pictures into files.

Neither is imported before it is needed here.
"""

from __future__ import annotations

import io
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from ..constants import THUMBNAIL_PIXELS
from ..exceptions import InputError, SpeedPixException
from ..version import install_hint

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image
    from typing_extensions import TypeIs

PNG = "image/png"
# What Pillow may open: pictures made of pixels. Others it hands to programs, such as Ghostscript,
# or to what the system has for them.
_RASTER = (
    *("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF", "JPEG2000", "MPO", "JXL"),
    *("ICO", "ICNS", "PPM", "TGA", "PCX", "SGI", "DDS", "QOI", "PSD", "DIB", "XBM"),
)
# The modes that PNG holds without loss (Pillow's documentation of the format).
_PNG_MODES = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")
# Formats whose frames are an animation; the frames of others are pages, or other sizes.
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
# Whoever wants a lossy format wants the picture, not the smallest file.
_OTHER_TYPES = {"image/apng": "PNG", "image/jpg": "JPEG"}  # for formats that Pillow knows otherwise
_QUALITY: dict[str, dict[str, Any]] = {
    "image/jpeg": {"quality": 95},
    "image/webp": {"quality": 95},
    "image/avif": {"quality": 90},
}


class Picture(Protocol):
    """A Pillow image, for type checkers that know no Pillow."""

    @property
    def mode(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]: ...

    def tobytes(self) -> bytes: ...


def picture(array: npt.NDArray[Any]) -> Image.Image:
    """Mark a numpy array as a picture, to be used in an input; unmarked, it is sent as numbers.

    Args:
        array: height × width (grey), height × width × 3 (RGB) or height × width × 4 (RGBA), of
            uint8, or of bool for black and white. OpenCV's are BGR: give `array[..., ::-1]`.

    Raises:
        InputError: the array has another shape or type.
        SpeedPixException: a package is missing; the extra `pictures` has them.

    Examples:
        >>> client.run("workflow-id", {"image": speedpix.picture(array)})
    """
    numpy, pillow = _imported("numpy"), _imported("PIL.Image")
    if not isinstance(array, numpy.ndarray):
        message = f"a picture is made of a numpy array, not of {type(array).__name__}"
        raise InputError(message)
    grey = array.ndim == 2  # noqa: PLR2004 - height and width
    if not array.size or not (grey or (array.ndim == 3 and array.shape[2] in (3, 4))):  # noqa: PLR2004
        message = (
            "a picture's array must be height × width, or height × width × 3 (RGB) or 4 (RGBA); "
            f"this one is {' × '.join(map(str, array.shape)) or 'a single number'}"
        )
        raise InputError(message)
    if array.dtype != numpy.uint8 and not (grey and array.dtype == numpy.bool_):
        message = (
            f"a picture's array must be of uint8, or of bool without colours, not {array.dtype}; "
            'numbers from 0 to 1 become it by (array * 255).round().astype("uint8")'
        )
        raise InputError(message)
    image: Image.Image = pillow.fromarray(numpy.ascontiguousarray(array))
    return image


def is_picture(value: object) -> TypeIs[Image.Image]:
    """Tell whether a value is a Pillow image; nothing is where Pillow is not in use."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def encoded(image: Image.Image, kind: str = PNG) -> bytes:
    """Return a picture in a format, upright as it would be shown; animations keep their frames.

    Raises:
        InputError: the format can't hold it, or is not known, or the picture can't be read.
    """
    from PIL import Image, ImageOps

    Image.init()
    known = {each: name for name, each in Image.MIME.items()}
    written = _OTHER_TYPES.get(kind) or known.get(kind)
    if written is None or written not in Image.SAVE:
        message = f"a picture can't be sent as {kind}: Pillow writes no such format"
        raise InputError(message)
    moves = image.format in _ANIMATED and getattr(image, "is_animated", False)
    moves = moves and written in Image.SAVE_ALL
    if written == "PNG" and image.mode not in _PNG_MODES:
        message = (
            f"a picture of mode {image.mode} can't be sent without loss; "
            'send image.convert("RGB"), or save it to a file and send that'
        )
        raise InputError(message)
    buffer = io.BytesIO()
    try:
        if moves:
            frame = image.tell()
            image.seek(0)
            image.save(buffer, written, save_all=True)
            image.seek(frame)
        else:
            ImageOps.exif_transpose(image).save(buffer, written, **_QUALITY.get(kind, {}))
    except Exception as error:  # codecs raise what they like
        message = f"the picture can't be sent as {kind.partition('/')[2].upper()}: {error}"
        raise InputError(message) from error
    return buffer.getvalue()


def opened(content: bytes, name: str) -> Image.Image:
    """Return a file's picture, loaded.

    Raises:
        SpeedPixException: it is none made of pixels that Pillow can open, or has more of these
            than Pillow takes for safe, or Pillow is missing.
    """
    image = _begun(content, name)
    _load(image, name)
    return image


def _begun(content: bytes, name: str) -> Image.Image:
    """Return a file's picture, of which no pixel has been decoded."""
    pillow = _imported("PIL.Image")
    pillow.init()
    try:
        with warnings.catch_warnings():  # what is too large is an error, below that it is none
            warnings.simplefilter("ignore", pillow.DecompressionBombWarning)
            image: Image.Image = pillow.open(
                io.BytesIO(content), formats=[each for each in _RASTER if each in pillow.OPEN]
            )
    except pillow.UnidentifiedImageError as error:
        message = f"{name!r} is not a picture, or of a format that Pillow is not asked to open"
        raise SpeedPixException(message) from error
    except Exception as error:  # codecs raise what they like
        raise _unreadable(error, name) from error
    return image


def _load(image: Image.Image, name: str) -> None:
    try:
        image.load()
    except Exception as error:  # codecs raise what they like
        raise _unreadable(error, name) from error


def _unreadable(error: Exception, name: str) -> SpeedPixException:
    return SpeedPixException(f"{name!r} can't be opened as a picture: {error}")


def array_of(image: Image.Image) -> npt.NDArray[Any]:
    """Return a picture as an array of its own; colours of a palette become RGB or RGBA.

    Raises:
        SpeedPixException: numpy is missing.
    """
    numpy = _imported("numpy")
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    array: npt.NDArray[Any] = numpy.array(image)
    return array


def is_too_large(content: bytes) -> bool:
    """Tell whether a picture, as far as it can be known, needs too much memory for a look."""
    try:
        image = _begun(content, "")
    except SpeedPixException:
        return False
    return image.width * image.height > THUMBNAIL_PIXELS


def reduced(content: bytes, name: str, side: int) -> Image.Image:
    """Return a small version of a picture, upright, at most `side` pixels in each way.

    It is of mode RGB, or RGBA where something is transparent.

    Raises:
        SpeedPixException: it is no picture that Pillow can open, or has too many pixels for a
            look, or Pillow is missing.
    """
    image = _begun(content, name)
    from PIL import ImageOps

    image.draft(None, (side, side))  # a JPEG can be decoded at a fraction of its size
    if image.width * image.height > THUMBNAIL_PIXELS:
        message = (
            f"{name!r} has {image.width} × {image.height} pixels, too many to be shown; "
            "save it, or open it with to_pil()"
        )
        raise SpeedPixException(message)
    _load(image, name)
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if clear else "RGB"
    small = image if image.mode == mode else image.convert(mode)
    small.thumbnail((side, side))
    small.info.setdefault("exif", image.info.get("exif", b""))
    upright: Image.Image = ImageOps.exif_transpose(small)
    return upright


def thumbnail(content: bytes, name: str, side: int) -> tuple[str, bytes]:
    """Return a small version of a picture as a file, and its media type; see `reduced`."""
    small = reduced(content, name, side)
    buffer = io.BytesIO()
    if small.mode == "RGBA":
        small.save(buffer, "PNG")
        return "image/png", buffer.getvalue()
    small.save(buffer, "JPEG", quality=85)
    return "image/jpeg", buffer.getvalue()


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        message = (
            f"{'Pillow' if name == 'PIL.Image' else name} is needed for pictures; "
            f"{install_hint('pictures')}"
        )
        raise SpeedPixException(message) from error
