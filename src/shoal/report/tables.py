"""The rows of the report's tables, with everything that a cell shows already in words."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from shoal.plots.evidence import Refinements
from shoal.plots.networks import HIDDEN_UNIT, units
from shoal.plots.scales import LOGARITHMIC_FROM
from shoal.plots.text import number, percent, plain, size_name
from shoal.report.terms import HIGHER_IS_BETTER, duration, metric, model_name, unit
from shoal.report.wording import augmentation
from shoal.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shoal.plots.evidence import (
        ChosenNetwork,
        ExploredAxis,
        NetworkIdentity,
        Split,
        SpreadOverStarts,
        StudyAsked,
        Target,
    )
    from shoal.plots.tested import Confusion, HeldOut

MOST_CLASSES = 40  # a larger confusion matrix says less than the list of its largest entries
MOST_MISTAKES = 10
ROW = "row"
"""A sample of a table; other data have parts of their own to test and to validate on."""
OWN_PART = "the part of the data that is made for it"
RULES = {
    "best": "the lowest validation error (best)",
    "one-se": "the smallest network within one standard error of the best (one-se)",
    "ensemble": "the networks that predict best together (ensemble)",
    "evidence": "the largest log evidence, without validation (evidence)",
}


PARTS = ("groups in one part", "order in time", "test", "validation")
"""Those settings that say how rows were divided."""
LOSSES = {
    "squared_error": "squared error",
    "absolute_error": "absolute error, smallest for the median",
    "huber": "Huber, linear beyond one interquartile range of the target",
    "poisson": "Poisson, with a log link",
}
"""Of numbers; classes have one alone."""


@dataclass(frozen=True)
class ScoreRow:
    """A model and its scores; ``best`` says of each whether no other model has a better one."""

    name: str
    ours: bool
    cells: list[str]
    best: list[bool]


def scores(test: HeldOut, choice: ChosenNetwork) -> tuple[list[str], list[ScoreRow]]:
    """Return the names of the scores, and a row a model."""
    names = list(dict.fromkeys(name for model in test["models"] for name in model["metrics"]))
    best = {}
    for name in names:
        values = [v for model in test["models"] if (v := model["metrics"].get(name)) is not None]
        best[name] = (max if name in HIGHER_IS_BETTER else min)(values, default=None)
    rows = [
        ScoreRow(
            model_name(model["name"], choice),
            model["name"] == "shoal",
            [metric(name, model["metrics"].get(name)) for name in names],
            [_is_best(model["metrics"].get(name), best[name]) for name in names],
        )
        for model in test["models"]
    ]
    return names, rows


def _is_best(value: float | None, best: float | None) -> bool:
    return value is not None and value == best


def contenders(choice: ChosenNetwork) -> list[list[str]]:
    """Return the chosen network beside the one with the lowest error, in words."""
    best = choice["best"]
    error = number(best["validation_loss"])
    if best["standard_error"] is not None:
        error += f" ± {number(best['standard_error'], 2)}"
    if len(choice["members"]) > 1:
        return [["lowest error", *_identity(best), number(best["parameters"]), error]]
    chosen = [*_identity(choice), number(choice["parameters"]), number(choice["validation_loss"])]
    return [["chosen", *chosen], ["lowest error", *_identity(best), number(best["parameters"]), error]]


def _identity(candidate: NetworkIdentity) -> list[str]:
    return [size_name(candidate["hidden"]), plain(candidate["l2"]), str(candidate["start"])]


@dataclass(frozen=True)
class SpreadRow:
    """The validation losses of one size and strength over its starts.

    ``track`` is where min, first quartile, median, third quartile and max lie on a scale that all rows
    share, in percent of its length; None where every start diverged.
    """

    hidden: str
    l2: str
    starts: int
    diverged: int
    min: str
    median: str
    max: str
    track: list[float] | None


def spread(
    entries: Sequence[SpreadOverStarts], order: Sequence[str], unit: str = HIDDEN_UNIT
) -> list[SpreadRow]:
    """Return a row for each size, in ``order``, and each strength."""
    ends = [v for entry in entries for v in (entry["min"], entry["max"]) if v is not None]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    logarithmic = low > 0 and high / low >= LOGARITHMIC_FROM

    def place(value: float) -> float:
        if high == low:
            return 50.0
        share = math.log(value / low) / math.log(high / low) if logarithmic else (value - low) / (high - low)
        return round(100 * share, 2)

    rows = []
    for entry in sorted(entries, key=lambda e: (order.index(e["hidden"]), e["l2"])):
        five = [entry["min"], entry["q1"], entry["median"], entry["q3"], entry["max"]]
        known = [value for value in five if value is not None]
        rows.append(
            SpreadRow(
                hidden=units(entry["hidden"], unit),
                l2=plain(entry["l2"]),
                starts=entry["starts"],
                diverged=entry["diverged"],
                min=number(entry["min"]),
                median=number(entry["median"]),
                max=number(entry["max"]),
                track=[place(value) for value in known] if len(known) == len(five) else None,
            )
        )
    return rows


@dataclass(frozen=True)
class ConfusionCell:
    """Test rows of one class that were called another, and their share of the class's rows."""

    count: str
    share: str
    depth: float
    diagonal: bool
    tooltip: str


