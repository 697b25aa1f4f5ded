"""How the choice did beside the simpler models, and how sure one may be of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from shoal.plots.text import number, percent
from shoal.report.terms import HIGHER_IS_BETTER, SHARES, metric, model_name, noun
from shoal.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shoal.plots.evidence import ChosenNetwork, Evidence
    from shoal.plots.tested import HeldOut, ScoredModel, Verdict

LEVEL = 0.01  # models whose scores differ by a smaller share are called level
LEARNT = "log loss"  # which shows that something of classes was learned, whatever decides them
UNDEFINED = {"AUC": "all rows of the test are of one class", "F1": "no row of the test is of its class"}
"""Why a test may have no such score."""
TIMES = 3.0  # a score this many times another is said so, a smaller one in percent


def told(evidence: Evidence, test: HeldOut) -> Verdict:
    """Return the verdict that the evidence holds; where an earlier version left none, one on what it has."""
    return test.get("verdict") or verdict(test, evidence["choice"], noun(evidence))


def verdict(test: HeldOut, choice: ChosenNetwork, noun: str = "row") -> Verdict:
    """Return how the choice compares with the simpler models on the test rows, whoever is better.

    Who is better the intervals of the paired differences say. Where one holds 0, the two cannot be told
    apart; where metrics disagree, both are named. Where the test leaves the score undefined, the log loss
    says it.
    """
    asked, who = test["score_name"], model_name("shoal", choice)
    score = LEARNT if (undefined := _is_undefined(test)) else asked
    values = {model["name"]: model["metrics"].get(score) for model in test["models"]}
    ours = values.pop("shoal", None)
    others = {name: value for name, value in values.items() if value is not None}
    where = f"{score[0].upper()}{score[1:]} on {plural(test['rows'], noun)} kept for this test"
    if ours is None or not others:
        return _verdict("alone", "There is nothing to compare with", f"{where}: {metric(score, ours)}.")
    compared = [_compared(model_name(name, choice), score, ours, value) for name, value in others.items()]
    sentence = f"{where}: {metric(score, ours)}, {' and '.join(compared)}."
    sides = [_Side(name, test, choice, noun) for name in others]
    if not all(score in side.found for side in sides):
        return _verdict("alone", f"How sure it is that the {who} does better or worse is not known", sentence)
    outcome, headline = _outcome(sides, score, ours, others)
    if undefined:
        headline = f"{headline} (by {score}, as {asked} is not defined: {UNDEFINED[asked]})"
    if outcome != "baseline" and "linear model" in others and (hurried := test.get("hurried")):
        headline = f"{headline}; but the {model_name('linear model', choice)} {hurried}"
    differences = ", ".join(side.words(first=k == 0) for k, side in enumerate(sides))
    return _verdict(
        outcome, headline, sentence, f"The {who} differs {differences}; below 0 the {who} is better."
    )


def _is_undefined(test: HeldOut) -> bool:
    """Whether no model has the score, for want of rows that tell it."""
    score = test["score_name"]
    return score in UNDEFINED and all(model["metrics"].get(score) is None for model in test["models"])


Standing: TypeAlias = Literal["chosen", "mixed", "level", "baseline", "alone"]


def _verdict(outcome: Standing, headline: str, sentence: str, differences: str = "") -> Verdict:
    return {"outcome": outcome, "headline": headline, "sentence": sentence, "differences": differences}


class _Side:
    """One simpler model beside the choice: the paired differences between the two, by metric."""

    def __init__(self, name: str, test: HeldOut, choice: ChosenNetwork, noun: str) -> None:
        self.name, self.rows = name, plural(test["rows"], noun)
        self.noun = noun
        self.who, self.rival = model_name("shoal", choice), model_name(name, choice)
        self.these = "this table" if noun == "row" else f"these {noun}s"
        self.scores = next(model["metrics"] for model in test["models"] if model["name"] == name)
        self.found = {c["metric"]: c for c in test.get("comparisons", []) if c["model"] == name}

    def better(self, by: str) -> str | None:
        """Return who is better by a metric for sure; None where the two cannot be told apart."""
        found = self.found[by]
        return self.who if found["high"] < 0 else self.rival if found["low"] > 0 else None

    def same(self, by: str) -> bool:
        """Return whether a metric is the same in every row, so that no interval has a width."""
        found = self.found[by]
        return found["difference"] == found["low"] == found["high"] == 0

    def apart(self, by: str) -> str:
        """Return how the two stand where neither is better for sure."""
        if self.same(by):
            where = "on" if by in HIGHER_IS_BETTER else "in every one of"
            return f"The {self.who} is level with the {self.rival} {where} {self.rows}"
        return f"The {self.who} and the {self.rival} cannot be told apart on {self.rows}"

    def otherwise(self, score: str) -> str:
        """Return what other metrics say where they point elsewhere than ``score``, to end a sentence."""
        said = []
        for by, found in self.found.items():
            if by == score or self.better(by) == self.better(score):
                continue
            matters = abs(found["difference"]) > LEVEL * abs(self.scores.get(by) or 0.0)
            against = matters and found["difference"] * self.found[score]["difference"] < 0
            if self.better(by) is None and against:
                said.append(f"by {by} the two cannot be told apart on {self.rows}")
            elif self.better(by) is not None and (against or self.better(score) is None):
                said.append(f"by {by} the {self.better(by)} does")
        return " and ".join(said)

    def words(self, first: bool) -> str:
        """Return the differences with their intervals; those of the ``first`` say what intervals they are."""
        entries: list[str] = []
        for c in self.found.values():
            if self.same(c["metric"]):
                rows = "" if c["metric"] in HIGHER_IS_BETTER else f" (the same in every {self.noun})"
                entries.append(f"nothing in {c['loss']}{rows}")
                continue
            by, low, high = (_signed(c["metric"], c[end]) for end in ("difference", "low", "high"))
            points = " points" if c["metric"] in SHARES else ""
            which = "95% interval " if first and not any("interval" in entry for entry in entries) else ""
            entries.append(f"{by}{points} in {c['loss']} ({which}{low} to {high})")
        return f"from the {self.rival} by {' and '.join(entries)}"


def _outcome(
    sides: Sequence[_Side], score: str, ours: float, others: Mapping[str, float]
) -> tuple[Standing, str]:
    """Return who was better, and the headline: the constant first, then the best of the rivals."""
    sign = -1.0 if score in HIGHER_IS_BETTER else 1.0
    rival = min(sides, key=lambda side: sign * others[side.name])
    constant = next((side for side in sides if side.name == "constant"), None)
    level = abs(ours - others[rival.name]) <= LEVEL * abs(others[rival.name])
    if constant and constant.better(score) == constant.rival:
        return "baseline", "Even the constant baseline does better: nothing that generalises was learned"
    other = rival.otherwise(score)
    if rival.better(score) == rival.rival and not level:
        if other:
            return "mixed", f"By {score} the {rival.rival} does better, but {other}"
        reason = f"for {rival.these} the simpler model is the better one"
        return "baseline", f"The {rival.rival} does better: {reason}"
    if constant and constant.better(score) is None:
        apart = f"The {constant.who} cannot be told apart from the {constant.rival} on {constant.rows}"
        if constant.same(score):
            apart = constant.apart(score)
        if score != LEARNT and LEARNT in constant.found and constant.better(LEARNT) == constant.who:
            return "mixed", f"{apart} by {score}, but by {LEARNT} the {constant.who} does better"
        return "level", f"{apart}: that anything was learned is not shown"
    if rival.better(score) is None:
        apart = rival.apart(score)
        if other:
            return "mixed", f"{apart} by {score}, but {other} better"
        return "level", f"{apart}: prefer the simpler one"
    if level:
        return "level", f"The {rival.who} is level with the {rival.rival}: prefer the simpler one"
    for side in (rival, constant):
        if side and (other := side.otherwise(score)):
            return "mixed", f"By {score} the {side.who} does better than the {side.rival}, but {other}"
    return "chosen", f"The {rival.who} does better than the {rival.rival}"


def _signed(name: str, value: float) -> str:
    """Return a difference with its sign; that of a share in percentage points.

    >>> _signed("error", 0.0175), _signed("RMSE", -2.081), _signed("MAE", 0.0)
    ('+1.75', '−2.08', '0')
    """
    text = f"{100 * abs(value):.2f}" if name in SHARES else number(abs(value), 3)
    return f"{'−' if value < 0 else '+' if value > 0 else ''}{text}"


def _compared(name: str, score: str, ours: float, theirs: float) -> str:
    """Return one rival's score, and where ours lies from it where shares of it make sense."""
    if score in HIGHER_IS_BETTER or theirs <= 0:
        return f"the {name} has {metric(score, theirs)}"
    ratio = ours / theirs
    if ratio == 1:
        return f"the {name} has the same"
    if ratio >= TIMES:
        return f"{number(ratio, 2)} times the {name}'s {metric(score, theirs)}"
    direction = "above" if ratio > 1 else "below"
    return f"{percent(abs(ratio - 1))} {direction} the {name}'s {metric(score, theirs)}"


