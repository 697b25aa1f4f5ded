"""Forecasts with columns that are known ahead, and with steps of a test of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.forecast_origins import ForecastOrigin
from shoal.errors import ConfigurationError, DataError, ModelFolderError, ShoalWarning
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from tests.jobs.test_every_forecast_job import fit, month, read

HORIZON = 4


@pytest.fixture(scope="module", autouse=True)
def smaller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.forecasts.prepare.A_SECOND", 2e5)
        yield


def sold(shop: str, step: int) -> tuple[float, int]:
    """Return what was sold, and whether there was a sale: ten more are sold then."""
    draw = float(np.random.default_rng([ord(shop), step]).random())
    return round(20 + 10 * (draw < 0.4) + draw, 3), int(draw < 0.4)


def write(path: Path, first: int, last: int, known: int | None = None, shops: str = "ab") -> Path:
    """Write steps of shops, of which what was sold is known before step ``known``."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["shop", "month", "sold", "sale"])
        for shop in shops:
            for step in range(first, last):
                value, sale = sold(shop, step)
                rows.writerow([shop, month(step), value if known is None or step < known else "", sale])
    return path


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> tuple[FinishedJob, str, Path]:
    folder = tmp_path_factory.mktemp("ahead")
    table, test = write(folder / "shops.csv", 0, 50), write(folder / "test.csv", 50, 60)
    outcome, told = fit(table, folder / "out", id="shop", future=("sale",), test=str(test))
    return outcome, told, folder


def test_what_is_known_ahead_is_used_and_tested_on_steps_that_follow(
    ahead: tuple[FinishedJob, str, Path],
) -> None:
    outcome, told, folder = ahead
    assert "1 column known ahead" in told
    assert f"The 4 steps of {folder / 'test.csv'} that follow each are held out" in told
    tested = read(outcome.folder / "tested.csv")
    assert [row["month"] for row in tested] == [month(50 + step) for step in range(HORIZON)] * 2
    assert [float(row["sold"]) for row in tested] == [sold(s, 50 + t)[0] for s in "ab" for t in range(4)]
    said = [float(row["sold forecast"]) for row in tested]
    assert np.abs(np.array(said) - [float(row["sold"]) for row in tested]).mean() < 3  # of 10 for a sale
    assert outcome.evidence["data"]["channels"] == ["sold"]
    assert "no step of" in outcome.evidence["final"]


