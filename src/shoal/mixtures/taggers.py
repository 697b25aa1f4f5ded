"""Networks that give every step of a sequence a class, several kinds and starts of them in one mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import DataError
from shoal.layers import GRU, Bidirectional, Conv1D, Dense, Dropout, Embedding, Flatten, Layer
from shoal.losses import StepCrossEntropy
from shoal.mixtures.any_length import of_any_length
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.selection.choosing.ensemble import greedy
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray

DIMENSIONS = 32
"""Of the column that stands for a word."""
UNITS, WINDOW, DROPOUT = 32, 5, 0.3
RATE, DECAY, BATCH, PATIENCE = 0.005, 0.01, 32, 4
CLIP = 1.0
MOST_EPOCHS, FEWEST_EPOCHS = 40, 3
BACKWARD = 3
"""Times the operations of going forward that a step of training takes."""


def windows(first: list[Layer], K: int) -> list[Layer]:
    """Return layers that see ``WINDOW`` steps around each (Collobert et al. 2011, the window approach)."""
    seen = Conv1D(2 * UNITS, WINDOW, padding="same", activation="relu")
    return [*first, seen, Dropout(DROPOUT), Dense(K), Flatten()]


def both_ways(first: list[Layer], K: int) -> list[Layer]:
    """Return layers that have read all before a step, and all after it (Graves & Schmidhuber 2005)."""
    read = Bidirectional(GRU(UNITS, return_sequences=True))
    return [*first, Dropout(DROPOUT), read, Dropout(DROPOUT), Dense(K), Flatten()]


KINDS: dict[str, Callable[[list[Layer], int], list[Layer]]] = {
    "networks of windows": windows,
    "networks that read both ways": both_ways,
}


@dataclass(frozen=True, eq=False)
class Tagged:
    """Sequences, and the class of every step (N, T), −1 beyond their ends, of ``n_classes``.

    ``vocabulary`` is how many words there are where the steps are words, else None.
    """

    sequences: Sequences
    labels: IntArray
    n_classes: int
    vocabulary: int | None

    def network(self, kind: str) -> Network:
        """Return the network of a kind over these sequences."""
        shape = self.sequences.X.shape[1:]
        first: list[Layer] = [] if self.vocabulary is None else [Embedding(self.vocabulary, DIMENSIONS)]
        return Network(shape, KINDS[kind](first, self.n_classes), StepCrossEntropy(shape[-1]))

    def __getitem__(self, rows: IntArray) -> Tagged:
        return replace(self, sequences=self.sequences[rows], labels=self.labels[rows])


@dataclass(frozen=True)
class TriedTagger:
    """What was tried: in words, the share of steps held out that it gets right, and its weight."""

    words: str
    accuracy: float
    weight: float


@dataclass(frozen=True, eq=False)
class Taggers:
    """The mean of the members of several populations, as often as each was picked on sequences held out.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models".
    """

    populations: tuple[Population, ...]
    weights: tuple[Array, ...]
    n_classes: int
    candidates: tuple[TriedTagger, ...]
    accuracy: float

    @classmethod
    def fit(
        cls, known: Tagged, held: Tagged, starts: int, budget: float, seed: int, n_jobs: int | None = None
    ) -> Taggers:
        """Train ``starts`` networks of each kind on ``known``, and weigh them by ``held``.

        Each kind has its part of a ``budget`` of operations, and stops where ``held`` no longer gets better.

        Raises ``DataError`` where every network diverged.
        """
        found = [(kind, _trained(known, held, kind, starts, budget, seed, n_jobs)) for kind in KINDS]
        trained = [(kind, each) for kind, each in found if each is not None]
        if not trained:
            raise DataError("every network diverged; are there values far larger than all others?")
        there = held.labels >= 0
        tags = held.labels[there]
        steps = np.concatenate([_by_step(each, held.sequences, n_jobs)[:, there] for _, each in trained])
        picks, _ = greedy(steps, lambda p: -np.log(np.maximum(p[np.arange(len(tags)), tags], 1e-12)))
        weights = np.bincount(picks, minlength=len(steps)) / len(picks)
        ends = np.cumsum([each.size for _, each in trained])[:-1]
        parts = np.split(weights, ends)
        right = np.split((steps.argmax(axis=2) == tags).mean(axis=1), ends)
        candidates = tuple(
            TriedTagger(kind, float(best.max()), float(part.sum()))
            for (kind, _), best, part in zip(trained, right, parts, strict=True)
        )
        mixed = np.tensordot(weights, steps, 1)
        chosen = [(each, part) for (_, each), part in zip(trained, parts, strict=True) if part.any()]
        return cls(
            tuple(each.members(part > 0) for each, part in chosen),
            tuple(part[part > 0] for _, part in chosen),
            known.n_classes,
            candidates,
            float((mixed.argmax(axis=1) == tags).mean()),
        )

    def predict(self, sequences: Sequences, n_jobs: int | None = None) -> Array:
        """Return the probability of every class at every step, (N, T, K), for sequences of any length."""
        total = np.zeros((len(sequences), sequences.X.shape[-1], self.n_classes))
        for population, weights in zip(self.populations, self.weights, strict=True):
            total += np.tensordot(weights, _by_step(population, sequences, n_jobs), 1)
        return total


def _trained(
    known: Tagged, held: Tagged, kind: str, starts: int, budget: float, seed: int, n_jobs: int | None
) -> Population | None:
    """Return the networks of a kind that did not diverge; None where all of them did."""
    network = known.network(kind)
    epoch = BACKWARD * float(network.operations) * len(known.sequences) * starts
    affordable = math.floor(budget / len(KINDS) / epoch)
    result = train(
        network,
        known.sequences,
        known.labels,
        starts=starts,
        sample_weight=known.sequences.lengths,
        validation=(held.sequences, held.labels, held.sequences.lengths),
        solver="adamw",
        learning_rate=RATE,
        weight_decay=DECAY,
        epochs=min(max(affordable, FEWEST_EPOCHS), MOST_EPOCHS),
        batch_size=min(BATCH, len(known.sequences)),
        batch_order="shared",
        clip_norm=CLIP,
        patience=PATIENCE,
        seed=seed,
        n_jobs=n_jobs,
    )
    return None if result.diverged.all() else result.population.members(~result.diverged)


def _by_step(population: Population, sequences: Sequences, n_jobs: int | None) -> Array:
    """Return what each member gives every class at every step, (P, N, T, K)."""
    T, fitting = sequences.X.shape[-1], of_any_length(population, sequences)
    fitting = replace(fitting, network=replace(fitting.network, loss=StepCrossEntropy(T)))
    a = fitting.predict(sequences, n_jobs)
    return a.reshape(*a.shape[:2], -1, T).swapaxes(2, 3).astype(np.float64)
