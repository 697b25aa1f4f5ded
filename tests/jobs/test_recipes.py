from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.jobs.recipes import (
    CLASSES,
    NUMBERS,
    Method,
    batch_size_for,
    patience_for,
    smoothed_for,
    table_goal,
    table_method,
)
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import BUDGET_SECONDS, ENSEMBLE_SECONDS, LADDER, Goal
from shoal.selection.candidates.architectures import Perceptron
from shoal.solvers import SOLVERS
from shoal.training.recipe import Recipe


def method_for(asked: FitRequest, task: str) -> Method:
    return table_method(asked, asked.choose or "ensemble", task)


def goal_for(asked: FitRequest, n_classes: int, n: int) -> Goal:
    return table_goal(asked, asked.choose or "ensemble", n_classes, n)


def request(**settings: Any) -> FitRequest:
    return FitRequest("table.csv", "y", **settings)


def test_members_of_ensembles_are_trained_by_the_task() -> None:
    assert method_for(request(), "classification") == CLASSES
    assert method_for(request(), "regression") == NUMBERS
    assert (CLASSES.forms, NUMBERS.forms) == (("plain", "pieces"), ("pieces", "waves"))


def test_many_columns_of_numbers_have_no_forms_but_those_that_are_asked_for() -> None:
    usual, many = (table_method(request(), "ensemble", "regression", n) for n in (64, 65))
    assert (usual.pieces, usual.waves) == (8, 4)
    assert (many.pieces, many.waves) == (0, 0)
    assert table_method(request(pieces=3), "ensemble", "regression", 65).pieces == 3


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("settings", [{"choose": "one-se"}, {"choose": "best"}, {"solver": "adam"}])
def test_a_single_network_and_a_named_solver_are_trained_plainly(settings: dict[str, Any], task: str) -> None:
    assert method_for(request(**settings), task) == Method(
        Recipe(learning_rate=0.01, patience=10, batch_order="shared"), Perceptron("tanh")
    )


def test_the_rate_of_a_named_solver() -> None:
    rates = {"adamw": 0.01, "sgd": SOLVERS["sgd"].learning_rate, "scg": None}
    for solver, rate in rates.items():
        assert method_for(request(solver=solver), "regression").recipe.learning_rate == rate


def test_what_is_asked_for_goes_before() -> None:
    asked: dict[str, Any] = {
        "learning_rate": 0.5, "batch_size": 7, "patience": 3, "pieces": 0, "waves": 2,
    }  # fmt: skip
    method = method_for(request(activation="relu", **asked), "regression")
    assert {name: getattr(method, name, getattr(method.recipe, name, None)) for name in asked} == asked
    assert method.architecture == Perceptron("relu")
    assert method.recipe.schedule == NUMBERS.recipe.schedule


def test_batches_grow_with_the_table_and_only_where_the_solver_takes_them() -> None:
    plain = method_for(request(choose="best"), "regression").recipe
    assert [batch_size_for(plain, n) for n in (100, 10_000, 100_000)] == [32, 128, 256]
    assert [batch_size_for(NUMBERS.recipe, n) for n in (100, 3000, 10_000, 100_000)] == [32, 64, 128, 256]
    assert batch_size_for(method_for(request(solver="scg"), "regression").recipe, 100) is None


def test_the_time_is_that_of_the_quality_and_the_rows_unless_it_is_given() -> None:
    assert goal_for(request(choose="best"), 0, 9).ladder == LADDER
    for quality, (base, a_row) in ENSEMBLE_SECONDS.items():
        single = goal_for(request(choose="one-se", quality=quality), 0, 10**6)
        assert (single.seconds, single.deadline) == (BUDGET_SECONDS[quality], False)
        members = goal_for(request(quality=quality), 2, 1000)
        assert (members.seconds, members.deadline) == (base + 1000 * a_row, False)
    assert goal_for(request(time=60.0), 0, 10**6).seconds == 60.0
    assert goal_for(request(time=60.0), 0, 9).deadline
    sizes = [goal_for(request(), *case).ladder[0].hidden for case in ((3, 4999), (3, 5000), (2, 5000))]
    assert sizes == [((128,) * 3,), ((256,) * 3,), ((128,) * 3,)]
    assert goal_for(request(), 0, 9).ladder[0].hidden == ((128,) * 2,)
    for n_classes in (0, 2, 3):
        epochs = [goal_for(request(), n_classes, n).ladder[0].epochs for n in (19_999, 20_000)]
        assert epochs[0] == 2 * epochs[1]


def test_a_network_that_is_not_told_otherwise_waits_for_a_third_of_its_epochs() -> None:
    assert [patience_for(NUMBERS.recipe, epochs) for epochs in (300, 2)] == [100, 1]
    assert patience_for(method_for(request(patience=7), "regression").recipe, 300) == 7
    assert patience_for(method_for(request(choose="best"), "regression").recipe, 300) == 10


def test_every_rung_has_as_many_starts_of_each_view() -> None:
    for views in (1, 2, 3):
        ladder = table_goal(request(), "ensemble", 0, 100, views).ladder
        assert {size.starts % views for size in ladder} == {0}
        assert ladder[-1].starts == views


def test_many_rows_get_more_starts_only_if_the_best_is_asked_for() -> None:
    starts = [
        table_goal(request(quality=quality), "ensemble", 0, n, 2).ladder[0].starts
        for quality, n in (("good", 4999), ("good", 5000), ("best", 5000))
    ]
    assert starts == [16, 2, 16]


def test_with_an_end_there_are_shorter_trainings_in_case_of_need() -> None:
    usual, hurried = (goal_for(request(time=time), 2, 10**6).ladder for time in (None, 20.0))
    assert hurried[: len(usual)] == usual
    assert [size.epochs for size in hurried[len(usual) :]] == [2, 1]
    assert {size.hidden for size in hurried[len(usual) :]} == {usual[-1].hidden}


def test_a_rare_class_is_not_smoothed_away() -> None:
    """No class is told to be more than half as often again as it is."""
    for counts in ([999, 1], [5000, 4990, 10], [400.5, 0.5], [900, 100, 0]):
        known = np.array(counts)
        amount = smoothed_for(CLASSES, known).recipe.label_smoothing
        classes = np.count_nonzero(known)
        rarest = known[known > 0].min() / known.sum()
        assert 0 < amount / classes <= 0.5 * rarest + 1e-12 or amount == 0.1
    assert smoothed_for(CLASSES, np.array([90, 10])) == CLASSES
    assert smoothed_for(CLASSES, np.array([70, 20, 10])) == CLASSES
    assert smoothed_for(NUMBERS, np.array([1, 999])) == NUMBERS


def test_solvers_with_matrices_of_all_parameters_are_given_small_networks() -> None:
    small = table_goal(request(solver="lm"), "ensemble", 0, 500).ladder
    assert {size.hidden for size in small} == {((16,),), ((8,),)}
    assert max(size.epochs for size in small) == 100
    assert table_goal(request(solver="scg"), "ensemble", 0, 500).ladder[0].hidden == ((128, 128),)
