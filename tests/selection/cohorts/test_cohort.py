from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import sample_losses, train
from shoal.randomness import member_id
from shoal.selection.candidates.candidate import Candidate, Form
from shoal.selection.cohorts.cohort import CohortResult, is_of, run_cohort, trace
from shoal.selection.cohorts.inputs import Inputs
from shoal.selection.cohorts.planning import Cohort, Member
from shoal.selection.cohorts.task import Conditions, Task
from shoal.selection.samples.splits import some_rows
from shoal.solvers import SOLVERS
from shoal.training.recipe import Recipe

RECIPE = Recipe(solver="scg", epochs=30, batch_order="shared", seed=7)
MEMBERS = (
    Member(Candidate(2, (3,), 0.0), 0),
    Member(Candidate(2, (3,), 0.0), 1),
    Member(Candidate(5, (3,), 0.1), 1),
)


@pytest.fixture
def task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(40, 1))
    y = np.sin(2 * np.pi * X[:, 0]) + 0.3 * rng.normal(size=40)
    cohort = Cohort(index=4, form=Form((3,)), fold=1, members=MEMBERS, work=1.0)
    network = Network(1, [Dense(3, "tanh"), Dense(1)])
    train, held = np.arange(0, 40, 2), np.arange(1, 40, 2)
    return Task(cohort, network, RECIPE, Conditions("float64"), X, y, train, held)


def columns_but_seconds(result: CohortResult) -> dict[str, list[object]]:
    return {name: column for name, column in result.trials.to_dict().items() if name != "seconds"}


def test_scores_are_means_over_the_rows_without_penalties(task: Task) -> None:
    result = run_cohort(task)
    views = task.network.views(result.theta)
    for p in range(3):
        (W1, b1), (W2, b2) = ((layer["W"][p], layer["b"][p]) for layer in views)
        z = (W2 @ np.tanh(W1 @ task.X.T + b1) + b2)[0]
        losses = 0.5 * (z - task.y) ** 2
        held = losses[task.held]
        assert result.trials["train_loss"][p] == pytest.approx(losses[task.train].mean(), rel=1e-12)
        assert result.trials["validation_loss"][p] == pytest.approx(held.mean(), rel=1e-12)
        assert result.trials["validation_se"][p] == pytest.approx(held.std(ddof=1) / np.sqrt(20), rel=1e-12)


def test_rows_name_their_networks(task: Task) -> None:
    result = run_cohort(task)
    assert result.index == 4
    assert result.trials["candidate"].tolist() == [2, 2, 5]
    assert result.trials["start"].tolist() == [0, 1, 1]
    assert result.trials["l2"].tolist() == [0.0, 0.0, 0.1]
    assert set(result.trials["hidden"]) == {"3"}
    assert set(result.trials["fold"]) == {1}
    assert set(result.trials["parameters"]) == {10}
    assert (result.trials["seconds"] > 0).all()


def test_a_member_is_the_network_that_its_key_names_trained_alone(task: Task) -> None:
    result = run_cohort(task)
    alone = train(
        task.network.population(1, seed=7, candidate=5, first_start=1, fold=1, dtype="float64"),
        task.X[task.train],
        task.y[task.train],
        l2=0.1,
        solver="scg",
        epochs=30,
    )
    assert int(alone.population.keys[0, 1]) == member_id(5, 1, 1)
    np.testing.assert_array_equal(result.theta[2], alone.population.theta[0])


def test_the_same_task_gives_the_same_bits_after_a_pickle(task: Task) -> None:
    first, second = run_cohort(task), run_cohort(pickle.loads(pickle.dumps(task)))  # noqa: S301
    assert columns_but_seconds(first) == columns_but_seconds(second)
    np.testing.assert_array_equal(first.theta, second.theta)


@pytest.mark.parametrize("patience", [None, 3])
def test_the_trace_of_a_member_is_the_course_that_it_had_in_company(task: Task, patience: int | None) -> None:
    task = dataclasses.replace(task, recipe=dataclasses.replace(RECIPE, epochs=200, patience=patience))
    result = run_cohort(task)
    for p, member in enumerate(MEMBERS):
        alone = dataclasses.replace(task, cohort=dataclasses.replace(task.cohort, members=(member,)))
        curves = trace(alone)
        assert len(curves.train_loss) == len(curves.validation_loss) == result.trials["epochs"][p]
        assert np.isfinite(curves.train_loss).all()
        assert curves.best_epoch == curves.validation_loss.argmin() + 1
        kept = curves.validation_loss[-1] if patience is None else curves.validation_loss.min()
        assert result.trials["validation_loss"][p] == pytest.approx(kept, rel=1e-12)
        assert result.trials["best_epoch"][p] == (0 if patience is None else curves.best_epoch)


def test_without_rows_to_judge_by_there_is_no_validation_loss(task: Task) -> None:
    result = run_cohort(dataclasses.replace(task, held=np.array([], dtype=np.intp)))
    assert np.isnan(result.trials["validation_loss"]).all()
    assert np.isfinite(result.trials["train_loss"]).all()


def test_a_single_judging_sample_has_no_standard_error(task: Task) -> None:
    result = run_cohort(dataclasses.replace(task, held=task.held[:1]))
    assert result.trials["validation_se"].tolist() == [0.0, 0.0, 0.0]
    assert np.isfinite(result.trials["validation_loss"]).all()


