"""What folds have chosen, trained again on all samples: from which start, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.selection.choosing.choice import Choice, Contender
from shoal.selection.running.refit import train_again
from shoal.selection.running.runner import Runner, Workplace
from shoal.selection.store.trial_store import MemoryStore
from shoal.selection.trials import Trials
from tests.selection.small import task

Row = Callable[..., dict[str, Any]]
FOLDS = 2
CHOSEN = Contender(0, "2", 0.0, 0, 9, 0.1, 0.01)
CHOICE = Choice("best", CHOSEN, (CHOSEN,), CHOSEN, None, "Chosen.", ())
PLACE = Workplace(n_jobs=1)


@dataclass(frozen=True)
class Design:
    """A design whose networks have two units, and what it was asked for."""

    starts: int
    weights: Any = None
    scale: float = 1.0
    blocks: Any = None
    asked: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def conditions(self) -> Any:
        return SimpleNamespace(blocks=self.blocks)

    @property
    def samples(self) -> Any:
        return SimpleNamespace(X=np.zeros((8, 1)), weights=self.weights, splits=[None] * FOLDS)

    def final_tasks(self, candidate: int, judged: Trials, n_cohorts: int) -> list[Any]:
        self.asked.append((candidate, self.starts, len(judged), n_cohorts))
        one = task(n_cohorts, starts=self.starts, scale=self.scale)
        return [replace(one, cohort=replace(one.cohort, fold=FOLDS))]


@pytest.fixture
def judged(row: Row) -> Trials:
    """Return trials of three starts in two folds."""
    return Trials.from_rows([row(start=start, fold=fold) for start in range(3) for fold in range(FOLDS)])


def kept() -> tuple[Any, Runner]:
    store = MemoryStore()
    return store, Runner(store, {}, PLACE)


def alone(starts: int) -> tuple[Any, Any]:
    """Return the parameters and the training losses of all starts, trained by themselves."""
    store = MemoryStore()
    runner = Runner(store, {}, PLACE)
    (one,) = Design(starts).final_tasks(0, Trials.from_rows([]), 7)
    (trials,) = runner.run([one])
    return store.load(7).theta, trials["train_loss"]


def test_of_all_starts_the_one_with_the_smallest_objective_is_kept(judged: Trials) -> None:
    design = Design(starts=9)
    choice, best = train_again(CHOICE, judged, design, 7, kept(), PLACE)
    theta, losses = alone(3)
    start = int(np.argmin(losses))
    assert len(set(losses.tolist())) == 3
    np.testing.assert_array_equal(best.theta, theta[start : start + 1])
    assert design.asked == [(0, 3, 6, 7)]  # as many starts as were judged, not as many as were planned
    assert choice.sentence == (
        f"Chosen. Trained again on all 8 samples from 3 starts; start {start} reached the smallest objective."
    )
    assert choice.chosen == CHOSEN


def test_of_a_study_in_part_it_is_the_first_start(judged: Trials) -> None:
    design = Design(starts=3)
    choice, best = train_again(CHOICE, judged, design, 7, None, PLACE)
    np.testing.assert_array_equal(best.theta, alone(1)[0])
    assert [starts for _, starts, *_ in design.asked] == [1]
    assert choice.sentence == "Chosen. Trained again on all 8 samples."


def test_where_the_first_start_diverges_all_are_tried(
    judged: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Runner.run
    tried: list[int] = []

    def diverging(self: Runner, tasks: Any, *others: Any) -> list[Trials]:
        found = run(self, tasks, *others)
        tried.append(len(found[0]))
        lost = np.full(len(found[0]), len(found[0]) == 1)
        return [Trials({**found[0].columns, "diverged": lost})]

    monkeypatch.setattr(Runner, "run", diverging)
    choice, best = train_again(CHOICE, judged, Design(starts=3), 7, None, PLACE)
    assert tried == [1, 3]
    theta, losses = alone(3)
    start = int(np.argmin(losses))
    np.testing.assert_array_equal(best.theta, theta[start : start + 1])
    assert "from 3 starts" in choice.sentence


@pytest.mark.parametrize(
    ("weights", "blocks", "count", "told"),
    [
        (None, None, 8, 8),
        (np.full(8, 0.5), None, 4.0, 8),
        (None, SimpleNamespace(rows=500, weight=25.0), 25.0, 500),  # of samples that lie on disk
    ],
)
def test_the_objective_counts_samples_by_their_weights(
    judged: Trials, monkeypatch: pytest.MonkeyPatch, weights: Any, blocks: Any, count: float, told: int
) -> None:
    asked: list[Any] = []

    def lowest(self: Any, keys: Any, l2: float, n: float) -> Any:
        asked.append((list(keys), l2, n))
        return keys[1]

    monkeypatch.setattr("shoal.selection.store.networks.StoredNetworks.lowest_objective", lowest)
    chosen = replace(CHOSEN, l2=0.5)
    choice, _ = train_again(
        replace(CHOICE, chosen=chosen), judged, Design(3, weights, blocks=blocks), 7, kept(), PLACE
    )
    assert asked == [([(0, 0, FOLDS), (0, 1, FOLDS), (0, 2, FOLDS)], 0.5, count)]
    assert f"on all {told} samples from 3 starts; start 1 reached" in choice.sentence
