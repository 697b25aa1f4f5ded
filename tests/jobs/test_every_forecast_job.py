"""Jobs that forecast: tested on steps that nothing has seen, saved, read again, and the same anywhere."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.errors import (
    CapacityError,
    ConfigurationError,
    DataError,
    ModelFolderError,
    OutputError,
)
from shoal.export.saved import export_folder
from shoal.files import as_json
from shoal.jobs.check import check_subject
from shoal.jobs.fit import fit_data
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.report import rebuild_report
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model, load_table_model
from shoal.jobs.subjects.saved import saved_subject

HORIZON = 4
QUICK: dict[str, Any] = {"quality": "fast", "time": 1000.0, "jobs": 1}


def values(name: int, steps: int = 60) -> list[float]:
    """A season of four steps on a rising line, with a little noise."""
    noise = np.random.default_rng(name).normal(size=steps)
    t = np.arange(steps)
    return (20 + 0.3 * t + 3 * np.sin(math.pi * t / 2) + 0.5 * noise + 5 * name).round(3).tolist()


def month(step: int) -> str:
    return f"{2010 + step // 12}-{step % 12 + 1:02}"


def write(path: Path, names: tuple[int, ...] = (1,), steps: int = 60) -> Path:
    """Write a long table of some series, or a plain one of a single series."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["shop", "month", "sold"][len(names) == 1 :])
        for name in names:
            for t, value in enumerate(values(name, steps)):
                rows.writerow([f"shop {name}", month(t), value][len(names) == 1 :])
    return path


def fit(table: Path, folder: Path, **settings: Any) -> tuple[FinishedJob, str]:
    """Fit as the command line does, but mostly without a report, and return what it printed, too."""
    drawn = settings.pop("report", False)
    resume, overwrite = settings.pop("resume", False), settings.pop("overwrite", False)
    request = FitRequest(str(table), **(QUICK | {"horizon": HORIZON} | settings))
    told = io.StringIO()
    console = Console(file=told, width=500, markup=False, highlight=False)
    with pytest.MonkeyPatch.context() as patch, TerminalListener(console) as listener:
        if not drawn:
            patch.setattr("shoal.jobs.forecasts.fit.write_pages", lambda *_, **__: None)
        outcome = fit_data(request, folder, listener, "shoal fit", resume, overwrite)
        listener.finished(outcome)
    return outcome, told.getvalue()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", autouse=True)
