"""Contenders: each candidate from each random start, by its validation losses over all folds."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ConfigurationError
from shoal.selection.candidates.architectures import Perceptron

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.selection.trials import Trials

HIDDEN_UNIT = Perceptron.unit


@dataclass(frozen=True)
class Contender:
    """One candidate from one random start, its validation loss averaged over the folds.

    ``standard_error`` is that of ``validation_loss``: of the mean over validation samples, and over K
    folds ``sqrt(Σ_f se_f²) / K``. ``log_evidence``, ``gamma`` and ``strength`` are None but for a
    network that was scored by evidence, the last two also where the solver re-estimates the strength: those
    of the first fold, if there are several. Of a search ``settings`` are, in words, what it has besides size
    and l2, and ``form`` what it has in common with those that it was trained with.
    """

    candidate: int
    hidden: str
    l2: float
    start: int
    parameters: int
    validation_loss: float
    standard_error: float
    log_evidence: float | None = None
    gamma: float | None = None
    strength: float | None = None
    form: str = ""
    settings: str = ""

    def words(self, unit: str = HIDDEN_UNIT) -> str:
        """Return the contender as a sentence names it; ``unit`` is what its size counts.

        >>> Contender(0, "16x16", 0.5, 3, 321, 0.2, 0.01).words()
        '16x16 hidden units (l2 0.5, start 3; 321 parameters)'
        """
        units = f"no {unit}s" if self.hidden == "0" else f"{self.hidden} {unit}s"
        units = f"1 {unit}" if self.hidden == "1" else units
        settings = f"{self.settings}, " if self.settings else ""
        return f"{units} (l2 {self.l2:g}, {settings}start {self.start}; {self.parameters} parameters)"


def all_contenders(trials: Trials) -> list[Contender]:
    """Return every candidate from every start; NaN is the loss of one that diverged in any fold."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(trials["candidate"].tolist(), trials["start"].tolist(), strict=True)):
        groups[key].append(row)
    rows = [own for _, own in sorted(groups.items())]
    first = [own[0] for own in rows]
    what = [trials[name][first].tolist() for name in ("candidate", "hidden", "l2", "start", "parameters")]
    scores = [map(_known, trials[name][first].tolist()) for name in ("log_evidence", "gamma", "strength")]
    words = [_words(trials, name, first) for name in ("form", "settings")]
    return [Contender(*one) for one in zip(*what, *_over_folds(trials, rows), *scores, *words, strict=True)]


def _words(trials: Trials, name: str, rows: list[int]) -> list[str]:
    """Return what the networks of a search are told by; nothing of a grid's."""
    return trials[name][rows].tolist() if name in trials.columns else [""] * len(rows)


def _over_folds(trials: Trials, groups: Sequence[Sequence[int]]) -> tuple[list[float], list[float]]:
    """Return the mean loss, and its standard error, of every group of rows: as many as there are folds."""
    losses = np.where(trials["diverged"], np.nan, trials["validation_loss"])
    squares, counts = np.square(trials["validation_se"]), np.array([len(rows) for rows in groups])
    means, errors = np.empty((2, len(groups)))
    for count in np.unique(counts):  # one, but for a study that has not ended
        which = np.flatnonzero(counts == count)
        rows = np.array([groups[k] for k in which.tolist()])
        means[which] = losses[rows].mean(axis=1)
        errors[which] = np.sqrt(squares[rows].sum(axis=1)) / count
    return means.tolist(), errors.tolist()


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def finite_contenders(contenders: Sequence[Contender], n_networks: int) -> list[Contender]:
    """Return those that may win; raise ``ConfigurationError``, which counts networks, if there are none."""
    finite = [c for c in contenders if math.isfinite(c.validation_loss)]
    if not finite:
        raise ConfigurationError(
            f"{networks_in_words(n_networks)} diverged, so there is nothing to choose from; try a "
            "learning_rate ten times smaller, standardised inputs and targets, or smaller initial weights"
        )
    return finite


def networks_in_words(n: int) -> str:
    """Return what a sentence calls all networks of a study.

    >>> networks_in_words(12), networks_in_words(1)
    ('all 12 networks', 'the only network')
    """
    return f"all {n} networks" if n > 1 else "the only network"


def complete(trials: Trials, folds: Sequence[int]) -> Trials:
    """Return the trials on these folds of the contenders that have been trained on all of them."""
    trials = trials.take(np.isin(trials["fold"], folds))
    keys = list(zip(trials["candidate"].tolist(), trials["start"].tolist(), strict=True))
    counts = Counter(keys)
    return trials.take(np.array([counts[key] == len(folds) for key in keys], dtype=bool))


def covered(trials: Trials) -> list[int]:
    """Return the folds to choose by: those of a contender that has been trained on most, and may win.

    Where a study has ended that is all of them; none where every network diverged.
    """
    finite = trials.take(~trials["diverged"] & np.isfinite(trials["validation_loss"]))
    folds: dict[tuple[int, int], list[int]] = defaultdict(list)
    for candidate, start, fold in zip(
        *(finite[name].tolist() for name in ("candidate", "start", "fold")), strict=True
    ):
        folds[candidate, start].append(fold)
    most = max(map(len, folds.values()), default=0)
    return next((sorted(own) for own in folds.values() if len(own) == most), [])
