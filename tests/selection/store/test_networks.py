from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.randomness import member_id
from shoal.selection.candidates.candidate import Candidate, Form
from shoal.selection.choosing.contenders import Contender, all_contenders
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.cohorts.planning import Cohort, Member
from shoal.selection.cohorts.task import Conditions, Task
from shoal.selection.samples.study_samples import StudySamples, gather
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.store.trial_store import MemoryStore
from shoal.selection.trials import Trials
from shoal.training.recipe import Recipe

Losses = list[float]


@pytest.fixture
def stored(row: Callable[..., dict[str, Any]]) -> Callable[[Losses], StoredNetworks]:
    """Four networks w x + b, starts 0 to 3, with w = 1, 2, 3, 4 and b = 10 w, two to a cohort."""
    recipe = Recipe(solver="scg", epochs=5, batch_order="shared", seed=9)
    network, rows = Network(1, [Dense(1)]), np.arange(1)

    def build(train_losses: Losses) -> StoredNetworks:
        store, tasks = MemoryStore(), []
        for index, starts in enumerate([(0, 1), (2, 3)]):
            members = tuple(Member(Candidate(6, (), 0.5), start) for start in starts)
            cohort = Cohort(index, Form(()), 2, members, work=1.0)
            tasks.append(
                Task(cohort, network, recipe, Conditions("float64"), np.ones((1, 1)), np.ones(1), rows, rows)
            )
            trials = Trials.from_rows([row(train_loss=train_losses[start]) for start in starts])
            theta = np.array([[1.0 + start, 10.0 + 10 * start] for start in starts])
            store.save(CohortResult(index, trials, theta))
        return StoredNetworks(store, tasks)

    return build


KEYS = [(6, start, 2) for start in range(4)]


def test_networks_are_found_by_key_in_any_order(stored: Callable[[Losses], StoredNetworks]) -> None:
    population = stored([0.0] * 4).population([KEYS[3], KEYS[0], KEYS[3]])
    assert population.theta.tolist() == [[4.0, 40.0], [1.0, 10.0], [4.0, 40.0]]
    assert population.keys.tolist() == [[9, member_id(6, start, 2)] for start in (3, 0, 3)]


def test_the_smallest_objective_counts_the_penalty_on_weights_but_not_biases(
    stored: Callable[[Losses], StoredNetworks],
) -> None:
    # J = loss + 2/(2·10) w²: 0.9 + 0.1, 0.5 + 0.4, 0.2 + 0.9, 0 + 1.6
    networks = stored([0.9, 0.5, 0.2, 0.0])
    assert networks.lowest_objective(KEYS, l2=2.0, weight=10) == KEYS[1]
    assert networks.lowest_objective(KEYS, l2=0.0, weight=10) == KEYS[3]


def test_what_diverged_has_no_objective(stored: Callable[[Losses], StoredNetworks]) -> None:
    assert stored([np.nan, 0.5, 0.2, np.nan]).lowest_objective(KEYS, 0.0, 10) == KEYS[2]
    with pytest.raises(ConfigurationError, match="all 4 networks diverged when trained on all rows"):
        stored([np.nan] * 4).lowest_objective(KEYS, 0.0, 10)


def test_a_cohort_is_read_once_for_all_its_networks(stored: Callable[[Losses], StoredNetworks]) -> None:
    networks, reads = stored([0.0] * 4), []
    load = networks._store.load
    networks._store.load = lambda index: reads.append(index) or load(index)  # type: ignore[func-returns-value, method-assign]
    networks.population(KEYS)
    assert sorted(reads) == [0, 1]


def test_predictions_follow_the_splits(
    stored: Callable[[Losses], StoredNetworks], row: Callable[..., Any]
) -> None:
    """Fold f has the networks (6, start, f); here both folds are made of the same four."""
    networks = stored([0.0] * 4)
    networks._places |= {(c, s, f): networks._places[c, s, 2] for c, s, _ in KEYS for f in (0, 1)}
    X = np.arange(5.0)
    samples = gather(X, X, None, loss=None, folds=2, validation_share=0.2, seed=0, dtype="float64")
    contenders = all_contenders(Trials.from_rows([row(candidate=6, start=start) for start in (2, 0)]))
    found = networks.predictions(contenders, samples, range(len(samples.splits)))
    held = np.concatenate([held for _, held in samples.splits])
    np.testing.assert_array_equal(found[:, :, 0], [X[held] + 10, 3 * X[held] + 30])