def test_a_member_that_diverged_has_no_losses(task: Task) -> None:
    recipe = dataclasses.replace(RECIPE, solver=SOLVERS["gradient_descent"](), learning_rate=1e6)
    result = run_cohort(dataclasses.replace(task, recipe=recipe))
    assert result.trials["diverged"].all()
    assert set(result.trials["stopped"]) == {"diverged"}
    for name in ("train_loss", "validation_loss", "validation_se"):
        assert np.isnan(result.trials[name]).all()
    assert np.isfinite(result.theta).all()


def test_a_member_whose_last_update_went_too_far_has_diverged(task: Task) -> None:
    """J is taken before each update, so training itself does not see where the last one led."""
    recipe = dataclasses.replace(RECIPE, solver=SOLVERS["gradient_descent"](), learning_rate=1e200, epochs=1)
    result = run_cohort(dataclasses.replace(task, recipe=recipe))
    assert result.trials["diverged"].all()
    assert set(result.trials["stopped"]) == {"diverged"}
    assert np.isnan(result.trials["train_loss"]).all()


def test_of_a_costly_network_some_samples_give_the_training_loss(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_cohort(task)
    monkeypatch.setattr(
        "shoal.selection.cohorts.cohort.SCORED", len(task.train) * task.network.operations // 3
    )
    few = run_cohort(task)
    population = Population.from_members(task.network, [0] * len(few.theta), 0, task.conditions.dtype)
    population.theta[:] = few.theta
    rows = task.train[some_rows(len(task.train), len(task.train) // 3, task.recipe.seed)]
    losses = sample_losses(population, task.X[rows], task.y[rows])
    np.testing.assert_allclose(few.trials["train_loss"], losses.mean(axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(few.theta, whole.theta)
    np.testing.assert_array_equal(few.trials["validation_loss"], whole.trials["validation_loss"])


@pytest.fixture
def seeing_one_of_two(task: Task) -> Task:
    """The task with another column before that of x, which the networks are not given."""
    X = np.hstack([np.random.default_rng(1).normal(size=(40, 1)), task.X])
    network = Network(2, task.network.layers)
    return dataclasses.replace(task, network=network, X=X, inputs=Inputs(np.array([1])))


def test_networks_of_a_view_are_those_that_have_no_other_inputs(task: Task, seeing_one_of_two: Task) -> None:
    narrow, wide = run_cohort(task), run_cohort(seeing_one_of_two)
    assert columns_but_seconds(wide) == columns_but_seconds(narrow)
    views = seeing_one_of_two.network.views(wide.theta)
    assert not views[0]["W"][:, :, 0].any()
    keys = np.zeros((3, 2), dtype=np.uint64)
    predictions = [
        Population(each.network, result.theta, keys).predict(each.X)
        for each, result in ((task, narrow), (seeing_one_of_two, wide))
    ]
    np.testing.assert_array_equal(*predictions)


def test_networks_of_scaled_inputs_are_networks_of_the_inputs_as_they_are(task: Task) -> None:
    """Those of X s are trained, and what they say of X s their widened form says of X."""
    columns, scale = np.array([0, 2]), np.array([0.5, 9.0, 4.0])
    X = np.hstack([task.X, np.random.default_rng(1).normal(size=(40, 2))])
    whole = dataclasses.replace(
        task, network=Network(3, task.network.layers), X=X, inputs=Inputs(columns, scale)
    )
    scaled = dataclasses.replace(
        task, network=Network(2, task.network.layers), X=X[:, columns] * scale[columns]
    )
    theirs, plain = run_cohort(whole), run_cohort(scaled)
    assert columns_but_seconds(theirs) == columns_but_seconds(plain)
    keys = np.zeros((3, 2), dtype=np.uint64)
    predictions = [
        Population(each.network, result.theta, keys).predict(each.X)
        for each, result in ((whole, theirs), (scaled, plain))
    ]
    np.testing.assert_allclose(*predictions, rtol=1e-12)
    assert not whole.network.views(theirs.theta)[0]["W"][:, :, 1].any()
    np.testing.assert_array_equal(X[:, :1], task.X)  # the rows of others stay as they are


def test_the_course_of_a_view_is_that_of_its_training(task: Task, seeing_one_of_two: Task) -> None:
    alone = dataclasses.replace(task.cohort, members=MEMBERS[:1])
    courses = [trace(dataclasses.replace(each, cohort=alone)) for each in (task, seeing_one_of_two)]
    np.testing.assert_array_equal(*(course.validation_loss for course in courses))


def test_trials_are_known_to_be_of_their_task_and_view(task: Task, seeing_one_of_two: Task) -> None:
    all_inputs = dataclasses.replace(seeing_one_of_two, inputs=Inputs(np.array([0, 1])))
    trials = {
        name: run_cohort(one).trials for name, one in (("view", seeing_one_of_two), ("all", all_inputs))
    }
    assert is_of(task, run_cohort(task).trials)
    assert is_of(seeing_one_of_two, trials["view"])
    assert is_of(all_inputs, trials["all"])
    assert not is_of(seeing_one_of_two, trials["all"])