def smaller() -> Any:
    """Let jobs do a hundredth of the work: enough to tell right from wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.forecasts.prepare.A_SECOND", 5e5)
        yield


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> tuple[FinishedJob, str, Path]:
    folder = tmp_path_factory.mktemp("forecast")
    table = write(folder / "shops.csv", (1, 2, 3))
    outcome, told = fit(table, folder / "out", id="shop", report=True)
    return outcome, told, table


def test_what_is_printed_is_what_anybody_computes(forecast: tuple[FinishedJob, str, Path]) -> None:
    outcome, told, table = forecast
    history: dict[str, list[float]] = {}
    for row in read(table):
        history.setdefault(row["shop"], []).append(float(row["sold"]))
    season = outcome.evidence["choice"]["season"]
    assert season == 4
    tested = read(outcome.folder / "tested.csv")
    assert [row["month"] for row in tested] == [month(t) for t in range(56, 60)] * 3
    for model in outcome.evidence["test"]["models"]:
        column = "sold forecast" if model["name"] == "shoal" else f"sold {model['name']}"
        scaled, shares, squares = [], [], []
        for name, series in history.items():
            before, then = series[:-HORIZON], series[-HORIZON:]
            said = [float(row[column]) for row in tested if row["shop"] == name]
            changes = [abs(b - a) for a, b in zip(before, before[season:], strict=False)]
            errors = [abs(y - f) for y, f in zip(then, said, strict=True)]
            scaled.append(np.mean(errors) / np.mean(changes))
            shares.append(
                np.mean([200 * abs(y - f) / (abs(y) + abs(f)) for y, f in zip(then, said, strict=True)])
            )
            squares += [error**2 for error in errors]
        assert model["metrics"]["MASE"] == pytest.approx(np.mean(scaled), rel=1e-9)
        assert model["metrics"]["sMAPE"] == pytest.approx(np.mean(shares), rel=1e-9)
        assert model["metrics"]["RMSE"] == pytest.approx(math.sqrt(np.mean(squares)), rel=1e-9)
        assert f"{model['metrics']['MASE']:.4g}"[:5] in told


def test_it_does_better_than_what_is_naive(forecast: tuple[FinishedJob, str, Path]) -> None:
    scores = {m["name"]: m["metrics"]["MASE"] for m in forecast[0].evidence["test"]["models"]}
    assert list(scores) == ["shoal", "naive", "seasonal naive", "linear"]
    assert scores["shoal"] < 0.8 * min(scores["naive"], scores["seasonal naive"])


def test_what_was_held_out_decides_nothing(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    outcome, _, table = forecast
    rows = read(table)
    for row in rows:
        if row["month"] >= month(60 - HORIZON):
            row["sold"] = "1000"
    with (tmp_path / "other.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    other, _ = fit(tmp_path / "other.csv", tmp_path / "out", id="shop")
    assert other.evidence["choice"] == outcome.evidence["choice"]
    said = [[row["sold forecast"] for row in read(o.folder / "tested.csv")] for o in (outcome, other)]
    assert said[0] == said[1]
    assert other.evidence["test"]["models"][0] != outcome.evidence["test"]["models"][0]


def test_predictions_go_on_after_the_last_step(
    forecast: tuple[FinishedJob, str, Path], tmp_path: Path
) -> None:
    outcome = forecast[0]
    assert predict_data(outcome.folder, None, tmp_path / "f.csv") == 3 * HORIZON
    rows = read(tmp_path / "f.csv")
    assert list(rows[0]) == ["shop", "month", "sold", "sold lower", "sold upper"]
    assert [row["month"] for row in rows] == [month(60 + t) for t in range(HORIZON)] * 3
    assert [row["shop"] for row in rows] == [f"shop {n}" for n in (1, 2, 3) for _ in range(HORIZON)]
    truth = [y for name in (1, 2, 3) for y in values(name, 64)[60:]]
    assert np.abs(np.array([float(row["sold"]) for row in rows]) - truth).mean() < 1.5
    assert all(float(row["sold lower"]) < float(row["sold"]) < float(row["sold upper"]) for row in rows)


def test_a_newer_table_of_other_series(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    newer = write(tmp_path / "newer.csv", (7, 8), steps=31)
    assert predict_data(forecast[0].folder, str(newer), tmp_path / "f.csv", interval=0.5) == 2 * HORIZON
    assert [row["month"] for row in read(tmp_path / "f.csv")][:2] == ["2012-08", "2012-09"]
    daily = tmp_path / "daily.csv"
    daily.write_text("shop,month,sold\n" + "".join(f"a,2020-01-{day:02},{day}\n" for day in range(1, 20)))
    with pytest.raises(DataError, match="steps of 1 day, the forecast was fitted to steps of 1 month"):
        predict_data(forecast[0].folder, str(daily), tmp_path / "g.csv")
    daily.write_text("shop,day,sold\na,2020-01-01,1\n")
    with pytest.raises(DataError, match="lacks the column 'month'"):
        predict_data(forecast[0].folder, str(daily), tmp_path / "g.csv")
    assert not (tmp_path / "g.csv").exists()


def test_series_are_known_by_their_names(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    assert forecast[0].model.mixture.series == ("shop 1", "shop 2", "shop 3")
    predict_data(forecast[0].folder, None, tmp_path / "all.csv")
    predict_data(forecast[0].folder, str(write(tmp_path / "few.csv", (3, 1))), tmp_path / "few.csv.gz")
    by_shop = {(row["shop"], row["month"]): row for row in read(tmp_path / "all.csv")}
    with gzip.open(tmp_path / "few.csv.gz", "rt", newline="") as file:
        few = list(csv.DictReader(file))
    assert [row["shop"] for row in few] == ["shop 3"] * HORIZON + ["shop 1"] * HORIZON
    assert few == [by_shop[row["shop"], row["month"]] for row in few]


def test_a_saved_forecast_is_the_same_to_the_bit(forecast: tuple[FinishedJob, str, Path]) -> None:
    outcome, _, table = forecast
    loaded = load_model(outcome.folder)
    data = loaded.origin.read(str(table))
    ours, again = outcome.model.predict(data), loaded.predict(data)
    for name in ("sold", "sold lower", "sold upper"):
        np.testing.assert_array_equal(ours[name], again[name])


def test_the_command_makes_the_same_forecast(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    outcome, _, table = forecast
    words = shlex.split((outcome.folder / "command.txt").read_text())
    assert words == shlex.split(outcome.evidence["asked"]["again"])
    for option, value in (("--horizon", "4"), ("--season", "4"), ("--order", "month"), ("--seed", "0")):
        assert words[words.index(option) + 1] == value
    again, _ = fit(table, tmp_path / "out", id="shop", season=4, order="month")
    assert (again.folder / "weights.safetensors").read_bytes() == (
        outcome.folder / "weights.safetensors"
    ).read_bytes()


@pytest.mark.usefixtures("with_figures")
def test_the_report(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    outcome = forecast[0]
    page = outcome.report.read_text()
    for words in (
        "of shops.csv, 4 steps ahead",
        "seasonal naive",
        "rolling origins",
        "How far ahead",
        "What was tried?",
    ):
        assert words in page
    assert page.count("<svg") == 4
    assert rebuild_report(outcome.folder).read_text() == page
    card = (outcome.folder / "model.md").read_text()
    for words in ("## Choice", "seasonal naive", "Forecasts are 4 steps ahead", "in shops.csv"):
        assert words in card


def test_evidence_that_does_not_fit_together(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    def cut(evidence: dict[str, Any]) -> None:
        evidence["shown"][0]["lines"]["linear"].pop()

    changes: list[tuple[Callable[[dict[str, Any]], object], str]] = [
        (cut, r"shown\[0\]\.lines\.linear is 3, expected 4 steps"),
        (lambda e: e["test"]["by_step"]["naive"].append(1.0), "test.by_step.naive is 5"),
        (lambda e: e.update(shown=[]), "shown is"),
        (lambda e: e.update(kind="dreams"), "of the kind 'dreams'"),
        (lambda e: e["choice"].pop("season"), "choice.season is missing"),
    ]
    for change, told in changes:
        evidence = json.loads((forecast[0].folder / "evidence.json").read_text())
        change(evidence)
        (tmp_path / "evidence.json").write_bytes(as_json(evidence))
        with pytest.raises(ModelFolderError, match=told):
            rebuild_report(tmp_path)


def test_gradients_of_its_networks(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    x, rows = 0.3, ["y"]
    for _ in range(120):  # of this map, x ↦ 3.9 x (1 − x), nothing linear is any use
        x = 3.9 * x * (1 - x)
        rows.append(f"{x:.6f}")
    (tmp_path / "map.csv").write_text("\n".join(rows))
    outcome, _ = fit(tmp_path / "map.csv", tmp_path / "out", horizon=1, season=1, time=20_000.0)
    subject = saved_subject(outcome.folder, None, row=2, batch=5, member=1)
    assert (subject.X.shape[0], subject.y.shape) == (5, (5, 1))
    assert check_subject(subject, None, 1e-5, 1e-6, sample=40).failures == ()
    with pytest.raises(ConfigurationError, match="--member 999 is not in this forecast"):
        saved_subject(outcome.folder, None, row=1, batch=5, member=999)
    with pytest.raises(DataError, match="window 9999 is not in"):
        saved_subject(outcome.folder, None, row=9999, batch=5, member=1)
    with pytest.raises(ConfigurationError, match="this forecast holds no network"):
        saved_subject(forecast[0].folder, None, row=1, batch=5, member=1)


def test_what_a_forecast_is_not(forecast: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    folder = forecast[0].folder
    for name in ("m.c", "m.sql", "m.safetensors"):
        with pytest.raises(ConfigurationError):
            export_folder(folder, tmp_path / name)
        assert not (tmp_path / name).exists()
    export_folder(folder, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").stat().st_size > 1000
    with pytest.raises(ConfigurationError, match="a model of series to forecast, expected one of a table"):
        load_table_model(folder)


def test_begun_again_and_over(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv")
    fit(table, tmp_path / "out")
    weights = (tmp_path / "out" / "weights.safetensors").read_bytes()
    with pytest.raises(OutputError, match="already holds a model"):
        fit(table, tmp_path / "out")
    with pytest.raises(ConfigurationError, match="--season was left out, now 2"):
        fit(table, tmp_path / "out", season=2, resume=True)
    (tmp_path / "out" / "model.json").unlink()
    _, told = fit(table, tmp_path / "out", resume=True)
    assert "went on from 0 models" in told
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == weights
    other, _ = fit(table, tmp_path / "out", overwrite=True, season=1)
    assert other.evidence["choice"]["season"] == 1
    assert "seasonal naive" not in {m["name"] for m in other.evidence["test"]["models"]}


def test_several_columns_of_one_table(tmp_path: Path) -> None:
    rows = zip(values(1), values(2), strict=True)
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in rows))
    outcome, _ = fit(tmp_path / "a.csv", tmp_path / "out", target="y,x")
    assert predict_data(outcome.folder, None, tmp_path / "f.csv") == HORIZON
    found = read(tmp_path / "f.csv")
    assert list(found[0]) == ["step", *(f"{c}{end}" for c in "yx" for end in ("", " lower", " upper"))]
    assert [row["step"] for row in found] == ["61", "62", "63", "64"]
    assert [one["name"] for one in outcome.evidence["shown"]] == ["y", "x"]


def test_a_file_of_the_archive_says_how_far(tmp_path: Path) -> None:
    series = "\n".join(f"T{n}:2010-01-01 00-00-00:{','.join(map(str, values(n, 40 + n)))}" for n in (1, 2))
    header = "@attribute name string\n@attribute start date\n@frequency monthly\n@horizon 3\n@data\n"
    (tmp_path / "a.tsf").write_text(header + series + "\nT3:2010-01-01 00-00-00:1,2,3,4\n")
    outcome, told = fit(tmp_path / "a.tsf", tmp_path / "out", horizon=None)
    assert "1 of 3 series, 'T3', have too few values and are left out" in told
    predict_data(outcome.folder, None, tmp_path / "f.csv")
    assert [(row["name"], row["time"]) for row in read(tmp_path / "f.csv")][::3] == [
        ("T1", "2013-06-01"),
        ("T2", "2013-07-01"),
        ("T3", "2010-05-01"),
    ]
    with pytest.raises(ConfigurationError, match="has no columns to choose, and --target was given"):
        fit(tmp_path / "a.tsf", tmp_path / "no", target="x")


@pytest.mark.parametrize(
    ("content", "asked", "error", "told"),
    [
        (
            "y\n" + "1\n2\n" * 4,
            {},
            DataError,
            r"--horizon 4 needs 10 steps.*the longest series has 8; ask for 3",
        ),
        ("y\n1\n", {}, DataError, "needs 10 steps.*the longest series has 1; give a longer history"),
        (
            "t,y\n" + "".join(f"{t},\n" for t in range(20)),
            {"target": "y"},
            DataError,
            "needs 10 steps.*has 0",
        ),
        (
            "t,y\n" + "".join(f"{t // 2},1\n" for t in range(20)),
            {"order": "t"},
            DataError,
            "the time '0' twice",
        ),
        ("y\n" + "5\n" * 20, {}, DataError, "constant"),
        (
            "y\n" + "1\n2\n" * 10,
            {"folds": 3},
            ConfigurationError,
            "--folds is for tables",
        ),
        ("y\n" + "1\n2\n" * 10, {"test_share": 0.3}, ConfigurationError, "--test-share is for tables"),
        ("y\n" + "1\n2\n" * 10, {"memory": 10**6}, CapacityError, "takes about .* and --memory allows"),
        ("y\n" + "1\n2\n" * 10, {"season": 9}, ConfigurationError, "season"),
        ("", {}, DataError, "is empty"),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_what_cannot_be_forecast_leaves_nothing(
    tmp_path: Path, content: str, asked: dict[str, Any], error: type[Exception], told: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(error, match=told) as refused:
        fit(tmp_path / "a.csv", tmp_path / "out", **asked)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_no_time_left_to_fit_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.jobs.forecasts.fit.REPORT_SECONDS", 1e9)
    outcome, told = fit(write(tmp_path / "a.csv"), tmp_path / "out", report=True)
    assert "no time left to fit again" in told
    assert "the one that was tested" in outcome.report.read_text()


@pytest.mark.parametrize("reserve", [0.0, 1e9], ids=["in time", "late"])
def test_what_a_clock_has_decided_is_said_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserve: float
) -> None:
    """The command that a job tells has operations for the time, and whether it was fitted again."""
    monkeypatch.setattr("shoal.jobs.forecasts.fit.REPORT_SECONDS", reserve)
    fit(write(tmp_path / "a.csv"), tmp_path / "first", time=10_000.0)
    words = shlex.split((tmp_path / "first" / "command.txt").read_text())
    assert "--time" not in words
    assert ("--tested" in words) is bool(reserve)
    budget = float(words[words.index("--budget") + 1])
    monkeypatch.setattr("shoal.jobs.forecasts.fit.REPORT_SECONDS", 1e9 - reserve)
    season = int(words[words.index("--season") + 1]) if "--season" in words else None
    settings = {"time": None, "budget": budget, "tested": bool(reserve), "order": "month"}
    fit(tmp_path / "a.csv", tmp_path / "again", season=season, **settings)
    for name in ("model.json", "weights.safetensors"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
