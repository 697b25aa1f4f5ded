from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.data.tables import read_table
from shoal.errors import CapacityError, ConfigurationError
from shoal.jobs.fit import fit_data
from shoal.jobs.job import FinishedJob
from shoal.jobs.memory.footprint import PROGRAM
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from shoal.jobs.sizing.study import AskedSize
from shoal.selection.rules import RULES
from shoal.solvers import SOLVERS

Fit = Callable[..., FinishedJob]
Mixed = Callable[..., dict[str, list[object]]]
Write = Callable[..., Path]


def held_out(n: int, seed: int, labels: npt.NDArray[Any] | None = None) -> npt.NDArray[np.intp]:
    """Which fifth of n rows a job tests on: sorted Philox draws, class by class, largest remainders first."""
    draws = np.random.Philox(key=[seed, 0], counter=[0, 0, 3, 0]).random_raw(n)
    order = np.argsort(draws, kind="stable")
    groups = [order] if labels is None else [order[labels[order] == label] for label in sorted(set(labels))]
    shares = np.array([0.2 * len(group) for group in groups])
    counts = np.floor(shares).astype(int)
    for position in np.argsort(-(shares - counts), kind="stable")[: round(shares.sum()) - counts.sum()]:
        counts[position] += 1
    return np.sort(np.concatenate([group[:count] for group, count in zip(groups, counts, strict=True)]))


def predicted(folder: Path, table: object, out: Path) -> dict[str, npt.NDArray[Any]]:
    """What ``shoal predict`` writes for a table, read back without shoal's help."""
    predict_data(folder, str(table), out)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def scores(outcome: FinishedJob, name: str = "shoal") -> dict[str, float]:
    (model,) = [model for model in outcome.evidence["test"]["models"] if model["name"] == name]
    metrics: dict[str, float] = model["metrics"]
    return metrics


