"""Tables trained on from the disk whose rows count, belong together, or are judged by those of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import CapacityError, DataError
from shoal.jobs.kinds import KINDS
from shoal.jobs.memory import footprint
from shoal.jobs.request import FitRequest
from shoal.jobs.streams import prepare as streams
from shoal.jobs.streams.prepare import PreparedStream, is_streamed, prepare_stream
from shoal.jobs.streams.sides import TESTS, TRAINS, VALIDATES

N = 2000
GROUPS = 40


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    thousand_is_many(sample=600, aside=200)


def columns(seed: int = 0, rows: int = N) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    return {
        "a": x[:, 0],
        "b": x[:, 1],
        "who": [f"p{k}" for k in rng.integers(GROUPS, size=rows)],
        "w": rng.integers(0, 4, size=rows) / 2,
        "y": x[:, 0] + x[:, 1] / 2 + rng.normal(size=rows) / 10,
    }


@pytest.fixture
def table() -> pl.DataFrame:
    return pl.DataFrame(columns())


def written(table: pl.DataFrame, path: Path) -> str:
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path, row_group_size=250)
    return str(path)


def rows_on_disk(prepared: PreparedStream, folder: Path) -> Any:
    """Return what lies on disk to train on: features, targets and weights (N, n + 1 or n + 2)."""
    file = prepared.lay_out(folder)
    return np.fromfile(file.path, np.float32).reshape(file.rows, -1)


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_weights_lie_beside_their_rows(name: str, table: pl.DataFrame, tmp_path: Path) -> None:
    request = FitRequest(written(table, tmp_path / name), "y", drop=("who",), weight="w")
    assert is_streamed(request)
    prepared = prepare_stream(request)
    heavy = table.filter(pl.col("w") > 0)
    assert f"{N - heavy.height} of 2000 rows count for nothing, by 'w', and are left out" in prepared.warnings
    assert "rows count for their 'w', in training, in choosing, and in the test" in prepared.warnings
    assert (prepared.n_rows, prepared.n_train) == (heavy.height, heavy.height - 400)
    numbers = np.setdiff1d(np.flatnonzero(table["w"] > 0), prepared.aside)
    rows = rows_on_disk(prepared, tmp_path)
    assert prepared.preprocessor.feature_names == ("a", "b")
    assert prepared.unit == pytest.approx(float(heavy["w"].mean()), rel=0.1)
    np.testing.assert_allclose(rows[:, -1], table["w"][numbers] / prepared.unit, rtol=1e-6)
    np.testing.assert_allclose(rows[:, 2], prepared.target.encode(table["y"][numbers]), rtol=1e-5)
    for part in (prepared.train, prepared.validation, prepared.test):
        assert part is not None
        assert part.weights is not None
        assert set(np.round(part.weights * prepared.unit, 6)) == {0.5, 1.0, 1.5}
    assert prepared.lay_out(tmp_path).weight == pytest.approx(rows[:, -1].sum())


@pytest.mark.usefixtures("without_report")
def test_rows_that_count_for_little_change_little(fit: Any, table: pl.DataFrame, tmp_path: Path) -> None:
    wrong = np.arange(N) % 2 == 0
    spoilt = table.with_columns(
        pl.Series("y", np.where(wrong, 50 - 5 * table["y"].to_numpy(), table["y"])),
        pl.Series("w", np.where(wrong, 1e-3, 1.0)),
    )
    source = written(spoilt, tmp_path / "t.parquet")
    settings = {"drop": ("who",), "epochs": 12, "hidden": ((4,),), "starts": 1, "quality": "fast"}
    done = fit(source, "y", tmp_path / "out", weight="w", **settings)
    assert done.evidence["data"]["split"]["train"] == N - 400
    right = table.filter(pl.Series(~wrong))
    error = np.abs(done.model.predict(right)["y"] - right["y"].to_numpy()).mean()
    assert error < 1  # of all rows alike the mean is near 25


@pytest.mark.parametrize(
    ("w", "told"),
    [
        (-1.0, r"data rows 901 to 1200: the column 'w' \(--weight\) is -1"),
        (None, r"is missing in 1 of 300 rows"),
    ],
)
def test_a_weight_that_is_none_is_told(
    w: float | None, told: str, table: pl.DataFrame, tmp_path: Path
) -> None:
    weights = table["w"].to_list()
    weights[1000] = w
    source = written(table.with_columns(pl.Series("w", weights)), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=told):
        prepare_stream(FitRequest(source, "y", weight="w"))


def test_what_leaves_no_rows_is_told(table: pl.DataFrame, tmp_path: Path) -> None:
    of_one = written(
        table.with_columns(pl.lit("p").alias("who"), pl.lit(0).alias("w")), tmp_path / "t.parquet"
    )
    with pytest.raises(DataError, match="the rows are of 1 group, too few"):
        prepare_stream(FitRequest(of_one, "y", group="who"))
    told = r"'y' is missing in all of 2000 rows but those that count for nothing, by 'w'; give"
    with pytest.raises(DataError, match=told):
        prepare_stream(FitRequest(of_one, "y", weight="w"))


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_no_group_is_in_two_parts(name: str, table: pl.DataFrame, tmp_path: Path) -> None:
    request = FitRequest(written(table, tmp_path / name), "y", group="who")
    assert is_streamed(request)
    prepared = prepare_stream(request)
    assert f"no two parts share one of the {GROUPS} groups of 'who'" in prepared.warnings
    assert prepared.sides is not None
    side = prepared.sides.of(table)
    of_groups = table.select("who", pl.Series("side", side)).unique()
    assert of_groups.height == GROUPS
    counts = np.bincount(side, minlength=3)
    assert 0.1 * N < counts[TESTS] <= 0.2 * N
    assert 0.1 * N < counts[VALIDATES] <= 0.2 * N
    assert prepared.n_train == counts[TRAINS]
    rows = rows_on_disk(prepared, tmp_path)
    X = prepared.preprocessor.transform(table.filter(pl.Series(side == TRAINS)), dtype=np.float32)
    np.testing.assert_array_equal(rows[:, :-1], X)
    tests = prepared.preprocessor.transform(table.filter(pl.Series(side == TESTS)), dtype=np.float32)
    assert set(map(tuple, prepared.test.X.tolist())) <= set(map(tuple, tests.tolist()))
    assert len(prepared.test) >= 0.1 * 800
    assert prepared.validation is not None


def test_a_missing_group_is_told(table: pl.DataFrame, tmp_path: Path) -> None:
    groups = table["who"].to_list()
    groups[700] = None
    source = written(table.with_columns(pl.Series("who", groups)), tmp_path / "t.parquet")
    with pytest.raises(
        DataError, match=r"data rows 601 to 900: the column 'who' \(--group\) is missing in 1"
    ):
        prepare_stream(FitRequest(source, "y", group="who"))


@pytest.mark.parametrize("name", ["other.parquet", "other.csv"])
def test_rows_of_other_tables_judge_and_test(name: str, table: pl.DataFrame, tmp_path: Path) -> None:
    source = written(table, tmp_path / "t.parquet")
    few = written(pl.DataFrame(columns(1, rows=150)), tmp_path / name)
    many = written(pl.DataFrame(columns(2, rows=900)), tmp_path / f"many{name}")
    request = FitRequest(source, "y", drop=("who", "w"), valid=few, test=many)
    assert is_streamed(request)
    prepared = prepare_stream(request)
    assert prepared.validation is not None
    assert (len(prepared.validation), len(prepared.test), prepared.n_train) == (150, 200, N)
    assert f"of {many} 200 of its 900 rows are looked at, drawn at random" in prepared.warnings
    assert (prepared.validation_share, prepared.test_share) == (None, None)
    assert rows_on_disk(prepared, tmp_path).shape == (N, 3)
    tested = prepared.preprocessor.transform(pl.DataFrame(columns(2, rows=900)), dtype=np.float32)
    assert set(map(tuple, prepared.test.X.tolist())) < set(map(tuple, tested.tolist()))


def test_what_stands_in_the_way_is_said(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(table, tmp_path / "t.parquet")
    monkeypatch.setattr(footprint, "PROGRAM", 500)
    monkeypatch.setattr(streams, "PROGRAM", 500)
    request = FitRequest(source, "y", score="evidence", memory=1000)
    told = r"or leave out --score, for which all rows must be in memory, so that it is trained on from"
    with pytest.raises(CapacityError, match=told):
        KINDS["table"].prepare(request)  # type: ignore[attr-defined]
