"""What runs look like at their epoch: losses and functions of all members, and one from inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.engines.evaluation import sample_losses
from shoal.lab import views
from shoal.lab.design import without_chance
from shoal.lab.frames import Block, BlockKind
from shoal.lab.material import Material
from shoal.lab.notebook.samples import WITHOUT_PICTURE
from shoal.plots.text import number
from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.shapes import Array
from shoal.training.problem import Samples
from shoal.training.stopping import Reason
from shoal.words import plural

MOST_UNITS = 64
"""Hidden units whose answers are drawn."""
MOST_BARS = 5000
"""Parameters that are drawn one by one."""


def blocks(runs: Sequence[Run], data: Material, side: int, network: int) -> list[Block]:
    """Return all that is drawn of runs, of one side of a fork, with ``network`` picked."""
    alone, epoch = member(runs, network), max(run.epoch for run in runs)

    def block(kind: BlockKind, values: Array, low: float = 0.0, high: float = 1.0) -> Block:
        return Block(kind, 1, epoch, values, side, low, high)

    scores = np.stack([*_losses(runs), np.concatenate([run.history.stopped for run in runs])])
    found = [block(BlockKind.SCORES, scores), block(BlockKind.LOSSES, _course(runs, network))]
    if alone.network.n_parameters <= MOST_BARS:
        found.append(block(BlockKind.THETA, alone.theta.astype(np.float64)))
    if data.kind != WITHOUT_PICTURE:
        predictions = [views.predicted(_as_it_predicts(run), data.grid) for run in runs]
        found += [
            block(*views.functions(data, np.concatenate(predictions))),
            block(BlockKind.PICKED, views.predicted(alone, data.fine)[0], data.low, data.high),
        ]
        if (units := views.unit_outputs(alone, data.grid)).shape[0] > 0:
            found.append(block(BlockKind.UNITS, units[:MOST_UNITS], data.low, data.high))
    return found


def member(runs: Sequence[Run], network: int) -> Population:
    """Return a population of that network alone, as it predicts."""
    column, start = divmod(network, runs[0].population.size)
    return _as_it_predicts(runs[column]).members(start)


def validated(runs: Sequence[Run]) -> bool:
    """Return whether networks are compared by samples that they do not train on."""
    return runs[0].problem.validation is not None


def choice(runs: Sequence[Run]) -> dict[str, Any] | None:
    """Return which network has the smallest validation loss; None where nothing tells."""
    if not validated(runs) or not any(run.epoch for run in runs):
        return None
    losses = _compared(runs)
    best = int(np.argmin(losses))
    return {"network": best, "threshold": None} if np.isfinite(losses[best]) else None


def in_words(runs: Sequence[Run]) -> list[str]:
    """Return how the networks stand, in sentences."""
    losses = _compared(runs)
    finite = losses[np.isfinite(losses)]
    if not finite.size:
        return ["Every network has diverged: turn the learning rate down, and begin anew."]
    name = "Validation loss" if validated(runs) else "Objective"
    words = [
        f"{name} {number(float(finite.min()), 3)} at the best, {number(float(np.median(finite)), 3)} at "
        f"the median, {number(float(finite.max()), 3)} at the worst of {plural(len(losses), 'network')}."
    ]
    if len(finite) < len(losses):
        words.append(f"{len(losses) - len(finite)} of them diverged.")
    if not validated(runs):
        words.append("Without validation data nothing tells which of them generalises.")
    return words


def _losses(runs: Sequence[Run]) -> tuple[Array, Array]:
    """Return every network's objective and what it is compared by, as it stands (P,), (P,)."""
    train = np.concatenate([_latest(run, run.history.loss, run.problem.train) for run in runs])
    if not validated(runs):
        return train, train
    found = []
    for run in runs:
        assert run.history.validation_loss is not None
        assert run.problem.validation is not None
        found.append(_latest(run, run.history.validation_loss, run.problem.validation))
    return train, np.concatenate(found)


def _compared(runs: Sequence[Run]) -> Array:
    """Return what networks are compared by, infinite of those that diverged (P,)."""
    lost = np.concatenate([run.history.stopped for run in runs]) == Reason.DIVERGED
    losses = _losses(runs)[1].astype(np.float64)
    return np.where(lost | ~np.isfinite(losses), np.inf, losses)


def _course(runs: Sequence[Run], network: int) -> Array:
    """Return the objective and the validation loss of a network (2, columns) over its epochs."""
    column, start = divmod(network, runs[0].population.size)
    history = runs[column].history
    shown = views.shown_epochs(int(history.epochs[start]))
    judged = history.validation_loss
    validation = np.full(len(shown), np.nan) if judged is None else judged[start, shown]
    return np.stack([history.loss[start, shown], validation])


def _as_it_predicts(run: Run) -> Population:
    population = run.population
    return Population(without_chance(population.network), population.theta, population.keys)


def _latest(run: Run, course: Array, samples: Samples) -> Array:
    """Return the last loss of every member (P,); before the first epoch that of its first parameters."""
    epochs = run.history.epochs
    if run.epoch:
        last: Array = course[np.arange(len(epochs)), np.maximum(epochs - 1, 0)]
        return last.astype(np.float64)
    with np.errstate(all="ignore"):
        losses = sample_losses(run.population.network, run.population.theta, samples)
        means: Array = (losses * samples.s).sum(axis=1) / samples.s.sum(axis=1)
    return means.astype(np.float64)
