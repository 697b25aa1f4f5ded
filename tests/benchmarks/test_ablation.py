"""One candidate against the defaults: what it changes, which rows it is judged by, and paired ratios."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.generalisation import ablation
from benchmarks.generalisation.ablation import (
    DEFAULTS,
    defaults_with,
    document,
    gain,
    main,
    measured,
    settings_of,
)
from benchmarks.generalisation.sets import TABLES
from shoal.jobs import recipes
from shoal.jobs.recipes import table_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from tests.benchmarks.ledgers import ledger


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been fitted; everything is 2 by default, and 1 with dropout."""
    found: list[dict[str, Any]] = []

    def fitted(table: Any, train: Any, test: Any, **asked: Any) -> dict[str, float]:
        dropout = recipes.CLASSES.architecture.dropout  # type: ignore[attr-defined]
        found.append({"table": table.name, "train": train, "test": test, "dropout": dropout, **asked})
        return dict.fromkeys(("rmse", "log_loss", "error"), 1.0 if dropout else 2.0)

    monkeypatch.setattr(ablation, "fitted", fitted)
    return found


def test_a_candidate_is_settings_by_name() -> None:
    found = settings_of("l1=0.3,hidden=((64,64),),activation=silu,forms=()")
    assert found == {"l1": 0.3, "hidden": ((64, 64),), "activation": "silu", "forms": ()}
    with pytest.raises(ValueError, match="'dropout' is not name=value"):
        settings_of("l1=0.3,dropout")


def test_defaults_are_others_while_a_candidate_is_fitted_and_themselves_afterwards() -> None:
    request, usual = FitRequest("table"), (recipes.CLASSES, recipes.NUMBERS)
    settings = {"dropout": 0.5, "weight_decay": 0.1, "pieces": 3, "folds": 4, "starts": 2, "epochs": 7}
    with defaults_with(settings) as asked:
        method = table_method(request, "ensemble", "classification")
        assert (method.pieces, method.recipe.weight_decay) == (3, 0.1)
        assert method.architecture.dropout == 0.5  # type: ignore[attr-defined]
        assert method.recipe.label_smoothing == 0.1  # as it was
        assert asked == {"folds": 4, "size": AskedSize(starts=2, epochs=7)}
    assert usual == (recipes.CLASSES, recipes.NUMBERS)
    with pytest.raises(RuntimeError, match="oh"), defaults_with({"l1": 0.1}):
        raise RuntimeError("oh")
    assert usual == (recipes.CLASSES, recipes.NUMBERS)


def test_a_quarter_of_some_training_rows_judges_and_no_test_row(
    data: Path, fits: list[dict[str, Any]]
) -> None:
    table = TABLES["uci/yacht"]
    run = measured(table, 1, 40, {"folds": 3})
    train, _ = table.split(1)
    np.testing.assert_array_equal(np.concatenate([fits[0]["train"], fits[0]["test"]]), train[:40])
    assert (len(fits[0]["test"]), fits[0]["seed"], fits[0]["jobs"], fits[0]["folds"]) == (10, 1, 1, 3)
    assert (run["set"], run["split"], run["rows"], run["rmse"]) == ("uci/yacht", 1, 40, 2.0)
    assert {"cpu_s", "code", "commit", "machine"} <= set(run)
    assert "log_loss" not in run


def test_runs_are_kept_and_those_of_other_code_or_rows_are_made_anew(
    data: Path, tmp_path: Path, fits: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["ablation", "dropout=0.5", *words, "--results", str(tmp_path)])
        fits.clear()
        main()
        return len(fits)

    assert command("uci/yacht", "tables/pima") == 4
    page = (tmp_path / "dropout=0.5.md").read_text()
    assert "| uci/yacht | 1 | 2 | 1 | 0.500 | – |" in page
    assert command("uci/yacht") == 0
    assert command("uci/yacht", "--splits", "2") == 2
    assert command("uci/yacht", "--rows", "20") == 2
    monkeypatch.setattr(ablation, "is_of_now", lambda *_: False)
    assert command("tables/pima") == 2
    with pytest.raises(SystemExit):
        command("tables/adult")  # which confirms
    with pytest.raises(SystemExit):
        command("tables/adults")


def test_ratios_are_paired_by_split_and_their_mean_over_sets_has_an_error() -> None:
    def run(table: str, split: int, score: float, error: float, seconds: float) -> dict[str, object]:
        scores = {"log_loss": score, "rmse": score, "error": error, "cpu_s": seconds}
        return {"set": table, "split": split, "rows": 100, **scores}

    before = ledger(
        DEFAULTS,
        [
            run("uci/yacht", 0, 1.0, 0.0, 2.0),
            run("uci/yacht", 1, 4.0, 0.0, 2.0),
            run("tables/pima", 0, 1, 0, 1),
        ],
    )
    now = ledger(
        "l1=1",
        [
            run("uci/yacht", 0, 2.0, 0.0, 4.0),
            run("uci/yacht", 1, 2.0, 0.0, 4.0),
            run("tables/pima", 0, 4, 0.04, 1),
        ],
    )
    tables = [TABLES["uci/yacht"], TABLES["tables/pima"], TABLES["uci/boston"]]
    found = gain(before, now, tables[0])
    assert found is not None
    assert np.exp([found.ratio, found.seconds]) == pytest.approx([1.0, 2.0])
    assert gain(before, now, tables[2]) is None
    lines = document("l1=1", before, now, tables).splitlines()
    assert lines[0].split(" | ")[2:4] == ["defaults", "l1=1"]
    assert "| uci/yacht | 2 | 2.5 | 2 | 1.000 | – | 2.000 |" in lines
    assert "| tables/pima | 1 | 1 | 4 | 4.000 | 2.000 | 1.000 |" in lines  # of 25 rows half a row, then one
    assert lines[-1] == "| **all** (2) | | | | 2.000 ± 1.386 | 2.000 | 1.414 ± 0.490 |"
    assert "| **regression** (1) | | | | 1.000 | – | 2.000 |" in lines