@dataclass(frozen=True)
class ConfusionRow:
    """A class: where its rows went, how many there are, and the share that was found."""

    label: str
    cells: list[ConfusionCell]
    total: str
    found: str


def confusion_rows(confusion: Confusion) -> list[ConfusionRow]:
    """Return the confusion matrix, a row an actual class, its shares those of the row."""
    labels = confusion["labels"]
    rows = []
    for i, (actual, counts) in enumerate(zip(labels, _counts(confusion), strict=True)):
        total = sum(counts)
        cells = []
        for j, (predicted, count) in enumerate(zip(labels, counts, strict=True)):
            share = count / total if total else 0.0
            tooltip = f"{actual} called {predicted}: {plural(count, 'row')}, {percent(share)} of {actual}"
            cells.append(ConfusionCell(f"{count:,}", percent(share), round(share**0.6, 3), i == j, tooltip))
        found = percent(counts[i] / total) if total else "–"
        rows.append(ConfusionRow(actual, cells, f"{total:,}", found))
    return rows


def precisions(confusion: Confusion) -> list[str]:
    """Return for each class the share of the rows called so that are so."""
    columns = list(zip(*_counts(confusion), strict=True))
    return [percent(column[j] / sum(column)) if sum(column) else "–" for j, column in enumerate(columns)]


def mistakes(confusion: Confusion) -> list[list[str]]:
    """Return the most frequent mistakes: actual class, predicted class, rows, share of the actual class."""
    labels, pairs, totals = confusion["labels"], _pairs(confusion), Counter[int]()
    for i, _, n in pairs:
        totals[i] += n
    wrong = sorted((pair for pair in pairs if pair[0] != pair[1]), key=lambda pair: (-pair[2], *pair[:2]))
    return [[labels[i], labels[j], f"{n:,}", percent(n / totals[i])] for i, j, n in wrong[:MOST_MISTAKES]]


def _counts(confusion: Confusion) -> list[list[int]]:
    """Return the confusion as a square."""
    if "counts" in confusion:
        return confusion["counts"]
    counts = [[0] * len(confusion["labels"]) for _ in confusion["labels"]]
    for i, j, n in confusion["pairs"]:
        counts[i][j] = n
    return counts


def _pairs(confusion: Confusion) -> list[tuple[int, int, int]]:
    """Return the confusion as pairs (i, j, count) that occur."""
    if "pairs" in confusion:
        return confusion["pairs"]
    return [(i, j, n) for i, row in enumerate(confusion["counts"]) for j, n in enumerate(row) if n]


def settings(asked: StudyAsked, noun: str = ROW) -> list[tuple[str, str]]:
    """Return what was asked, as pairs of a name and a value; one sample is called a ``noun``."""
    source, own = ("table", "none") if noun == ROW else (f"{noun}s", OWN_PART)
    if asked["folds"]:
        held = plural(asked["folds"], "fold")
    elif asked["validation_table"]:
        held = f"the {source} {asked['validation_table']}"
    elif asked["validation_share"] is None:
        held = own
    else:
        held = f"a share of {percent(asked['validation_share'])}"
    test = f"the {source} {asked['test_table']}" if asked.get("test_table") else own
    if asked["test_share"]:
        test = f"a share of {percent(asked['test_share'])}"
    rate, batch, patience = asked["learning_rate"], asked["batch_size"], asked["patience"]
    estimate = asked["estimate_seconds"]
    expected = [] if estimate is None else [("estimated time", duration(estimate))]
    told = [
        (source, asked["table"]),
        ("target", f"{asked['target']} ({asked['task']})"),
        *([("loss", LOSSES[asked["loss"]])] if asked.get("loss") in LOSSES else []),
        ("rule of choice", RULES[asked["choose"]]),
        *_compared(asked),
        ("validation", held),
        ("test", test),
        *_roles(asked, noun),
        ("solver", asked["solver"]),
        ("learning rate", "set by the solver" if rate is None else plain(rate)),
        ("activation", asked["activation"]),
        ("batch", "all rows" if batch is None else plural(batch, noun)),
        ("epochs", f"at most {asked['epochs']:,}"),
        *_refinements(asked),
        ("early stopping", f"after {plural(patience, 'epoch')} without progress" if patience else "none"),
        ("seed", str(asked["seed"])),
        *expected,
    ]
    axes = _axes(asked)
    return [(name, "searched" if _AXES.get(name, name) in axes else value) for name, value in told]


