"""What the comparison comes to: errors, log losses and costs relative to others', and where we are behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.generalisation.compare import (
    HEADLINE,
    behind,
    geometric_mean,
    mean_ranks,
    ratios,
    relative,
    shared,
)
from benchmarks.generalisation.runs import Ledger
from benchmarks.generalisation.sets import TABLES

OURS = "shoal"
RIVAL = "realmlp_td"
BEST = "the best of them, set by set"
NEVER_WORSE = {RIVAL: 1.05, "sklearn_mlp_default": 1.0, "linear": 1.0}
"""Whom no table should be worse than by this factor, and by more than one standard error."""


def errors(ledgers: Mapping[str, Ledger], tables: Sequence[str]) -> list[str]:
    """Return a row a contestant: our error relative to its own, by part, its mean rank and its time."""
    head = ["", "mean rank", f"{OURS} ÷ it, sets to choose", "sets that confirm", "all sets", "s a fit", OURS]
    head += ["s a prediction", "MiB"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    ranks = mean_ranks(ledgers, list(ledgers), tables)
    for name, ledger in ledgers.items():
        words = [name, f"{ranks[name]:.2f}"]
        words += ["–"] * 3 if name == OURS else _by_part(tables, _to(ledgers[OURS], ledger, HEADLINE))
        words += [f"{seconds:.1f}" for seconds in _seconds(ledgers[OURS], ledger, tables)[::-1]]
        words += [_mean(ledger, tables, "predict_s", 3), _mean(ledger, tables, "peak_mib", 0)]
        lines.append(f"| {' | '.join(words)} |")
    words = _by_part(tables, _to_best(ledgers, HEADLINE))
    return [*lines, f"| {BEST} | – | {' | '.join(words)} | – | – | – | – |"]


def costs(ledgers: Mapping[str, Ledger], tables: Sequence[str]) -> list[str]:
    """Return a row a contestant: our log loss relative to its own by part, and the processor's seconds."""
    head = [f"{OURS} ÷ it", "log loss, sets to choose", "sets that confirm", "all sets"]
    head += ["seconds of the processor, in all", "set by set"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    strange = False
    for name, ledger in ledgers.items():
        if name == OURS:
            continue
        words = [name, *_by_part(tables, _to(ledgers[OURS], ledger, "log_loss"))]
        mark = "" if _same_machine(ledgers[OURS], ledger, tables) else " *"
        own, other = _seconds(ledgers[OURS], ledger, tables, "cpu_s")
        if math.isnan(own):
            words += ["–", "–"]
        else:
            times = f"{own / other:.3f}", _of_all(tables, _to(ledgers[OURS], ledger, "cpu_s"))
            words += [time + mark for time in times]
            strange = strange or bool(mark)
        lines.append(f"| {' | '.join(words)} |")
    lines.append(f"| {BEST} | {' | '.join(_by_part(tables, _to_best(ledgers, 'log_loss')))} | – | – |")
    if strange:
        lines += ["", "\\* of runs on different machines, or on one that nobody wrote down."]
    return lines


def worse(ledgers: Mapping[str, Ledger], tables: Sequence[str]) -> list[str]:
    """Return a line for each whom no table should be worse than: on how many it is, and where."""
    lines = []
    for name, factor in NEVER_WORSE.items():
        if name not in ledgers:
            continue
        ours, theirs = ledgers[OURS], ledgers[name]
        judged = [table for table in tables if len(shared(ours, theirs, table)) > 1]
        found = [each for table in judged if (each := behind(ours, theirs, table, factor)) is not None]
        than = f"Worse than {name}" if factor == 1 else f"Above {factor:g} × {name}"
        words = "; ".join(
            f"{table} ({ratio:.3f}; by {difference:.2g} ± {error:.2g}, {splits} splits)"
            for table, splits, ratio, difference, error in found
        )
        lines.append(
            f"{than} beyond one standard error: {words or 'none'}, of {len(judged)} sets "
            f"with two shared splits or more."
        )
    return [line for each in lines for line in (each, "")][:-1]


def _to(ours: Ledger, theirs: Ledger, what: str) -> Callable[[str], float | None]:
    return lambda table: relative(ours, theirs, table, what)


def _to_best(ledgers: Mapping[str, Ledger], what: str) -> Callable[[str], float | None]:
    return lambda table: max(ratios(ledgers, OURS, table, what).values(), default=None)


def _by_part(tables: Sequence[str], ratio: Callable[[str], float | None]) -> list[str]:
    """Return the mean ratios of sets that choose, of those that confirm, and of all."""
    parts = ([table for table in tables if part in (None, TABLES[table].part)] for part in PARTS)
    return [_of_all(part, ratio) for part in parts]


PARTS = ("choose", "confirm", None)


def _of_all(tables: Sequence[str], ratio: Callable[[str], float | None]) -> str:
    found = [each for table in tables if (each := ratio(table)) is not None]
    return f"{geometric_mean(found):.3f}" if found else "–"


def _same_machine(ours: Ledger, theirs: Ledger, tables: Sequence[str]) -> bool:
    keys = [key for table in tables for key in shared(ours, theirs, table, "cpu_s")]
    machines = {ledger.runs[key].get("machine") for key in keys for ledger in (ours, theirs)}
    return len(machines) == 1 and None not in machines


def _mean(ledger: Ledger, tables: Sequence[str], what: str, digits: int) -> str:
    """Return the mean over tables, of means over splits, of what a run costs; – where nobody looked."""
    kept = {
        table: [run[what] for (name, _), run in ledger.runs.items() if name == table and what in run]
        for table in tables
    }
    means = [float(np.mean(values)) for values in kept.values() if values]
    return f"{np.mean(means):.{digits}f}" if means else "–"


def _seconds(ours: Ledger, theirs: Ledger, tables: Sequence[str], what: str = "fit_s") -> tuple[float, float]:
    """Return the seconds of a fit of each, a mean over tables of means over splits that both have run."""
    pairs = []
    for table in tables:
        keys = shared(ours, theirs, table, what)
        if keys:
            pairs.append(
                [float(np.mean([ledger.runs[key][what] for key in keys])) for ledger in (ours, theirs)]
            )
    means = np.mean(pairs, axis=0) if pairs else np.full(2, math.nan)
    return float(means[0]), float(means[1])
