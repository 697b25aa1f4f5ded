from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from shoal import ShoalClassifier
from shoal.data.foreign import as_texts
from shoal.data.frames import as_frame, as_series
from shoal.errors import DataError

at = dt.datetime.fromisoformat
DAYS = ["2020-01-01", "2020-02-01"]
ZONED = pd.ArrowDtype(pa.timestamp("us", "+05:30"))
EVERY_FORM = pytest.mark.parametrize(
    "make",
    [
        lambda values: {"a": values},
        lambda values: pd.DataFrame({"a": values}),
        lambda values: np.rec.fromarrays([values], names=["a"]),
    ],
    ids=["dict", "pandas", "structured"],
)


def column(obj: Any) -> list[Any]:
    return as_frame(obj)["a"].to_list()


@pytest.mark.parametrize("values", [[Fraction(10**400, 3), 1], [10**5000, "a"]])
def test_what_is_too_large_to_write_is_refused(values: list[Any]) -> None:
    with pytest.raises(DataError, match="too large to write, in data row 1"):
        as_texts("c", values)


@EVERY_FORM
@pytest.mark.parametrize("dtype", [">f8", ">f4", ">i8", ">i4", ">i2", ">u4", ">u8", "<f8", "f2", "g", ">c8"])
def test_numbers_of_every_layout(make: Any, dtype: str, refuses: Any) -> None:
    table = make(np.arange(3).astype(dtype))
    if "c" in dtype:
        with refuses(DataError, "column 'a'", "complex64 values", "drop or flatten"):
            as_frame(table)
    else:
        assert column(table) == [0, 1, 2]


@EVERY_FORM
@pytest.mark.parametrize("dtype", [">M8[ns]", "M8[s]", "M8[D]", "M8[M]", ">M8[us]"])
def test_dates_of_every_unit(make: Any, dtype: str) -> None:
    assert column(make(np.array(DAYS, dtype))) == [at(day) for day in DAYS]


@EVERY_FORM
@pytest.mark.parametrize("dtype", ["m8[s]", ">m8[ms]", "m8[m]"])
def test_durations_are_seconds(make: Any, dtype: str) -> None:
    durations = np.array([60, 180], "m8[s]").astype(dtype)
    assert column(make(durations)) == [60.0, 180.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series(pd.arrays.SparseArray([0.5, np.nan, 1])), [0.5, None, 1]),
        (pd.Series(pd.arrays.SparseArray([0, 0, 1])), [0, 0, 1]),
        (pd.Series(pd.period_range("2020-01", periods=2, freq="M")), [at(day) for day in DAYS]),
        (pd.Series(pd.interval_range(0, 2)), ["(0, 1]", "(1, 2]"]),
        (pd.cut(pd.Series([1, 2, np.nan]), [0, 1, 2]), ["(0, 1]", "(1, 2]", None]),
        (pd.Categorical(pd.period_range("2020-01", periods=2, freq="M")), ["2020-01", "2020-02"]),
        (pd.Categorical([True, False, None]), ["true", "false", None]),
        (pd.Series(pd.Categorical(pd.to_datetime(DAYS))), [f"{day} 00:00:00.000000" for day in DAYS]),
        (pd.array([1, None], dtype="Int8"), [1, None]),
        (pd.array([0.5, None], dtype="Float32"), [0.5, None]),
        (pd.array([True, None], dtype="boolean"), [True, None]),
        (pd.Series(["u", None], dtype="string"), ["u", None]),
        (pd.Series(["u", None], dtype=pd.ArrowDtype(pa.string())), ["u", None]),
        (pd.Series([1, None], dtype=pd.ArrowDtype(pa.int8())), [1, None]),
        (pd.Series([Decimal("1.25"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), [1.25, None]),
        (pd.Series([Decimal("1.25"), None]), [1.25, None]),
        (pd.Series([2**70, 1], dtype=object), [str(2**70), "1"]),
        (
            pd.Series([1, "x", None, pd.NA, pd.NaT, np.nan, Decimal("nan")], dtype=object),
            ["1", "x"] + [None] * 5,
        ),
        ([1, pd.NA, "x", np.float64("nan")], ["1", None, "x", None]),
        (pd.Index([3, 1]), [3, 1]),
        (pa.array([1, None]), [1, None]),
        (np.ma.masked_array([1.5, 2.5], [False, True]), [1.5, None]),
        (np.ma.masked_array([1, 2], [False, True]), [1, None]),
        (pd.Series([Fraction(1, 4), "x", None], dtype=object), ["0.25", "x", None]),
        (np.array(["u", "v"], ">U1"), ["u", "v"]),
        (np.array([2**63], "u8"), [str(2**63)]),
        (
            pd.Series(pd.to_datetime([f"{day}T00:00-05:30" for day in DAYS])),
            [at(f"{day}T05:30") for day in DAYS],
        ),
        (pd.Series(pd.to_datetime(DAYS).tz_localize("UTC"), dtype=ZONED), [at(day) for day in DAYS]),
        (pa.array([at(DAYS[0])], pa.timestamp("us", "+05:30")), [at(DAYS[0])]),
        (pa.array([at(DAYS[0])], pa.timestamp("ms", "Mars/Base")), [at(DAYS[0])]),
    ],
)
def test_columns_of_every_type(values: Any, expected: list[Any]) -> None:
    assert column({"a": values}) == expected
    assert as_series(values, "a").to_list() == expected
    if not isinstance(values, pa.Array):
        frame = pd.DataFrame({"a": values})
        assert column(frame) == expected


