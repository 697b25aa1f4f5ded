"""Arrays of images, as an estimator is given them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from shoal.errors import DataError
from shoal.shapes import Array, require_unmasked


def checked_images(X: Any, estimator: Any, dtype: str, expected: tuple[int, ...] | None = None) -> Array:
    """Return images (N, H, W, C), bytes as they are and other numbers as floats of ``dtype``.

    ``expected`` is the shape (H, W, C) that an estimator was fitted to.

    Raises ``ValueError`` for what is no array of finite numbers, and for other shapes.

    >>> checked_images(np.zeros((5, 8, 8)), None, "float32").shape
    (5, 8, 8, 1)
    """
    require_unmasked(X, "X")
    try:
        array: Array = check_array(X, dtype=None, ensure_2d=False, allow_nd=True, estimator=estimator)
        if array.dtype != np.uint8:
            array = check_array(array, dtype=dtype, ensure_2d=False, allow_nd=True, estimator=estimator)
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        raise DataError(f"X must be images, got texts ({error}); give arrays of pixels") from None
    if array.ndim not in (3, 4) or not array.size:
        raise DataError(
            f"X must be images of shape (N, H, W), or (N, H, W, C) with channels last, got {array.shape}; "
            "reshape it, as in X.reshape(-1, 28, 28)"
        )
    images = array if array.ndim == 4 else array[..., None]
    if expected is not None and images.shape[1:] != expected:
        raise DataError(
            f"X has images of shape {images.shape[1:]} (H, W, C), {type(estimator).__name__} was fitted to "
            f"{expected}; resize them to that"
        )
    return images
