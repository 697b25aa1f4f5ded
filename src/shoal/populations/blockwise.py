"""Training on samples that lie on disk: an engine is given one buffer of them after the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shoal.engines import choose_engine
from shoal.engines.base import Engine
from shoal.errors import ConfigurationError
from shoal.populations.checkpoint import Checkpoint
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, losses_on
from shoal.shapes import Array, BoolArray
from shoal.training.blocks import BlockFile, Buffer
from shoal.training.history import History
from shoal.training.problem import GivenOrders, Problem, Samples, Snapshot, Validation
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason
from shoal.workers import count_workers

OF_THE_WHOLE = ("l2", "l1")
"""Penalties that are divided by the weight of all samples, of which a buffer holds a part."""

MORE_THAN_ONE = 2
"""Epochs planned over a buffer, of which one is trained: members of a plan that is done remember nothing."""


def train_blockwise(
    population: Population,
    blocks: BlockFile,
    recipe: Recipe,
    *,
    validation: Validation | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
) -> TrainingResult:
    """Train members as ``shoal.train`` does, on the samples of a file: minibatches of a buffer at a time.

    Solvers remember and count updates from buffer to buffer, and the schedule changes the learning rate with
    every one. The validation is looked at after every epoch. Where the file says so, what was learnt is kept
    after every epoch, and a training that was interrupted goes on from there, to the same numbers.

    Raises ``ConfigurationError`` for solvers that need all samples at every step, and settings that only the
    samples in memory can have; ``DataError`` as ``BlockFile.buffers`` does.
    """
    if recipe.batch_size is None or recipe.plateau is not None or recipe.augmentation is not None:
        raise ConfigurationError(
            "samples on disk are trained on in minibatches, without a plateau and without augmentation; "
            "give a batch_size to a solver such as adam, and leave those out"
        )
    if recipe.patience is not None and validation is None:
        raise ConfigurationError("patience needs validation=(X, y) to watch; give it, or leave patience out")
    chosen = choose_engine(engine, population.network, recipe)
    course = _Course.of(population, recipe, validation is not None)
    judges = None if validation is None else _Judges.of(population, validation)
    members = _Members(population, blocks, recipe, chosen, count_workers(n_jobs))
    checkpoint = Checkpoint.of(population, blocks, recipe, validation, chosen.label)
    if checkpoint is not None:
        members.state = checkpoint.take_up(course.history, course.others)
    for epoch in range(course.epochs, recipe.epochs):
        active = course.active
        if not active.any():
            break
        theta, loss, diverged = members.epoch(epoch, ~active)
        judged = None
        if judges is not None:
            judged = judges.mean_loss(replace(population, theta=theta), members.threads)
        course.note(epoch, theta, loss, diverged, judged)
        if checkpoint is not None and members.state is not None and epoch + 1 < recipe.epochs:
            checkpoint.keep(members.state, course.history, course.others)
    if checkpoint is not None:
        checkpoint.remove()
    return TrainingResult(replace(population, theta=course.result), course.history)


@dataclass
class _Members:
    """The members between two buffers: where they stand, and what their solver remembers."""

    population: Population
    blocks: BlockFile
    recipe: Recipe
    engine: Engine
    threads: int
    state: Snapshot | None = None

    def epoch(self, epoch: int, ended: BoolArray) -> tuple[Array, Array, BoolArray]:
        """Train all but the ``ended`` members (P,) on every row once.

        Returns the parameters (P, D), J in the mean over the minibatches (P,), and who has diverged (P,).
        """
        ended = ended.copy()
        size = self.population.size
        loss, updates, diverged = np.zeros(size), 0, np.zeros(size, dtype=np.bool_)
        for buffer in self.blocks.buffers(self.recipe.seed, epoch):
            history, batches = self._buffer(buffer, ended), self.recipe.batches(len(buffer.y))
            del buffer  # before there is another
            loss += np.where(ended, 0.0, history.loss[:, 0]) * batches
            updates += batches
            diverged |= ~ended & history.diverged
            ended |= diverged
            if ended.all():
                break
        assert self.state is not None
        return self.state.theta, loss / updates, diverged

    def _buffer(self, buffer: Buffer, ended: BoolArray) -> History:
        """Train members on some rows, once and in their order, and return what the engine noted."""
        population, before = self.population, self.state
        X, y, s, order = buffer
        share = (len(y) if s is None else float(s.sum())) / self.blocks.weight
        recipe = self._recipe(len(y), share, 0 if before is None else before.step)
        problem = Problem.of(
            population.network,
            population.size,
            recipe,
            X,
            y,
            sample_weight=s,
            dtype=population.theta.dtype,
        )
        training = self.engine.begin(population.network, population.theta, population.keys, problem, recipe)
        if before is not None:
            history, strengths = training.history.copy(), problem.strengths
            training.restore(replace(before, epoch=0, history=history, strengths=strengths))
        if ended.any():
            training.end(ended, Reason.INTERRUPTED)
        orders = order.astype(np.uint32)[None, None]
        training.advance(1, self.threads, GivenOrders(orders, np.zeros(population.size, dtype=np.intp)))
        self.state = training.snapshot()
        return self.state.history

    def _recipe(self, rows: int, share: float, step: int) -> Recipe:
        """Return the recipe for one epoch over so many rows, a share of all weight, after so many updates."""
        recipe, size = self.recipe, self.population.size
        strengths = recipe.strengths(size, np.float64)
        updates = recipe.epochs * sum(map(recipe.batches, self.blocks.sizes()))
        middle = min(step + recipe.batches(rows) // 2, updates - 1)
        rate = strengths["learning_rate"] * recipe.rates.factor(middle, updates)
        own: dict[str, Any] = {name: tuple((strengths[name] * share).tolist()) for name in OF_THE_WHOLE}
        own["learning_rate"] = tuple(rate.tolist())
        return replace(recipe, epochs=MORE_THAN_ONE, patience=None, schedule="constant", **own)


@dataclass
class _Course:
    """What happens to members, epoch by epoch, and which parameters are theirs in the end."""

    history: History
    patience: int | None
    result: Array
    lowest: Array = field(init=False)

    def __post_init__(self) -> None:
        self.lowest = np.full(len(self.result), np.inf)

    @classmethod
    def of(cls, population: Population, recipe: Recipe, validated: bool) -> _Course:
        """Return the course of members that have not begun."""
        rates = recipe.strengths(population.size, np.float64)["learning_rate"]
        history = History.empty(population.size, recipe.epochs, validated, rates)
        return cls(history, recipe.patience, population.theta.copy())

    @property
    def epochs(self) -> int:
        """How many epochs have been trained."""
        return int(self.history.epochs.max())

    @property
    def others(self) -> dict[str, Array]:
        """What there is to know besides the history and the solver's state, by name."""
        return {"result": self.result, "lowest": self.lowest}

    @property
    def active(self) -> BoolArray:
        """Which members train on (P,)."""
        on: BoolArray = np.equal(self.history.stopped, Reason.EPOCHS)
        return on

    def note(self, epoch: int, theta: Array, loss: Array, diverged: BoolArray, judged: Array | None) -> None:
        """Take note of an epoch of the active members: parameters, J, divergence, and validation loss."""
        history, active = self.history, self.active
        history.loss[active, epoch] = loss[active]
        history.epochs[active] = epoch + 1
        history.stopped[active & diverged] = Reason.DIVERGED
        better = active & ~diverged
        if judged is not None and history.validation_loss is not None:
            history.validation_loss[active, epoch] = judged[active]
            better &= judged < self.lowest
            self.lowest[better] = judged[better]
        history.best_epoch[better] = epoch + 1
        kept = better if self.patience is not None else active
        self.result[kept] = theta[kept]
        if self.patience is not None:
            late = self.active & (epoch + 1 - history.best_epoch >= self.patience)
            history.stopped[late] = Reason.EARLY_STOPPING


@dataclass(frozen=True)
class _Judges:
    """Rows that validate, checked before the first epoch, and what they count for (N,); None: all alike."""

    samples: Samples
    weights: Array | None

    @classmethod
    def of(cls, population: Population, validation: Validation) -> _Judges:
        X, y = validation[:2]
        weights = np.asarray(validation[2]) if len(validation) == 3 else None
        return cls(Samples.of(population.network, X, y, dtype=population.theta.dtype), weights)

    def mean_loss(self, population: Population, threads: int) -> Array:
        """Return each member's mean loss on the rows (P,)."""
        losses = losses_on(population, self.samples, threads).astype(np.float64)
        return np.average(losses, axis=1, weights=self.weights)
