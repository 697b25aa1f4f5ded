from __future__ import annotations

import numpy as np
import pytest

from shoal import ConvClassifier
from shoal.errors import DataError
from shoal.estimators.image_arrays import checked_images


def test_bytes_stay_bytes_and_other_numbers_are_floats_of_the_type_asked_for() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    assert checked_images(pixels, None, "float32").dtype == np.uint8
    images = checked_images(pixels.astype(np.int64), None, "float32")
    assert images.dtype == np.float32
    assert np.array_equal(images, pixels)


def test_a_missing_last_axis_is_one_channel() -> None:
    assert checked_images([[[0.0, 1.0]], [[2.0, 3.0]]], None, "float64").shape == (2, 1, 2, 1)


def test_images_of_another_size_are_refused_in_the_name_of_the_estimator() -> None:
    with pytest.raises(DataError, match=r"\(1, 2, 1\) \(H, W, C\), ConvClassifier was fitted to \(2, 1, 1\)"):
        checked_images(np.zeros((4, 1, 2)), ConvClassifier(), "float32", (2, 1, 1))


def test_a_table_is_no_image() -> None:
    with pytest.raises(DataError, match=r"got \(3, 4\); reshape it"):
        checked_images(np.zeros((3, 4)), None, "float32")


def test_texts_are_no_images() -> None:
    with pytest.raises(DataError, match=r"X must be images, got texts \(could not convert string"):
        ConvClassifier().fit(np.array(["nice", "bad"]), [0, 1])
