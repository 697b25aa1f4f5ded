"""Sending tasks to workers elsewhere: a study's arrays travel once to every worker, not with every cohort.

No executor says which worker a call will run on, nor which one a crash has replaced. So tasks are sent
without their arrays; a worker that lacks them says so, and the task comes again with all the arrays of the
study, which that worker keeps for the tasks that follow.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import socket
import traceback
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from shoal._version import __version__
from shoal.engines import ENGINES
from shoal.selection.cohort import run_cohort

if TYPE_CHECKING:
    from shoal.selection.cohort import CohortResult, Task
    from shoal.shapes import Array

ARRAYS = ("X", "y", "train", "held", "weights")
NOWHERE = -1
"""The place of an array that a task does without."""
_NO_ARRAYS: dict[str, Any] = dict.fromkeys(ARRAYS, np.empty(0))
_kept: dict[str, Freight] = {}
"""What this process keeps as a worker: the arrays of the latest study that sent it any."""


@dataclass(frozen=True)
class Freight:
    """The different arrays of a study's tasks, under a key that no other study has."""

    arrays: tuple[Array, ...]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class Parcel:
    """A task on its way: empty arrays, and the ``places`` of the real ones among those of the study.

    ``number`` counts the parcels of a study. No two are equal, for Dask runs equal calls once, and a task
    that comes again must not be answered with what became of it before. ``makeup`` is that of whoever sends
    it, and so what a worker must have to give the same bits.
    """

    task: Task
    places: tuple[int, ...]
    key: str
    number: int
    makeup: str
    freight: Freight | None = None


@dataclass(frozen=True)
class Stranger:
    """A worker's answer to a parcel of which it would make other bits than its sender."""

    worker: str
    makeup: str


@dataclass(frozen=True)
class Lacking:
    """A worker's answer to a parcel whose arrays it does not have."""

    worker: str


@dataclass(frozen=True)
class Failed:
    """A worker's answer to a parcel whose cohort raised an error, told as ``trace`` where that is.

    It is an answer like others: so what a call to an executor raises is the executor's own doing.
    """

    error: Exception
    trace: str

    def reraise(self) -> NoReturn:
        """Raise the error as it was; one that came from another process brings along where it was raised."""
        if self.error.__traceback__ is None:
            self.error.add_note(self.trace)
        raise self.error


Answer: TypeAlias = "CohortResult | Lacking | Failed | Stranger"


class Shipment:
    """Packs tasks, and decides which of them take the arrays along.

    >>> @dataclass
    ... class Errand:
    ...     X: object; y: object; train: object; held: object; weights: object
    >>> shipment = Shipment([Errand("X", "y", "a", "b", "s"), Errand("X", "y", "c", "d", "s")])
    >>> shipment.freight.arrays, shipment.parcels[1].places
    (('X', 'y', 'a', 'b', 's', 'c', 'd'), (0, 1, 5, 6, 4))
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        given = [array for task in tasks for name in ARRAYS if (array := getattr(task, name)) is not None]
        arrays = {id(array): array for array in given}
        places = {id(None): NOWHERE} | {key: place for place, key in enumerate(arrays)}
        self.freight = Freight(tuple(arrays.values()))
        self._numbers = itertools.count()
        self._sent_to: dict[str, int] = {}
        own = makeup()
        self.parcels = [
            Parcel(
                dataclasses.replace(task, **_NO_ARRAYS),
                tuple(places[id(getattr(task, name))] for name in ARRAYS),
                self.freight.key,
                next(self._numbers),
                own,
            )
            for task in tasks
        ]

    def again(self, parcel: Parcel, worker: str) -> Parcel:
        """Return the parcel to send once ``worker`` lacked its arrays: with them, unless they are on the way.

        They are if they were sent after this parcel; whichever idle worker takes them, it most likely lacks
        them too. A parcel that was sent later tells that they have gone to another worker.
        """
        number = next(self._numbers)
        freight = None
        if self._sent_to.get(worker, -1) < parcel.number:
            freight = self.freight
            self._sent_to[worker] = number
        return dataclasses.replace(parcel, number=number, freight=freight)

    def anew(self, parcel: Parcel) -> Parcel:
        """Return the parcel to send once an executor has lost this one."""
        return dataclasses.replace(parcel, number=next(self._numbers))


def makeup() -> str:
    """Return what decides which bits this process computes: the version, and the fastest engine's label.

    >>> makeup()  # doctest: +ELLIPSIS
    'shoal ... with ...'
    """
    return f"shoal {__version__} with {next(iter(ENGINES.values())).label}"


def keep(freight: Freight) -> None:
    """Keep a study's arrays in this process, in place of those of the study before."""
    _kept.clear()
    _kept[freight.key] = freight


def forget(freight: Freight) -> None:
    """Let go of a study's arrays in this process."""
    _kept.pop(freight.key, None)


def run_parcel(parcel: Parcel) -> Answer:
    """Train the cohort of a parcel, if its arrays came with it or are here; else say who lacks them.

    A process of another makeup than the sender's trains nothing: its networks would be others.
    """
    worker = f"{socket.gethostname()} {os.getpid()}"
    if makeup() != parcel.makeup:
        return Stranger(worker, makeup())
    if parcel.freight is not None:
        keep(parcel.freight)
    freight = parcel.freight or _kept.get(parcel.key)
    if freight is None:
        return Lacking(worker)
    arrays: dict[str, Any] = {
        name: None if place == NOWHERE else freight.arrays[place]
        for name, place in zip(ARRAYS, parcel.places, strict=True)
    }
    try:
        return run_cohort(dataclasses.replace(parcel.task, **arrays))
    except Exception as error:
        return Failed(error, traceback.format_exc())
