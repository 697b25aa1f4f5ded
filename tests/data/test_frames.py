from __future__ import annotations

import datetime as dt
import subprocess
import sys
from types import ModuleType
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from shoal.data.frames import as_frame, as_series
from shoal.errors import DataError

at = dt.datetime.fromisoformat


def plain(obj: Any) -> dict[str, list[Any]]:
    return as_frame(obj).to_dict(as_series=False)


@pytest.mark.parametrize(
    "make",
    [dict, pl.DataFrame, pd.DataFrame, pa.table, lambda d: nw.from_native(pl.DataFrame(d))],
    ids=["dict", "polars", "pandas", "pyarrow", "narwhals"],
)
def test_every_kind_of_frame_gives_the_same_table(make: Any) -> None:
    data = {"i": [1, 2], "f": [0.5, None], "s": [" a ", "NA"], "b": [True, False]}
    table = as_frame(make(data))
    assert table.to_dict(as_series=False) == {
        "i": [1, 2],
        "f": [0.5, None],
        "s": ["a", None],
        "b": [True, False],
    }
    assert table.dtypes == [pl.Int64, pl.Float64, pl.String, pl.Boolean]


def test_a_plain_table_stays_as_it_is() -> None:
    table = as_frame({"x": [1.5, None], "s": ["a", None], "d": [at("2024-05-01"), None]})
    assert as_frame(table).equals(table)
    assert as_frame(table).schema == table.schema


@pytest.mark.parametrize(
    "text", ["", " ", "NA", "na", "N/A", "n/a", "#N/A", "nan", "NaN", "NAN", "null", "NULL", "?", " ? "]
)
def test_texts_that_mean_missing(text: str) -> None:
    assert plain({"x": ["a", text]}) == {"x": ["a", None]}


@pytest.mark.parametrize("text", ["none", "None", "-", "0", "nano", "missing"])
def test_texts_that_may_mean_something(text: str) -> None:
    assert plain({"x": ["a", text]}) == {"x": ["a", text]}


def test_pandas_columns_of_every_type_become_plain() -> None:
    frame = pd.DataFrame(
        {
            "nullable": pd.array([1, None], dtype="Int64"),
            "boolean": pd.array([True, None], dtype="boolean"),
            "category": pd.Categorical(["u", None]),
            "mixed": pd.Series([1, "x"], dtype=object),
            "holes": pd.Series([pd.NA, "a"], dtype=object),
            "date": pd.to_datetime(["2020-01-01", None]),
            "zone": pd.to_datetime(["2020-01-01T12:00+02:00", None]),
            "delta": pd.to_timedelta([90, None], unit="min"),
            "small": np.array([1, 2], np.int8),
        }
    )
    assert plain(frame) == {
        "nullable": [1, None],
        "boolean": [True, None],
        "category": ["u", None],
        "mixed": ["1", "x"],
        "holes": [None, "a"],
        "date": [at("2020-01-01"), None],
        "zone": [at("2020-01-01T10:00"), None],
        "delta": [5400.0, None],
        "small": [1, 2],
    }


def test_polars_columns_of_every_type_become_plain() -> None:
    frame = pl.DataFrame(
        {
            "huge": pl.Series([2**63, None], dtype=pl.UInt64),
            "large": pl.Series([2**62 + 1, None], dtype=pl.UInt64),
            "exact": pl.Series(["12345678901234567.50", None], dtype=pl.String).cast(pl.Decimal(20, 2)),
            "money": pl.Series(["1.25", None], dtype=pl.String).cast(pl.Decimal(10, 2)),
            "day": [dt.date(2020, 1, 1), None],
            "time": [dt.time(0, 1, 30), None],
            "seconds": pl.Series([1500, None], dtype=pl.Duration("ms")),
            "level": pl.Series(["a", None], dtype=pl.Enum(["a", "b"])),
            "nothing": [None, None],
        }
    )
    assert plain(frame) == {
        "huge": [str(2**63), None],
        "large": [2**62 + 1, None],
        "exact": ["12345678901234567.5", None],
        "money": [1.25, None],
        "day": [at("2020-01-01"), None],
        "time": [90.0, None],
        "seconds": [1.5, None],
        "level": ["a", None],
        "nothing": [None, None],
    }


