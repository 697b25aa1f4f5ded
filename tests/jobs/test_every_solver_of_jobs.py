"""Whole commands with the solvers for full batches: fitted, predicted, explained, checked and reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

Write = Callable[..., Path]


class Full(NamedTuple):
    """A solver as a user writes it, its name, and what only this one tells."""

    asked: str
    name: str
    estimates_l2: bool = False


SOLVERS = (
    Full("lm", "levenberg_marquardt"),
    Full("bfgs", "bfgs"),
    Full("br", "bayesian_regularization", estimates_l2=True),
)
SMALL: dict[str, object] = {
    "--hidden": 3,
    "--starts": 2,
    "--folds": 2,
    "--epochs": 30,
    "--test-share": 0.2,
    "--jobs": 1,
    "--choose": "one-se",
}


@pytest.fixture
def table(mixed: Callable[..., dict[str, Any]], write_csv: Write, tmp_path: Path) -> Path:
    return write_csv(tmp_path / "table.csv", mixed(60, "regression"))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.asked)
def test_a_folder_of_it_goes_through_every_command(
    shoal: Callable[..., Any], table: Path, tmp_path: Path, solver: Full
) -> None:
    def run(*arguments: object) -> str:
        ended = shoal(*arguments)
        assert ended.code == 0, ended
        return "\n".join([*ended.out, *ended.err])

    how = [part for option in SMALL.items() for part in option]
    said = run("fit", table, "--target", "target", "--solver", solver.asked, *how, "--out", "out")
    assert ("The rows trained on determine" in said) == solver.estimates_l2
    evidence = json.loads((tmp_path / "out/evidence.json").read_text())
    assert evidence["asked"]["solver"] == solver.name

    run("predict", "out", table, "--out", "predicted.csv")
    rows, told = pl.read_csv(table), pl.read_csv(tmp_path / "predicted.csv")
    wrong = (told["target"] - rows["target"]).std()
    assert wrong < 0.5 * rows["target"].std()

    assert "# Finding" in run("explain", "out", "--format", "markdown")
    assert "Every gradient is right" in run("check", "out")
    first = (tmp_path / "out/report.html").read_text()
    run("report", "out", "--overwrite")
    again = (tmp_path / "out/report.html").read_text()
    assert again == first
    assert solver.name.replace("_", " ") in again.replace("_", " ")
