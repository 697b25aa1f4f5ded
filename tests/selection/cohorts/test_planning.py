from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.engines import ENGINES
from shoal.layers import LSTM, RNN, Bidirectional, Dense, Flatten, Layer
from shoal.populations.network import Network
from shoal.selection.candidates.candidate import Candidate, Form, grid
from shoal.selection.cohorts import planning
from shoal.selection.cohorts.planning import Cohort, Cost, plan

SMALL = Cost(samples=50, held=10, epochs=100, batch_size=None, itemsize=8, memory=2**28)


def networks(candidates: list[Candidate]) -> dict[Form, Network]:
    return {c.form: Network(3, [*(Dense(m, "tanh") for m in c.hidden), Dense(1)]) for c in candidates}


def planned(hidden: list[object], l2: list[float], starts: int, folds: int, cost: Cost) -> list[Cohort]:
    candidates = grid(hidden, l2)
    return plan(candidates, networks(candidates), starts, range(folds), cost)


hidden_lists = st.lists(st.sampled_from([1, 2, 8, "64x64", 500]), min_size=1, unique=True)
costs = st.builds(
    Cost,
    samples=st.integers(1, 10**6),
    held=st.integers(0, 10**6),
    epochs=st.integers(1, 10**4),
    batch_size=st.none() | st.integers(1, 512),
    itemsize=st.sampled_from([4, 8]),
    memory=st.integers(1, 2**34),
)


@given(hidden_lists, st.integers(1, 3), st.integers(1, 40), st.integers(1, 4), costs)
def test_every_network_of_the_grid_is_in_exactly_one_cohort(
    hidden: list[object], n_strengths: int, starts: int, folds: int, cost: Cost
) -> None:
    strengths = [0.1 * i for i in range(n_strengths)]
    cohorts = planned(hidden, strengths, starts, folds, cost)

    candidates = grid(hidden, strengths)
    found = [(m.candidate.index, m.start, c.fold) for c in cohorts for m in c.members]
    assert sorted(found) == sorted(itertools.product(range(len(candidates)), range(starts), range(folds)))
    assert [c.index for c in cohorts] == list(range(len(cohorts)))
    assert all(m.candidate.form == c.form for c in cohorts for m in c.members)
    assert all(len(c.members) <= planning.LARGEST for c in cohorts)
    order = [(c.members[0].start, -c.work) for c in cohorts]
    assert order == sorted(order)
    assert all(c.members[0].start == min(m.start for m in c.members) for c in cohorts)
    assert cohorts == planned(hidden, strengths, starts, folds, cost)


def test_a_small_study_is_one_cohort_for_each_size() -> None:
    cohorts = planned([1, 2, 3], [0.0], starts=30, folds=1, cost=SMALL)
    assert [(c.form.hidden, len(c.members)) for c in cohorts] == [((3,), 30), ((2,), 30), ((1,), 30)]


def test_a_cohort_has_members_of_one_view() -> None:
    candidates = grid([2], [0.0])
    cohorts = plan(candidates, networks(candidates), 5, [0], SMALL, views=2)
    starts = {c.view: [member.start for member in c.members] for c in cohorts}
    assert starts == {0: [0, 2, 4], 1: [1, 3]}


def test_memory_bounds_the_members_of_a_cohort() -> None:
    network = Network(3, [Dense(8, "tanh"), Dense(1)])
    room_for_four = dataclasses.replace(SMALL, memory=SMALL.shared_bytes(network) + 4 * SMALL.bytes(network))
    cohorts = planned([8], [0.0], starts=10, folds=1, cost=room_for_four)
    assert sorted(len(c.members) for c in cohorts) == [3, 3, 4]


def test_a_network_larger_than_the_bound_still_gets_a_cohort_of_its_own() -> None:
    cohorts = planned([8], [0.0], starts=3, folds=1, cost=dataclasses.replace(SMALL, memory=1))
    assert [len(c.members) for c in cohorts] == [1, 1, 1]


def test_a_large_study_is_cut_so_that_a_kill_loses_little() -> None:
    # 6 · 41 parameters · 10⁶ samples · 100 epochs = 2.5e10 operations a network, 64 of them 1.6e12: cohorts
    # of a 32nd, two networks
    large = dataclasses.replace(SMALL, samples=10**6, memory=2**60)
    cohorts = planned([8], [0.0], starts=64, folds=1, cost=large)
    assert [len(c.members) for c in cohorts] == [2] * 32


