"""The comparison as a page: scores of every set, what they come to, where they are from, and coverage."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.generalisation.compare import Cell, cell, ratios
from benchmarks.generalisation.contestants import COVERAGE
from benchmarks.generalisation.origin import is_of_now
from benchmarks.generalisation.published import beside_published
from benchmarks.generalisation.runs import Ledger
from benchmarks.generalisation.sets import TABLES
from benchmarks.generalisation.summary import OURS, RIVAL, costs, errors, worse


def document(ledgers: Mapping[str, Ledger], title: str) -> str:
    """Return the comparison as Markdown, with those who share a run with us."""
    ours = ledgers[OURS]
    tables = [name for name in TABLES if any(key[0] == name for key in ours.runs)]
    others = {name: ledger for name, ledger in ledgers.items() if ours.runs.keys() & ledger.runs.keys()}
    ledgers = {OURS: ours, **{name: ledger for name, ledger in others.items() if name != OURS}}
    parts = [
        _scores(ledgers, tables),
        errors(ledgers, tables),
        costs(ledgers, tables),
        worse(ledgers, tables),
    ]
    parts += [origins(ledgers), beside_published(ours), _coverage(ours, tables)]
    return "\n\n".join(["# " + title, *("\n".join(part) for part in parts)]) + "\n"


def _scores(ledgers: Mapping[str, Ledger], tables: Sequence[str]) -> list[str]:
    head = ["set", "part", "splits", *ledgers, f"÷ {RIVAL}", "÷ best other"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for table in tables:
        keys = [key for key in ledgers[OURS].runs if key[0] == table]
        cells = [cell(ledger, keys) for ledger in ledgers.values()]
        found = ratios(ledgers, OURS, table)
        best = max(found.values(), default=None)
        words = [
            table,
            TABLES[table].part,
            str(len(keys)),
            *("–" if each is None else _with_splits(each, len(keys)) for each in cells),
            *("–" if ratio is None else f"{ratio:.3f}" for ratio in (found.get(RIVAL), best)),
        ]
        lines.append(f"| {' | '.join(words)} |")
    return lines


def _with_splits(found: Cell, wanted: int) -> str:
    return found.words + (f" ({found.splits})" if found.splits < wanted else "")


def origins(ledgers: Mapping[str, Ledger]) -> list[str]:
    """Return a row for all runs of a contestant that are of one version, one commit and one machine."""
    head = ["where runs are from", "runs", "version", "commit", "cores at hand", "machine"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, ledger in ledgers.items():
        counts = Counter(_origin(name, run) for run in ledger.runs.values())
        lines += [f"| {name} | {counts[words]} | {' | '.join(words)} |" for words in sorted(counts)]
    return lines


def _origin(name: str, run: Mapping[str, Any]) -> tuple[str, ...]:
    version, commit, threads, machine = (
        str(run.get(what, "–")) for what in ("version", "commit", "threads", "machine")
    )
    if name != OURS:
        commit = "–"  # which says nothing of another's package
    elif not is_of_now(name, run):
        commit += ", other code than now"
    return version, commit, threads, machine


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
