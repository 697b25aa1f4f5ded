"""What a course looks like at its epoch: functions and losses of all networks, and one from inside."""

from __future__ import annotations

import numpy as np

from shoal.lab.course import Course
from shoal.lab.design import without_chance
from shoal.lab.frames import Block, BlockKind, decisions
from shoal.lab.material import Material
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray

COLUMNS = 300
"""Of a course of losses, at most: a picture has no more."""


def reasons(course: Course) -> Array:
    """Return whether, and why, every network trains no more (P,): numbers of ``Reason``."""
    return np.concatenate([run.history.stopped for run in course.runs])


def scores(course: Course) -> Array:
    """Return the mean losses in training and validation and the reasons, (3, P)."""
    return np.stack([course.answers.train, course.answers.validation, reasons(course)])


def member(course: Course, network: int) -> Population:
    """Return a population of that network alone, as it predicts."""
    place, start = divmod(network, course.design.starts)
    alone = course.runs[place].population.members(start)
    return Population(without_chance(alone.network), alone.theta, alone.keys)


def unit_outputs(alone: Population, grid: Array) -> Array:
    """Return what the hidden units of a network answer to the rows of ``grid`` (units, G), layer by layer."""
    found, layers = [np.empty((0, len(grid)))], alone.network.layers[:-1]
    for depth in range(1, len(layers) + 1):
        if not isinstance(layers[depth - 1], Dense):
            continue
        below = Network(alone.network.inputs, layers[:depth])
        part = Population(below, alone.theta[:, : below.n_parameters], alone.keys)
        found.append(part.outputs(grid, n_jobs=1)[0].T)
    return np.concatenate(found)


def shown_epochs(epochs: int) -> IntArray:
    """Return which of so many epochs a picture of their course shows: all, or as many as it has columns.

    >>> shown_epochs(3), len(shown_epochs(5000))
    (array([0, 1, 2]), 300)
    """
    return np.linspace(0, epochs - 1, min(epochs, COLUMNS)).round().astype(int)


def course_of_losses(course: Course, network: int) -> Array:
    """Return the objective and the validation loss of a network (2, columns), evenly over its epochs."""
    place, start = divmod(network, course.design.starts)
    history = course.runs[place].history
    assert history.validation_loss is not None
    shown = shown_epochs(course.epoch)
    return np.stack([history.loss[start, shown], history.validation_loss[start, shown]])


def functions(data: Material, predictions: Array) -> tuple[BlockKind, Array, float, float]:
    """Return how predictions (P, K, G) on the grid are told: kind, numbers (P, G), low and high."""
    if data.outputs > 1:
        return BlockKind.DECISIONS, decisions(predictions), 0.0, float(data.outputs)
    if data.kind == "plane":
        return BlockKind.MAPS, predictions[:, 0], data.low, data.high
    far = data.high - data.low  # curves leave the picture at a slant, not along its edge
    return BlockKind.FUNCTIONS, predictions[:, 0], data.low - far, data.high + far


def blocks(course: Course, run: int, side: int, network: int) -> list[Block]:
    """Return all that a page draws of a course, with ``network`` picked."""
    data = course.material
    alone = member(course, network)

    def block(kind: BlockKind, values: Array, low: float = data.low, high: float = data.high) -> Block:
        return Block(kind, run, course.epoch, values, side, low, high)

    return [
        block(*functions(data, course.answers.functions)),
        block(BlockKind.SCORES, scores(course)),
        block(BlockKind.PICKED, predicted(alone, data.fine)[0]),
        block(BlockKind.UNITS, unit_outputs(alone, data.grid)),
        block(BlockKind.LOSSES, course_of_losses(course, network)),
        block(BlockKind.THETA, alone.theta),
    ]


def predicted(population: Population, rows: Array) -> Array:
    """Return predictions (P, K, N), not finite where a network has grown without bounds."""
    with np.errstate(all="ignore"):
        z = population.outputs(rows, n_jobs=1)
        return population.network.criterion.predict(z.swapaxes(1, 2))