def test_the_test_has_no_part_in_the_model(ahead: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    outcome, _, folder = ahead
    rows = (folder / "test.csv").read_text().replace("a,", "a,").splitlines()
    other = [row if n == 0 else ",".join([*row.split(",")[:2], "999", row[-1]]) for n, row in enumerate(rows)]
    (tmp_path / "test.csv").write_text("\n".join(other) + "\n")
    again, _ = fit(
        folder / "shops.csv", tmp_path / "out", id="shop", future=("sale",), test=str(tmp_path / "test.csv")
    )
    weights = "weights.safetensors"
    assert (again.folder / weights).read_bytes() == (outcome.folder / weights).read_bytes()
    assert again.evidence["test"]["models"] != outcome.evidence["test"]["models"]


def test_predictions_need_what_is_known_ahead(ahead: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    outcome = ahead[0]
    newer = write(tmp_path / "new.csv", 0, 59, known=54)
    assert predict_data(outcome.folder, str(newer), tmp_path / "f.csv") == 2 * HORIZON
    rows = read(tmp_path / "f.csv")
    assert [row["month"] for row in rows] == [month(54 + step) for step in range(HORIZON)] * 2
    truth = np.array([sold(s, 54 + t)[0] for s in "ab" for t in range(HORIZON)])
    assert np.abs(np.array([float(row["sold"]) for row in rows]) - truth).mean() < 3
    with pytest.raises(DataError, match="'a' has 3 rows with 'sale' after its last value, and 4 steps"):
        predict_data(outcome.folder, str(write(tmp_path / "few.csv", 0, 57, known=54)), tmp_path / "g.csv")
    with pytest.raises(DataError, match="'a' has 0 rows with 'sale'"):
        predict_data(outcome.folder, None, tmp_path / "g.csv")
    without = tmp_path / "without.csv"
    without.write_text("shop,month,sold\na,2010-01,1\n")
    with pytest.raises(DataError, match="lacks the column 'sale'"):
        predict_data(outcome.folder, str(without), tmp_path / "g.csv")
    assert not (tmp_path / "g.csv").exists()


def test_gaps_in_what_is_known_ahead(ahead: tuple[FinishedJob, str, Path], tmp_path: Path) -> None:
    model = load_model(ahead[0].folder)
    table = write(tmp_path / "t.csv", 0, 20, known=14, shops="a")
    rows = table.read_text().splitlines()
    rows[5], rows[18] = rows[5][:-1], rows[18][:-1]  # one in the past, one to come
    table.write_text("\n".join(rows) + "\n")
    with pytest.warns(ShoalWarning, match="1 value of columns known ahead is missing"):
        data = model.origin.read(str(table))
    assert (data.series[0].shape[1], data.ahead[0].shape[1]) == (14, 17)
    assert data.ahead[0][0, 4] == (data.ahead[0][0, 3] + data.ahead[0][0, 5]) / 2
    table.write_text("shop,month,sold,sale\na,2010-01,1,\na,2010-02,1,\n")
    with pytest.raises(DataError, match="'sale', known ahead, has no value in the series 'a'"):
        model.origin.read(str(table))


def test_a_saved_forecast_says_what_it_needs_to_know(ahead: tuple[FinishedJob, str, Path]) -> None:
    model = load_model(ahead[0].folder)
    config = model.origin.to_config()
    assert config["columns"]["future"] == ["sale"]
    assert ForecastOrigin.from_config(config) == model.origin
    config["columns"]["future"] = [3]
    with pytest.raises(ModelFolderError, match="without names"):
        ForecastOrigin.from_config(config)
    del config["columns"]["future"]  # as it was before there were any
    assert ForecastOrigin.from_config(config).columns.future == ()  # type: ignore[union-attr]


def test_a_test_without_times_begins_where_the_series_ends(tmp_path: Path) -> None:
    y = [str(sold("a", step)[0] + step % 2) for step in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["y", *y[:30]]) + "\n")
    (tmp_path / "b.csv").write_text("\n".join(["y", *y[30:32], '""', y[33], y[34]]) + "\n")
    outcome, _ = fit(tmp_path / "a.csv", tmp_path / "out", test=str(tmp_path / "b.csv"))
    tested = read(outcome.folder / "tested.csv")
    assert [row["step"] for row in tested] == ["31", "32", "33", "34"]
    assert [row["y"] for row in tested] == [y[30], y[31], "NaN", y[33]]
    assert outcome.evidence["test"]["values"] == 3


def test_whatever_the_test_holds_besides_is_left_alone(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", 0, 30)
    for name, test in (
        ("whole", write(tmp_path / "w.csv", 0, 40)),
        ("rest", write(tmp_path / "r.csv", 30, 34)),
    ):
        fit(table, tmp_path / name, id="shop", test=str(test), drop=("sale",))
    assert (tmp_path / "whole" / "tested.csv").read_bytes() == (tmp_path / "rest" / "tested.csv").read_bytes()
    one = write(tmp_path / "one.csv", 30, 34, shops="bc")
    outcome, told = fit(table, tmp_path / "one", id="shop", test=str(one), drop=("sale",))
    assert "1 of 2 series, 'a', are not in" in told
    assert [row["sold"] for row in read(outcome.folder / "tested.csv")][:4] == ["NaN"] * 4


@pytest.mark.parametrize(
    ("test", "settings", "said"),
    [
        ("shop,month,sold\nc,2012-07,1\n", {}, "has none of the series that were fitted, such as 'a'"),
        ("shop,month,sold\na,2012-06,1\n", {}, "has no value in the 4 steps after those"),
        ("shop,month,sold\na,2013-07,1\n", {}, "has no value in the 4 steps after those"),
        ("shop,month\na,2012-07\n", {}, "lacks the column 'sold'"),
        (
            "shop,month,sold,sale\na,2012-07,1,0\nb,2012-07,1,0\n",
            {"future": ("sale",)},
            "of all 4 steps after 'a'",
        ),
    ],
)
def test_a_test_that_does_not_follow_is_refused(
    tmp_path: Path, test: str, settings: dict[str, Any], said: str
) -> None:
    table = write(tmp_path / "a.csv", 0, 30)
    (tmp_path / "test.csv").write_text(test)
    settings = settings or {"drop": ("sale",)}
    with pytest.raises(DataError, match=said):
        fit(table, tmp_path / "out", id="shop", test=str(tmp_path / "test.csv"), **settings)
    assert not (tmp_path / "out").exists()


def test_a_test_between_the_steps_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,y\n" + "".join(f"{t},{sold('a', t)[0]}\n" for t in range(30)))
    (tmp_path / "test.csv").write_text("t,y\n30.5,1\n")
    with pytest.raises(DataError, match=r"begins at 30.5, which is no whole number of steps of 1 after"):
        fit(tmp_path / "a.csv", tmp_path / "out", order="t", test=str(tmp_path / "test.csv"))


def test_a_column_has_one_part(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", 0, 30)
    for settings, said in (
        ({"target": "sale"}, "both name 'sale'"),
        ({"drop": ("sale",)}, "names 'sale', which has another part"),
        ({"order": "sale"}, "names 'sale', which has another part"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            fit(table, tmp_path / "out", id="shop", future=("sale",), **settings)
    with pytest.raises(ConfigurationError, match="future is for forecasts; say how far ahead with"):
        FitRequest("a.csv", future=("sale",))
