"""What crosses to the compiled module, by names."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from shoal.engines.wire import ELSEWHERE, augmentation_fields, problem_fields, recipe_fields, solver_fields
from shoal.layers import Dense
from shoal.solvers import SOLVERS
from shoal.training.augmentation import Augmentation
from shoal.training.problem import Problem, Samples
from shoal.training.recipe import STRENGTHS, Recipe, only

SAMPLES = Samples(np.zeros((5, 2)), np.zeros((1, 5)), np.ones((1, 5)))


def test_settings_that_are_not_translated_travel_as_they_are() -> None:
    plain: dict[str, Any] = {"batch_size": 2, "patience": 3, "clip_norm": 0.5, "tolerance": 0.25, "epochs": 7}
    fields = recipe_fields(Recipe(**plain), (2,), 5)
    assert plain.items() <= fields.items()
    assert plain.keys() | ELSEWHERE == {field.name for field in dataclasses.fields(Recipe)}
    assert not fields.keys() & set(STRENGTHS)


def test_an_order_that_members_share_is_its_seed() -> None:
    assert recipe_fields(Recipe(batch_order="shared", seed=7), (2,), 5)["shared_order"] == 7
    assert recipe_fields(Recipe(seed=7), (2,), 5)["shared_order"] is None


def test_a_schedule_is_its_factor_at_every_update_and_a_constant_one_is_none() -> None:
    assert recipe_fields(Recipe(), (2,), 5)["factors"] is None
    factors = recipe_fields(Recipe(schedule="cosine", epochs=2, batch_size=2), (2,), 5)["factors"]
    np.testing.assert_allclose(factors, [(1 + np.cos(np.pi * t / 6)) / 2 for t in range(6)])


def test_a_deformation_says_what_draws_are_multiplied_by() -> None:
    fields = augmentation_fields(Augmentation(rotate=180, scale=0.5, fill=None), (3, 8, 9), 4)
    assert (fields["angle"], fields["factor"], fields["seed"]) == (np.pi, 1.5, 4)
    assert (fields["channels"], fields["rows"], fields["columns"]) == (3, 8, 9)
    assert np.isnan(fields["fill"])


def test_a_solver_says_how_it_is_to_be_run() -> None:
    assert solver_fields(SOLVERS["adamw"]())["decay_times_rate"] is True
    assert solver_fields(SOLVERS["lbfgs"]())["full_batch"] is True


def test_every_strength_is_a_row_of_the_array_that_may_change() -> None:
    strengths = np.arange(4.0 * 3).reshape(4, 3)
    fields = problem_fields(Problem(SAMPLES, None, only(3)), strengths, Dense(1))
    for name, row in zip(STRENGTHS, strengths, strict=True):
        assert np.shares_memory(fields[name], strengths)
        np.testing.assert_array_equal(fields[name], row)
    assert fields["validation"] is None
