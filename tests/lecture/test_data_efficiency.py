from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_every_kind_gains_from_images_and_the_convolutional_needs_fewest(computed: Computed) -> None:
    study, found = computed("data-efficiency")
    mean = found.errors.mean(axis=-1)
    assert found.errors.shape == (3, len(study.sizes), study.starts)
    assert (mean[:, -1] < 0.6 * mean[:, 0]).all()
    assert mean[2, -1] < mean[:2, -1].min()
