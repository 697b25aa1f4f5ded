"""Choosing one network from the trials of a study, and saying why."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import UnknownNameError
from shoal.selection.choosing.contenders import (
    HIDDEN_UNIT,
    Contender,
    all_contenders,
    finite_contenders,
    networks_in_words,
)
from shoal.selection.choosing.spreads import Spread, spreads
from shoal.selection.rules import BY_EVIDENCE, RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.selection.trials import Trials
    from shoal.shapes import Array


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
    contenders, networks = finite_contenders(everyone, len(trials)), networks_in_words(len(trials))
    best = min(contenders, key=_by_loss)
    if rule == "best":
        threshold = None
        chosen = best
        reason = f"the smallest validation loss, {best.validation_loss:.4g}, of {networks}."
    else:
        threshold = best.validation_loss + best.standard_error
        near = [c for c in contenders if c.validation_loss <= threshold]
        chosen = min(near, key=lambda c: (c.parameters, -c.l2, c.validation_loss, c.start))
        reason = _occam(chosen, best, networks, unit)
    words = chosen.words(unit)
    sentence = f"{words[0].upper()}{words[1:]}: {reason}{determined(trials, [chosen])}"
    return Choice(rule, chosen, (chosen,), best, threshold, sentence, spreads(everyone))


def choose_by_evidence(trials: Trials, unit: str = HIDDEN_UNIT) -> Choice:
    """Return the network with the largest log evidence; validation losses have no say, and are compared.

    Raises ``ConfigurationError`` if every network diverged.

    Source: MacKay 1992, "A practical Bayesian framework for backpropagation networks"; Bishop 2006, 5.7.
    """
    everyone = all_contenders(trials)
    contenders = finite_contenders(everyone, len(trials))
    scores = np.array([c.log_evidence for c in contenders], dtype=np.float64)
    chosen = contenders[int(scores.argmax())]
    best = min(contenders, key=_by_loss)
    losses = np.array([c.validation_loss for c in contenders])
    agreement = _rank_correlation(scores, -losses)
    words = chosen.words(unit)
    same = "is the same" if best == chosen else f"is {best.validation_loss:.4g}, of {best.words(unit)}"
    sentence = (
        f"{words[0].upper()}{words[1:]}: the largest log evidence of {networks_in_words(len(trials))}, "
        f"{chosen.log_evidence:.5g} nats, by the rows trained on alone. They determine {chosen.gamma:.3g} of "
        f"its parameters, and set the strength of its penalty to {chosen.strength:.3g}. Its validation loss "
        f"is {chosen.validation_loss:.4g}; the lowest {same}."
    )
    return Choice(BY_EVIDENCE, chosen, (chosen,), best, None, sentence, spreads(everyone), agreement)


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


def determined(trials: Trials, members: Sequence[Contender]) -> str:
    """Return what a solver that finds the strength of its penalty says of networks of one size, if one did.

    It found another in every fold: the smallest and the largest are told. Nothing is known of networks that
    were best after their first epoch.
    """
    if not np.isfinite(trials["gamma"]).any():
        return ""
    whose = {(member.candidate, member.start) for member in members}
    keys = zip(trials["candidate"].tolist(), trials["start"].tolist(), strict=True)
    own = np.array([key in whose for key in keys])
    known = own & np.isfinite(trials["gamma"])
    if not known.any():
        return ""
    of = f"its {members[0].parameters:,} parameters"
    if len(members) > 1:
        of = f"the {members[0].parameters:,} parameters of each"
    over = ", over the folds," if own.sum() > len(members) else ","
    return (
        f" The rows trained on determine {_range(trials['gamma'][known])} of {of}{over} and set the strength "
        f"of its penalty to {_range(trials['strength'][known])}."
    )


def _range(values: Array) -> str:
    """Return the smallest and the largest, once where they are told alike."""
    return " to ".join(dict.fromkeys(f"{value:.3g}" for value in (values.min(), values.max())))


def _identity(contender: Contender) -> dict[str, Any]:
    searched = {"settings": contender.settings} if contender.settings else {}
    return {"hidden": contender.hidden, "l2": contender.l2, "start": contender.start, **searched}
