"""The comparison: means over splits with standard errors, ranks, and errors relative to the best peer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.generalisation.contestants import COVERAGE
from benchmarks.generalisation.published import beside_published
from benchmarks.generalisation.runs import Key, Ledger, headline
from benchmarks.generalisation.sets import TABLES

OURS = "shoal"
RIVAL = "realmlp_td"


@dataclass(frozen=True)
class Cell:
    """A contestant on a table: its mean score over splits, the standard error, and seconds a fit."""

    splits: int
    mean: float
    error: float
    seconds: float

    @property
    def words(self) -> str:
        """The cell as the table shows it."""
        spread = f" ± {self.error:.2g}" if self.splits > 1 else ""
        return f"{self.mean:.4g}{spread}"


def cell(ledger: Ledger, keys: Iterable[Key]) -> Cell | None:
    """Return a contestant's scores over some splits, None if it lacks all of them."""
    runs = [ledger.runs[key] for key in keys if key in ledger.runs]
    if not runs:
        return None
    scores = np.array([headline(run) for run in runs])
    error = float(scores.std(ddof=1) / math.sqrt(scores.size)) if scores.size > 1 else 0.0
    return Cell(scores.size, float(scores.mean()), error, float(np.mean([run["fit_s"] for run in runs])))


def shared(first: Ledger, second: Ledger, table: str) -> list[Key]:
    """Return the splits of a table that both contestants have run."""
    return sorted(key for key in first.runs if key[0] == table and key in second.runs)


def relative(ours: Ledger, theirs: Ledger, table: str) -> float | None:
    """Return our mean score over theirs on the splits that both have run, None if there are none.

    A classification where they make no error counts the error of half a test row on both sides.
    """
    keys = shared(ours, theirs, table)
    if not keys:
        return None
    pair = [float(np.mean([headline(ledger.runs[key]) for key in keys])) for ledger in (ours, theirs)]
    if pair[1] == 0:
        rows = len(TABLES[table].split(0)[1])
        pair = [value + 0.5 / rows / len(keys) for value in pair]
    return pair[0] / pair[1]


def geometric_mean(values: Sequence[float]) -> float:
    """Return the mean of ratios, which treats twice and half alike.

    >>> geometric_mean([0.5, 2.0])
    1.0
    """
    return float(np.exp(np.mean(np.log(values)))) if values else math.nan


def document(ledgers: Mapping[str, Ledger], title: str) -> str:
    """Return the comparison as Markdown."""
    ours = ledgers[OURS]
    tables = [name for name in TABLES if any(key[0] == name for key in ours.runs)]
    names = [OURS, *(name for name in ledgers if name != OURS)]
    lines = [f"# {title}", "", *_scores(ledgers, names, tables), "", *_summary(ledgers, names, tables)]
    lines += ["", *beside_published(ours), "", *_coverage(ours, tables)]
    return "\n".join(lines) + "\n"


