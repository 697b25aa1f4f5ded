"""The comparison on real tables: its halves, its splits, its ledgers, and the arithmetic of its table."""

from __future__ import annotations

import csv
import gzip
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.generalisation.compare import cell, geometric_mean, relative
from benchmarks.generalisation.contestants import CONTESTANTS, surprise
from benchmarks.generalisation.published import beside_published, is_ahead
from benchmarks.generalisation.runs import Ledger, complete, recorded
from benchmarks.generalisation.sets import CHOOSE, TABLES, named, those_of
from benchmarks.generalisation.table import document
from shoal.jobs import fit
from shoal.jobs.model import Model
from tests.benchmarks.ledgers import ledger, row


def test_half_of_the_sets_chose_and_the_other_half_confirms() -> None:
    chose = [table.name for table in CHOOSE]
    assert chose[:3] == ["tables/abalone", "tables/california_housing", "tables/german_credit"]
    assert chose[9:12] == ["uci/naval", "uci/protein", "uci/yacht"]
    real = [table for table in those_of("tables", "uci") if table in CHOOSE]
    assert (len(real), len(those_of("tables", "uci"))) == (12, 23)
    assert {table.part for table in those_of("more", "made")} == {"choose"}
    assert TABLES["tables/adult"].part == "confirm"


def test_sets_are_named_alone_or_by_their_folder() -> None:
    assert [table.name for table in named(["uci/yacht", "more"])][:2] == ["uci/yacht", "more/anneal"]
    assert len(named(["more"])) == 21
    with pytest.raises(KeyError, match="uci/yachts"):
        named(["uci/yachts"])


def test_the_folder_more_is_as_its_index_says(real_data: Callable[[str], Path]) -> None:
    index = list(csv.DictReader(real_data("more/INDEX.csv").read_text().splitlines()))
    assert {f"more/{each['name']}" for each in index} == {table.name for table in those_of("more")}
    for each in index:
        table = TABLES[f"more/{each['name']}"]
        with gzip.open(table.path, "rt", newline="") as file:
            header = next(csv.reader(file))
        assert (table.task, header[-1]) == (each["task"], each["target"])


def test_splits_are_those_that_were_published(data: Path) -> None:
    random = np.random.RandomState(1)
    random.choice(range(60), 60, replace=False)
    order = random.choice(range(60), 60, replace=False)
    train, test = TABLES["uci/yacht"].split(1)
    np.testing.assert_array_equal(np.concatenate([train, test]), order)
    assert (len(train), len(test)) == (54, 6)
    order = np.random.RandomState(3).permutation(60)
    train, test = TABLES["tables/pima"].split(3)
    np.testing.assert_array_equal(np.concatenate([test, train]), order)
    assert (len(train), len(test)) == (48, 12)
    assert (TABLES["uci/yacht"].splits, TABLES["uci/protein"].splits, TABLES["tables/pima"].splits) == (
        20,
        5,
        5,
    )


def test_columns_are_numbers_and_texts_with_what_is_missing(data: Path) -> None:
    numbers, texts, target = TABLES["uci/yacht"].columns()
    assert (numbers.shape, texts.shape, target.dtype) == ((60, 1), (60, 1), np.float64)
    assert TABLES["tables/pima"].columns()[2][0] in ("a", "b")


def test_a_contestant_runs_once_a_split_and_is_told_when_it_fails(data: Path, tmp_path: Path) -> None:
    told: list[str] = []
    found = Ledger.of("sklearn_mlp_default", tmp_path / "results")
    known = ledger("sklearn_mlp_default", [row("tables/pima", 1, 0.5)])
    wanted = [("tables/pima", 0), ("tables/pima", 1), ("tables/sonar", 0)]
    complete(found, wanted, known, sys.executable, told.append)
    assert list(found.runs) == [("tables/pima", 0)]
    run = found.runs["tables/pima", 0]
    assert {"error", "log_loss", "fit_s", "predict_s", "cpu_s", "peak_mib", "version"} <= set(run)
    assert 0 <= run["error"] < 0.5
    assert told[0].startswith("sklearn_mlp_default tables/pima 0: ")
    assert "failed" in told[1]
    assert "sonar" in told[1]
    again = Ledger.of("sklearn_mlp_default", tmp_path / "results")
    assert again.runs == found.runs
    complete(again, wanted[:1], None, "/no/such/interpreter", told.append)
    assert len(told) == 2


