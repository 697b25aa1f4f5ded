"""Tables trained on from the disk that are judged by others, apart by group or time as those in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.streams import others
from shoal.jobs.streams import prepare as streams
from shoal.jobs.streams.prepare import is_streamed, prepare_stream
from shoal.jobs.streams.sides import TESTS, TRAINS
from shoal.jobs.tables.prepare import prepare_table

N = 1000
PLAIN: dict[str, Any] = {"pieces": 0, "waves": 0}


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    """Of each table all rows are drawn."""
    thousand_is_many(sample=N, aside=N)


def rows(n: int, first: int, seed: int = 0) -> pl.DataFrame:
    """Return rows of groups, and of days, that count from a first one on, thirty of each."""
    rng = np.random.default_rng([seed, first])
    x, days = rng.normal(size=(n, 2)), first + rng.integers(0, 30, size=n)
    days[:30] = first + np.arange(30)
    return pl.DataFrame(
        {
            "a": x[:, 0],
            "b": x[:, 1],
            "who": [f"p{day}" for day in days],
            "day": days,
            "date": [date(2020, 1, 1) + timedelta(int(day)) for day in days],
            "w": rng.integers(1, 3, size=n) / 2,
            "y": x[:, 0] + x[:, 1] / 2 + rng.normal(size=n) / 10,
        }
    )


def written(table: pl.DataFrame, path: Path, but: tuple[str, ...]) -> str:
    table = table.drop([name for name in ("who", "day", "date", "w") if name not in but])
    if path.suffix == ".csv":
        table.write_csv(path)
    elif path.suffix == ".jsonl":
        table.write_ndjson(path)
    else:
        table.write_parquet(path, row_group_size=250)
    return str(path)


def asked(
    folder: Path, of: str, valid: Any = None, test: Any = None, name: str = "t.parquet", **more: Any
) -> Any:
    """Return a request by group or time, with these rows to judge by."""
    role = "group" if of == "who" else "time_order"
    for option, table in (("valid", valid), ("test", test)):
        if table is not None:
            more[option] = written(table, folder / f"{option}-{name}", (of, "w"))
    source = written(rows(N, 0), folder / f"t{Path(name).suffix.replace('.jsonl', '.csv')}", (of, "w"))
    return FitRequest(source, "y", **{role: of}, weight="w", **PLAIN, **more)


@pytest.mark.parametrize("of", ["who", "day", "date"])
@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl"])
def test_rows_are_those_of_the_same_tables_in_memory(of: str, name: str, tmp_path: Path) -> None:
    request = asked(tmp_path, of, rows(150, 30), rows(200, 60), name)
    assert is_streamed(request)
    streamed, whole = prepare_stream(request), prepare_table(request)
    assert streamed.validation is not None
    assert whole.validation is not None
    assert (len(streamed.train), len(streamed.validation), len(streamed.test)) == (N, 150, 200)
    for one, same in (
        (streamed.train, whole.train),
        (streamed.validation, whole.validation),
        (streamed.test, whole.test),
    ):
        np.testing.assert_allclose(one.y, same.y, rtol=1e-12)
        np.testing.assert_allclose(one.X, same.X, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(one.weights, same.weights, rtol=1e-12)
    assert set(whole.warnings) <= set(streamed.warnings)
    assert streamed.n_train == streamed.lay_out(tmp_path).rows == N


@pytest.mark.parametrize("of", ["who", "day"])
@pytest.mark.parametrize("folds", [None, 3])
def test_what_is_not_brought_along_is_divided_from_the_table(
    of: str, folds: int | None, tmp_path: Path
) -> None:
    share = None if folds else 0.25
    request = asked(tmp_path, of, test=rows(200, 60), folds=folds, validation_share=share)
    prepared, whole = prepare_stream(request), prepare_table(request)
    assert prepared.sides is not None
    side = prepared.sides.of(rows(N, 0))
    assert TESTS not in side
    assert prepared.n_train == prepared.lay_out(tmp_path).rows == (side == TRAINS).sum()
    assert (prepared.n_train == N) == (folds is not None)
    assert (prepared.validation is None) == (folds is not None)
    for one, same in ((prepared, prepared.test), (whole, whole.test)):
        np.testing.assert_allclose(one.target.decode_values(same.y), rows(200, 60)["y"], rtol=1e-9)
    if of == "day":
        np.testing.assert_allclose(prepared.train.y, whole.train.y, rtol=1e-12)
        return  # a test from the table would be earlier than what validates
    prepared = prepare_stream(asked(tmp_path, of, valid=rows(200, 60)))
    assert prepared.sides is not None
    assert set(prepared.sides.of(rows(N, 0)).tolist()) == {TRAINS, TESTS}


NUMBERS = rows(150, 30).with_columns(pl.Series("date", rows(150, 30)["day"]))
UNKNOWN = rows(150, 30).with_columns(pl.lit(None, pl.String).alias("who"))


@pytest.mark.parametrize(
    ("of", "valid", "test"),
    [
        ("who", rows(150, 28), None),
        ("who", rows(150, 30), rows(150, 10)),
        ("who", rows(150, 30), rows(150, 55)),
        ("day", rows(150, 29), rows(150, 90)),
        ("day", rows(150, 30), rows(150, 10)),
        ("day", rows(150, 60), rows(150, 30)),
        ("date", rows(150, 29), rows(150, 90)),
        ("date", NUMBERS, rows(150, 90)),
        ("who", UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_what_is_not_apart_is_refused_in_the_words_of_a_table_in_memory(
    of: str, valid: pl.DataFrame, test: pl.DataFrame | None, name: str, tmp_path: Path
) -> None:
    request = asked(tmp_path, of, valid, test, name)
    with pytest.raises(DataError) as whole:
        prepare_table(request)
    with pytest.raises(DataError) as streamed:
        prepare_stream(request)
    assert str(streamed.value).replace(", data rows 1 to 150", "") == str(whole.value)


@pytest.mark.parametrize("of", ["who", "day"])
def test_rows_that_are_not_drawn_are_looked_at(
    of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SAMPLE", 0)
    monkeypatch.setattr(streams, "ASIDE", 20)
    table, test = rows(N, 0), rows(900, 60)
    # one row of the table and one to test on are of one group, and of one day
    late = pl.DataFrame({"who": ["p70"], "day": [70]}, schema={"who": pl.String, "day": table["day"].dtype})
    table = table.with_columns(
        late[name].extend_constant(None, N - 1).fill_null(table[name]) for name in late.columns
    )
    request = asked(tmp_path, of, test=test)
    written(table, tmp_path / "t.parquet", (of, "w"))
    told = (
        "shares 1 group of 'who' with the table, the first of them 'p70'" if of == "who" else "not later than"
    )
    with pytest.raises(DataError, match=told):
        prepare_stream(request)


def test_rows_that_count_for_nothing_or_have_no_target_are_not_met(tmp_path: Path) -> None:
    test = rows(150, 30)
    early = rows(150, 0).with_columns(w=pl.lit(0.0)), rows(150, 0).with_columns(y=pl.lit(None, pl.Float64))
    request = asked(tmp_path, "who", test=pl.concat([*early, test]))
    assert len(prepare_stream(request).test) == len(prepare_table(request).test) == 150


def test_a_table_of_times_that_all_its_rows_tell_is_read_as_a_whole(tmp_path: Path) -> None:
    request = asked(tmp_path, "date", test=rows(150, 60), name="t.csv")
    slashes = rows(150, 60).with_columns(pl.col("date").dt.strftime("%d/%m/%Y"))
    written(slashes, tmp_path / "test-t.csv", ("date", "w"))
    prepared = prepare_stream(request)
    assert prepared.test.attributes.times is not None
    assert prepared.test.attributes.times.min() > prepared.train.attributes.times.max()  # type: ignore[union-attr]


def test_a_table_that_does_not_say_is_told_of(tmp_path: Path) -> None:
    request = asked(tmp_path, "who", test=rows(150, 60).drop("who"))
    told = "has no column 'who' (--group), so of its rows nobody can tell whether they are apart"
    assert any(told in note for note in prepare_stream(request).warnings)


def test_different_groups_are_counted_whatever_parts_they_come_in() -> None:
    numbers = others._Numbers()
    rng = np.random.default_rng(0)
    all_of = rng.integers(500, size=(40, 30)).astype(np.uint64)
    for part in all_of:
        numbers.add(np.unique(part))
    np.testing.assert_array_equal(numbers.sorted(), np.unique(all_of))
