"""NPZ as a table: a column for each vector, and for each column of each matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.data.frames import pl, quoted
from shoal.data.readers.contents import decoding, require_size
from shoal.data.readers.npz import Arrays, opened_npz
from shoal.errors import DataError

_NAMES = "feature_names.npy"


def read_arrays(path: Path) -> pl.DataFrame:
    """Return the vectors (N,) and the columns of the matrices (N, n) of an NPZ file, in its order.

    Columns of a matrix ``X`` are named ``X0``, ``X1``, …, or by the array ``feature_names`` where that has
    as many names.
    """
    with opened_npz(path) as arrays:
        stated = {name: arrays.stated(name) for name in arrays.names if name != _NAMES}
        for name, array in stated.items():
            if len(array.shape) not in (1, 2):
                raise DataError(
                    f"{path} has the array {_plain(name)!r} of shape {array.shape}; expected (N,) or (N, n), "
                    "so flatten its rows"
                )
        require_size(sum(int(np.prod(a.shape)) * a.dtype.itemsize for a in stated.values()), path)
        names = _feature_names(arrays)
        columns = [column for name in stated for column in _columns(_plain(name), arrays.load(name), names)]
    return _table(columns, path)


def _plain(name: str) -> str:
    return name.removesuffix(".npy")


def _feature_names(arrays: Arrays) -> list[str]:
    if _NAMES not in arrays.names:
        return []
    names = arrays.load(_NAMES)
    if names.ndim != 1 or names.dtype.kind not in "Uiu":
        raise DataError(
            f"{arrays.path} has feature_names of {names.dtype} and shape {names.shape}, expected a text for "
            "each column of a matrix; save such an array"
        )
    return [str(name) for name in names.tolist()]


def _columns(name: str, array: npt.NDArray[Any], names: list[str]) -> list[tuple[str, npt.NDArray[Any]]]:
    if array.ndim == 1:
        return [(name, array)]
    width = array.shape[1]
    own = names if len(names) == width else [f"{name}{column}" for column in range(width)]
    return list(zip(own, array.T, strict=True))


def _table(columns: list[tuple[str, npt.NDArray[Any]]], path: Path) -> pl.DataFrame:
    lengths = {name: len(array) for name, array in columns}
    if len(lengths) < len(columns):
        names = [name for name, _ in columns]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path} has more than one column named {twice!r}; give every column its own name")
    if len(set(lengths.values())) > 1:
        few = dict(sorted(lengths.items(), key=lambda item: item[1])[:: max(1, len(lengths) - 1)])
        raise DataError(f"{path} has columns of different lengths ({few}); make them equally long")
    for name, array in columns:
        if array.dtype.kind == "c":
            raise DataError(f"{path} has complex numbers in {quoted(name)}; save their parts as columns")
    with decoding(path, "NPZ"):
        return pl.DataFrame([pl.Series(name, _native(array)) for name, array in columns])


def _native(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return values of a type that polars knows, in the byte order of the machine."""
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        return array.astype(np.float64)
    if array.dtype.kind in "Mm":
        return _microseconds(array)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def _microseconds(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return times in microseconds; raise ``OverflowError`` for some of which there are too many to count."""
    too_far = OverflowError("it holds times that are too far away to be counted in microseconds")
    try:
        result = array.astype(f"{array.dtype.kind}8[us]")
    except OverflowError:
        raise too_far from None
    again = result.astype(array.dtype)  # finer units lose what is below a microsecond
    is_coarser = np.datetime_data(array.dtype)[0] not in ("ns", "ps", "fs", "as")
    if is_coarser and ((again != array) & ~np.isnat(array)).any():  # NumPy before 2.5 wraps around
        raise too_far
    return result
