"""Results made by hand, for the arithmetic of the comparison on real tables."""

from __future__ import annotations

from pathlib import Path

from benchmarks.generalisation.runs import Ledger


def row(table: str, split: int, score: float, seconds: float = 1.0, name: str = "shoal") -> dict[str, object]:
    return {"set": table, "split": split, "model": name, "rmse": score, "error": score, "fit_s": seconds}


def ledger(name: str, rows: list[dict[str, object]]) -> Ledger:
    return Ledger(name, Path("nowhere"), {(str(r["set"]), int(str(r["split"]))): r for r in rows})
