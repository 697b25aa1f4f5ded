"""Tables trained on from the disk whose rows are divided by when they were, as those in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.kinds import KINDS
from shoal.jobs.request import FitRequest
from shoal.jobs.streams import prepare as streams
from shoal.jobs.streams import uses
from shoal.jobs.streams.prepare import PreparedStream, is_streamed, prepare_stream
from shoal.jobs.streams.sides import TESTS, TRAINS, VALIDATES
from shoal.jobs.tables.prepare import prepare_table

N = 2000


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    """All rows are drawn."""
    thousand_is_many(sample=2000, aside=1000, block=64)


@pytest.fixture
def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 2))
    days = rng.integers(0, 400, size=N)
    return pl.DataFrame(
        {
            "a": x[:, 0],
            "b": x[:, 1],
            "day": days,
            "date": [date(2020, 1, 1) + timedelta(int(day)) for day in days],
            "y": x[:, 0] + x[:, 1] / 2 + days / 400 + rng.normal(size=N) / 10,
        }
    )


def written(table: pl.DataFrame, path: Path) -> str:
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path, row_group_size=250)
    return str(path)


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
@pytest.mark.parametrize("column", ["day", "date"])
def test_rows_are_divided_as_those_of_the_same_table_in_memory(
    name: str, column: str, table: pl.DataFrame, tmp_path: Path
) -> None:
    other = "date" if column == "day" else "day"
    source = written(table.drop(other), tmp_path / name)
    request = FitRequest(
        source, "y", time_order=column, test_share=0.15, validation_share=0.3, pieces=0, waves=0
    )
    assert is_streamed(request)
    streamed, whole = prepare_stream(request), prepare_table(request)
    for one, same in (
        (streamed.train, whole.train),
        (streamed.validation, whole.validation),
        (streamed.test, whole.test),
    ):
        assert one is not None
        assert same is not None
        # rows of one time are in one part, so the times of a part say which rows it has
        assert one.attributes.times is not None
        np.testing.assert_array_equal(one.attributes.times, same.attributes.times)
        np.testing.assert_allclose(one.y, same.y, rtol=1e-12)
    assert set(whole.warnings) <= set(streamed.warnings)
    assert streamed.preprocessor.feature_names == whole.preprocessor.feature_names == ("a", "b")
    assert streamed.n_train == len(whole.train)
    rows = np.fromfile(streamed.lay_out(tmp_path).path, np.float32).reshape(-1, 3)
    np.testing.assert_allclose(rows[:, 2], whole.train.y, rtol=1e-5)


def test_none_of_the_later_rows_trains_however_few_of_them_are_drawn(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SAMPLE", 600)
    for module in (streams, uses):
        monkeypatch.setattr(module, "ASIDE", 100)
    source = written(table.drop("date"), tmp_path / "t.parquet")
    prepared = prepare_stream(FitRequest(source, "y", time_order="day"))
    assert prepared.sides is not None
    side, days = prepared.sides.of(table), table["day"].to_numpy()
    assert days[side == TRAINS].max() < days[side == VALIDATES].min()
    assert days[side == VALIDATES].max() < days[side == TESTS].min()
    assert prepared.lay_out(tmp_path).rows == prepared.n_train == (side == TRAINS).sum()
    assert prepared.validation is not None
    assert (len(prepared.validation), len(prepared.test)) == (100, 100)
    tested = prepared.test.attributes.times
    assert tested is not None
    assert set(tested.tolist()) <= set(days[side == TESTS].tolist())


@pytest.mark.parametrize(
    ("years", "what"),
    [([1199, 1, 800], "validate"), ([1000, 999, 1], "test"), ([1, 999, 1000], "train")],
)
def test_of_a_part_of_which_no_row_was_drawn_it_is_said_which(
    years: list[int], what: str, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SAMPLE", 20)
    for module in (streams, uses):
        monkeypatch.setattr(module, "ASIDE", 10)
    source = written(table.with_columns(year=np.repeat([2010, 2011, 2012], years)), tmp_path / "t.parquet")
    told = rf"too few rows are there to {what} on: none of them is among 40 drawn at random"
    with pytest.raises(DataError, match=told):
        prepare_stream(FitRequest(source, "y", time_order="year"))


@pytest.mark.usefixtures("without_report")
def test_a_job_learns_the_past_and_is_tested_on_the_future(
    fit: Any, table: pl.DataFrame, tmp_path: Path
) -> None:
    source = written(table.drop("date"), tmp_path / "t.parquet")
    settings = {"epochs": 8, "hidden": ((4,),), "starts": 1, "quality": "fast"}
    done = fit(source, "y", tmp_path / "out", time_order="day", **settings)
    whole = prepare_table(FitRequest(source, "y", time_order="day"))
    development = whole.development[1]
    split = done.evidence["data"]["split"]
    assert (split["train"] + split["validation"], split["test"]) == (len(development), len(whole.test))


def test_dates_that_only_all_rows_tell_are_read_as_a_whole(table: pl.DataFrame, tmp_path: Path) -> None:
    slashes = table.drop("day").with_columns(pl.col("date").dt.strftime("%d/%m/%Y"))
    request = FitRequest(written(slashes, tmp_path / "t.csv"), "y", time_order="date")
    prepared = KINDS["table"].prepare(request)  # type: ignore[attr-defined]
    assert not isinstance(prepared, PreparedStream)
    assert prepared.test.attributes.times.min() > prepared.train.attributes.times.max()


def test_what_is_wrong_with_a_time_is_told(table: pl.DataFrame, tmp_path: Path) -> None:
    days = table["day"].to_list()
    days[700] = None
    source = written(table.with_columns(pl.Series("day", days)), tmp_path / "t.parquet")
    told = r"data rows 601 to 900: the column 'day' \(--time-order\) is missing in 1"
    with pytest.raises(DataError, match=told):
        prepare_stream(FitRequest(source, "y", time_order="day"))
    with pytest.raises(DataError, match="the table has no column 'week', which --time-order names"):
        prepare_stream(FitRequest(source, "y", time_order="week"))
    with pytest.raises(ConfigurationError, match="rows are divided by one of them"):
        prepare_stream(FitRequest(source, "y", time_order="day", group="a"))
