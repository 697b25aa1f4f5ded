"""One picture file: what its header says, checked before anything is decoded, and its pixels.

A header of a few bytes can promise a picture of many gigabytes, so nothing is decoded before its size is
known to be bearable, and only formats whose decoders are meant for strangers' files are tried.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from shoal.data.images.image_set import Size, shown
from shoal.data.memory import readable
from shoal.errors import DataError, MissingDependencyError, reason
from shoal.files import require_regular
from shoal.shapes import Array

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")
MOST_BYTES, MOST_PIXELS = 2**26, 2**25
"""A file and a picture at most: 64 MiB, and 33 million pixels, more than a camera of 8192 × 4096."""

DEEP = "hold 16 bits a channel, of which the upper 8 are kept"
INKS = "are CMYK, made for printing, and are converted to red, green and blue"
CLEAR = "are partly transparent, and are laid on white"
COLOURED = "have colours and become grey"
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
_COLUMNS, _ROWS = 0x0100, 0x0101
_GREYS = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F"})
_DEEPEST, _BRIGHTEST = 2**16 - 1, 255


@dataclass(frozen=True)
class PictureHeader:
    """What a picture will be: rows and columns as it should be looked at, and whether it has no colours."""

    size: Size
    grey: bool


@dataclass(frozen=True)
class Picture:
    """Decoded pixels (H, W, C) in uint8, and what had to be done to them that loses something."""

    pixels: Array
    losses: tuple[str, ...]


@contextmanager
def careful() -> Iterator[None]:
    """Let Pillow say nothing while pictures are read; what matters is checked here and told in our words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_header(path: Path) -> PictureHeader:
    """Return what the header of a picture says; nothing is decoded.

    Raises ``DataError`` with one line that begins with what is wrong: a file too large or empty, no picture,
    one of another format, without pixels or with too many, or an animation.
    """
    with _opened(path) as image:
        width, height = _stored_size(image)
        turned = image.getexif().get(_ORIENTATION) in _TURNED
        return PictureHeader((width, height) if turned else (height, width), image.mode in _GREYS)


def read_picture(path: Path, size: Size, channels: int) -> Picture:
    """Return a picture turned upright, in ``size`` and ``channels``: 1 is grey, 3 red, green and blue.

    Raises what ``read_header`` does, and ``DataError`` for one that cannot be decoded.
    """
    from PIL import ImageOps

    with _opened(path) as image:
        deep = ";16" in str(getattr(image, "tile", "")) or image.mode.startswith("I")
        # A JPEG may be decoded at a half, a quarter or an eighth of its size, still twice what is wanted.
        image.draft(image.mode, (2 * max(size), 2 * max(size)))
        upright = ImageOps.exif_transpose(image)
        losses = [DEEP] if deep else []
        plain = _plain(upright, losses)
        if channels == 1 and plain.mode == "RGB" and not is_grey(np.asarray(plain)):
            losses.append(COLOURED)
        plain = plain.convert("L" if channels == 1 else "RGB")
        pixels = np.asarray(resized(plain, size), dtype=np.uint8)
        return Picture(pixels.reshape(*size, channels), tuple(losses))


def is_grey(pixels: Array) -> bool:
    """Return whether pixels (…, 3) of red, green and blue are all grey."""
    return all(np.array_equal(pixels[..., 0], pixels[..., channel]) for channel in (1, 2))


def resized(image: Image, size: Size) -> Image:
    """Return an image in another size, each new pixel a weighted mean of the old ones that it covers."""
    if (image.height, image.width) == size:
        return image
    from PIL.Image import Resampling

    return image.resize((size[1], size[0]), Resampling.BILINEAR)


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """Open a picture whose header promises one that may be decoded; raise ``DataError`` for any other."""
    pillow = require_pillow()
    try:
        length = _length(path)
        if not 0 < length <= MOST_BYTES:
            what = "is empty" if not length else f"has {readable(length)}"
            raise DataError(f"{what}, expected a picture of at most {readable(MOST_BYTES)}; save it again")
        # An open file: of a name Pillow maps the memory, and then takes turned TIFFs for upright ones.
        with path.open("rb") as file, pillow.open(file, formats=_FORMATS) as image:
            _require_bearable(image)
            yield image
    except DataError:
        raise
    except pillow.UnidentifiedImageError:
        raise DataError(
            f"is no picture with pixels, expected {', '.join(_FORMATS)}; save it as one"
        ) from None
    except pillow.DecompressionBombError:
        raise DataError(_too_many("more")) from None
    except Exception as error:  # a decoder that meets a damaged file may raise anything
        raise DataError(f"is damaged ({reason(error)}); restore it") from None


def _length(path: Path) -> int:
    try:
        require_regular(path)
        return path.stat().st_size
    except OSError as error:
        raise DataError(f"cannot be read ({reason(error)}); restore it") from None


def _stored_size(image: Image) -> tuple[int, int]:
    """Return columns and rows before a picture is turned; of a TIFF Pillow says those of after, by now."""
    if image.format != "TIFF":
        return image.size
    tags = image.tag_v2  # type: ignore[attr-defined]
    return int(tags[_COLUMNS]), int(tags[_ROWS])


def _require_bearable(image: Image) -> None:
    pixels = image.width * image.height
    if not pixels:
        raise DataError(f"has no pixels ({shown((image.height, image.width))}); save it again")
    if pixels > MOST_PIXELS:
        raise DataError(_too_many(f"{pixels:,}"))
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format == "TIFF":
        raise DataError(f"has {frames} pages, expected one picture; save the page to use")
    if frames > 1:
        raise DataError(f"is an animation of {frames} frames, expected one picture; save the frame to use")


def _too_many(pixels: str) -> str:
    return f"says that it has {pixels} pixels, expected at most {MOST_PIXELS:,}; make it smaller"


def _plain(image: Image, losses: list[str]) -> Image:
    """Return an image whose mode is L or RGB; what is lost on the way is added to ``losses``."""
    pillow, colours = require_pillow(), "L" if image.mode in _GREYS else "RGB"
    if image.mode.startswith("I") or image.mode == "F":
        grey: Image = pillow.fromarray(_bytes_of(np.asarray(image)))
        return grey
    if image.mode == "CMYK":
        losses.append(INKS)
        return image.convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        if clear.getchannel("A").getextrema() != (255, 255):
            losses.append(CLEAR)
        white = pillow.new("RGBA", clear.size, "white")
        image = pillow.alpha_composite(white, clear)
    return image.convert(colours)


def _bytes_of(numbers: Array) -> Array:
    """Return brightness in 16 bits, or in floats from 0 to 1, in bytes."""
    whole = numbers.dtype.kind in "iu"
    low, high, brightest = numbers.min(), numbers.max(), _DEEPEST if whole else 1
    if not (low >= 0 and high <= brightest):
        raise DataError(
            f"holds numbers from {low} to {high}, expected whole ones from 0 to {_DEEPEST} or floats from 0 "
            "to 1; rescale it"
        )
    pixels = numbers.astype(np.int64) >> 8 if whole else np.rint(numbers * _BRIGHTEST)
    return pixels.astype(np.uint8)


def require_pillow() -> ModuleType:
    """Return Pillow's module of images; raise ``MissingDependencyError`` where it is not installed."""
    try:
        import PIL.Image
    except ImportError:
        raise MissingDependencyError(
            "pictures need Pillow, which is not installed; pip install 'shoal[images]'"
        ) from None
    return PIL.Image
