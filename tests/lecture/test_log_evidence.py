from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.data import NOISE
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_evidence_and_validation_both_turn_away_from_one_unit(computed: Computed) -> None:
    study, found = computed("evidence")
    for draw in range(study.draws):
        for size, _ in found.picks(draw):
            assert study.hidden[size] > 1


def test_the_parameters_that_the_data_determine_hardly_grow_with_m(computed: Computed) -> None:
    study, found = computed("evidence")
    gamma = np.median(found.gamma, axis=(0, 2))
    assert study.hidden[-1] == 8
    assert gamma[-1] < 8  # of 25 parameters


def test_the_noise_is_estimated_from_the_training_points_alone(computed: Computed) -> None:
    study, found = computed("evidence")
    for draw in range(study.draws):
        size, start = found.picks(draw)[0]
        assert abs(found.noise[draw, size, start] - NOISE) < 0.1


def test_choosing_without_validation_data_costs_little(computed: Computed) -> None:
    study, found = computed("evidence")
    for draw in range(study.draws):
        evidence, validation = (found.distance[(draw, *pick)] for pick in found.picks(draw))
        assert evidence < validation + 0.05
