from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.penalties import PENALTIES
from shoal.schedules import SCHEDULES
from shoal.solvers import SOLVERS
from shoal.training.augmentation import Augmentation
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Plateau
from tests.contract.test_outside_penalty import Quartic

OTHERS: dict[str, Any] = {
    "solver": SOLVERS["sgd"](momentum=0.3),  # type: ignore[call-arg]
    "learning_rate": [0.1, 0.2],
    "epochs": 3,
    "batch_size": 32,
    "batch_order": "shared",
    "l2": 0.5,
    "l1": np.array([1.0, 2.0]),
    "weight_decay": np.float64(0.25),
    "penalties": {"quartic": [0.5, 0.25]},
    "label_smoothing": 0.1,
    "patience": 4,
    "tolerance": 0.0,
    "plateau": Plateau(0.1, 3),
    "schedule": "cosine",
    "clip_norm": 2.0,
    "augmentation": Augmentation(translate=1),
    "seed": 7,
}


@pytest.fixture(autouse=True)
def registered() -> None:
    PENALTIES[Quartic.name] = Quartic


def test_every_setting_is_in_the_list_above() -> None:
    assert OTHERS.keys() == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize("name", OTHERS)
def test_it_is_saved_and_comes_back(name: str) -> None:
    needed = {"batch_size": 8} if name == "augmentation" else {}
    recipe = Recipe(**{name: OTHERS[name]}, **needed)
    config = json.loads(json.dumps(recipe.to_config()))
    assert Recipe.from_config(config) == recipe
    assert Recipe.from_config(config) != Recipe(**needed)
    assert config != Recipe(**needed).to_config()


def test_names_become_what_they_name() -> None:
    recipe = Recipe(solver="rmsprop", schedule="cosine")
    assert (recipe.solver, recipe.rule) == (SOLVERS["rmsprop"](),) * 2
    assert (recipe.schedule, recipe.rates) == (SCHEDULES["cosine"](),) * 2
    assert recipe == Recipe(solver=SOLVERS["rmsprop"](), schedule=SCHEDULES["cosine"]())
    assert hash(recipe) == hash(Recipe(solver="rmsprop", schedule="cosine"))


def test_members_have_strengths_of_their_own() -> None:
    found = Recipe(l2=[1, 2, 3], l1=0.5).strengths(3, "float32")
    assert tuple(found) == STRENGTHS
    assert found["l2"].tolist() == [1, 2, 3]
    assert found["l1"].tolist() == [0.5, 0.5, 0.5]
    assert found["learning_rate"].tolist() == [SOLVERS["adam"].learning_rate] * 3
    assert Recipe(solver="lbfgs").strengths(2, "float64")["learning_rate"].tolist() == [0, 0]


@pytest.mark.parametrize("solver", ["scg", "lbfgs"])
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"learning_rate": 0}, "finds its own step length; leave learning_rate out"),
        ({"weight_decay": 0.1}, "cannot decay weights apart from its objective; use l2"),
        ({"weight_decay": np.array([0.0, 0.1])}, "cannot decay weights apart from its objective; use l2"),
        ({"clip_norm": 1}, "searches along a line and cannot clip gradients; drop clip_norm"),
    ],
)
def test_what_a_solver_makes_of_its_own_is_not_asked_of_it(
    solver: str, setting: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{solver} {message}$"):
        Recipe(solver=solver, **setting)
    Recipe(**{**setting, "learning_rate": 0.1})


def test_a_decay_of_nothing_is_none() -> None:
    for nothing in (0, 0.0, [0.0, 0.0], np.zeros(3)):
        assert Recipe(solver="lbfgs", weight_decay=nothing).rule.name == "lbfgs"


def test_strengths_are_the_settings_that_members_have_of_their_own() -> None:
    assert set(STRENGTHS) == {"l2", "l1", "weight_decay", "learning_rate"}


def test_settings_go_before_the_recipe_they_are_given_with() -> None:
    base = Recipe(epochs=5, l2=1.0)
    assert Recipe.of({"epochs": 9}, base) == Recipe(epochs=9, l2=1.0)
    assert Recipe.of({}, base) == base
    assert Recipe.of({"seed": 1}) == Recipe(seed=1)


def test_what_is_no_setting_is_named_with_what_is_near() -> None:
    with pytest.raises(UnknownNameError, match="unknown setting 'epoch'; did you mean 'epochs'"):
        Recipe.of({"epoch": 5})
    with pytest.raises(ConfigurationError, match="the recipe must be a Recipe, got 5"):
        Recipe.of({}, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (None, "a recipe is a mapping with a solver and a schedule, got None"),
        ({}, "a recipe is a mapping with a solver and a schedule"),
        (Recipe().to_config() | {"epochs": -1}, "epochs must be a whole number ≥ 1"),
        (Recipe().to_config() | {"colour": 1}, "unknown setting 'colour'"),
        (Recipe().to_config() | {"plateau": {"height": 1}}, "does not describe the plateau"),
        (Recipe().to_config() | {"augmentation": {"height": 1}}, "does not describe the augmentation"),
    ],
)
def test_descriptions_that_are_none(config: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Recipe.from_config(config)
