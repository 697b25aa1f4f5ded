"""Axis letters and the checks that users' arrays pass on their way in.

====== =====================================================
letter axis
====== =====================================================
``P``  members of a population: networks of one architecture
``N``  samples
``n``  inputs of a layer
``m``  outputs (units) of a layer
``K``  outputs of the network
``D``  parameters of one network, laid flat
====== =====================================================

Inside the engine samples come last, as in the lecture's column equations: ``a: (P, m, N)``,
``W: (P, m, n)``, ``b: (P, m, 1)``. Users keep NumPy's rows, ``X: (N, n)``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError

Array: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.intp]


def finite_rows(X: npt.ArrayLike, name: str, n_inputs: int | None = None) -> Array:
    """Return ``X`` as a float array (N, n); one dimension is read as N samples of one feature.

    Raises ``DataError`` for text, for other than one or two dimensions, for no rows, for a number of
    columns other than ``n_inputs``, and for NaN or infinities.

    >>> finite_rows([1, 2, 3], "X").shape
    (3, 1)
    """
    try:
        array = np.asarray(X)
        if array.dtype != np.float32:
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name} must be numbers, got {np.asarray(X, dtype=object).dtype} values ({error})"
        ) from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(f"{name} must have shape (N, n), got {array.shape}; flatten the trailing axes")
    if array.shape[0] == 0:
        raise DataError(f"{name} has no rows; at least one sample is needed")
    if n_inputs is not None and array.shape[1] != n_inputs:
        raise DataError(
            f"{name} has {array.shape[1]} columns, the network takes {n_inputs}; "
            "give it the columns that it was built for"
        )
    require_finite(array, name)
    return array


def require_finite(array: Array, name: str) -> None:
    """Raise ``DataError`` naming the first NaN or infinity of ``array``, if it has one."""
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise DataError(
            f"{name} has {int((~finite).sum())} NaN or infinite values, the first at {where}; "
            "fill or drop them before training"
        )


def per_member(value: npt.ArrayLike, name: str, size: int, dtype: npt.DTypeLike) -> Array:
    """Return ``value`` as a non-negative finite array (P,); one number is given to every member.

    Raises ``DataError`` for another length, a negative number, NaN or an infinity.
    """
    array = np.asarray(value, dtype=dtype)
    if array.ndim == 0:
        array = np.full(size, array, dtype=dtype)
    if array.shape != (size,):
        raise DataError(
            f"{name} must be one number or one for each of the {size} members, got shape {array.shape}"
        )
    if not np.isfinite(array).all() or (array < 0).any():
        raise DataError(f"{name} must be finite and not negative, got {array[~(array >= 0)][:1] or array}")
    return array
