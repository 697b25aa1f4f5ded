"""Dividing a study into cohorts: networks of one architecture and one fold, trained as one population."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shoal.network import Network
    from shoal.selection.candidates import Candidate, Hidden

LARGEST = 64
"""Members of a cohort at most."""

LEAST_WORK, MOST_WORK, PIECES = 2e9, 2e11, 32
"""Floating-point operations of a cohort: 1/32 of the study's, within these bounds. A kill loses seconds,
cores stay busy to the end, and small studies are not cut into crumbs."""


@dataclass(frozen=True)
class Member:
    """One network to train: a candidate from one random start."""

    candidate: Candidate
    start: int


@dataclass(frozen=True)
class Cohort:
    """Members of one architecture, trained together on the training rows of one fold."""

    index: int
    hidden: Hidden
    fold: int
    members: tuple[Member, ...]
    work: float


@dataclass(frozen=True)
class Cost:
    """What decides the size of cohorts: samples, epochs at most, bytes a number, bytes a cohort may hold."""

    samples: int
    epochs: int
    batch_size: int | None
    itemsize: int
    memory: int

    def work(self, network: Network) -> float:
        """Return the operations of training one member: forward and twice that backward, 2 each weight."""
        return 6.0 * network.n_parameters * self.samples * self.epochs

    def bytes(self, network: Network) -> int:
        """Return about what one member holds: parameters, solver state, activations of a batch, curves."""
        batch = min(self.batch_size or self.samples, self.samples)
        gathered = network.inputs if self.batch_size is not None else 0
        units = gathered + sum(shape[0] for shape in network.shapes[1:])
        return self.itemsize * (10 * network.n_parameters + 4 * units * batch) + 16 * self.epochs


def plan(
    candidates: Sequence[Candidate],
    networks: Mapping[Hidden, Network],
    starts: int,
    folds: Sequence[int],
    cost: Cost,
    first_index: int = 0,
) -> list[Cohort]:
    """Return cohorts that hold every (candidate, start, fold) once, those with most work first.

    The plan depends on the study alone, never on the machine, so that a resumed study finds its cohorts
    again.
    """
    by_hidden: dict[Hidden, list[Member]] = {}
    for candidate in candidates:
        group = by_hidden.setdefault(candidate.hidden, [])
        group.extend(Member(candidate, start) for start in range(starts))
    total = sum(len(group) * cost.work(networks[hidden]) for hidden, group in by_hidden.items()) * len(folds)
    allowed = min(max(total / PIECES, LEAST_WORK), MOST_WORK)
    pieces: list[tuple[float, Hidden, int, tuple[Member, ...]]] = []
    for hidden, group in by_hidden.items():
        work = cost.work(networks[hidden])
        size = int(min(LARGEST, allowed // work, cost.memory // cost.bytes(networks[hidden])))
        for fold in folds:
            pieces.extend((len(part) * work, hidden, fold, part) for part in _parts(group, max(size, 1)))
    pieces.sort(key=lambda piece: -piece[0])
    return [
        Cohort(first_index + i, hidden, fold, part, work)
        for i, (work, hidden, fold, part) in enumerate(pieces)
    ]


def _parts(members: Sequence[Member], largest: int) -> list[tuple[Member, ...]]:
    """Return the members in as few equal parts (but for one) of at most ``largest`` as will do."""
    n_parts = math.ceil(len(members) / largest)
    edges = [len(members) * i // n_parts for i in range(n_parts + 1)]
    return [tuple(members[a:b]) for a, b in itertools.pairwise(edges)]
