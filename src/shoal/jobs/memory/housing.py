"""A study in the memory that there is: with fewer threads, or smaller minibatches, rather than not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from shoal.errors import CapacityError
from shoal.jobs.memory.footprint import Allowance
from shoal.jobs.memory.room import Room
from shoal.jobs.prepared import Prepared
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.selection.cohorts.design import StudyPlan
from shoal.selection.study import CapacityStudy
from shoal.words import setting

LEAST_BATCH = 16
"""Samples that a minibatch has at least, as far as memory decides."""
Planned: TypeAlias = Callable[[Method], tuple[CapacityStudy, StudyPlan]]
"""What makes the study of a method, and its plan."""


@dataclass(frozen=True)
class Housed:
    """A ``study`` that fits, by its ``method``, on so many ``workers``, in so many bytes of ``memory`` here.

    ``told`` is what there is to say of this machine, ``less`` what was decided for lack of memory.
    """

    study: CapacityStudy
    plan: StudyPlan
    method: Method
    workers: int
    memory: int
    told: tuple[str, ...]
    less: dict[str, Any]


def housed(
    planned: Planned,
    method: Method,
    request: FitRequest,
    prepared: Prepared,
    allowance: Allowance,
    workers: int,
) -> Housed:
    """Return a study with as many of its threads as there is room for.

    Where there is none for a single one, minibatches are halved as often as it takes, unless the request says
    how large they are.

    Raises ``CapacityError`` where that does not help.
    """
    tight: CapacityError | None = None
    for smaller in _smaller(method, request):
        study, plan = planned(smaller)
        room = Room(allowance, prepared, plan)
        asked = workers if study.place.on is None else 1
        try:
            here, told = room.workers(asked), room.sentence(asked)
        except CapacityError as error:
            tight = tight or error
            continue
        if told:
            study.place = replace(study.place, n_jobs=here)
        less = {} if tight is None else {"batch_size": smaller.recipe.batch_size}
        if tight is not None:
            smaller = replace(smaller, told=(*smaller.told, _sentence(method, smaller, tight)))
        at_once = here if study.place.on is None else workers
        return Housed(study, plan, smaller, at_once, room.bytes(here), told, less)
    assert tight is not None
    raise tight


def _smaller(method: Method, request: FitRequest) -> Iterator[Method]:
    """Yield the method, and the same with smaller and smaller minibatches where nobody asked for any size."""
    yield method
    size = method.recipe.batch_size
    while request.batch_size is None and size is not None and size // 2 >= LEAST_BATCH:
        size //= 2
        yield replace(method, recipe=replace(method.recipe, batch_size=size))


def _sentence(method: Method, smaller: Method, tight: CapacityError) -> str:
    before, now = method.recipe.batch_size, smaller.recipe.batch_size
    why = str(tight).partition(";")[0]
    as_with = setting("batch_size", now)
    return f"Minibatches have {now} samples instead of {before}, as with {as_with}: with those {why}."
