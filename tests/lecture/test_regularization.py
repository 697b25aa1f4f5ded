from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.regularization import NOISE
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_the_parameters_that_count_do_not_grow_with_the_network(computed: Computed) -> None:
    study, found = computed("regularization")
    gamma = np.median(found.gamma[..., -1], axis=1)
    assert study.hidden == (2, 5, 20)
    assert (gamma > 4).all()
    assert gamma[2] < gamma[1] + 1  # of 61 parameters and of 16
    assert (gamma < 9).all()


def test_the_largest_network_is_kept_from_the_noise(computed: Computed) -> None:
    _, found = computed("regularization")
    assert np.median(found.distance[-1]) < np.median(found.plain[-1])
    assert (found.distance < NOISE).all()


def test_the_noise_is_estimated_from_the_training_points_alone(computed: Computed) -> None:
    _, found = computed("regularization")
    assert (np.abs(found.noise - NOISE) < NOISE / 2).all()