@pytest.mark.parametrize(("batch_size", "units"), [(None, 9 * 50), (40, 12 * 40), (99, 12 * 50)])
def test_bytes_count_parameters_and_the_activations_of_a_batch(batch_size: int | None, units: int) -> None:
    # 3 inputs, 8 + 1 units: 41 parameters. Minibatches of its own also cost a member a copy of the inputs.
    cost = dataclasses.replace(SMALL, batch_size=batch_size)
    network = Network(3, [Dense(8, "tanh"), Dense(1)])
    assert cost.bytes(network) == 8 * (10 * 41 + 4 * units + 2 * 50) + 8 * 10 + 16 * 100


def test_scoring_holds_the_activations_of_a_chunk_of_samples() -> None:
    cost = dataclasses.replace(SMALL, samples=10**6, batch_size=10)
    network = Network(3, [Dense(8, "tanh"), Dense(1)])
    activations = cost.bytes(network) - dataclasses.replace(cost, samples=10).bytes(network)
    assert activations == 8 * (2 * 9 * 512 - 4 * 12 * 10 + 2 * (10**6 - 10))


@pytest.mark.parametrize(("batch_size", "columns"), [(10, 16), (50, 8)])
def test_memory_grows_with_the_steps_of_a_recurrent_layer(batch_size: int, columns: int) -> None:
    """Of one block of samples there are x and, of an LSTM's units, seven numbers of every step."""
    cost = dataclasses.replace(SMALL, batch_size=batch_size)

    def kept(samples: int, *layers: Layer) -> int:
        told = dataclasses.replace(cost, samples=samples)
        networks = [Network((2, 100), [*between, Dense(1)]) for between in (layers, [Flatten()])]
        walk, samples_alone = (told.shared_bytes(network) for network in networks)
        return walk - samples_alone

    assert kept(50, LSTM(5)) == kept(5000, LSTM(5)) == 64 * columns * 100 * (2 + 7 * 5)
    assert kept(50, Bidirectional(RNN(3))) == 2 * 64 * columns * 100 * (2 + 4 * 3)


def test_solvers_that_take_hessians_have_a_column_for_every_lane() -> None:
    """However many samples there are: 3 inputs and a target of each, in 64 bytes instead of 8."""
    network = Network(3, [Dense(8, "tanh"), Dense(1)])
    many = dataclasses.replace(SMALL, samples=10_000)
    more = dataclasses.replace(many, dense=True).shared_bytes(network) - many.shared_bytes(network)
    assert more == 4 * (64 - 8) * (10_000 + many.held)


# Networks of a size, from how many samples of how many features, and in batches of how many.
MEASURED = """
import sys
import numpy as np
from shoal.selection.samples.attributes import Attributes
from shoal.selection.cohorts.cohort import run_cohort
from shoal.selection.study import CapacityStudy

def design(N, hidden):
    X = np.random.default_rng(0).normal(size=(N, n)).astype("float32")
    settings = {"epochs": 2, "patience": 5, "batch_size": batch or None, "engine": engine}
    study = CapacityStudy([hidden], 64, solver="adam", **settings)
    return study._design(X, X[:, 0].copy(), None, Attributes())

def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])

engine, (N, n, hidden, batch) = sys.argv[1], map(int, sys.argv[2:])
run_cohort(design(40, 1).tasks()[0])  # whatever is loaded once
study = design(N, hidden)
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here
before = peak()
run_cohort(study.tasks()[0])
print(study.plan().memory, peak() - before)
"""


@pytest.mark.parametrize(
    "sizes",
    [(4000, 30, 16, 0), (12000, 50, 8, 32), (30000, 100, 1, 256)],
    ids=["full batch", "small batch", "much data"],
)
def test_the_estimated_memory_is_what_a_process_takes(sizes: tuple[int, ...]) -> None:
    """With the engine that takes more: a plan is the same whichever there is."""
    ran = [
        subprocess.run(
            [sys.executable, "-c", MEASURED, engine, *map(str, sizes)],
            capture_output=True,
            text=True,
            check=True,
        )
        for engine in ENGINES
    ]
    (estimated, *_), taken = zip(*(map(int, done.stdout.split()) for done in ran), strict=True)
    assert max(taken) > 2**22  # or nothing was measured
    assert 0.6 * max(taken) < estimated < 3 * max(taken)