def test_runs_made_elsewhere_are_read_by_contestant(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    path.write_text(
        json.dumps([row("uci/yacht", 0, 1.0, name="forest"), row("uci/yacht", 1, 2.0, name="mlp")])
    )
    found = recorded(path)
    assert {name: list(each.runs) for name, each in found.items()} == {
        "forest": [("uci/yacht", 0)],
        "mlp": [("uci/yacht", 1)],
    }


def test_scores_are_compared_on_shared_splits_alone() -> None:
    ours = ledger("shoal", [row("uci/yacht", 0, 1.0), row("uci/yacht", 1, 3.0), row("uci/yacht", 2, 9.0)])
    theirs = ledger("mlp", [row("uci/yacht", 0, 4.0), row("uci/yacht", 1, 4.0)])
    assert relative(ours, theirs, "uci/yacht") == 0.5
    assert relative(ours, theirs, "uci/boston") is None
    found = cell(ours, [("uci/yacht", 0), ("uci/yacht", 1)])
    assert found is not None
    assert (found.splits, found.mean, found.error) == (2, 2.0, pytest.approx(math.sqrt(2) / math.sqrt(2)))
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)


def test_the_table_says_who_is_ahead() -> None:
    ours = ledger("shoal", [row("uci/yacht", 0, 1.0, 2.0), row("uci/boston", 0, 3.0, 2.0)])
    rival = ledger("realmlp_td", [row("uci/yacht", 0, 2.0, 8.0), row("uci/boston", 0, 2.0, 8.0)])
    ours.runs["uci/yacht", 0] |= {"predict_s": 0.25, "peak_mib": 300.0}
    elsewhere = ledger("linear", [row("uci/naval", 0, 1.0), row("uci/yacht", 1, 1.0)])
    page = document({"shoal": ours, "realmlp_td": rival, "linear": elsewhere}, "Errors")
    assert "linear" not in page
    assert "nan" not in page
    assert "| uci/yacht | choose | 1 | 1 | 2 | 0.500 | 0.500 |" in page
    assert "| uci/boston | choose | 1 | 3 | 2 | 1.500 | 1.500 |" in page
    assert "| realmlp_td | 1.50 | 0.866 | – | 0.866 | 8.0 | 2.0 | – | – |" in page
    assert "| shoal | 1.50 | – | – | – | 2.0 | 2.0 | 0.250 | 300 |" in page
    assert "| uci/yacht | 1 | 1 | 1.02 | 1.11 | 1.58 | **.666** | **.57** | **.84** |" in page


@pytest.mark.parametrize(
    ("printed", "ours", "ahead"),
    [(".00", 0.0049, False), (".00", 0.0051, True), ("2.65", 2.6, False), ("2.65", 2.66, True)],
)
def test_a_printed_figure_is_ahead_if_it_is_lower_with_its_digits(
    printed: str, ours: float, ahead: bool
) -> None:
    assert is_ahead(printed, ours) == ahead


def test_our_likelihoods_stand_beside_the_published_ones_where_runs_have_them() -> None:
    before = row("uci/yacht", 0, 0.5)
    page = beside_published(ledger("shoal", [before, {**row("uci/yacht", 1, 0.7), "nll": 1.3}]))
    assert "| uci/yacht | 2 | 0.6 | 1.02 | 1.11 | 1.58 | .666 | **.57** | .84 |" in page
    assert page[-1] == "| uci/yacht | 1 | 1.3 | 1.63 | 1.55 | **1.18** |"


def test_coverage_is_told_where_runs_have_it() -> None:
    runs = [
        row("uci/boston", 0, 2.5),
        *({**row("uci/yacht", split, 0.5), "coverage": share} for split, share in enumerate([0.88, 0.94])),
    ]
    page = document({"shoal": ledger("shoal", runs)}, "Scores")
    assert page.endswith(
        "| inside intervals of 90 % | splits | % |\n|---|---|---|\n| uci/yacht | 2 | 91.0 ± 3.0 |\n"
    )


def test_the_surprise_is_that_of_a_normal_distribution() -> None:
    errors = np.array([0.5, -1.0, 2.0])
    rmse = float(np.sqrt(np.mean(errors**2)))
    assert surprise(rmse, 0.8) == pytest.approx(-norm(scale=0.8).logpdf(errors).mean())


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("name", ["uci/yacht", "tables/pima"])
def test_our_own_contestant_runs_where_errors_are_unequal_and_on_classes(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fit_data = fit.fit_data
    monkeypatch.setattr(fit, "fit_data", lambda asked, *rest: fit_data(replace(asked, quality="fast"), *rest))
    settled: list[bool] = []
    interval = Model.interval

    def watched(model: Model, *arguments: Any) -> Any:
        settled.append(model.errors is not None and model.errors.spread is not None)
        return interval(model, *arguments)

    monkeypatch.setattr(Model, "interval", watched)
    scores = CONTESTANTS["shoal"](TABLES[name], 0)
    assert scores["networks"] > 0
    if name == "tables/pima":
        assert 0 <= scores["error"] < 0.5
        return
    assert settled == [True, True]  # by the job, of its own test, and by the contestant
    assert 0 <= scores["coverage"] <= 1
    assert scores["rmse"] < 2