def _scores(ledgers: Mapping[str, Ledger], names: Sequence[str], tables: Sequence[str]) -> list[str]:
    head = ["set", "part", "splits", *names, f"÷ {RIVAL}", "÷ best other"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for table in tables:
        keys = [key for key in ledgers[OURS].runs if key[0] == table]
        cells = [cell(ledgers[name], keys) for name in names]
        ratios = _ratios(ledgers, names, table)
        best = max(ratios.values(), default=None)
        words = [
            table,
            TABLES[table].part,
            str(len(keys)),
            *("–" if found is None else _with_splits(found, len(keys)) for found in cells),
            *("–" if ratio is None else f"{ratio:.3f}" for ratio in (ratios.get(RIVAL), best)),
        ]
        lines.append(f"| {' | '.join(words)} |")
    return lines


def _coverage(ours: Ledger, tables: Sequence[str]) -> list[str]:
    """Return how many test values lie inside our intervals, a mean over splits."""
    lines = [f"| inside intervals of {100 * COVERAGE:g} % | splits | % |", "|---|---|---|"]
    for table in tables:
        shares = [
            100 * run["coverage"]
            for (name, _), run in ours.runs.items()
            if name == table and "coverage" in run
        ]
        if shares:
            error = f" ± {np.std(shares, ddof=1) / math.sqrt(len(shares)):.1f}" if len(shares) > 1 else ""
            lines.append(f"| {table} | {len(shares)} | {np.mean(shares):.1f}{error} |")
    return lines


def _with_splits(found: Cell, wanted: int) -> str:
    return found.words + (f" ({found.splits})" if found.splits < wanted else "")


def _ratios(ledgers: Mapping[str, Ledger], names: Sequence[str], table: str) -> dict[str, float]:
    found = {name: relative(ledgers[OURS], ledgers[name], table) for name in names if name != OURS}
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def _summary(ledgers: Mapping[str, Ledger], names: Sequence[str], tables: Sequence[str]) -> list[str]:
    """Return a row a contestant: our error relative to its own, by part, its mean rank and its time."""
    head = ["", "mean rank", f"{OURS} ÷ it, sets to choose", "sets that confirm", "all sets", "s a fit", OURS]
    head += ["s a prediction", "MiB"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    ranks = _mean_ranks(ledgers, names, tables)
    for name in names:
        words = [name, f"{ranks[name]:.2f}"]
        for part in ("choose", "confirm", None):
            members = [table for table in tables if part in (None, TABLES[table].part)]
            ratios = [relative(ledgers[OURS], ledgers[name], table) for table in members]
            mean = geometric_mean([ratio for ratio in ratios if ratio is not None])
            words.append("–" if name == OURS or math.isnan(mean) else f"{mean:.3f}")
        words += [f"{seconds:.1f}" for seconds in _seconds(ledgers[OURS], ledgers[name], tables)[::-1]]
        words += [_mean(ledgers[name], tables, "predict_s", 3), _mean(ledgers[name], tables, "peak_mib", 0)]
        lines.append(f"| {' | '.join(words)} |")
    return lines


def _mean(ledger: Ledger, tables: Sequence[str], what: str, digits: int) -> str:
    """Return the mean over tables, of means over splits, of what a run costs; – where nobody looked."""
    kept = {
        table: [run[what] for (name, _), run in ledger.runs.items() if name == table and what in run]
        for table in tables
    }
    means = [float(np.mean(values)) for values in kept.values() if values]
    return f"{np.mean(means):.{digits}f}" if means else "–"


def _seconds(ours: Ledger, theirs: Ledger, tables: Sequence[str]) -> tuple[float, float]:
    """Return the seconds of a fit of each, a mean over tables of means over splits that both have run."""
    pairs = []
    for table in tables:
        keys = shared(ours, theirs, table)
        if keys:
            pairs.append(
                [float(np.mean([ledger.runs[key]["fit_s"] for key in keys])) for ledger in (ours, theirs)]
            )
    means = np.mean(pairs, axis=0) if pairs else np.full(2, math.nan)
    return float(means[0]), float(means[1])


def _mean_ranks(
    ledgers: Mapping[str, Ledger], names: Sequence[str], tables: Sequence[str]
) -> dict[str, float]:
    """Return each contestant's rank among those who ran a table, 1 the best, averaged over tables."""
    ranks: dict[str, list[float]] = {name: [] for name in names}
    for table in tables:
        # on the splits that all who ran the table share, lest an easy split counts for some only
        present = [name for name in names if any(key[0] == table for key in ledgers[name].runs)]
        keys = set.intersection(*({k for k in ledgers[name].runs if k[0] == table} for name in present))
        if not keys:
            continue
        means = {
            name: float(np.mean([headline(ledgers[name].runs[key]) for key in keys])) for name in present
        }
        for name, mean in means.items():
            below = sum(other < mean for other in means.values())
            level = sum(other == mean for other in means.values())
            ranks[name].append(below + (level + 1) / 2)
    return {name: float(np.mean(found)) if found else math.nan for name, found in ranks.items()}
