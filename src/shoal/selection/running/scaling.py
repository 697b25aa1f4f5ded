"""Scales of the inputs by how much the columns that they come from matter to the first starts of a study.

Useless inputs enter a network as large as useful ones, and it has to learn from few samples to leave them
alone. So the later starts are given each input times a scale, which says beforehand what is worth looking at.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from shoal.populations.trainer import sample_losses
from shoal.randomness import Purpose, stream
from shoal.selection.choosing.contenders import all_contenders, complete, covered
from shoal.selection.cohorts.planning import ScalingPart
from shoal.selection.samples.splits import some_rows
from shoal.selection.samples.study_samples import class_labels
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.selection.trials import Trials
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.selection.choosing.contenders import Contender
    from shoal.selection.cohorts.design import StudyDesign
    from shoal.selection.cohorts.task import Task
    from shoal.selection.store.networks import StoredNetworks
    from shoal.shapes import Array, IntArray

EXPONENT, FLOOR = 0.5, 0.01
"""Of the scale of a column: by the share that its importance has of the largest, and at least."""
TINY, MANY = 0.1, 0.3
"""Of a scale below which a column hardly matters; of the columns, the share that makes them many."""
SHUFFLES, MOST_ROWS, FEWEST_ROWS = 3, 1000, 20
"""Of each column; held-out rows of a fold that are predicted for each."""
SHARE, FREE = 0.03, 2e10
"""Of the operations of the first start's training, those that importances may take, and at least: a second
or so."""


@dataclass(frozen=True)
class Scaling:
    """The ``columns`` (J,) of scales that the inputs of later starts are multiplied by, and what came of it.

    ``of_folds`` (n,) are the scales of all inputs in each fold. Those of a fold come from the rows that other
    folds hold out, for its own are to judge networks that know nothing of them; of one part alone they come
    from the rows that judge, whose losses are a little too good then. ``columns`` come from all.
    ``losses`` are the mean validation losses of the first starts, on inputs as they are and scaled; None
    before both are there.
    """

    columns: Array
    of_folds: dict[int, Array]
    losses: tuple[float, float] | None = None

    @classmethod
    def of(cls, design: StudyDesign, trials: Trials, stored: StoredNetworks, threads: int) -> Self | None:
        """Return the scales by what the first starts of a study say of rows held out::

            s_j = max(√(max(m_j, 0) / max_i m_i), 0.01)

        m_j is by how much the loss of rows held out rises on the average when the values of column j are
        shuffled, and with them all inputs that come from it. None where no column matters, or there are too
        many to try all.

        Source: Breiman 2001, "Random forests", 10, for m.
        """
        assert design.sources is not None
        folds = covered(trials)
        first = _lightest(_finite(complete(trials, folds)))
        groups = [np.flatnonzero(design.sources == j) for j in range(int(design.sources.max()) + 1)]
        rows, shuffles = _affordable(design, len(groups))
        if not first or rows < FEWEST_ROWS:
            return None
        with one_thread():  # the same bits on any number of cores
            rises = {
                fold: HeldFold(design, stored, first, fold, rows, threads).rises(groups, shuffles)
                for fold in folds
            }
        total = np.sum(list(rises.values()), axis=0)
        rests = {fold: total - own if len(folds) > 1 else total for fold, own in rises.items()}
        if not min(rest.max() for rest in (total, *rests.values())) > 0:
            return None
        return cls(scales(total), {fold: scales(rest)[design.sources] for fold, rest in rests.items()})

    def raced(self, trials: Trials, views: int) -> Self:
        """Return this with the losses of the first starts, on inputs as they are and scaled.

        They are means over the views in which there is a network of each that has not diverged.
        """
        losses: dict[int, dict[tuple[int, int], float]] = {ScalingPart.PLAIN: {}, ScalingPart.SCALED: {}}
        for contender in _finite(complete(trials, covered(trials))):
            part, key = ScalingPart.of(contender.start, views), (contender.candidate, contender.start % views)
            if part in losses and key not in losses[part]:
                losses[part][key] = contender.validation_loss
        both = losses[ScalingPart.PLAIN].keys() & losses[ScalingPart.SCALED].keys()
        if not both:
            return self
        plain, scaled = (float(np.mean([own[key] for key in sorted(both)])) for own in losses.values())
        return dataclasses.replace(self, losses=(plain, scaled))

    @property
    def of_many_useless(self) -> bool:
        """Whether many columns hardly matter: where scaled inputs gain most."""
        return bool((self.columns < TINY).mean() >= MANY)

    @property
    def won(self) -> bool:
        """Whether the first starts with scaled inputs were better than those without."""
        return self.losses is not None and self.losses[1] < self.losses[0]

    def of_part(self, part: ScalingPart) -> bool:
        """Return whether the networks of a part see their inputs scaled."""
        return part == ScalingPart.SCALED or (part == ScalingPart.RACED and self.won)

    def of_task(self, task: Task) -> Task:
        """Return a task of a study with its inputs scaled, if those of its part are."""
        if not self.of_part(task.cohort.part):
            return task
        scale = self.of_folds.get(task.cohort.fold)
        return dataclasses.replace(task, inputs=dataclasses.replace(task.inputs, scale=scale))


def scales(rises: Array) -> Array:
    """Return the scales (J,) of columns without which the loss rises so much, (J,), the largest above 0.

    >>> scales(np.array([4.0, 1.0, -0.1]))
    array([1.  , 0.5 , 0.01])
    """
    found: Array = np.maximum(np.maximum(rises, 0.0) / rises.max(), 0.0) ** EXPONENT
    return np.maximum(found, FLOOR)


def _finite(trials: Trials) -> list[Contender]:
    return [contender for contender in all_contenders(trials) if np.isfinite(contender.validation_loss)]


def _lightest(contenders: list[Contender]) -> list[Contender]:
    """Return those of the candidate with the smallest mean validation loss."""
    losses: dict[int, list[float]] = {}
    for contender in contenders:
        losses.setdefault(contender.candidate, []).append(contender.validation_loss)
    best = min(losses, key=lambda candidate: float(np.mean(losses[candidate])), default=None)
    return [contender for contender in contenders if contender.candidate == best]


def _affordable(design: StudyDesign, columns: int) -> tuple[int, int]:
    """Return in how many held-out rows of a fold, and how often, every column may be shuffled."""
    splits, views = design.samples.splits, max(len(design.views), 1)
    # a prediction takes two operations for each of a network, and a sample in training three times that
    pair = 2.0 * max(network.operations for network in design.networks.values()) * views * len(splits)
    allowed = max(SHARE * 3 * pair * splits[0][0].size * design.recipe.epochs, FREE)
    rows = [min(int(allowed / (pair * columns * shuffles)), MOST_ROWS) for shuffles in (SHUFFLES, 1)]
    return (rows[0], SHUFFLES) if rows[0] >= FEWEST_ROWS else (rows[1], 1)


class HeldFold:
    """The first networks of a fold, and rows that it holds out."""

    def __init__(
        self,
        design: StudyDesign,
        stored: StoredNetworks,
        first: list[Contender],
        fold: int,
        most: int,
        threads: int,
    ) -> None:
        samples, self._seed = design.samples, design.recipe.seed
        held = samples.splits[fold][1]
        labels = class_labels(samples.y[held], samples.loss)
        rows = held[some_rows(len(held), most, self._seed, labels)]
        self._population = stored.population([(c.candidate, c.start, fold) for c in first])
        self._X, self._y, self.fold = np.asarray(samples.X)[rows], samples.y[rows], fold
        self._weights = None if samples.weights is None else samples.weights[rows]
        self._threads = threads

    def rises(self, groups: list[IntArray], shuffles: int) -> Array:
        """Return by how much the mean loss rises when each group of inputs is shuffled, (J,)."""
        if self._weights is not None and not self._weights.any():
            return np.zeros(len(groups))
        intact = self._loss(self._X)
        found = np.zeros(len(groups))
        for j, which in enumerate(groups):
            for shuffle in range(shuffles):
                index = self.fold * SHUFFLES + shuffle
                order = stream(self._seed, j, Purpose.PERMUTATION, index).permutation(len(self._X))
                X = self._X.copy()
                X[:, which] = self._X[order[:, None], which]
                found[j] += self._loss(X) - intact
        return found / shuffles

    def _loss(self, X: Array) -> float:
        losses = sample_losses(self._population, X, self._y, self._threads)
        return float(weighted_mean(losses, self._weights).mean())
