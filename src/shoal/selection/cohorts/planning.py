"""Dividing a study into cohorts: networks of one architecture and one fold, trained as one population."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from shoal.networks.backprop import chunk
from shoal.selection.cohorts.by_evidence import curvature_work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shoal.networks.chain import Chain
    from shoal.selection.candidates.candidate import Candidate, Form

LARGEST = 64
"""Members of a cohort at most."""

LEAST_WORK, MOST_WORK, PIECES = 2e9, 2e11, 32
"""Floating-point operations of a cohort: 1/32 of the study's, within these bounds. A kill loses seconds,
cores stay busy to the end, and small studies are not cut into crumbs."""

HESSIANS = 4
"""Matrices (D, D) of a member alive at once: its Hessian, the axes, those of before, and a covariance; or as
a solver has them the Hessian, damped, its factor, and a product."""

SMALL_BATCH, SMALL_NETWORK, VECTOR_BYTES = 32, 2000, 64
"""Up to so many samples and parameters, the native engine repeats samples for every lane of a vector."""

COLUMNS = {True: 16, False: 8}
"""Vectors that a block of sequences is wide in the native engine, where both are small or not."""


class ScalingPart(IntEnum):
    """Parts of a study that scales inputs: a start of every view each, but for the last, which has the rest.

    Every start has its part however many there are, so that a study of more begins as one of fewer.
    """

    PLAIN = 0
    """Inputs as they are."""
    SCALED = 1
    """Scaled by what the first part says of them."""
    PLAIN_AGAIN = 2
    RACED = 3
    """As was better of the first two."""

    @classmethod
    def of(cls, start: int, views: int) -> ScalingPart:
        """Return the part of a start.

        >>> [int(ScalingPart.of(start, views=2)) for start in range(10)]
        [0, 0, 1, 1, 2, 2, 3, 3, 3, 3]
        """
        return cls(min(start // views, cls.RACED))

    @property
    def round(self) -> int:
        """When it is trained: a round begins when those before have ended."""
        return (0, 1, 1, 2)[self]


@dataclass(frozen=True)
class Member:
    """One network to train: a candidate from one random start."""

    candidate: Candidate
    start: int


@dataclass(frozen=True)
class Cohort:
    """Members of one form and one view of the inputs, trained together on the rows of one fold."""

    index: int
    form: Form
    fold: int
    members: tuple[Member, ...]
    work: float
    view: int = 0
    part: ScalingPart = ScalingPart.PLAIN


@dataclass(frozen=True)
class Cost:
    """What decides the size of cohorts: samples, epochs at most, bytes a number, bytes a cohort may hold.

    ``held`` samples judge the networks that ``samples`` have trained. ``by_evidence`` needs every member's
    Hessian besides, a ``dense`` solver one in training.
    """

    samples: int
    held: int
    epochs: int
    batch_size: int | None
    itemsize: int
    memory: int
    by_evidence: bool = False
    dense: bool = False

    def work(self, network: Chain) -> float:
        """Return the operations of training one member: forward and twice that backward, 2 each time."""
        curvatures = curvature_work(network, self.samples) if self.by_evidence else 0.0
        return 6.0 * network.operations * self.samples * self.epochs + curvatures

    def bytes(self, network: Chain) -> int:
        """Return about what one member holds: parameters, solver state, activations, losses, curves."""
        batch = min(self.batch_size or self.samples, self.samples)
        gathered = network.n_inputs if self.batch_size is not None else 0
        units = sum(math.prod(shape) for shape in network.shapes[1:])
        most = max(self.samples, self.held)
        training, scoring = 4 * (gathered + units) * batch, 2 * units * min(most, chunk(network))
        numbers = 10 * network.n_parameters + max(training, scoring) + 2 * most
        matrices = HESSIANS * (8 * self.by_evidence + self.itemsize * self.dense)
        hessians = matrices * network.n_parameters**2
        return self.itemsize * numbers + 8 * self.held + 16 * self.epochs + hessians

    def shared_bytes(self, network: Chain, inputs: int | None = None) -> int:
        """Return about what a thread or process holds for a cohort besides its members: the samples.

        Its members are given all inputs of the network, or so many of them.

        They are there once as the rows of the fold that the members see, those trained on once more as the
        native engine keeps them, and what is not gathered batch by batch as it lays them out, with a column
        for every lane of small batches and of solvers that take Hessians. As they came they are there once
        for all threads. Recurrent layers keep every step of one block of samples.
        """
        n = (network.n_inputs if inputs is None else inputs) + network.n_outputs
        small = (self.batch_size or self.samples) <= SMALL_BATCH and network.n_parameters <= SMALL_NETWORK
        few = small or self.dense
        laid_out = self.held + (self.samples if self.batch_size is None else 0)
        packed = (VECTOR_BYTES if few else self.itemsize) * laid_out
        kept = sum(layer.kept(shape) for layer, shape in zip(network.layers, network.shapes, strict=False))
        return (
            n * (self.itemsize * (2 * self.samples + self.held) + packed) + COLUMNS[few] * VECTOR_BYTES * kept
        )


def plan(
    candidates: Sequence[Candidate],
    networks: Mapping[Form, Chain],
    starts: int,
    folds: Sequence[int],
    cost: Cost,
    first_index: int = 0,
    views: int = 1,
    hurried: bool = False,
    scaled: bool = False,
    halved: bool = False,
) -> list[Cohort]:
    """Return cohorts that hold every (candidate, start, fold) once: the first starts first, and of those
    the cohorts with most work. So a study that is ended early has compared all candidates on all folds,
    from fewer starts. Start s is of view s mod ``views``, whose networks take at most what those of
    all inputs do. A ``hurried`` study, which will be ended so, has small cohorts, the first of one start. One
    whose later starts see inputs ``scaled`` has cohorts of one part each, round by round. Cohorts of which
    the worse half ends (``halved``) are as large as can be, and those of few starts the first of many.

    The plan depends on the study alone, never on the machine, so that a resumed study finds its cohorts
    again.
    """
    groups: dict[tuple[Form, int, ScalingPart], list[Member]] = {}
    for candidate in candidates:
        for start in range(starts):
            part = ScalingPart.of(start, views) if scaled else ScalingPart.PLAIN
            groups.setdefault((candidate.form, start % views, part), []).append(Member(candidate, start))
    for group in groups.values():
        group.sort(key=lambda member: member.start)
    total = len(folds) * sum(len(group) * cost.work(networks[form]) for (form, _, _), group in groups.items())
    allowed = LEAST_WORK if hurried else min(max(total / PIECES, LEAST_WORK), MOST_WORK)
    pieces: list[Cohort] = []
    for (form, view, part), group in groups.items():
        work = cost.work(networks[form])
        room = cost.memory - cost.shared_bytes(networks[form])
        most = int(min(LARGEST, room // cost.bytes(networks[form])))
        size = max(most if halved else int(min(most, allowed // work)), 1)
        if halved:
            crowds = [group[first : first + size] for first in range(0, len(group), size)]
        else:
            crowds = _doubling(group, views) if hurried else [group]
        for fold in folds:
            crews = [crew for crowd in crowds for crew in _parts(crowd, size)]
            pieces.extend(Cohort(0, form, fold, crew, len(crew) * work, view, part) for crew in crews)
    pieces.sort(key=lambda piece: (piece.part.round, piece.members[0].start, -piece.work))
    return [dataclasses.replace(piece, index=first_index + i) for i, piece in enumerate(pieces)]


def _doubling(members: Sequence[Member], views: int) -> list[list[Member]]:
    """Return the members of one start, of another, of two more, four, eight …; each view has its first."""
    crowds: dict[int, list[Member]] = {}
    for member in members:
        crowds.setdefault((member.start // views).bit_length(), []).append(member)
    return list(crowds.values())


def _parts(members: Sequence[Member], largest: int) -> list[tuple[Member, ...]]:
    """Return the members in as few equal parts (but for one) of at most ``largest`` as will do."""
    n_parts = math.ceil(len(members) / largest)
    edges = [len(members) * i // n_parts for i in range(n_parts + 1)]
    return [tuple(members[a:b]) for a, b in itertools.pairwise(edges)]
