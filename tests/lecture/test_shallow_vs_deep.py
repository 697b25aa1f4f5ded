from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.images import digits
from shoal.lecture.shallow_vs_deep import MODELS, moved_by_a_pixel
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_more_images_help_every_model(computed: Computed) -> None:
    _, found = computed("shallow-vs-deep")
    assert (found.by_size[:, 0] > 1.5 * found.by_size[:, 1]).all()
    assert found.by_size[:, 1].max() < 0.1
    np.testing.assert_array_equal(found.by_size[:, -1], found.by_place[:, 0])


def test_all_of_them_do_worse_far_from_the_training_images_and_on_moved_ones(computed: Computed) -> None:
    _, found = computed("shallow-vs-deep")
    everywhere, near, far, moved = found.by_place.T
    assert (far > near).all()
    np.testing.assert_allclose((near + far) / 2, everywhere, atol=0.003)
    assert (moved > 5 * everywhere).all()
    assert len(everywhere) == len(MODELS)


def test_the_parts_of_the_data_have_no_image_in_common(computed: Computed) -> None:
    study, _ = computed("shallow-vs-deep")
    drawn = digits(study.seed, max(study.sizes), study.validation)
    parts = [drawn.train, drawn.validation, drawn.test]
    assert [len(X) for X, _ in parts] == [300, 300, 1197]
    images = np.concatenate([X for X, _ in parts])
    assert len(np.unique(images, axis=0)) == 1797


def test_moving_an_image() -> None:
    image = np.arange(1.0, 65).reshape(1, 64)
    left, right, up, down = (moved.reshape(8, 8) for moved in moved_by_a_pixel(image))
    original = image.reshape(8, 8)
    np.testing.assert_array_equal(left[:, :-1], original[:, 1:])
    np.testing.assert_array_equal(right[:, 1:], original[:, :-1])
    np.testing.assert_array_equal(up[:-1], original[1:])
    np.testing.assert_array_equal(down[1:], original[:-1])
    assert left[:, -1].sum() == right[:, 0].sum() == up[-1].sum() == down[0].sum() == 0
