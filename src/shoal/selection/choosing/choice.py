"""Choosing one network from the trials of a study, and saying why."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.rules import BY_EVIDENCE, RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.selection.trials import Trials
    from shoal.shapes import Array

HIDDEN_UNIT = Perceptron.unit


@dataclass(frozen=True)
class Contender:
    """One candidate from one random start, its validation loss averaged over the folds.

    ``standard_error`` is that of ``validation_loss``: of the mean over validation samples, and over K
    folds ``sqrt(Σ_f se_f²) / K``. ``log_evidence``, ``gamma`` and ``strength`` are None but for a
    network that was scored by evidence, the last two also where the solver re-estimates the strength. Of a
    search ``settings`` are, in words, what it has besides size and l2, and ``form`` what it has in common
    with those that it was trained with.
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


@dataclass(frozen=True)
class Choice:
    """What was chosen, by which rule, and the sentence that says why.

    - ``chosen``: the winner; of an ensemble its first member, with the ensemble's loss and parameters.
    - ``members``: the networks that predict together; one, unless the rule is "ensemble".
    - ``best``: the contender of smallest validation loss; ``threshold``: the loss that "one-se" allows.
    - ``spread``: one entry a candidate.
    - ``agreement``: the rank correlation of log evidence and validation loss, where both are known.
    """

    rule: str
    chosen: Contender
    members: tuple[Contender, ...]
    best: Contender
    threshold: float | None
    sentence: str
    spread: tuple[Spread, ...]
    agreement: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the choice as plain values for JSON, without the spread."""
        return {
            "rule": self.rule,
            **_identity(self.chosen),
            "parameters": self.chosen.parameters,
            "validation_loss": self.chosen.validation_loss,
            "best": {
                **_identity(self.best),
                "parameters": self.best.parameters,
                "validation_loss": self.best.validation_loss,
                "standard_error": self.best.standard_error,
            },
            "threshold": self.threshold,
            "sentence": self.sentence,
            "members": [_identity(member) for member in self.members],
            "evidence": self._evidence(),
        }

    def _evidence(self) -> dict[str, Any] | None:
        if self.rule != BY_EVIDENCE:
            return None
        names = ("log_evidence", "gamma", "strength")
        return {**{name: getattr(self.chosen, name) for name in names}, "agreement": self.agreement}

    def spread_dicts(self) -> list[dict[str, Any]]:
        """Return the spread of every candidate as plain values for JSON."""
        return [asdict(spread) for spread in self.spread]


def choose(trials: Trials, rule: str = "one-se", unit: str = HIDDEN_UNIT) -> Choice:
    """Return the contender that ``rule`` prefers; its sentence calls what sizes count a ``unit``.

    - ``"best"``: the smallest validation loss L.
    - ``"one-se"``: Occam's rule. Of the contenders with ``L ≤ L* + SE*``, where L* is the smallest loss
      and SE* its standard error, the one with the fewest parameters; then with the largest l2, then with
      the lowest loss.

    A contender with a fold that diverged, or whose loss is not finite, never wins.

    Raises ``ConfigurationError`` if there is no other, ``UnknownNameError`` for another rule.

    Source: Breiman, Friedman, Olshen & Stone 1984, *CART*, 3.4.3 (the 1 SE rule); Hastie, Tibshirani &
    Friedman 2009, ESL, 7.10.1.
    """
    if rule not in RULES[:2]:
        raise UnknownNameError("rule of choice", rule, RULES[:2])
    everyone = all_contenders(trials)
    contenders = _finite(everyone, trials)
    best = min(contenders, key=_by_loss)
    if rule == "best":
        threshold = None
        chosen = best
        reason = f"the smallest validation loss, {best.validation_loss:.4g}, of {_networks(trials)}."
    else:
        threshold = best.validation_loss + best.standard_error
        near = [c for c in contenders if c.validation_loss <= threshold]
        chosen = min(near, key=lambda c: (c.parameters, -c.l2, c.validation_loss, c.start))
        reason = _occam(chosen, best, _networks(trials), unit)
    words = chosen.words(unit)
    sentence = f"{words[0].upper()}{words[1:]}: {reason}{_determined(chosen)}"
    return Choice(rule, chosen, (chosen,), best, threshold, sentence, _spreads(everyone))


def choose_by_evidence(trials: Trials, unit: str = HIDDEN_UNIT) -> Choice:
    """Return the network with the largest log evidence; validation losses have no say, and are compared.

    Raises ``ConfigurationError`` if every network diverged.

    Source: MacKay 1992, "A practical Bayesian framework for backpropagation networks"; Bishop 2006, 5.7.
    """
    contenders = finite_contenders(trials)
    scores = np.array([c.log_evidence for c in contenders], dtype=np.float64)
    chosen = contenders[int(scores.argmax())]
    best = min(contenders, key=_by_loss)
    losses = np.array([c.validation_loss for c in contenders])
    agreement = _rank_correlation(scores, -losses)
    words = chosen.words(unit)
    same = "is the same" if best == chosen else f"is {best.validation_loss:.4g}, of {best.words(unit)}"
    sentence = (
        f"{words[0].upper()}{words[1:]}: the largest log evidence of {_networks(trials)}, "
        f"{chosen.log_evidence:.5g} nats, by the rows trained on alone. They determine {chosen.gamma:.3g} of "
        f"its parameters, and set the strength of its penalty to {chosen.strength:.3g}. Its validation loss "
        f"is {chosen.validation_loss:.4g}; the lowest {same}."
    )
    return Choice(BY_EVIDENCE, chosen, (chosen,), best, None, sentence, spreads(trials), agreement)


def _rank_correlation(a: Array, b: Array) -> float | None:
    """Return Spearman's correlation of two scores (N,), of which equal ones share the mean of their ranks.

    None where one of them does not vary.
    """
    ranks = []
    for values in (a, b):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        mean_ranks = np.cumsum(counts) - (counts - 1) / 2
        ranks.append(mean_ranks[places] - (len(values) + 1) / 2)
    length = math.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1]))
    return float(ranks[0] @ ranks[1]) / length if length else None


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


def finite_contenders(trials: Trials) -> list[Contender]:
    """Return the contenders that may win, in the order of the grid; raise if there are none."""
    return _finite(all_contenders(trials), trials)


def _finite(contenders: Sequence[Contender], trials: Trials) -> list[Contender]:
    finite = [c for c in contenders if math.isfinite(c.validation_loss)]
    if not finite:
        raise ConfigurationError(
            f"{_networks(trials)} diverged, so there is nothing to choose from; try a learning_rate ten "
            "times smaller, standardised inputs and targets, or smaller initial weights"
        )
    return finite


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


def spreads(trials: Trials) -> tuple[Spread, ...]:
    """Return the spread over random starts of every candidate, in the order of the grid."""
    return _spreads(all_contenders(trials))


def _spreads(contenders: Sequence[Contender]) -> tuple[Spread, ...]:
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


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _spread(group: Sequence[Contender], finite: int, quartiles: list[float | None]) -> Spread:
    first, diverged = group[0], len(group) - finite
    low, q1, median, q3, high = quartiles
    return Spread(first.hidden, first.l2, len(group), low, q1, median, q3, high, diverged, first.settings)


def _by_loss(contender: Contender) -> tuple[float, int, float, int]:
    return contender.validation_loss, contender.parameters, -contender.l2, contender.start


def _occam(chosen: Contender, best: Contender, networks: str, unit: str) -> str:
    limit = best.validation_loss + best.standard_error
    if chosen == best:
        return (
            f"the smallest validation loss of {networks}, {best.validation_loss:.4g}, and no smaller network "
            f"within one standard error of it ({limit:.4g})."
        )
    return (
        f"the smallest network whose validation loss, {chosen.validation_loss:.4g}, is within one standard "
        f"error ({best.standard_error:.2g}) of the best of {networks}, {best.validation_loss:.4g} "
        f"from {best.words(unit)}."
    )


def _determined(chosen: Contender) -> str:
    """Return what a solver that finds the strength of its penalty says of the network, if one did."""
    if chosen.gamma is None or chosen.strength is None:
        return ""
    return (
        f" The rows trained on determine {chosen.gamma:.3g} of its {chosen.parameters:,} parameters, and set "
        f"the strength of its penalty to {chosen.strength:.3g}."
    )


def _networks(trials: Trials) -> str:
    return f"all {len(trials)} networks" if len(trials) > 1 else "the only network"


def _identity(contender: Contender) -> dict[str, Any]:
    searched = {"settings": contender.settings} if contender.settings else {}
    return {"hidden": contender.hidden, "l2": contender.l2, "start": contender.start, **searched}