class Labelled:
    """What xarray, torch and others have in common: an array on request."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values

    def __iter__(self) -> Any:
        return (Labelled(value) for value in self.values)


def test_whatever_numpy_takes_for_an_array_is_one() -> None:
    assert column({"a": Labelled(np.arange(3, dtype=">f4"))}) == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pd.Series([1 + 2j]), "complex128"),
        (pd.Series([1 + 2j, "x"], dtype=object), "complex values, as in data row 1"),
        (pd.Series([[1, 2], [3]]), "List"),
        (pd.Series([[1], "x"], dtype=object), "list values, as in data row 1"),
        (pd.Series(["x", {"k": 1}], dtype=object), "dict values, as in data row 2"),
        (pd.Series([{1}, "x"], dtype=object), "set values"),
        (pd.Series([b"x", 1], dtype=object), "bytes values"),
        (pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "List"),
        ([np.arange(2), "x"], "ndarray values"),
        (pd.Series([1, object()], dtype=object), "object values, as in data row 2"),
        (["x", "a\ud800"], "'a?' in data row 2, with half a surrogate pair"),
        (np.zeros((3, 2)), "the shape (3, 2)"),
        (Labelled(np.zeros((2, 2))), "the shape (2, 2)"),
        (np.zeros(2, [("u", int)]), "values"),
        (np.array(5), "the shape ()"),
    ],
)
def test_what_is_no_column_is_refused_by_its_name(values: Any, what: str, refuses: Any) -> None:
    with refuses(DataError, "column 'a'", what):
        as_frame({"a": values, "b": [1] * 2} if isinstance(values, Labelled) else {"a": values})


@pytest.mark.parametrize(
    ("frame", "fragments"),
    [
        (
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("u", "v"), ("u", "w")])),
            ["('u', 'v') (tuple)"],
        ),
        (
            pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
            ["more than one column named 'a'"],
        ),
        (np.zeros((2, 2)), ["type ndarray"]),
        (np.zeros(2, [("a", int, (2,))]), ["column 'a' has the shape (2, 2)"]),
        (pl.LazyFrame({"a": [1]}), ["type LazyFrame"]),
    ],
)
def test_what_is_no_table_is_refused(frame: Any, fragments: list[str], refuses: Any) -> None:
    with refuses(DataError, *fragments):
        as_frame(frame)


def test_an_estimator_takes_big_endian_frames_and_names_the_column_it_cannot_take(refuses: Any) -> None:
    x = np.arange(24.0)
    settings = {"n_starts": 1, "max_iter": 2, "hidden_layer_sizes": 2, "random_state": 0, "n_jobs": 1}
    plain = ShoalClassifier(**settings).fit(pd.DataFrame({"a": x}), x > 11)
    turned = ShoalClassifier(**settings).fit(pd.DataFrame({"a": x.astype(">f8")}), x > 11)
    assert (plain.predict_proba(pd.DataFrame({"a": x})) == turned.predict_proba(pd.DataFrame({"a": x}))).all()
    with refuses(DataError, "column 'a'", "complex128"):
        ShoalClassifier(**settings).fit(pd.DataFrame({"a": x + 1j}), x > 11)


def test_objects_that_polars_keeps_as_they_are_become_texts() -> None:
    intervals = np.array(pd.cut(np.arange(4), 2), dtype=object)
    assert column({"a": intervals}) == ["(-0.003, 1.5]"] * 2 + ["(1.5, 3.0]"] * 2


def test_decimals_that_are_no_numbers_make_no_panic(capfd: pytest.CaptureFixture[str]) -> None:
    assert column({"a": [Decimal("NaN"), Decimal("1.50")]}) == [None, "1.50"]
    assert capfd.readouterr().err == ""
