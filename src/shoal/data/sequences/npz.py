"""NPZ files of series, as ``numpy.savez`` writes: X (N, T, C), y, lengths; never unpickled, and bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shoal.data.cells.values import LARGEST
from shoal.data.frames import as_series, pl, quoted
from shoal.data.memory import require_memory
from shoal.data.readers.npz import Arrays, opened_npz
from shoal.data.sequences.series_set import SequenceData, SeriesSet, channel_names
from shoal.errors import CapacityError, DataError
from shoal.shapes import Array, IntArray

_PARTS = {"": "train", "_train": "train", "_test": "test"}
_LENGTHS, _CHANNELS = "lengths", "channels"


def is_sequence_npz(path: Path) -> bool:
    """Return whether an NPZ file holds series: lengths, or numbers (N, T, C) that can be no pixels."""
    try:
        with opened_npz(path) as arrays:
            members = arrays.members
            if any(_LENGTHS + suffix in members for suffix in _PARTS):
                return True
            name = members.get("x") or members.get("x_train")
            if name is None:
                return False
            stated = arrays.stated(name)
            if len(stated.shape) != 3 or stated.dtype.kind != "f":
                return False
            X = arrays.load(name)
            return not bool(((X >= 0) & (X <= 1)).all())
    except (DataError, CapacityError, OSError):
        return False


def read_npz(path: Path) -> SequenceData:
    """Return the series ``X`` (N, T, C), or (N, T) of one channel, of an NPZ file.

    ``y`` (N,) are labels or numbers, ``lengths`` (N,) the valid steps, all where it is not there, and
    ``channels`` (C,) their names; ``X_train`` and ``X_test`` with theirs are parts. NaN is a missing value.

    Raises ``DataError`` for other arrays, ``CapacityError`` for what does not fit in memory.
    """
    with opened_npz(path) as arrays:
        members = arrays.members
        sets = {}
        for suffix, part in _PARTS.items():
            if f"x{suffix}" in members and part not in sets:
                sets[part] = _part(arrays, members, suffix)
        if "train" not in sets:
            raise DataError(
                f"{path} has the arrays {', '.join(members) or 'none'}, expected X (N, T, C), y (N,) and "
                "lengths (N,); rename them"
            )
        train, test = sets["train"], sets.get("test")
        names = _names(arrays, members, len(train.series[0]))
    if test is not None and len(test.series[0]) != len(names):
        raise DataError(
            f"{path} has X_test of {len(test.series[0])} channels and {len(names)} to train on; give the same"
        )
    return SequenceData(train, names, "y", test)


def _part(arrays: Arrays, members: dict[str, str], suffix: str) -> SeriesSet:
    X = _values(arrays, members[f"x{suffix}"])
    lengths = _lengths(arrays, members.get(_LENGTHS + suffix), X)
    series = tuple(np.ascontiguousarray(x[:length].T) for x, length in zip(X, lengths, strict=True))
    for row, each in enumerate(series):
        if np.isnan(each).all():
            raise DataError(f"{arrays.path} has no value at all in row {row} of X{suffix}; leave it out")
    name = members.get(f"y{suffix}")
    targets = None if name is None else _targets(arrays, name, len(X))
    return SeriesSet(series, tuple(map(str, range(len(X)))), targets)


def _values(arrays: Arrays, name: str) -> Array:
    """Return X (N, T, C) in double precision, beyond whose ends anything may stand."""
    stated = arrays.stated(name)
    if len(stated.shape) not in (2, 3) or not all(stated.shape) or stated.dtype.kind not in "iufb":
        raise DataError(
            f"{arrays.path} has the array {name} of {stated.dtype} and shape {stated.shape}, expected "
            "numbers (N, T, C), or (N, T) of one channel; convert or reshape it"
        )
    require_memory(8 * int(np.prod(stated.shape)), f"{arrays.path}: {name}", "use fewer series")
    X = arrays.load(name).astype(np.float64)
    return X if X.ndim == 3 else X[..., None]


def _lengths(arrays: Arrays, name: str | None, X: Array) -> IntArray:
    if name is None:
        lengths = np.full(len(X), X.shape[1], dtype=np.intp)
    else:
        lengths = arrays.load(name)
        if lengths.shape != (len(X),) or lengths.dtype.kind not in "iu":
            raise DataError(
                f"{arrays.path} has {name} of {lengths.dtype} and shape {lengths.shape}, expected {len(X)} "
                "whole numbers, one for each series"
            )
        wrong = (lengths < 1) | (lengths > X.shape[1])
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"{arrays.path} has {name} {lengths[row]} in row {row}, expected 1 to the {X.shape[1]} steps "
                "of X; leave series without a step out"
            )
    valid = np.arange(X.shape[1]) < lengths[:, None]
    large = valid[..., None] & ~(np.isnan(X) | (np.abs(X) <= LARGEST))
    if large.any():
        where = tuple(int(place) for place in np.argwhere(large)[0])
        raise DataError(
            f"{arrays.path} has {X[where]:g} at {where} of X, expected numbers within ±{LARGEST:g}; write "
            "NaN for one that is missing"
        )
    return lengths.astype(np.intp)


def _targets(arrays: Arrays, name: str, count: int) -> pl.Series:
    y = arrays.load(name)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (count,) or y.dtype.kind not in "iufbU":
        raise DataError(
            f"{arrays.path} has {name} of {y.dtype} and shape {y.shape}, expected {count} labels or numbers, "
            "one for each series"
        )
    return as_series(y).alias("y")


def _names(arrays: Arrays, members: dict[str, str], count: int) -> tuple[str, ...]:
    if _CHANNELS not in members:
        return channel_names(count)
    names = arrays.load(members[_CHANNELS])
    if names.shape != (count,) or names.dtype.kind != "U" or len(set(names.tolist())) < count:
        raise DataError(
            f"{arrays.path} has channels {quoted(str(names.tolist())[:40])}, expected {count} different "
            "names, one for each channel of X"
        )
    return tuple(names.tolist())