def test_declared_categories_stay_declared_and_are_texts() -> None:
    frame = as_frame(
        pd.DataFrame({"x": pd.Categorical([3.0, None, 1.0]), "s": pd.Categorical([" a ", "NA", "b"])})
    )
    for _ in range(2):
        assert frame.dtypes == [pl.Categorical, pl.Categorical]
        assert frame.to_dict(as_series=False) == {"x": ["3", None, "1"], "s": ["a", None, "b"]}
        frame = as_frame(frame)


def test_values_of_several_types_in_a_list_become_texts() -> None:
    assert as_series([1, "x", None, float("nan")]).to_list() == ["1", "x", None, None]


def test_python_objects_in_an_array_count_by_their_own_types() -> None:
    assert as_series(np.array([1, None, 3], dtype=object)).to_list() == [1, None, 3]
    assert as_series(np.array([dt.date(2024, 5, 1), 5], dtype=object)).to_list() == ["2024-05-01", "5"]


FAR = pl.Series("d", [0, None, 2_932_897], dtype=pl.Int32).cast(pl.Date)  # the first of the year 10000


@pytest.mark.parametrize(
    "far",
    [
        FAR,
        pl.Series("d", [0, -719_163], dtype=pl.Int32).cast(pl.Date),
        pl.Series("d", [2**31 - 1], dtype=pl.Int32).cast(pl.Date),  # which no microseconds hold
        pl.Series("d", [-(2**62)]).cast(pl.Datetime("ms")),
        pl.Series("d", [2**62]).cast(pl.Datetime("us")),
        pl.Series("d", [2**62]).cast(pl.Datetime("us", "Europe/Berlin")),
    ],
)
def test_dates_that_no_calendar_has_are_refused_before_polars_panics(far: pl.Series, refuses: Any) -> None:
    with refuses(DataError, "column 'd' of", f"in data row {len(far)}", "not in the years 1 to 9999 (1 of"):
        as_series(far)
    with refuses(DataError, "column 'd' of the table"):
        as_frame(pl.DataFrame([far]))


def test_the_first_and_the_last_date_are_dates() -> None:
    days = [dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]
    assert as_series(pl.Series(days)).dt.date().to_list() == days
    assert as_series(pl.Series([at("9999-12-31 23:59:59.999999")])).to_list()[0].year == 9999
    assert as_series(pl.Series([2**62]).cast(pl.Datetime("ns"))).dt.year().to_list() == [2116]


@pytest.mark.parametrize(
    "values", [pl.Series("y", [1, 2]), pd.Series([1, 2], name="y"), np.array([1, 2]), [1, 2]]
)
def test_a_series_may_be_anything_with_values(values: Any) -> None:
    series = as_series(values, "y")
    assert (series.name, series.to_list(), series.dtype) == ("y", [1, 2], pl.Int64)


@pytest.mark.parametrize(
    ("obj", "fragments"),
    [
        (pd.DataFrame([[1, 2]]), ["column name 0 (int)", "str(c)"]),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ["more than one column named 'a'"]),
        ({1: [2]}, ["column name 1 (int)"]),
        ([[1, 2]], ["type list", "pandas, polars or pyarrow"]),
        ({"a": "text"}, ["a is 'text'", "a value for every row"]),
        ({"a": 5}, ["a is '5'"]),
        ({}, ["no columns"]),
        ({"a": []}, ["1 columns and no rows", "at least one row"]),
        ({"a": [1], "b": [1, 2]}, ["different lengths", "'a': 1", "'b': 2"]),
        (pl.DataFrame({"a": [{"b": 1}]}), ["column 'a'", "Struct", "drop or flatten"]),
        ({"a": np.array([1 + 2j])}, ["column 'a'"]),
        ({"a": np.array([b"x"])}, ["column 'a'", "Binary"]),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(obj: Any, fragments: list[str], refuses: Any) -> None:
    with refuses(DataError, *fragments):
        as_frame(obj)


def test_a_table_is_read_while_another_thread_imports_narwhals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", ModuleType("narwhals"))
    assert plain(pl.DataFrame({"x": [1]})) == plain({"x": [1]}) == {"x": [1]}


def test_without_the_frame_libraries_the_error_says_what_to_install() -> None:
    program = """
import sys
sys.modules["polars"] = None
try:
    import shoal.data.tables
except ImportError as error:
    print(type(error).__name__, error)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == (
        "MissingDependencyError tables need polars, which is not installed; pip install 'shoal[frames]'\n"
    )
