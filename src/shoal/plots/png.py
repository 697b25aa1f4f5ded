"""Small pictures as PNG, written byte by byte: the pages need no other library for them.

Source: W3C, "Portable Network Graphics (PNG) specification", sections 4, 9 and 11.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOURS = 0, 2
_BELOW, _ABOVE = np.array([213.0, 94.0, 0.0]), np.array([0.0, 85.0, 140.0])
"""Vermillion and a dark blue, which people with any colour vision tell apart."""


def encoded(pixels: npt.NDArray[np.uint8]) -> str:
    """Return pixels (H, W), or (H, W, 3) of red, green and blue, as the base64 text of a PNG file.

    >>> encoded(np.zeros((1, 1), np.uint8))[:11]
    'iVBORw0KGgo'
    """
    rows, columns = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", columns, rows, 8, _GREY if pixels.ndim == 2 else _COLOURS, 0, 0, 0)
    lines = np.zeros((rows, 1 + pixels[0].size), np.uint8)  # each begins with the number of its filter: none
    lines[:, 1:] = pixels.reshape(rows, -1)
    content = (
        _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + _chunk(b"IEND", b"")
    )
    return base64.b64encode(_SIGNATURE + content).decode()


def signed(values: npt.NDArray[np.floating], largest: float | None = None) -> npt.NDArray[np.uint8]:
    """Return numbers (H, W) as colours (H, W, 3): white for 0, blue above it, orange-red below.

    ``largest`` is the size at which colours are deepest; None is that of the largest number.

    >>> signed(np.array([[0.0, 2.0, -2.0]]))[0].tolist()
    [[255, 255, 255], [0, 85, 140], [213, 94, 0]]
    """
    most = float(np.abs(values).max()) if largest is None else largest
    share = np.clip(values / most, -1, 1)[..., None] if most > 0 else np.zeros((*values.shape, 1))
    ends = np.where(share < 0, _BELOW, _ABOVE)
    colours: npt.NDArray[np.uint8] = np.rint(255 + np.abs(share) * (ends - 255)).astype(np.uint8)
    return colours


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