_AXES = {"batch": "batch size", "schedule of the rate": "schedule"}
"""What is an axis by another name than the report's."""


def _axes(asked: StudyAsked) -> set[str]:
    """Return the names of what was searched, in words."""
    searched = asked.get("search")
    said = ",".join(searched["axes"]).split(",") if searched else []
    return {re.sub("[-_]", " ", axis.partition("=")[0].strip()) for axis in said}


def _compared(asked: StudyAsked) -> list[tuple[str, str]]:
    """Return what networks were compared: of a grid, or of a search."""
    sizes = (f"{unit(asked)}s", ", ".join(map(size_name, asked["hidden"])))
    searched = asked.get("search")
    if searched is None:
        starts = f"{asked['starts']:,} for every size and strength"
        return [sizes, ("random starts", starts), ("L2 strengths", ", ".join(map(plain, asked["l2"])))]
    first = searched["halving"]
    ends = f"the worse half of each population ends after {first}, {2 * first} … epochs" if first else "none"
    return [
        ("search", ", ".join(searched["axes"])),
        ("points", f"{searched['points']:,}, from {plural(asked['starts'], 'random start')} each"),
        ("halving", ends),
        sizes,
    ]


def explored(axes: Sequence[ExploredAxis]) -> list[list[str]]:
    """Return a row for each level of each axis of a search, in words, the name where an axis begins."""
    rows = []
    for axis in axes:
        for i, level in enumerate(axis["levels"]):
            name = axis["axis"].replace("_", " ") if i == 0 else ""
            losses = [number(level["lowest"]), number(level["median"])]
            mark = "chosen" if level["chosen"] else ""
            rows.append([name, level["values"], f"{level['candidates']:,}", *losses, mark])
    return rows


def _roles(asked: StudyAsked, noun: str) -> list[tuple[str, str]]:
    """Return what was asked of rows: how they are divided, what they count for, what decides their class."""
    roles = (
        ("groups in one part", asked.get("group")),
        ("order in time", asked.get("time_order")),
        (f"weight of a {noun}", asked.get("weight")),
        ("classes decided for", asked.get("metric")),
        ("costs of mistakes", ", ".join(asked.get("cost") or ())),
    )
    return [(name, column) for name, column in roles if column]


def _refinements(asked: StudyAsked) -> list[tuple[str, str]]:
    """Return what was done beyond plain training, as pairs of a name and a value."""
    numbers = cast("Mapping[str, float]", asked)
    pairs = [
        ("schedule of the rate", asked.get("schedule", "constant")),
        *((name.replace("_", " "), plain(numbers.get(name, 0.0))) for name in Refinements.__annotations__),
        ("pieces", f"{asked.get('pieces', 0)} for every number"),
        ("waves", f"{asked.get('waves', 0)} for every number"),
        ("augmentation", augmentation(asked.get("augmentation"))),
        ("decided by the data", " ".join(asked.get("decided", [])) or "none"),
    ]
    return [
        (name, value) for name, value in pairs if value not in ("constant", "0", "0 for every number", "none")
    ]


@dataclass(frozen=True)
class ClassRow:
    """A class of the target, its rows and its share of all rows."""

    label: str
    count: str
    share: str
    width: float


def classes(target: Target) -> tuple[list[ClassRow], str | None]:
    """Return the largest classes, and a sentence on the rest where there are more than fit."""
    entries = sorted(target["classes"] or [], key=lambda entry: -entry["count"])
    total = sum(entry["count"] for entry in entries) or 1
    largest = entries[0]["count"] or 1 if entries else 1
    rows = [
        ClassRow(label, f"{count:,}", percent(count / total), round(100 * count / largest, 2))
        for label, count in ((entry["label"], entry["count"]) for entry in entries[:MOST_CLASSES])
    ]
    rest = entries[MOST_CLASSES:]
    if not rest:
        return rows, None
    others = sum(entry["count"] for entry in rest)
    return rows, f"{plural(len(rest), 'smaller class', 'smaller classes')} with {plural(others, 'row')}."


@dataclass(frozen=True)
class Stretch:
    """A stretch of the bar of all rows: the class of its colour, what it served, its percentage of all."""

    colour: str
    words: str
    width: float


def parts(split: Split, folds: int | None, noun: str = ROW) -> list[Stretch]:
    """Return what the rows served; with folds the same rows train and validate in turn."""
    if folds:
        shown = [("train", f"train and validate in turn, {plural(folds, 'fold')}", split["train"])]
    else:
        shown = [("train", "train", split["train"]), ("validation", "validate", split["validation"] or 0)]
    shown.append(("test", "test", split["test"] or 0))
    total = sum(rows for _, _, rows in shown) or 1
    return [
        Stretch(colour, f"{use}: {plural(rows, noun)}", round(100 * rows / total, 2))
        for colour, use, rows in shown
        if rows
    ]
