from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.data.columns import describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame
from shoal.data.settled import settled

pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")  # of what is not used

TABLE = {
    "plain": ["1", "2.5", None, "1e3", "-4", "7"] * 5,
    "gaps": ["1", "-", "3", "4", "?", "6.5"] * 5,
    "stray": ["1", "2", "soon", "4", "5", "6.5", *map(str, range(24))],
    "comma": ["1,5", "2,25", "3", "4", "5", "6"] * 5,
    "percent": ["10%", "20%", "30%", "45%", "50%", "60%"] * 5,
    "code": ["05", "a", "b", "05", "a", "b"] * 5,
    "when": ["2024-01-02", "2024-02-03", "2024-03-04", "2024-04-05", "2024-05-06", "2024-06-07"] * 5,
    "yes": ["yes", "no", "yes", "no", "no", "no"] * 5,
    "always": ["cm"] * 30,
    "whole": [1, 2, 3, 4, 5, 7] * 5,
    "target": ["3.10", "3.1x", "3.10", "3.1x", "007", "007"] * 5,
}


def test_the_features_of_a_settled_table_are_those_of_the_table_as_written() -> None:
    frame = as_frame(TABLE)
    columns = describe_columns(frame, "target")
    table = settled(frame, "target", columns)
    as_written, as_settled = (TablePreprocessor.fit(f, "target", columns, 3, 2) for f in (frame, table))
    assert as_settled == as_written
    np.testing.assert_array_equal(as_settled.transform(table), as_written.transform(frame))


def test_numbers_are_numbers_and_what_is_not_used_is_gone() -> None:
    frame = as_frame(TABLE)
    table = settled(frame, "target", describe_columns(frame, "target"))
    assert set(TABLE) - set(table.columns) == {"always"}
    numeric = {name for name, dtype in table.schema.items() if dtype == pl.Float64}
    assert numeric == {"plain", "gaps", "stray", "comma", "percent"}
    assert table["target"].to_list() == TABLE["target"]
    assert table["stray"].to_list()[:3] == [1.0, 2.0, None]


@pytest.mark.parametrize("rows", [[4, 1, 0, 7, 3, 3], list(range(29, -1, -1))])
def test_some_rows_are_fitted_and_encoded_as_a_table_of_them(rows: list[int]) -> None:
    frame = as_frame(TABLE)
    columns = describe_columns(frame, "target")
    numbers, part = np.array(rows), as_frame(frame[rows])
    of_rows = TablePreprocessor.fit(frame, "target", columns, 3, 2, rows=numbers)
    assert of_rows == TablePreprocessor.fit(part, "target", columns, 3, 2)
    np.testing.assert_array_equal(of_rows.transform(frame, rows=numbers), of_rows.transform(part))
    single = of_rows.transform(frame, rows=numbers, dtype="float32")
    np.testing.assert_array_equal(single, of_rows.transform(part).astype(np.float32))


def test_a_number_takes_eight_bytes() -> None:
    numbers = {f"x{k}": [f"{row}.{k}25" for row in range(2000)] for k in range(4)}
    frame = as_frame(numbers | {"y": [1, 2] * 1000})
    after = settled(frame, "y", describe_columns(frame, "y")).drop("y")
    assert after.estimated_size() == 4 * 2000 * 8


def test_a_table_may_hold_no_numbers_or_nothing_of_use() -> None:
    frame = as_frame({"a": ["p", "q"] * 3, "b": ["z"] * 6, "y": ["1", "2"] * 3})
    assert settled(frame, "y", describe_columns(frame, "y")).columns == ["a", "y"]
    assert settled(frame, "y", describe_columns(frame.select("b", "y"), "y")).columns == ["y"]
