"""Pixels by the type of their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.images.pixels import scaled
from shoal.errors import DataError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([0, 255], np.uint8), np.array([0, 255], np.uint8)),
        (np.array([False, True]), np.array([0, 255], np.uint8)),
        (np.array([0, 65535, 13107], np.uint16), np.array([0, 1, 0.2], np.float32)),
        (np.array([0, 255], np.int64), np.array([0, 255], np.uint8)),
        (np.array([0, 0.5, 1]), np.array([0, 0.5, 1], np.float32)),
        (np.array([0, 1]), np.array([0, 1], np.uint8)),  # whole numbers are bytes, however dark
    ],
)
def test_each_type_has_its_white(given: Any, expected: Any) -> None:
    found = scaled(given, "images")
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "given",
    [
        np.array([0, 256]),
        np.array([-1, 5]),
        np.array([0.0, 255.0]),
        np.array([-0.1, 1.0]),
        np.array([0.5, np.nan]),
        np.array([0.5, np.inf]),
        np.array([1j]),
        np.array(["1"]),
    ],
)
def test_other_ranges_are_refused(given: Any) -> None:
    with pytest.raises(DataError, match=r"^images of .*, expected whole numbers from 0 to 255 or floats"):
        scaled(given, "images")
