"""The results, one a table, split and contestant: made in processes, kept as JSON, never made twice."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.generalisation.origin import is_of_now, origin_of
from benchmarks.generalisation.sets import TABLES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "results" / "generalisation"
Run: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, int]


@dataclass
class Ledger:
    """The runs of one contestant by table and split, in a file of their own where they were made here."""

    name: str
    path: Path
    runs: dict[Key, Run] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, folder: Path = FOLDER) -> Ledger:
        """Return the ledger in ``folder``, empty where there is no file."""
        path = folder / f"{name}.json"
        rows = json.loads(path.read_text()) if path.exists() else []
        return cls(name, path, {(row["set"], row["split"]): row for row in rows})

    def of_now(self) -> Ledger:
        """Return the runs alone that the code that there is now has made."""
        kept = {key: run for key, run in self.runs.items() if is_of_now(self.name, run)}
        return Ledger(self.name, self.path, kept)

    def add(self, run: Run) -> None:
        """Take in a run and write the file anew, so that it is whole at any moment.

        What others have written there since stays.
        """
        self.runs |= Ledger.of(self.path.stem, self.path.parent).runs
        self.runs[run["set"], run["split"]] = run
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(self.runs[key]) for key in sorted(self.runs))
        written = self.path.with_suffix(".writing")
        written.write_text(f"[\n{lines}\n]\n")
        written.replace(self.path)


def recorded(path: Path, threads: int | None = None) -> dict[str, Ledger]:
    """Return runs that were made elsewhere on the same splits: rows with set, split, model and scores.

    ``threads`` is how many they ran on where rows do not say it: with one, seconds are the processor's.
    """
    ledgers: dict[str, Ledger] = {}
    for row in json.loads(path.read_text()):
        ledger = ledgers.setdefault(row["model"], Ledger(row["model"], path))
        asked = {} if threads is None else {"threads": threads}
        alone = {"cpu_s": row["fit_s"]} if row.get("threads", threads) == 1 else {}
        ledger.runs[row["set"], row["split"]] = {"machine": f"told by {path.name}", **asked, **alone, **row}
    return ledgers


def complete(
    ledger: Ledger,
    wanted: Iterable[Key],
    known: Ledger | None,
    python: str,
    say: Callable[[str], None],
    keep: bool = False,
) -> None:
    """Run what is wanted and neither in the ledger nor ``known`` from elsewhere, and keep each result.

    Runs of other code than there is now are run anew, unless asked to ``keep`` them. ``python`` is the
    interpreter that has the contestant's packages. A run that fails is told and left out.
    """
    there = set(ledger.runs if keep else ledger.of_now().runs) | set(known.runs if known else ())
    for table, split in wanted:
        if (table, split) in there:
            continue
        command = [python, "-m", "benchmarks.generalisation.worker", ledger.name, table, str(split)]
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": paths},
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            say(f"{ledger.name} {table} {split}: failed ({last})")
            continue
        key = {"set": table, "split": split, "model": ledger.name}
        said = done.stdout.strip().splitlines()[-1]  # compiled packages may write before it what they like
        run = {**key, **json.loads(said), **origin_of(ledger.name)}
        ledger.add(run)
        say(f"{ledger.name} {table} {split}: {headline(run):.5g} in {run['fit_s']:.1f} s")


def headline(run: Run) -> float:
    """Return the score that runs are compared by: the error of a classification, the RMSE of a regression."""
    return float(run["error" if TABLES[run["set"]].task == "classification" else "rmse"])