def wilson_interval(errors: float, rows: float, z: float = 1.96) -> tuple[float, float]:
    """Return the score interval of a share, 95 % unless ``z`` says otherwise::

        (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> low, high = wilson_interval(0.1, 100)
    >>> round(low, 4), round(high, 4)
    (0.0552, 0.1744)
    """
    middle = errors + z * z / (2 * rows)
    half = z * math.sqrt(errors * (1 - errors) / rows + z * z / (4 * rows * rows))
    return max(0.0, (middle - half) / (1 + z * z / rows)), min(1.0, (middle + half) / (1 + z * z / rows))


def certainty(test: HeldOut, noun: str = "row") -> str | None:
    """Return how far the error rate may be from its true value for want of test rows, if there is one."""
    ours: ScoredModel | None = next((model for model in test["models"] if model["name"] == "shoal"), None)
    error = ours["metrics"].get("error") if ours else None
    if error is None or not 0 <= error <= 1 or not test["rows"]:
        return None
    counted = test.get("counted", test["rows"])
    low, high = wilson_interval(error, counted)
    told = "" if counted == test["rows"] else f", which tell as much as {number(counted, 3)} of one weight,"
    return (
        f"Over so many {noun}s{told} an error of {metric('error', error)} stands for one between "
        f"{metric('error', low)} and {metric('error', high)} (95% interval)."
    )
