from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data.cells import plain_numbers as module
from shoal.data.cells.plain_numbers import matrices, plain_numbers
from shoal.data.columns import describe_column, describe_columns
from shoal.data.features.encoders import ENCODERS
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame

LARGEST = 1e150
NUMERALS = ["1", "1.0", "2", "-3.5", "1e3", "0", "1,5", "1,234", "45%", "$3", "007", "+4", "0x10", "1_0"]
OTHERS = ["", "NA", "nan", "-nan", "-", "?", "tr.", "inf", "1e200", "yes", "no", "t", "2024-01-02", "red"]
TEXTS = st.sampled_from(NUMERALS + OTHERS)
NUMBERS = st.one_of(st.none(), st.floats(-1e9, 1e9), st.integers(-5, 5).map(float))


@st.composite
def columns(draw: st.DrawFn) -> dict[str, list[Any]]:
    n = draw(st.integers(1, 30))
    kinds = st.sampled_from(
        [TEXTS, NUMBERS, st.integers(-9, 9), NUMBERS.map(lambda x: None if x is None else str(x))]
    )
    names = st.sampled_from(["a", "b", "row", "user_id", "x1", "x2"])
    chosen = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    table = {name: draw(st.lists(draw(kinds), min_size=n, max_size=n)) for name in chosen}
    if draw(st.booleans()):
        table["nr"] = list(range(n))
    return table


@given(columns())
def test_together_columns_are_described_as_each_alone(table: dict[str, list[Any]]) -> None:
    frame = as_frame(table)
    try:
        alone = [describe_column(series) for series in frame]
    except Exception as error:
        with pytest.raises(type(error)):
            describe_columns(table)
        return
    if any(column.used for column in alone):
        assert describe_columns(table) == alone


@given(columns())
def test_together_columns_are_encoded_as_each_alone(table: dict[str, list[Any]]) -> None:
    frame = as_frame(table | {"target": list(range(len(next(iter(table.values())))))})
    try:
        described = describe_columns(frame, "target")
        fitted = TablePreprocessor.fit(frame, "target", described)
    except Exception:
        return
    used = [column for column in described if column.used]
    assert fitted.encoders == tuple(ENCODERS[c.kind].fit(frame[c.name], c) for c in used)
    features = [feature for encoder in fitted.encoders for feature in encoder.encode(frame[encoder.column])]
    np.testing.assert_array_equal(fitted.transform(frame), np.transpose(features))


def test_many_columns_are_read_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({f"c{k}": [str(k), str(k + 1), None] for k in range(7)} | {"text": ["a", "b", "c"]})
    whole = list(plain_numbers(frame, frame.columns, LARGEST))
    monkeypatch.setattr(module, "AT_A_TIME", 6)
    parts = list(matrices(frame, frame.columns, LARGEST))
    assert [names for names, _ in parts] == [["c0", "c1"], ["c2", "c3"], ["c4", "c5"], ["c6"]]
    assert [plain.name for plain in whole] == [f"c{k}" for k in range(7)]
    assert [plain.x.tolist() for plain in plain_numbers(frame, frame.columns, LARGEST)] == [
        [k, k + 1.0] for k in range(7)
    ]


@pytest.mark.parametrize("odd", ["inf", "1e151", "-nan", "abc", "1,5", "5%"])
def test_what_is_no_plain_number_is_left_to_others(odd: str) -> None:
    frame = pl.DataFrame({"a": ["1", odd, "3"], "b": ["1", "2", "3"]})
    assert [plain.name for plain in plain_numbers(frame, ["a", "b"], LARGEST)] == ["b"]


def test_a_table_may_have_no_plain_numbers_at_all() -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "b": [True, False]})
    assert list(plain_numbers(frame, frame.columns, LARGEST)) == []
    assert [column.kind for column in describe_columns(frame)] == ["categorical", "boolean"]