@pytest.mark.parametrize("task", ["binary", "classes"])
def test_the_test_score_of_classes_is_that_of_the_predictions(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None, task: str
) -> None:
    columns = mixed(task=task)
    table = write_csv(tmp_path / "table.csv", columns)
    outcome = fit(table, "target", tmp_path / "out", seed=5)
    actual = np.array(columns["target"])
    test = held_out(len(actual), 5, actual)
    given = predicted(outcome.folder, table, tmp_path / "predictions.csv")
    likelihood = [float(given[f"P(target={actual[row]})"][row]) for row in test]
    assert outcome.evidence["test"]["rows"] == len(test) == 30
    assert scores(outcome)["log loss"] == pytest.approx(-np.log(likelihood).mean(), rel=1e-5)
    assert scores(outcome)["error"] == pytest.approx((given["target"] != actual)[test].mean())
    total = sum(given[f"P(target={label})"].astype(float) for label in sorted(set(actual)))
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_the_test_score_of_a_regression_is_that_of_the_predictions(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    columns = mixed(task="regression")
    table = write_csv(tmp_path / "table.csv", columns)
    outcome = fit(table, "target", tmp_path / "out", hidden=((2,),), epochs=40)
    actual = np.array(columns["target"], dtype=float)
    test = held_out(len(actual), 0)
    residual = (
        predicted(outcome.folder, table, tmp_path / "p.csv")["target"].astype(float)[test] - actual[test]
    )
    assert scores(outcome)["RMSE"] == pytest.approx(np.sqrt((residual**2).mean()), rel=1e-5)
    assert scores(outcome)["MAE"] == pytest.approx(np.abs(residual).mean(), rel=1e-5)
    assert scores(outcome)["R²"] == pytest.approx(1 - (residual**2).mean() / actual[test].var(), rel=1e-4)
    assert scores(outcome)["RMSE"] < scores(outcome, "constant")["RMSE"]


@pytest.mark.parametrize("settings", [{"folds": 3}, {"validation_share": 0.25}], ids=str)
def test_the_rows_to_choose_by_are_as_asked(
    fit: Fit, tmp_path: Path, without_report: None, settings: dict[str, Any]
) -> None:
    outcome = fit("builtin:iris", "species", tmp_path / "out", **settings)
    asked, trials = outcome.evidence["asked"], outcome.evidence["trials"]
    assert (asked["folds"], asked["validation_share"]) == (
        settings.get("folds"),
        settings.get("validation_share"),
    )
    assert sorted(set(trials["fold"])) == list(range(settings.get("folds", 1)))
    assert len(trials["fold"]) == 4 * settings.get("folds", 1)
    split = {"train": 120, "validation": 120} if "folds" in settings else {"train": 90, "validation": 30}
    assert outcome.evidence["data"]["split"] == {**split, "test": 30}


def test_a_table_to_choose_by_is_used_whole(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(100))
    valid = write_csv(tmp_path / "valid.csv", mixed(37, seed=1))
    outcome = fit(table, "target", tmp_path / "out", valid=str(valid))
    assert outcome.evidence["data"]["split"] == {"train": 80, "validation": 37, "test": 20}
    assert outcome.evidence["asked"]["validation_table"] == "valid.csv"
    best = outcome.evidence["choice"]["validation_loss"]
    given = predicted(outcome.folder, valid, tmp_path / "p.csv")
    likelihood = [
        float(given[f"P(target={label})"][row]) for row, label in enumerate(mixed(37, seed=1)["target"])
    ]
    assert best == pytest.approx(-np.log(likelihood).mean(), rel=1e-5)


def test_an_ensemble_is_what_one_gets(mixed: Mixed, write_csv: Write, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(80, "regression"))
    size = AskedSize(hidden=((4, 4),), starts=2, epochs=5)
    listener = TerminalListener(Console(file=io.StringIO()))
    outcome = fit_data(FitRequest(str(table), "target", size=size, jobs=1), tmp_path / "out", listener)
    asked, choice = outcome.evidence["asked"], outcome.evidence["choice"]
    assert (asked["choose"], asked["solver"], asked["activation"]) == ("ensemble", "adamw", "mish")
    assert (asked["schedule"], asked["pieces"], asked["patience"]) == ("flat_cosine", 8, 1)
    assert outcome.model.population.size == 5 * len(choice["members"])
    assert "signal piece 8" in outcome.model.preprocessor.feature_names
    given = predicted(outcome.folder, table, tmp_path / "p.csv")
    assert np.isfinite([float(value) for value in given["target"]]).all()
    page = outcome.report.read_text()
    for told in ("flat_cosine", "0.02", "8 for every number", "4 for every number"):
        assert told in page


@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")  # of what a slow machine had no time for
def test_the_time_that_is_given_is_kept(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(120))
    wide: dict[str, Any] = {"hidden": ((64, 64),), "starts": None, "epochs": 2000}
    outcome = fit(table, "target", tmp_path / "out", choose="ensemble", time=6.0, **wide)
    assert "Ended early, by time: " in outcome.evidence["choice"]["sentence"]
    assert outcome.evidence["asked"]["planned"][0] == "Ends after 6 s, with the best found until then."


@pytest.mark.usefixtures("with_figures")
def test_the_evidence_chooses_by_the_rows_trained_on(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(200))
    outcome = fit(table, "target", tmp_path / "out", score="evidence", choose=None, epochs=50)
    evidence = outcome.evidence
    assert (evidence["asked"]["choose"], evidence["asked"]["solver"]) == ("evidence", "scg")
    assert evidence["data"]["split"] == {"train": 128, "validation": 32, "test": 40}
    scores = evidence["trials"]["log_evidence"]
    assert evidence["choice"]["evidence"]["log_evidence"] == max(scores)
    assert 'id="evidence"' in outcome.report.read_text()
    assert "without validation (evidence)" in outcome.report.read_text()


def test_evidence_that_takes_too_long_is_refused_before_anything_is_written(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(200))
    with pytest.raises(CapacityError, match=r"Hessian of a network of \d+ parameters is too large") as caught:
        fit(table, "target", tmp_path / "out", score="evidence", choose=None, hidden=((900,),))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_table_to_test_on_is_used_whole(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(100))
    test = write_csv(tmp_path / "test.csv", mixed(37, seed=1))
    outcome = fit(table, "target", tmp_path / "out", test=str(test), folds=2)
    assert outcome.evidence["data"]["split"] == {"train": 100, "validation": 100, "test": 37}
    asked = outcome.evidence["asked"]
    assert (asked["test_table"], asked["test_share"]) == ("test.csv", None)
    given = predicted(outcome.folder, test, tmp_path / "p.csv")
    wrong = np.mean([a != b for a, b in zip(given["target"], mixed(37, seed=1)["target"], strict=True)])
    shoal, *_ = outcome.evidence["test"]["models"]
    assert shoal["metrics"]["error"] == pytest.approx(wrong)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_choice(fit: Fit, tmp_path: Path, without_report: None, rule: str) -> None:
    outcome = fit("builtin:iris", "species", tmp_path / "out", choose=rule, validation_share=0.2)
    choice, trials = outcome.evidence["choice"], outcome.evidence["trials"]
    assert choice["rule"] == rule
    if rule == "ensemble":
        assert outcome.model.population.size == len(choice["members"])
    elif rule == "best":
        assert choice["validation_loss"] == min(trials["validation_loss"])
    else:
        near = [loss <= choice["threshold"] for loss in trials["validation_loss"]]
        smallest = min(size for size, close in zip(trials["parameters"], near, strict=True) if close)
        assert choice["parameters"] == smallest == outcome.model.population.network.n_parameters


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver(
    fit: Fit, tmp_path: Path, without_report: None, solver: str, mixed: Mixed, write_csv: Write
) -> None:
    table, target = "builtin:iris", "species"
    if SOLVERS[solver].squares:
        table, target = str(write_csv(tmp_path / "table.csv", mixed(80, "regression"))), "target"
    own: dict[str, Any] = {"l2": None} if SOLVERS[solver].estimates_l2 else {}
    outcome = fit(table, target, tmp_path / "out", solver=solver, validation_share=0.2, **own)
    asked = outcome.evidence["asked"]
    assert asked["solver"] == solver
    assert (asked["batch_size"] is None) == SOLVERS[solver].full_batch
    assert (asked["learning_rate"] is None) != SOLVERS[solver].takes_learning_rate
    assert np.isfinite(outcome.evidence["trials"]["validation_loss"]).all()
    assert load_model(outcome.folder).population.network == outcome.model.population.network
    determined = "The rows trained on determine " in outcome.evidence["choice"]["sentence"]
    assert determined == SOLVERS[solver].estimates_l2
    if determined:
        assert asked["l2"] == [0.0]


def test_a_solver_for_squares_is_refused_for_classes_before_anything_is_written(
    fit: Fit, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"levenberg_marquardt minimises sums of squares, .*entropy"):
        fit("builtin:iris", "species", tmp_path / "out", solver="lm", choose="ensemble", hidden=None)
    assert not (tmp_path / "out").exists()


def as_tsv(path: Path, columns: dict[str, list[object]]) -> Path:
    path = path.with_suffix(".tsv")
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def as_gzip(path: Path, columns: dict[str, list[object]]) -> Path:
    text = as_tsv(path, columns).read_bytes()
    path = path.with_suffix(".tsv.gz")
    path.write_bytes(gzip.compress(text))
    return path


def as_parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    path = path.with_suffix(".parquet")
    pl.read_csv(as_tsv(path, columns), separator="\t", try_parse_dates=True).write_parquet(path)
    return path


def as_npz(path: Path, columns: dict[str, list[object]]) -> Path:
    path = path.with_suffix(".npz")
    typed = {name: np.array([v if v != "" else np.nan for v in values]) for name, values in columns.items()}
    np.savez(path, **typed)
    return path


@pytest.mark.parametrize("write", [as_tsv, as_gzip, as_parquet, as_npz])
def test_every_format_gives_the_same_model(
    fit: Fit,
    mixed: Mixed,
    write_csv: Write,
    tmp_path: Path,
    without_report: None,
    write: Callable[..., Path],
) -> None:
    columns = mixed(80)
    one = fit(write_csv(tmp_path / "table.csv", columns), "target", tmp_path / "one")
    other = fit(write(tmp_path / "table", columns), "target", tmp_path / "other")
    assert other.evidence["data"]["features"] == one.evidence["data"]["features"]
    np.testing.assert_array_equal(other.model.population.theta, one.model.population.theta)
    assert scores(other) == scores(one)


def test_what_a_table_may_hold(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    columns = mixed(90)
    columns["target"][:9] = [""] * 9
    outcome = fit(write_csv(tmp_path / "table.csv", columns), "target", tmp_path / "out")
    data = outcome.evidence["data"]
    kinds = {column["name"]: (column["kind"], column["used"]) for column in data["columns"]}
    assert kinds == {
        "signal": ("numeric", True),
        "noise": ("numeric", True),
        "colour": ("categorical", True),
        "member": ("boolean", True),
        "seen": ("date", True),
        "unit": ("constant", False),
    }
    assert data["rows"] == 81
    assert any("9 of 90 rows have no value of the target" in warning for warning in data["warnings"])
    assert any("'unit' is not used" in warning for warning in data["warnings"])
    assert sum(entry["count"] for entry in data["target"]["classes"]) == 81

    strange = {name: values[:3] for name, values in columns.items() if name not in ("target", "unit")}
    strange |= {"colour": ["violet", "", "red"], "noise": ["", "", ""]}
    given = predicted(outcome.folder, write_csv(tmp_path / "new.csv", strange), tmp_path / "p.csv")
    assert np.isfinite(given["P(target=yes)"].astype(float)).all()


def test_the_loaded_model_predicts_the_same_bits(fitted: FinishedJob) -> None:
    frame = read_table(fitted.folder.parent / "table.csv")
    loaded = load_model(fitted.folder).predict(frame)
    kept = fitted.model.predict(frame)
    assert loaded.keys() == kept.keys()
    for name, values in kept.items():
        np.testing.assert_array_equal(loaded[name], values)


def fingerprint(outcome: FinishedJob) -> dict[str, Any]:
    """All that a seed decides: the model's files, and the evidence but for how long it took, and where."""
    evidence = json.loads((outcome.folder / "evidence.json").read_text())
    del evidence["created"], evidence["seconds"], evidence["asked"]["estimate_seconds"]
    del evidence["asked"]["again"]
    files = ("model.json", "weights.safetensors", "preprocessing.json")
    return {
        "evidence": evidence,
        **{name: hashlib.sha256((outcome.folder / name).read_bytes()).hexdigest() for name in files},
    }


def test_a_seed_decides_everything(fit: Fit, tmp_path: Path, without_report: None) -> None:
    one, again, other = (
        fingerprint(fit("builtin:wine", "cultivar", tmp_path / name, seed=seed))
        for name, seed in (("one", 3), ("again", 3), ("other", 4))
    )
    assert again == one
    assert all(other[name] != one[name] for name in one)


def test_workers_do_not_change_the_result(fit: Fit, tmp_path: Path, without_report: None) -> None:
    one = fingerprint(fit("builtin:wine", "cultivar", tmp_path / "one", jobs=1))
    two = fingerprint(fit("builtin:wine", "cultivar", tmp_path / "two", jobs=2))
    assert one == two


def test_a_small_table_is_divided_as_far_as_it_goes(
    fit: Fit, write_csv: Write, tmp_path: Path, without_report: None
) -> None:
    table = write_csv(tmp_path / "table.csv", {"x": [1, 2, 3, 4], "y": [0.5, 1.0, 2.5, 7.0]})
    outcome = fit(table, "y", tmp_path / "out", starts=1)
    assert outcome.evidence["choice"]["sentence"].endswith(" Trained again on all 3 samples.")
    assert outcome.evidence["asked"]["folds"] == 3
    assert outcome.evidence["data"]["split"] == {"train": 3, "validation": 3, "test": 1}


def test_nothing_is_left_in_the_folder_but_what_belongs_there(fitted: FinishedJob) -> None:
    names = {path.name for path in fitted.folder.iterdir()}
    assert names == {
        "plan.json", "study", "model.json", "weights.safetensors", "preprocessing.json", "evidence.json",
        "report.html", "model.md", "command.txt",
    }  # fmt: skip


@pytest.mark.usefixtures("with_figures")
def test_a_file_name_that_is_no_text_does_no_harm(
    fit: Fit, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    table = write_csv(tmp_path / "\udcff.csv", mixed(40))
    outcome = fit(table, "target", tmp_path / "out")
    assert json.loads((outcome.folder / "evidence.json").read_text())["asked"]["table"] == "\udcff.csv"
    assert "\ufffd.csv" in outcome.report.read_text()


def test_a_study_larger_than_the_memory_runs_in_pieces(
    fit: Fit, tmp_path: Path, without_report: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besides the program, and 178 rows of 13 features in single precision."""
    monkeypatch.setattr("shoal.jobs.memory.room.resident_bytes", lambda: PROGRAM // 2)
    monkeypatch.setattr("shoal.jobs.memory.footprint.WORKING", 0)
    whole = fit("builtin:wine", "cultivar", tmp_path / "whole", starts=4)
    memory = PROGRAM + 178 * 13 * 4 + 90_000
    pieces = fit("builtin:wine", "cultivar", tmp_path / "pieces", starts=4, memory=memory)
    assert fingerprint(pieces) == fingerprint(whole)
    assert pieces.evidence["trials"] == whole.evidence["trials"]
    cohorts = [len(list((o.folder / "study" / "cohorts").iterdir())) for o in (whole, pieces)]
    assert cohorts[1] > cohorts[0]


def test_too_little_memory_for_one_network_is_refused_before_anything_is_written(
    fit: Fit, tmp_path: Path
) -> None:
    needs = r"needs about 32\d\.\d MiB of memory, 320\.0 MiB of .*, and --memory allows 9\.8 KiB; allow more"
    with pytest.raises(CapacityError, match=needs):
        fit("builtin:wine", "cultivar", tmp_path / "out", memory=10_000)
    assert not (tmp_path / "out").exists()
