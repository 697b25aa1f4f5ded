"""The networks of a study as figures tell them apart: by size, L2 strength and random start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shoal.plots.scales import finite
from shoal.plots.text import number, plain, size_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.plots.evidence import NetworkIdentity, TrialColumns

Key: TypeAlias = tuple[str, float, int, str]
"""Size, L2 strength, random start, and settings of a search in words."""
HIDDEN_UNIT = "hidden unit"
"""What sizes count, unless they count something else."""


@dataclass(frozen=True)
class Start:
    """One size and strength trained from one random start, which is what a study chooses between.

    ``losses`` has a validation loss a fold, or one where there are no folds; NaN where it diverged.
    ``loss`` is their mean, and NaN as soon as one of them is.
    """

    hidden: str
    l2: float
    start: int
    settings: str
    losses: tuple[float, ...]
    unit: str = HIDDEN_UNIT

    @property
    def loss(self) -> float:
        return float(np.mean(self.losses))

    @property
    def words(self) -> str:
        """What it is and how it did, for a tooltip."""
        lowest, highest = number(min(self.losses)), number(max(self.losses))
        folds = f" (folds {lowest} to {highest})" if len(self.losses) > 1 else ""
        size = units(self.hidden, self.unit)
        settings = f", {self.settings}" if self.settings else ""
        return f"{size}, L2 {plain(self.l2)}{settings}, start {self.start}: {number(self.loss)}{folds}"


def starts(trials: TrialColumns, unit: str = HIDDEN_UNIT) -> dict[Key, Start]:
    """Return every start of the study by size, strength and start, its folds taken together."""
    losses: dict[Key, list[float]] = {}
    for key, loss in zip(keys(trials), finite(trials["validation_loss"]).tolist(), strict=True):
        losses.setdefault(key, []).append(loss)
    return {key: Start(*key, tuple(folds), unit) for key, folds in losses.items()}


def keys(trials: TrialColumns) -> list[Key]:
    """Return what each network is told from the others by, but for its fold."""
    settings = trials.get("settings") or [""] * len(trials["hidden"])
    return list(zip(trials["hidden"], trials["l2"], trials["start"], settings, strict=True))


def ordered_sizes(trials: TrialColumns) -> list[str]:
    """Return the sizes from the fewest parameters up, the order in which Occam's rule prefers them."""
    parameters = dict(zip(trials["hidden"], trials["parameters"], strict=True))
    return sorted(parameters, key=lambda size: parameters[size])


def distinct(members: Sequence[NetworkIdentity]) -> list[Key]:
    """Return the keys of ``members`` without repetitions: an ensemble may count a network twice."""
    return list(dict.fromkeys(key_of(member) for member in members))


def key_of(candidate: NetworkIdentity) -> Key:
    """Return what ``candidate`` is found by among the starts."""
    return candidate["hidden"], candidate["l2"], candidate["start"], candidate.get("settings", "")


def units(hidden: str, unit: str = HIDDEN_UNIT) -> str:
    """Return a size in words; ``unit`` is what it counts.

    >>> units("0"), units("1"), units("16x8")
    ('no hidden units', '1 hidden unit', '16×8 hidden units')
    """
    if hidden == "0":
        return f"no {unit}s"
    return f"1 {unit}" if hidden == "1" else f"{size_name(hidden)} {unit}s"
