"""``python -m benchmarks.generalisation.ablation dropout=0.15,weight_decay=0``: a candidate and the defaults.

A candidate is settings of the ensembles of tables by name: of a training (``shoal.training.recipe.Recipe``),
of a network (``dropout``, ``activation``, ``initializer``), of the inputs (``pieces``, ``waves``, ``forms``),
of the size (``hidden``, ``starts``, ``epochs``, ``l2``) or of a job (``folds``, ``quality``, ``solver`` …).
Both are fitted to three quarters of some training rows of every set that chooses, and judged by the last
quarter, so that no test row is looked at. Results are kept as soon as they are there, so the command may be
stopped and called again; those that other code has made are made anew.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np

from benchmarks.generalisation.contestants import fitted
from benchmarks.generalisation.origin import is_of_now, origin_of
from benchmarks.generalisation.runs import FOLDER, Ledger, Run
from benchmarks.generalisation.sets import CHOOSE, Rows, Table, named
from shoal.jobs import recipes
from shoal.jobs.sizing.study import AskedSize
from shoal.selection.candidates.architectures import Perceptron
from shoal.training.recipe import Recipe

Measure: TypeAlias = Callable[[Table, int, int], Run]
"""What makes the run of a table and a split, from so many training rows at most."""

ROWS = 1000
DEFAULTS = "defaults"
JUDGED = {"classification": ("log_loss", "error"), "regression": ("rmse",)}
"""What a candidate is judged by: probabilities, and besides how often the likeliest class is wrong."""
LEAST, SHORTEST = 1e-12, 0.01
"""What no error, and no time, count as."""
GROUPS = ("tables", "uci", "more", "made", "halves")


def settings_of(candidate: str) -> dict[str, Any]:
    """Return the settings that a candidate names; values are Python's, and texts where they are none.

    >>> settings_of("dropout=0.15,activation=silu,hidden=((64,64),)")
    {'dropout': 0.15, 'activation': 'silu', 'hidden': ((64, 64),)}

    Raises ``ValueError`` with what is not ``name=value``.
    """
    pairs: dict[str, Any] = {}
    for part in _parts(candidate):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError(f"{part!r} is not name=value")
        try:
            pairs[name] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            pairs[name] = value
    return pairs


def _parts(candidate: str) -> list[str]:
    """Return what stands between commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in candidate:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


