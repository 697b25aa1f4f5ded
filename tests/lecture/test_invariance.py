from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.lecture.images import digits
from shoal.lecture.invariance import TRANSFORMATIONS, transformed
from shoal.lecture.sharing import CONVOLUTIONAL
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_no_strength_is_no_transformation_and_more_is_more(name: str) -> None:
    images = digits(0, 20, 0)
    X, how = images.train[0], TRANSFORMATIONS[name][0]
    np.testing.assert_allclose(transformed(X, images.shape, how, 0.0), X, rtol=0, atol=1e-12)
    half, full = (np.abs(transformed(X, images.shape, how, s) - X).mean() for s in (0.5, 1.0))
    assert 0.01 < half < full


def test_images_take_turns_in_which_way_they_are_moved() -> None:
    image = np.zeros((1, 12, 12))
    image[0, 6, 6] = 1
    left, right = transformed(
        np.stack([image.ravel()] * 2), (1, 12, 12), TRANSFORMATIONS["translation"][0], 1.0
    )
    assert np.argwhere(left.reshape(12, 12)).tolist() == [[6, 4]]
    assert np.argwhere(right.reshape(12, 12)).tolist() == [[6, 8]]


def test_mistakes_grow_and_representations_become_more_selective(computed: Computed) -> None:
    _, found = computed("invariance")
    assert (found.errors[:, :, -1] > found.errors[:, :, 0]).all()
    moves, selects = found.moves[CONVOLUTIONAL], found.selects[CONVOLUTIONAL]
    assert moves.shape == (len(TRANSFORMATIONS), len(found.layers[CONVOLUTIONAL]))
    assert selects[-1] > selects[0] > 1
    assert moves[0, -1] < moves[0, 0]
