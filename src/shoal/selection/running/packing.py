"""Row numbers as they travel: which rows there are is a bit a row, where the numbers would be eight bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.shapes import Array


@dataclass(frozen=True)
class Bits:
    """Rising row numbers, as one bit for each number up to the last."""

    packed: Array
    dtype: str


def pack(array: Any) -> Any:
    """Return rising row numbers as ``Bits``, where that is less, and anything else as it is.

    >>> pack(np.arange(1000)).packed.nbytes, pack(np.array([3, 1]))
    (125, array([3, 1]))
    """
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind != "i" or not array.size:
        return array
    if array[0] < 0 or array[-1] // 8 >= array.nbytes or not (array[1:] > array[:-1]).all():
        return array
    has = np.zeros(int(array[-1]) + 1, dtype=bool)
    has[array] = True
    return Bits(np.packbits(has), array.dtype.str)


def unpack(packed: Any) -> Any:
    """Return what was packed.

    >>> unpack(pack(np.arange(3, 1000))).tolist() == list(range(3, 1000))
    True
    """
    if not isinstance(packed, Bits):
        return packed
    return np.flatnonzero(np.unpackbits(packed.packed)).astype(packed.dtype)
