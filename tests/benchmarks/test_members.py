"""What each kind of member contributes: which kind a network is of, what is chosen of it, and the page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.generalisation import ablation, members
from benchmarks.generalisation.members import Ensemble, document, main, measured, overheard, part
from benchmarks.generalisation.sets import TABLES
from shoal.data.tables import read_table
from shoal.jobs.fit_study import fit_frame
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from shoal.selection import study

ROWS, FOLDS = 40, 3
OF_SETS = {"uci/yacht": ("pieces", "waves"), "tables/pima": ("plain", "pieces")}


def small(starts: int) -> dict[str, Any]:
    """Return what is asked for: networks that learn at once which column matters."""
    size = AskedSize(hidden=((6,),), starts=starts, epochs=40)
    return {"folds": FOLDS, "size": size, "learning_rate": 0.03}


def networks_of(*starts: int) -> str:
    """Return the numbers of the networks of these starts: those of all folds, start after start."""
    return ",".join(f"{FOLDS * start + 1}-{FOLDS * start + FOLDS}" for start in starts)


@pytest.mark.parametrize("name", OF_SETS)
def test_an_ensemble_is_that_of_the_job_and_knows_the_kinds_of_its_networks(
    data: Path, tmp_path: Path, name: str
) -> None:
    table, path = TABLES[name], tmp_path / "train.csv"
    table.write(np.arange(60), path)
    request = FitRequest(str(path), target="y", task=table.task, jobs=1, **small(starts=8))
    usual = study.choose_from_store
    ensemble = Ensemble.of(path, request)
    assert study.choose_from_store is usual
    first, second = OF_SETS[name]
    known = [first, second, f"{first}, scaled", f"{second}, scaled", first, second]
    assert [ensemble.kind(start) for start in range(6)] == known
    scaling = ensemble.study.scaling
    assert scaling is not None
    raced = known[2:4] if scaling.won else known[:2]
    assert [ensemble.kind(start) for start in (6, 7)] == raced
    assert ensemble.kinds()[known[3]] == ([3, 7] if scaling.won else [3])

    assert ensemble.chosen(range(8)).members == ensemble.study.choice.members
    model, _ = fit_frame(read_table(str(path)), "y", request)
    X = model.preprocessor.transform(read_table(str(path)))
    own = ensemble.model(ensemble.study.choice)
    np.testing.assert_array_equal(own.predict_features(X), model.predict_features(X))


@pytest.mark.parametrize("name", OF_SETS)
def test_one_kind_alone_is_what_a_job_of_its_networks_finds(data: Path, tmp_path: Path, name: str) -> None:
    table = TABLES[name]
    run = measured(table, 0, ROWS, **small(starts=2))
    paths = [tmp_path / "train.csv", tmp_path / "judges.csv"]
    rows = ablation.parts(table, 0, ROWS)
    for part_of_them, path in zip(rows, paths, strict=True):
        table.write(part_of_them, path)
    actual = table.columns()[2][rows[1]]

    def of_networks(networks: str) -> float:
        asked = {"task": table.task, "jobs": 1, "networks": networks, **small(starts=2)}
        model, _ = fit_frame(read_table(str(paths[0])), "y", FitRequest("", target="y", **asked))
        found = model.predict(read_table(str(paths[1])))
        if table.task == "regression":
            return float(np.sqrt(np.mean((found["y"] - actual) ** 2)))
        right = np.where(actual == "a", found["P(y=a)"], found["P(y=b)"])
        return float(-np.log(right).mean())

    first, second = OF_SETS[name]
    assert run["score"] == pytest.approx(of_networks(networks_of(0, 1)))
    alone = {first: of_networks(networks_of(0)), second: of_networks(networks_of(1))}
    assert abs(alone[first] - alone[second]) > 1e-3
    assert {kind: found["alone"] for kind, found in run["kinds"].items()} == pytest.approx(alone)
    without = {kind: found["without"] for kind, found in run["kinds"].items()}
    assert without == pytest.approx({first: alone[second], second: alone[first]})
    assert [found["networks"] for found in run["kinds"].values()] == [0.5, 0.5]
    assert sum(found["weight"] for found in run["kinds"].values()) == pytest.approx(1)
    assert (run["set"], run["split"], run["rows"]) == (name, 0, ROWS)
    assert {"cpu_s", "code", "commit", "machine"} <= set(run)


def test_a_table_of_categories_has_one_form_of_which_there_is_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    kinds = ["red", "green", "blue"]
    path.write_text("a,y\n" + "".join(f"{kinds[i % 3]},{'yn'[i % 3 % 2]}\n" for i in range(30)))
    ensemble = Ensemble.of(path, FitRequest(str(path), target="y", jobs=1, **small(starts=2)))
    assert ensemble.kinds() == {"one form": [0, 1]}


def test_a_failure_leaves_the_choice_as_it_was() -> None:
    usual = study.choose_from_store
    with pytest.raises(RuntimeError, match="oh"), overheard():
        raise RuntimeError("oh")
    assert study.choose_from_store is usual


def result(name: str, split: int = 0, **kinds: tuple[float, float, float, float | None]) -> dict[str, Any]:
    names = ("networks", "weight", "alone", "without")
    found = {kind: dict(zip(names, own, strict=True)) for kind, own in kinds.items()}
    return {"set": name, "split": split, "rows": 9, "score": 2.0, "picks": 4, "kinds": found}


def test_ratios_are_over_the_whole_and_a_mean_over_sets_has_an_error() -> None:
    run = result("uci/yacht", pieces=(0.5, 0.25, 4.0, 2.0), waves=(0.5, 0.75, 2.0, 4.0))
    assert np.exp(part(run, "pieces")[2:]) == pytest.approx([2, 1])
    alone = result("uci/boston", pieces=(1.0, 1.0, 2.0, None))
    other = result("uci/naval", pieces=(0.25, 0.75, 1.0, 8.0), waves=(0.75, 0.25, 8.0, 1.0))
    classes = result("tables/pima", plain=(0.5, 1.0, 2.0, 3.0))
    page = document([run, alone, other]).splitlines()
    assert "## Numbers: 2 of 3 sets have several kinds" in page
    assert not any(line.startswith("## Classes") for line in page)
    assert "| pieces | 2 | 38 ± 12 % | 50 ± 25 % | 1.000 ± 0.693 | 2.000 ± 1.386 |" in page
    assert "| uci/yacht | 0 | 2 | waves | 50 % | 75 % | 1.000 | 2.000 |" in page
    assert "| uci/boston | 0 | 2 | pieces | 100 % | 100 % | 1.000 | – |" in page
    assert "## Classes: 0 of 1 sets have several kinds" in document([classes])


def test_splits_of_a_set_are_one_set() -> None:
    runs = [
        result("uci/yacht", split, pieces=(0.5, 0.5, alone, 2.0), waves=(0.5, 0.5, 2.0, 2.0))
        for split, alone in enumerate((1.0, 16.0))
    ]
    page = document(runs)
    assert "## Numbers: 1 of 1 sets have several kinds" in page
    assert "| pieces | 1 | 50 % | 50 % | 2.000 | 1.000 |" in page


def test_runs_are_kept_and_those_of_other_code_or_rows_are_made_anew(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def measure(table: Any, split: int, rows: int) -> dict[str, Any]:
        made.append(table.name)
        kinds = {"pieces": (0.5, 0.5, 4.0, 2.0), "waves": (0.5, 0.5, 2.0, 1.0)}
        return {**result(table.name, split, **kinds), "rows": rows, "code": "now"}

    def command(*words: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["members", *words, "--results", str(tmp_path)])
        made.clear()
        main()
        return list(made)

    monkeypatch.setattr(members, "measured", measure)
    monkeypatch.setattr(ablation, "is_of_now", lambda _, run: run["code"] == "now")
    assert command("uci/yacht", "tables/pima") == ["uci/yacht", "tables/pima"]
    assert (
        "| uci/yacht | 0 | 2 | pieces | 50 % | 50 % | 2.000 | 1.000 |"
        in (tmp_path / "members.md").read_text()
    )
    assert command("uci/yacht", "--splits", "2") == ["uci/yacht"]
    assert "tables/pima" not in (tmp_path / "members.md").read_text()
    assert command("uci/yacht", "--rows", "20") == ["uci/yacht"]
    monkeypatch.setattr(ablation, "is_of_now", lambda *_: False)
    assert command("tables/pima") == ["tables/pima"]
    with pytest.raises(SystemExit):
        command("tables/adult")  # which confirms
    with pytest.raises(SystemExit):
        command("tables/adults")
