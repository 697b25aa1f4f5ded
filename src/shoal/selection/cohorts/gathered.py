"""The samples of cohorts, gathered from those of a study: once for all cohorts that are given the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from shoal.layers.base import Layer
from shoal.training.problem import Samples

if TYPE_CHECKING:
    from shoal.selection.cohorts.task import Task
    from shoal.sequences import Rows
    from shoal.shapes import Array, IntArray

KEPT = 2**25
"""Bytes of samples that are kept for cohorts to come; beyond that, those that were asked for last alone.

Jobs are told to hold more than that for what they load after the study, when nothing is kept any longer.
"""

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Part:
    """Rows of a study that train or judge: ``samples`` as networks take them, and X, y and weights (N,)."""

    samples: Samples
    X: Rows
    y: Array
    weights: Array | None


@dataclass(frozen=True, eq=False)
class Gathered:
    """The samples of a cohort: what its members see of the rows that train, and of those that judge.

    ``sources`` are the arrays that they come from, which live as long, so that no others take their place.
    """

    trained: Part
    judged: Part | None
    sources: tuple[Any, ...]

    @classmethod
    def of(cls, task: Task) -> Gathered:
        """Return the samples of a task; the study has looked for what is no number in X.

        Raises ``DataError`` for codes that the network's first layer does not know.
        """
        network, dtype = task.inputs.network(task.network), task.conditions.dtype

        def part(rows: IntArray) -> Part:
            X, y = task.inputs.rows(task.X, rows), task.y[rows]
            weights = None if task.weights is None else task.weights[rows]
            return Part(Samples.of(network, X, y, weights, dtype=dtype, checked=True), X, y, weights)

        return cls(part(task.train), part(task.held) if task.held.size else None, _sources(task))


class Commons:
    """What the cohorts of a study have gathered, for those that follow; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: WeakValueDictionary[Key, Gathered] = WeakValueDictionary()
        self._kept: OrderedDict[Key, tuple[Gathered, int]] = OrderedDict()

    def of(self, task: Task) -> Gathered:
        """Return the samples of a task: those of a cohort before, or still at work, where they are the same.

        What is kept for longer than a cohort needs it makes room first, so that no more is held at a time
        than ``KEPT`` besides what cohorts at work hold.
        """
        key = _key(task)
        with self._lock:
            found, size = self._used.get(key), _bytes(task)
            self._kept.pop(key, None)
            while self._kept and size + sum(held for _, held in self._kept.values()) > KEPT:
                self._kept.popitem(last=False)
            found = found or Gathered.of(task)
            self._used[key] = found
            self._kept[key] = found, size
            return found


def _sources(task: Task) -> tuple[Any, ...]:
    return task.X, task.y, task.train, task.held, task.weights


def _bytes(task: Task) -> int:
    rows = task.train.size + task.held.size
    return rows * (task.X.nbytes + task.y.nbytes) // max(len(task.X), 1)


def _key(task: Task) -> Key:
    """Return what decides the samples of a task; a layer that looks at what it is given is a part of it."""
    network, inputs = task.network, task.inputs
    first = network.layers[0]
    looks = type(first).require is not Layer.require
    return (
        *map(id, _sources(task)),
        *(None if array is None else array.tobytes() for array in (inputs.columns, inputs.scale)),
        task.conditions.dtype,
        network.input_shape,
        network.n_outputs,
        network.criterion,
        first if looks else None,
    )