def test_curves_are_traced_for_one_member(
    stored: Callable[[Losses], StoredNetworks], monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[Task] = []
    monkeypatch.setattr("shoal.selection.store.networks.trace", traced.append)
    stored([0.0] * 4).curves(KEYS[3])
    [task] = traced
    assert [member.start for member in task.cohort.members] == [3]
    assert dataclasses.replace(task.cohort, members=()) == Cohort(1, Form(()), 2, (), 1.0)


def test_of_two_classes_both_probabilities_keep_their_digits(row: Callable[..., dict[str, Any]]) -> None:
    network, held = Network(1, [Dense(1)], "log_loss"), np.arange(2)
    members, store = (Member(Candidate(0, (), 0.0), 0),), MemoryStore()
    samples = gather([[1.0], [-1.0]], [1, 0], None, loss="log_loss", folds=None, validation_share=0.5, seed=0,
                     dtype="float64")  # fmt: skip
    samples = dataclasses.replace(samples, splits=[(held, held)])
    task = Task(
        Cohort(0, Form(()), 0, members, work=1.0), network, Recipe(solver="scg", batch_order="shared"),
        Conditions("float64"), samples.X, samples.y, held, held,
    )  # fmt: skip
    store.save(CohortResult(0, Trials.from_rows([row()]), np.array([[40.0, 0.0]])))
    contenders = all_contenders(Trials.from_rows([row()]))
    stored, small = StoredNetworks(store, [task]), 1 / (1 + np.exp(40.0))
    found = stored.mean(contenders, samples, [0])
    np.testing.assert_allclose(found, [[small, 1], [1, small]], rtol=1e-14)
    np.testing.assert_allclose(stored.predictions(contenders, samples, [0]), [[[1], [small]]], rtol=1e-14)


def many_classes(row: Callable[..., dict[str, Any]]) -> tuple[StoredNetworks, StudySamples, list[Contender]]:
    """Eight networks of 600 classes, and 3000 rows that none was trained on: 14.4 million probabilities."""
    K, N, starts = 600, 3000, range(8)
    network, rng, held = Network(2, [Dense(K)], "cross_entropy"), np.random.default_rng(0), np.arange(N)
    members = tuple(Member(Candidate(0, (), 0.0), start) for start in starts)
    samples = gather(rng.normal(size=(N, 2)), held % K, None, loss=None, folds=None, validation_share=0.5,
                     seed=0, dtype="float32")  # fmt: skip
    samples = dataclasses.replace(samples, splits=[(held, held)])
    task = Task(
        Cohort(0, Form(()), 0, members, work=1.0), network, Recipe(solver="scg", batch_order="shared"),
        Conditions("float32"), samples.X, samples.y, held, held,
    )  # fmt: skip
    trials, store = Trials.from_rows([row(start=start) for start in starts]), MemoryStore()
    theta = rng.normal(size=(len(starts), network.n_parameters)).astype(np.float32)
    store.save(CohortResult(0, trials, theta))
    return StoredNetworks(store, [task]), samples, all_contenders(trials)


def test_the_probability_of_the_class_is_all_that_is_kept_of_many(
    row: Callable[..., dict[str, Any]],
) -> None:
    stored, samples, contenders = many_classes(row)
    assert samples.of_many_classes
    whole = stored.predictions(contenders, samples, [0])
    own = whole[:, np.arange(len(samples.y)), samples.y, None]
    found, peak = measured(lambda: stored.of_the_class(contenders, samples, [0]))
    np.testing.assert_array_equal(found, own)
    assert peak < 0.7 * whole.nbytes
    found, peak = measured(lambda: stored.mean(contenders, samples, [0]))
    np.testing.assert_array_equal(found, whole.mean(axis=0))
    assert peak < 0.7 * whole.nbytes


def measured(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, int]:
    """Return what ``work`` does, and the most bytes that it held."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
