"""From the trials of a study and the weights in its store to the networks that it hands out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shoal.engines.evaluation import some_at_a_time
from shoal.errors import ConfigurationError, ModelFolderError
from shoal.penalties import L2
from shoal.populations.population import Population
from shoal.randomness import member_id
from shoal.selection.cohorts.cohort import Curves, trace
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.selection.choosing.contenders import Contender
    from shoal.selection.cohorts.cohort import CohortResult
    from shoal.selection.cohorts.task import Task
    from shoal.selection.samples.study_samples import StudySamples
    from shoal.selection.store.trial_store import Store
    from shoal.shapes import Array, IntArray

Key: TypeAlias = tuple[int, int, int]
"""What names a network of a study: candidate, start, fold."""


class StoredNetworks:
    """The trained networks of a study by key, read from its store a cohort at a time."""

    def __init__(self, store: Store, tasks: Iterable[Task]) -> None:
        self._store = store
        self._places = {
            (member.candidate.index, member.start, task.cohort.fold): (task, row)
            for task in tasks
            for row, member in enumerate(task.cohort.members)
        }

    def population(self, keys: Sequence[Key]) -> Population:
        """Return the networks of these keys, which must have one architecture, in their order."""
        theta = [result.theta[row] for result, row in self._find(keys)]
        task, _ = self._places[keys[0]]
        numbers = [(task.recipe.seed, member_id(candidate, start, fold)) for candidate, start, fold in keys]
        return Population(task.network, np.stack(theta), np.array(numbers, dtype=np.uint64))

    def curves(self, key: Key) -> Curves:
        """Return the course of one network's training: as it was watched, or by training it again."""
        task, row = self._places[key]
        result = self._store.load(task.cohort.index)
        if result.losses is not None:
            epochs = int(result.trials["epochs"][row])
            train_loss, validation_loss = result.losses[:, row, :epochs]
            return Curves(train_loss, validation_loss, int(result.trials["best_epoch"][row]))
        alone = dataclasses.replace(task.cohort, members=(task.cohort.members[row],))
        return trace(dataclasses.replace(task, cohort=alone))

    def predictions(
        self, contenders: Sequence[Contender], samples: StudySamples, folds: Sequence[int]
    ) -> Array:
        """Return the contenders' predictions (M, N, K) for the validation rows of these folds, one by one."""
        return np.concatenate([said for _, said in self._said(contenders, samples, folds)], axis=1)

    def of_the_class(
        self, contenders: Sequence[Contender], samples: StudySamples, folds: Sequence[int]
    ) -> Array:
        """Return of ``predictions`` the probability of each row's own class alone, (M, N, 1)."""
        classes = samples.y.astype(np.intp)
        return np.concatenate(
            [
                np.take_along_axis(said, classes[None, rows, None], axis=2)
                for rows, said in self._said(contenders, samples, folds)
            ],
            axis=1,
        )

    def mean(self, contenders: Sequence[Contender], samples: StudySamples, folds: Sequence[int]) -> Array:
        """Return the mean of the contenders' predictions (N, C) for the validation rows of these folds.

        Of classes they are the probabilities of all C, as ``Population.probabilities``: two from one
        yes-or-no output.
        """
        means, first = np.empty((sum(len(samples.splits[fold][1]) for fold in folds), 0)), 0
        for rows, said in self._said(contenders, samples, folds, of_every_class=True):
            if not first:  # now it is known how many there are of each
                means = np.empty((len(means), said.shape[2]))
            said.mean(axis=0, out=means[first : first + len(rows)])
            first += len(rows)
        return means

    def _said(
        self,
        contenders: Sequence[Contender],
        samples: StudySamples,
        folds: Sequence[int],
        of_every_class: bool = False,
    ) -> Iterator[tuple[IntArray, Array]]:
        """Yield the validation rows of these folds, some at a time, with what is said of them (M, n, K).

        Of many classes and networks all of it is more than a memory holds.
        """
        for fold in folds:
            _, held = samples.splits[fold]
            population = self.population([(c.candidate, c.start, fold) for c in contenders])
            predict = population.probabilities if of_every_class else population.predict
            for part in some_at_a_time(len(held), population.size * samples.n_outputs):
                with one_thread():  # the same bits on any number of cores
                    said = predict(samples.X[held[part]]).astype(np.float64)
                yield held[part], said

    def lowest_objective(self, keys: Sequence[Key], l2: float, weight: float) -> Key:
        """Return the key of the network with the smallest J = loss + l2/(2m) Σ W², m the samples' weight.

        Raises ``ConfigurationError`` if all of them diverged.
        """
        population = self.population(keys)
        loss = np.array([result.trials["train_loss"][row] for result, row in self._find(keys)])
        W = population.theta.astype(np.float64) * population.network.weight_mask
        J = loss + L2().value(W, np.full(len(keys), l2), np.full(len(keys), weight))
        if np.isnan(J).all():
            raise ConfigurationError(
                f"all {len(keys)} networks diverged when trained on all rows; try a smaller learning_rate"
            )
        return keys[int(np.nanargmin(J))]

    def _find(self, keys: Sequence[Key]) -> list[tuple[CohortResult, int]]:
        """Return each network's cohort and its row there, reading every cohort once."""
        places = [self._places[key] for key in keys]
        results = {index: self._store.load(index) for index in {task.cohort.index for task, _ in places}}
        for task, _ in places:
            found = results[task.cohort.index]
            if found.theta.shape[1] != task.network.n_parameters or not _has_losses(found):
                raise ModelFolderError(
                    f"cohort {found.index} was kept with weights of other networks; remove the study's "
                    "folder and fit again"
                )
        return [(results[task.cohort.index], row) for task, row in places]


def _has_losses(result: CohortResult) -> bool:
    """Whether losses that were watched go on for as long as the training did."""
    return result.losses is None or bool(result.losses.shape[2] >= result.trials["epochs"].max())
