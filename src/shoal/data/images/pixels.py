"""Pixels of every type of number, as a network takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.shapes import Array


def scaled(array: npt.NDArray[Any], what: str) -> Array:
    """Return pixels in uint8, or in float32 from 0 to 1; ``what`` begins what an error says of them.

    Whole numbers from 0 to 255 are bytes; of uint16 65535 is white; booleans are black and white.

    Raises ``DataError`` for numbers in any other range, gaps and infinities included.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return (array / np.float32(65535)).astype(np.float32)
    low, high = (array.min(), array.max()) if array.dtype.kind in "iuf" else (np.nan, np.nan)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and low >= 0 and high <= 255:
        return array.astype(np.uint8)
    raise DataError(
        f"{what} of {array.dtype} from {low} to {high}, expected whole numbers from 0 to 255 or floats from "
        "0 to 1; rescale it"
    )
