"""What a search says of each of its axes: how well networks did along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.selection.candidates.candidate import told

if TYPE_CHECKING:
    from shoal.selection.candidates.candidate import Candidate
    from shoal.selection.choosing.contenders import Contender

MOST_LEVELS = 6
"""Parts of an axis of numbers, each with as many candidates."""


@dataclass(frozen=True)
class Level:
    """A value of an axis, or a part of it: its candidates, and the best and the middle of their losses.

    These are of validation, and None where every network diverged.
    """

    values: str
    candidates: int
    lowest: float | None
    median: float | None
    chosen: bool


@dataclass(frozen=True)
class Explored:
    """An axis of a search: the value chosen, the neighbours that were tried with their losses, and levels.

    ``spread`` is by how much the levels' medians differ, in parts of the spread of all losses (quartiles):
    near 0 the axis does not matter, within what was tried.
    """

    axis: str
    chosen: str
    below: str
    above: str
    spread: float | None
    levels: tuple[Level, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {**asdict(self), "levels": [asdict(level) for level in self.levels]}


def explored(candidates: Sequence[Candidate], contenders: Sequence[Contender], chosen: int) -> list[Explored]:
    """Return every axis of more than one value, as the ``contenders`` tell of it.

    ``chosen`` is the index of the candidate that was; each counts by its best start.
    """
    losses = np.full(len(candidates), np.nan)
    for contender in contenders:
        losses[contender.candidate] = np.fmin(losses[contender.candidate], contender.validation_loss)
    points = [dict(candidate.point) for candidate in candidates]
    tried = sorted({contender.candidate for contender in contenders})
    found = []
    for name in dict.fromkeys(name for point in points for name in point):
        there = [i for i in tried if name in points[i]]
        values = [points[i][name] for i in there]
        if len({repr(value) for value in values}) > 1 and name in points[chosen]:
            found.append(_axis(name, values, losses[there], points[chosen][name]))
    return found


def _axis(name: str, values: list[Any], losses: np.ndarray[Any, Any], chosen: Any) -> Explored:
    """Return what losses (C,) say of the values of an axis."""
    of_numbers = all(isinstance(value, int | float) for value in values)
    ordered = of_numbers or name == "hidden"
    distinct = sorted(set(values), key=_size) if ordered else list(dict.fromkeys(values))
    if of_numbers and len(distinct) > MOST_LEVELS:
        parts = [part.tolist() for part in np.array_split(np.array(distinct), MOST_LEVELS)]
    else:
        parts = [[value] for value in distinct]
    levels = []
    for part in parts:
        inside = np.array([value in part for value in values])
        own = losses[inside & np.isfinite(losses)]
        text = told(part[0]) if len(part) == 1 else f"{told(part[0])} to {told(part[-1])}"
        low, middle = (float(own.min()), float(np.median(own))) if own.size else (None, None)
        levels.append(Level(text, int(inside.sum()), low, middle, chosen in part))
    place = distinct.index(chosen)
    below = _with_loss(distinct[place - 1], values, losses) if ordered and place else ""
    last = place + 1 == len(distinct)
    above = "" if last or not ordered else _with_loss(distinct[place + 1], values, losses)
    return Explored(name, told(chosen), below, above, _spread(levels, losses), tuple(levels))


def _size(value: Any) -> tuple[int, Any]:
    """Return what numbers, and sizes of networks, are sorted by: the fewest layers come first."""
    return (len(value), value) if isinstance(value, tuple) else (0, value)


def _with_loss(value: Any, values: list[Any], losses: np.ndarray[Any, Any]) -> str:
    own = losses[np.array([other == value for other in values]) & np.isfinite(losses)]
    return f"{told(value)} ({own.min():.4g})" if own.size else f"{told(value)} (diverged)"


def _spread(levels: Sequence[Level], losses: np.ndarray[Any, Any]) -> float | None:
    medians = [level.median for level in levels if level.median is not None]
    finite = losses[np.isfinite(losses)]
    if len(medians) < 2 or finite.size < 2:
        return None
    low, high = np.quantile(finite, [0.25, 0.75])
    return float((max(medians) - min(medians)) / (high - low)) if high > low else None