@contextlib.contextmanager
def defaults_with(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Train members of ensembles otherwise while this lasts; gives what a job is asked for besides."""
    rest = dict(settings)

    def taken(kind: type) -> dict[str, Any]:
        return {each.name: rest.pop(each.name) for each in dataclasses.fields(kind) if each.name in rest}

    size = taken(AskedSize)  # before the recipe's, whose epochs and L2 are those of the study
    recipe, network, method = taken(Recipe), taken(Perceptron), taken(recipes.Method)
    usual = recipes.CLASSES, recipes.NUMBERS

    def changed(own: recipes.Method) -> recipes.Method:
        members = cast("Perceptron", own.architecture)
        parts: dict[str, Any] = {
            "recipe": dataclasses.replace(own.recipe, **recipe),
            "architecture": dataclasses.replace(members, **network),
        }
        return dataclasses.replace(own, **(parts | method))

    recipes.CLASSES, recipes.NUMBERS = map(changed, usual)
    try:
        yield rest | ({"size": AskedSize(**size)} if size else {})
    finally:
        recipes.CLASSES, recipes.NUMBERS = usual


def parts(table: Table, split: int, rows: int) -> tuple[Rows, Rows]:
    """Return three quarters of so many training rows at most, to train on, and the last quarter, to judge."""
    some = table.split(split)[0][:rows]
    return some[: len(some) * 3 // 4], some[len(some) * 3 // 4 :]


def measured(table: Table, split: int, rows: int, settings: Mapping[str, Any]) -> Run:
    """Return a candidate's scores on rows held out from the training rows, and the processor's seconds."""
    train, judges = parts(table, split, rows)
    began = time.process_time()
    with defaults_with(settings) as asked:
        scores = fitted(table, train, judges, seed=split, jobs=1, **asked)
    kept = {name: scores[name] for name in JUDGED[table.task]}
    seconds = round(time.process_time() - began, 2)
    return {"set": table.name, "split": split, "rows": rows, **kept, "cpu_s": seconds, **origin_of("shoal")}


def completed(
    name: str, measure: Measure, wanted: Iterable[tuple[Table, int]], rows: int, folder: Path
) -> Ledger:
    """Return the runs of this name, those measured anew that are missing, of other code or of other rows."""
    ledger = Ledger.of(name, folder)
    for table, split in wanted:
        run = ledger.runs.get((table.name, split))
        if run is None or run["rows"] != rows or not is_of_now("shoal", run):
            ledger.add(measure(table, split, rows))
            print(f"{name} {table.name} {split}: {ledger.runs[table.name, split]}", flush=True)
    return ledger


class Gain(NamedTuple):
    """What a candidate is on one set: the scores of both, and logarithms of ratios, it over defaults."""

    table: Table
    splits: int
    before: float
    now: float
    ratio: float
    mistakes: float
    seconds: float


def gain(before: Ledger, now: Ledger, table: Table) -> Gain | None:
    """Return the paired comparison on the splits that both have, None if there are none."""
    keys = sorted(key for key in before.runs if key[0] == table.name and key in now.runs)
    if not keys:
        return None
    pairs = [(before.runs[key], now.runs[key]) for key in keys]

    def log_ratio(what: str, least: float = LEAST) -> float:
        logs = [math.log(max(new[what], least) / max(old[what], least)) for old, new in pairs]
        return float(np.mean(logs))

    judged, *rest = JUDGED[table.task]
    half_a_row = 0.5 / (pairs[0][0]["rows"] / 4)  # of those that judge, where none is wrong
    return Gain(
        table,
        len(keys),
        float(np.mean([old[judged] for old, _ in pairs])),
        float(np.mean([new[judged] for _, new in pairs])),
        log_ratio(judged),
        log_ratio("error", half_a_row) if rest else math.nan,
        log_ratio("cpu_s", SHORTEST),
    )


def document(candidate: str, before: Ledger, now: Ledger, tables: Sequence[Table]) -> str:
    """Return the table: ratios of the candidate to the defaults, below 1 where it gains, and their means.

    A set's ratio is the geometric mean over splits; a mean over sets has their standard error.
    """
    gains = [each for table in tables if (each := gain(before, now, table)) is not None]
    head = ["set", "splits", "defaults", candidate, "ratio", "mistakes", "seconds"]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|---|---|"]
    for each in gains:
        words = [each.table.name, str(each.splits), f"{each.before:.4g}", f"{each.now:.4g}"]
        words += [mean_ratio([value]) for value in (each.ratio, each.mistakes, each.seconds)]
        lines.append(f"| {' | '.join(words)} |")
    for group in (*GROUPS, *JUDGED, "all"):
        own = [each for each in gains if group in ("all", each.table.task, each.table.name.split("/")[0])]
        if own:
            logs = zip(*((each.ratio, each.mistakes, each.seconds) for each in own), strict=True)
            lines.append(f"| **{group}** ({len(own)}) | | | | {' | '.join(map(mean_ratio, logs))} |")
    return "\n".join(lines) + "\n"


def mean_ratio(logs: Sequence[float]) -> str:
    """Return the geometric mean of ratios by their logarithms, with its standard error where there is one."""
    known = np.array([each for each in logs if math.isfinite(each)])
    if not known.size:
        return "–"
    mean = math.exp(known.mean())
    if known.size == 1:
        return f"{mean:.3f}"
    return f"{mean:.3f} ± {mean * known.std(ddof=1) / math.sqrt(known.size):.3f}"


def choosing(names: Sequence[str]) -> list[Table]:
    """Return the sets of these names, or all that choose where there are none.

    Raises ``KeyError`` with a name that is none, ``ValueError`` with sets that confirm.
    """
    tables = named(names) if names else list(CHOOSE)
    if strangers := [table.name for table in tables if table not in CHOOSE]:
        raise ValueError(f"{', '.join(strangers)} confirm, and are not to choose by")
    return tables


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generalisation.ablation", description=__doc__)
    parser.add_argument("candidate", metavar="CANDIDATE", help="such as dropout=0.15,weight_decay=0")
    parser.add_argument("sets", nargs="*", metavar="SET", help="such as made, tables/sonar; all that choose")
    parser.add_argument("--rows", type=int, default=ROWS, help="training rows to take, at most")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--results", type=Path, default=FOLDER / "ablation", help="the folder of results")
    arguments = parser.parse_args()
    try:
        settings = settings_of(arguments.candidate)
        tables = choosing(arguments.sets)
    except (KeyError, ValueError) as error:
        parser.error(f"no candidate or set: {error}")
    warnings.simplefilter("ignore")  # of columns that are not used
    wanted = [(table, split) for split in range(arguments.splits) for table in tables]
    usual, other = (partial(measured, settings=own) for own in ({}, settings))
    before = completed(DEFAULTS, usual, wanted, arguments.rows, arguments.results)
    now = completed(arguments.candidate, other, wanted, arguments.rows, arguments.results)
    page = document(arguments.candidate, before, now, tables)
    (arguments.results / f"{arguments.candidate}.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
