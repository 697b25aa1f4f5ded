"""How the validation losses of each candidate spread over its random starts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.selection.choosing.contenders import Contender
    from shoal.shapes import Array


@dataclass(frozen=True)
class Spread:
    """The validation losses of one candidate over its random starts; None where every start diverged."""

    hidden: str
    l2: float
    starts: int
    min: float | None
    q1: float | None
    median: float | None
    q3: float | None
    max: float | None
    diverged: int
    settings: str = ""


def spreads(contenders: Sequence[Contender]) -> tuple[Spread, ...]:
    """Return the spread over random starts of every candidate, in the order of the contenders."""
    groups: dict[int, list[Contender]] = defaultdict(list)
    for contender in contenders:
        groups[contender.candidate].append(contender)
    losses = [np.array([c.validation_loss for c in group]) for group in groups.values()]
    known = _quartiles([own[np.isfinite(own)] for own in losses])
    return tuple(_spread(group, *one) for group, one in zip(groups.values(), known, strict=True))


def _quartiles(losses: Sequence[Array]) -> list[tuple[int, list[float | None]]]:
    """Return how many losses each has, and their quartiles, None of none: at once where they have as many."""
    found: list[tuple[int, list[float | None]]] = [(0, [None] * 5)] * len(losses)
    for size in {len(own) for own in losses} - {0}:
        which = [k for k, own in enumerate(losses) if len(own) == size]
        each = np.quantile([losses[k] for k in which], [0, 0.25, 0.5, 0.75, 1], axis=1).T.tolist()
        for k, one in zip(which, each, strict=True):
            found[k] = size, one
    return found


def _spread(group: Sequence[Contender], finite: int, quartiles: list[float | None]) -> Spread:
    first, diverged = group[0], len(group) - finite
    low, q1, median, q3, high = quartiles
    return Spread(first.hidden, first.l2, len(group), low, q1, median, q3, high, diverged, first.settings)
