"""Contestants that need no extra do the task as the judge does; the others are held to it when they run."""

from __future__ import annotations

import dataclasses
from importlib import import_module

import numpy as np
import pytest

from benchmarks.judge import Judge
from benchmarks.peers import fann, nnet, padding, scipy
from benchmarks.peers.numpy import Member, loop
from benchmarks.task import Task
from benchmarks.workload import Entry
from benchmarks.workloads import b3, p
from tests.benchmarks.conftest import image_task, sequence_task


@pytest.mark.parametrize("entry", [Entry("shoal", "train"), Entry("sklearn", "loop"), Entry("numpy", "loop")])
def test_a_peer_reaches_the_losses_of_the_judge(task: Task, entry: Entry) -> None:
    form = getattr(import_module(f"benchmarks.peers.{entry.peer}"), entry.form)
    assert Judge(task).disagreement(form(task, 1)(task.check_epochs), entry) < 1e-5


@pytest.mark.parametrize("entry", [Entry("shoal", "train"), Entry("numpy", "loop")])
def test_networks_on_images_reach_the_losses_of_the_judge(entry: Entry) -> None:
    task = image_task()
    form = getattr(import_module(f"benchmarks.peers.{entry.peer}"), entry.form)
    assert Judge(task).disagreement(form(task, 1)(task.check_epochs), entry) < 1e-5


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("entry", [Entry("shoal", "train"), Entry("cells", "loop")], ids=lambda e: e.peer)
def test_recurrent_networks_reach_the_losses_of_the_judge(entry: Entry, cell: str) -> None:
    task = sequence_task(cell)
    form = getattr(import_module(f"benchmarks.peers.{entry.peer}"), entry.form)
    assert Judge(task).disagreement(form(task, 1)(task.check_epochs), entry) < 1e-5
    assert Judge(task).disagreement(form(task, 1)(task.check_epochs + 1), entry) > Judge.tolerance


@pytest.mark.parametrize("entry", p.MANY.entries, ids=lambda entry: entry.peer)
def test_a_peer_predicts_what_the_judge_does(entry: Entry) -> None:
    task = p.task(rows=70, times=2)
    form = getattr(import_module(entry.name.partition(":")[0]), entry.form)
    assert Judge(task).disagreement(form(task, 1)(2), entry) < 1e-5
    other = dataclasses.replace(task, X=task.X[::-1])
    assert Judge(task).disagreement(form(other, 1)(2), entry) > Judge.tolerance


@pytest.mark.parametrize(
    "entry", [*(e for e in b3.OWN.entries if e.peer == "shoal"), Entry("sklearn", "loop")]
)
def test_solvers_of_their_own_get_as_low_as_adam(entry: Entry) -> None:
    task = b3.OWN.task()
    task = dataclasses.replace(task, cohorts=task.cohorts[1:3]).spread(3)
    form = getattr(import_module(f"benchmarks.peers.{entry.peer}"), entry.form)
    assert Judge(task).disagreement(form(task, 1)(500), entry) == 0
    assert Judge(task).disagreement(form(task, 1)(1), entry) > Judge.tolerance


def test_scipy_ends_where_the_gradient_is_zero() -> None:
    task = b3.OWN.task()
    task = dataclasses.replace(task, cohorts=task.cohorts[:1]).spread(1)
    member = Member(task, task.cohorts[0], 0)
    member.theta[:] = scipy.least_squares(task, 1)(500)[0][0]
    member.objective()
    assert np.abs(member.gradient).max() < 1e-6


@pytest.mark.parametrize("n", [1, 3])
def test_logistic_units_are_translated_to_tanh_and_back(n: int) -> None:
    rng, m = np.random.default_rng(0), 4
    X, theta = rng.normal(size=(6, n)), rng.normal(size=(n + 2) * m + 1)
    W, b, v, c = np.split(theta, np.cumsum([n * m, m, m]))
    weights = nnet.to_logistic(theta, n, m)
    hidden, outer = weights[: m * (n + 1)].reshape(m, n + 1), weights[m * (n + 1) :]
    a = 1 / (1 + np.exp(-(hidden[:, 0] + X @ hidden[:, 1:].T)))
    np.testing.assert_allclose(outer[0] + a @ outer[1:], np.tanh(X @ W.reshape(m, n).T + b) @ v + c)
    np.testing.assert_allclose(nnet.from_logistic(weights, n, m), theta)


def test_connections_of_fann_have_their_places_in_theta() -> None:
    # 2 → 3 → 1: neurons 0 1 and bias 2; 3 4 5 and bias 6; 7
    into_hidden = [(source, to) for to in (3, 4, 5) for source in (0, 1, 2)]
    places = fann.places((2, 3, 1), [*into_hidden, *((source, 7) for source in (3, 4, 5, 6))])
    assert places == [0, 1, 6, 2, 3, 7, 4, 5, 8, 9, 10, 11, 12]


def test_the_judge_sees_an_epoch_too_many(task: Task) -> None:
    judge, entry = Judge(task), Entry("numpy", "loop")
    assert judge.disagreement(loop(task, 1)(task.check_epochs + 1), entry) > judge.tolerance


def test_some_members_are_judged_as_those_they_are(task: Task) -> None:
    entry = Entry("numpy", "loop", members=3)
    few = task.spread(3)
    assert [cohort.size for cohort in few.cohorts] == [3, 3]
    assert Judge(task).disagreement(loop(few, 1)(task.check_epochs), entry) < 1e-5


def test_padded_cohorts_are_the_same_networks(task: Task) -> None:
    for alone, together in zip(loop(task, 1)(4), padding.in_one_cohort(loop)(task, 1)(4), strict=True):
        np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)
