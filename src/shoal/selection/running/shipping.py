"""Sending tasks to workers elsewhere: a study's arrays travel once to every worker, not with every cohort.

No executor says which worker a call will run on, nor which one a crash has replaced. So tasks are sent
without their arrays; a worker that lacks some says which it has, and the task comes again with all others of
the study, which that worker keeps for the tasks that follow.
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
from shoal.selection.cohorts.cohort import run_cohort
from shoal.selection.cohorts.gathered import Commons
from shoal.selection.running.packing import pack, unpack

if TYPE_CHECKING:
    from shoal.selection.cohorts.cohort import CohortResult
    from shoal.selection.cohorts.task import Task
    from shoal.shapes import Array

ARRAYS = ("X", "y", "train", "held", "weights")
NOWHERE = -1
"""The place of an array that a task does without."""
_NO_ARRAYS: dict[str, Any] = dict.fromkeys(ARRAYS, np.empty(0))
_kept: dict[str, dict[int, Array]] = {}
"""What this process keeps as a worker: the arrays of the latest study that sent it any, by their places."""
_commons: dict[str, Commons] = {}
"""What its cohorts have gathered from those arrays."""


@dataclass(frozen=True)
class Freight:
    """Arrays of a study by their places, under a key that no other study has; row numbers travel packed."""

    key: str
    arrays: dict[int, Array]

    def __getstate__(self) -> dict[str, Any]:
        return {"key": self.key, "arrays": {place: pack(array) for place, array in self.arrays.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrays = {place: unpack(array) for place, array in state["arrays"].items()}
        self.__dict__.update(key=state["key"], arrays=arrays)


@dataclass(frozen=True)
class Hold:
    """The different arrays of a study, each with its place: the same for all that is ever shipped of it."""

    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    _places: dict[int, tuple[int, Any]] = field(default_factory=dict)

    def place(self, array: Any) -> int:
        """Return where an array is, which comes behind the others if it is a new one."""
        if array is None:
            return NOWHERE
        return self._places.setdefault(id(array), (len(self._places), array))[0]


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
    """A worker's answer to a parcel whose arrays it does not have all: the places of those that it has."""

    worker: str
    has: frozenset[int] = frozenset()


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

    What is in ``hold`` already may have been shipped before, and workers may have it.

    >>> @dataclass
    ... class Errand:
    ...     X: object; y: object; train: object; held: object; weights: object
    >>> shipment = Shipment([Errand("X", "y", "a", "b", "s"), Errand("X", "y", "c", "d", "s")])
    >>> list(shipment.freight.arrays.values()), shipment.parcels[1].places
    (['X', 'y', 'a', 'b', 's', 'c', 'd'], (0, 1, 5, 6, 4))
    """

    def __init__(self, tasks: Sequence[Task], hold: Hold | None = None) -> None:
        hold = hold or Hold()
        arrays: dict[int, Any] = {}
        places: list[tuple[int, ...]] = []
        for task in tasks:
            given = {name: getattr(task, name) for name in ARRAYS}
            places.append(tuple(hold.place(array) for array in given.values()))
            arrays.update(zip(places[-1], given.values(), strict=True))
        arrays.pop(NOWHERE, None)
        self.freight = Freight(hold.key, arrays)
        self._numbers = itertools.count()
        self._sent_to: dict[str, int] = {}
        own = makeup()
        self.parcels = [
            Parcel(dataclasses.replace(task, **_NO_ARRAYS), of_task, hold.key, next(self._numbers), own)
            for task, of_task in zip(tasks, places, strict=True)
        ]

    def again(self, parcel: Parcel, lacking: Lacking) -> Parcel:
        """Return the parcel to send once a worker lacked its arrays: with them, unless they are on the way.

        They are if they were sent after this parcel; whichever idle worker takes them, it most likely lacks
        them too. A parcel that was sent later tells that they have gone to another worker.
        """
        number, worker = next(self._numbers), lacking.worker
        freight = None
        if self._sent_to.get(worker, -1) < parcel.number:
            freight = self._all_but(lacking.has)
            self._sent_to[worker] = number
        return dataclasses.replace(parcel, number=number, freight=freight)

    def anew(self, parcel: Parcel) -> Parcel:
        """Return the parcel to send once an executor has lost this one."""
        return dataclasses.replace(parcel, number=next(self._numbers))

    def _all_but(self, places: frozenset[int]) -> Freight:
        arrays = {place: array for place, array in self.freight.arrays.items() if place not in places}
        return Freight(self.freight.key, arrays)


def makeup() -> str:
    """Return what decides which bits this process computes: the version, and the fastest engine's label.

    >>> makeup()  # doctest: +ELLIPSIS
    'shoal ... with ...'
    """
    return f"shoal {__version__} with {next(iter(ENGINES.values())).label}"


def keep(freight: Freight) -> None:
    """Keep arrays of a study in this process, beside others of it, in place of those of the study before."""
    kept, commons = _kept.get(freight.key, {}), _commons.get(freight.key) or Commons()
    _kept.clear()
    _commons.clear()
    _kept[freight.key], _commons[freight.key] = kept | freight.arrays, commons


def forget(freight: Freight) -> None:
    """Let go of a study's arrays in this process."""
    _kept.pop(freight.key, None)
    _commons.pop(freight.key, None)


def run_parcel(parcel: Parcel) -> Answer:
    """Train the cohort of a parcel, if its arrays came with it or are here; else say who lacks them.

    A process of another makeup than the sender's trains nothing: its networks would be others.
    """
    worker = f"{socket.gethostname()} {os.getpid()}"
    if makeup() != parcel.makeup:
        return Stranger(worker, makeup())
    if parcel.freight is not None:
        keep(parcel.freight)
    kept = _kept.get(parcel.key, {})
    if not kept.keys() >= set(parcel.places) - {NOWHERE}:
        return Lacking(worker, frozenset(kept))
    arrays: dict[str, Any] = {
        name: None if place == NOWHERE else kept[place]
        for name, place in zip(ARRAYS, parcel.places, strict=True)
    }
    try:
        return run_cohort(dataclasses.replace(parcel.task, **arrays), commons=_commons.get(parcel.key))
    except Exception as error:
        return Failed(error, traceback.format_exc())
