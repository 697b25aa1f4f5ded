"""Axis letters and the checks that users' arrays and numbers pass on their way in.

====== =====================================================
letter axis
====== =====================================================
``P``  members of a population: networks of one architecture
``N``  samples
``n``  inputs of a layer
``m``  outputs (units) of a layer
``K``  outputs of the network
``D``  parameters of one network, laid flat
``C``  channels of an image or a sequence
``H``  rows of an image
``W``  columns of an image, beside C and H; weights elsewhere
``T``  steps of a sequence
====== =====================================================

Inside the engine samples come last, as in the lecture's column equations: ``a: (P, m, N)``,
``W: (P, m, n)``, ``b: (P, m, 1)``. Users keep NumPy's rows, ``X: (N, n)``, or samples of a
shape: images ``(N, C, H, W)``, sequences ``(N, C, T)``.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError

Array: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.intp]

Shape: TypeAlias = tuple[int, ...]
"""The shape of a sample: ``(n,)`` between dense layers, ``(C, H, W)`` of images, ``(C, T)`` of sequences."""

LARGEST = 2**63 - 1
"""The largest whole number that a setting can be: engines count no further."""
AT_A_TIME = 2**20
"""Numbers that are looked at together."""


def finite_rows(
    X: npt.ArrayLike, name: str, n_inputs: int | None = None, shape: Shape = (), checked: bool = False
) -> Array:
    """Return ``X`` as a float array (N, n), not copied if it is one; one dimension is N samples of a feature.

    Samples of a ``shape`` such as (C, H, W) are laid flat, n the product of its extents. Of rows that were
    ``checked`` before no number is looked at again.

    Raises ``DataError`` for text, dates and complex numbers, for other than one or two dimensions, for no
    rows, for a number of columns other than ``n_inputs``, and for NaN, infinities and what is masked.

    >>> finite_rows([1, 2, 3], "X").shape
    (3, 1)
    >>> finite_rows(np.zeros((5, 1, 2, 3)), "X", 6, shape=(1, 2, 3)).shape
    (5, 6)
    """
    require_unmasked(X, name)
    try:
        array = np.asarray(X)
        if array.dtype.kind in "cmM":  # NumPy would drop imaginary parts, and take dates for numbers
            raise TypeError(f"got {array.dtype} values")
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers, not text or dates ({error}); encode them first") from None
    if array.ndim == 1:
        array = array[:, None]
    if shape and array.shape[1:] == shape:
        array = array.reshape(-1, math.prod(shape))
    if array.ndim != 2:
        expected = f"(N, {', '.join(map(str, shape))}) or (N, {n_inputs})" if shape else "(N, n)"
        raise DataError(
            f"{name} must have shape {expected}, one row for each sample, got {array.shape}; reshape it"
        )
    if array.shape[0] == 0:
        raise DataError(f"{name} has no rows; at least one sample is needed")
    if n_inputs is not None and array.shape[1] != n_inputs:
        raise DataError(
            f"{name} has {array.shape[1]} columns, the network takes {n_inputs}; "
            "give it the columns that it was built for"
        )
    if not checked:
        require_finite(array, name)
    return array


def is_masked_array(values: Any) -> bool:
    """Return whether ``values`` are a masked array: NumPy drops its mask where an array is made of it."""
    masked = sys.modules.get("numpy.ma")  # loaded by whoever has made one
    return masked is not None and isinstance(values, masked.MaskedArray)


def require_unmasked(values: Any, name: str) -> None:
    """Raise ``DataError`` for a masked array of which something is masked.

    >>> require_unmasked(np.ma.masked_equal([4, 5, 4], 5), "y")
    Traceback (most recent call last):
    shoal.errors.DataError: y is masked at 1 of 3 places, the first (1,); fill it in, or leave those out
    """
    mask = np.ma.getmaskarray(values) if is_masked_array(values) else None
    if mask is not None and mask.any():
        where = tuple(int(i) for i in np.argwhere(mask)[0])
        raise DataError(
            f"{name} is masked at {int(mask.sum())} of {mask.size} places, the first {where}; fill it in, or "
            "leave those out"
        )


def unmasked(values: Any) -> Any:
    """Return a masked array with NaN, or None among what is no float, where it is masked; others as they are.

    >>> unmasked(np.ma.masked_equal([4, 5, 4], 5)).tolist()
    [4, None, 4]
    >>> unmasked(np.ma.masked_greater([1.0, 9.0], 5)).tolist()
    [1.0, nan]
    """
    if not is_masked_array(values):
        return values
    mask = np.ma.getmaskarray(values)
    if not mask.any():
        return values.data
    if values.dtype.kind in "fcmM":
        return values.filled(np.array("NaT" if values.dtype.kind in "mM" else np.nan, values.dtype))
    filled = np.array(values.data, dtype=object)
    filled[mask] = None
    return filled


def require_finite(array: Array, name: str) -> None:
    """Raise ``DataError`` naming the first NaN or infinity of ``array``, if it has one."""
    if not all_finite(array):
        finite = np.isfinite(array)
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise DataError(
            f"{name} has {int((~finite).sum())} NaN or infinite values, the first at {where}; "
            "fill or drop them before training"
        )


def all_finite(array: Array) -> bool:
    """Whether an array holds neither NaN nor infinities; of a large one no mask is made at once.

    >>> all_finite(np.ones((2, 3))), all_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    if array.size <= AT_A_TIME:  # for a single row `all` takes ten times as long
        return b"\0" not in np.isfinite(array).tobytes()
    rows = max(AT_A_TIME * len(array) // array.size, 1)
    return all(bool(np.isfinite(array[k : k + rows]).all()) for k in range(0, len(array), rows))


def in_dtype(array: Array, dtype: npt.DTypeLike, name: str) -> Array:
    """Return ``array`` in C order and ``dtype``; raise ``DataError`` for a number too large for it.

    >>> in_dtype(np.array([1e300]), "float32", "X")
    Traceback (most recent call last):
    shoal.errors.DataError: X reaches 1e+300, too large for float32; rescale it, or use dtype='float64'
    """
    if array.dtype == dtype:  # nothing is rounded, and switching the warning off would take longest of all
        return np.ascontiguousarray(array)
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(array, dtype=dtype)
    if not all_finite(converted):
        raise DataError(
            f"{name} reaches {np.abs(array).max():g}, too large for {converted.dtype}; rescale it, "
            "or use dtype='float64'"
        )
    return converted


def per_member(value: npt.ArrayLike, name: str, size: int, dtype: npt.DTypeLike) -> Array:
    """Return ``value`` as a non-negative finite array (P,); one number is given to every member.

    Raises ``DataError`` for text, another length, a negative number, NaN or an infinity.
    """
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be one number or one for each of the {size} members: {error}") from None
    if array.ndim == 0:
        array = np.full(size, array, dtype=dtype)
    if array.shape != (size,):
        raise DataError(
            f"{name} must be one number or one for each of the {size} members, got shape {array.shape}"
        )
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        raise DataError(f"{name} must be finite and not negative, got {array[wrong][0]:g}")
    return array


def pair(value: object, name: str, least: int = 1) -> tuple[int, int]:
    """Return ``value``, one whole number or two, as (rows, columns); raise ``ConfigurationError`` otherwise.

    >>> pair(3, "size"), pair([1, 2], "size")
    ((3, 3), (1, 2))
    """
    both = value if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        raise ConfigurationError(f"{name} must be one whole number or (rows, columns), got {value!r}")
    rows, columns = (whole_number(each, name, least) for each in both)
    return rows, columns


def is_number(value: object) -> bool:
    """Return whether ``value`` is one real number, of Python or of NumPy, and not a truth value.

    >>> is_number(1), is_number(np.float32(0.5)), is_number(True), is_number("1")
    (True, True, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_finite_number(value: object) -> bool:
    """Return whether ``value`` is one real number, as ``is_number`` has it, and neither NaN nor infinite.

    >>> is_finite_number(-1.5), is_finite_number(np.inf), is_finite_number(None)
    (True, False, False)
    """
    return is_number(value) and math.isfinite(value)  # type: ignore[arg-type]


def whole_number(value: object, name: str, least: int = 1) -> int:
    """Return ``value`` as an int; raise ``ConfigurationError`` unless it is a whole number ≥ ``least``.

    It must be one that an engine can count to, too: ``LARGEST`` at most.

    >>> whole_number(2.5, "epochs")
    Traceback (most recent call last):
    shoal.errors.ConfigurationError: epochs must be a whole number ≥ 1, got 2.5
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ConfigurationError(f"{name} must be a whole number ≥ {least}, got {value!r}")
    if value > LARGEST:
        raise ConfigurationError(f"{name} must be at most 2**63 - 1, got {value!r}")
    return int(value)
