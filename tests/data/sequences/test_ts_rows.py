"""One row; whole files are tested in test_ts.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences.ts_rows import RowReader, cut
from shoal.errors import DataError

PLAIN, LABELLED = RowReader(Path("a.ts"), False, False), RowReader(Path("a.ts"), False, True)
STAMPED = RowReader(Path("a.ts"), True, True)


def test_channels_and_a_label_stand_between_colons() -> None:
    row = LABELLED.read(" 1, 2.5,? : 3,NaN,-4e1 : walking ", 7)
    np.testing.assert_array_equal(row.values, [[1, 2.5, np.nan], [3, np.nan, -40]])
    assert (row.line, row.label) == (7, "walking")
    assert LABELLED.read("1,2:?", 1).label is None
    assert PLAIN.read("1,2:3,4", 1).values.tolist() == [[1, 2], [3, 4]]


def test_channels_that_say_the_same_times_in_another_order_are_put_in_one() -> None:
    row = STAMPED.read("(1,10),(2,20),(3,30):(3,6),(1,4),(2,5):a", 1)
    assert row.values.tolist() == [[10, 20, 30], [4, 5, 6]]
    assert row.order is not None
    assert not row.order.was_sorted


def test_pairs_are_put_in_the_order_of_their_time() -> None:
    row = STAMPED.read("(2024-01-02 10:30:00,2),(2024-01-01 09:00:00,1):up", 1)
    assert (row.values.tolist(), row.label) == ([[1, 2]], "up")


@pytest.mark.parametrize(
    ("reader", "line", "told"),
    [
        (LABELLED, "1,2", "has no label after its values"),
        (LABELLED, "@data", "has '@data' among its rows; a file has one header"),
        (LABELLED, "1,2:", "has an empty label"),
        (PLAIN, "1,2:3", "has 1 values in channel 2 and 2 in channel 1"),
        (PLAIN, "1,,2", "has nothing in channel 1 as value 2"),
        (PLAIN, "1,1_0", "has '1_0' in channel 1 as value 2"),
        (PLAIN, "1,inf", "expected a finite number"),
        (PLAIN, "1 2 3", "separate values by commas"),
        (STAMPED, "(1,2),(1,3):a", "has the time '1' twice in channel 1"),
        (STAMPED, "(1,2),3:a", "has in channel 1 other than pairs"),
        (STAMPED, "(1;2):a", r"has \(1;2\) in channel 1 as value 1, expected \(time,value\)"),
        (STAMPED, "(1,2),(2,3):(1,2),(3,3):a", "has other time stamps in channel 2"),
    ],
)
def test_what_is_no_series_is_told_with_its_place(reader: RowReader, line: str, told: str) -> None:
    with pytest.raises(DataError, match=f"^a.ts: line 3 .*{told}"):
        reader.read(line, 3)


def test_a_colon_in_brackets_is_one_of_a_time() -> None:
    assert cut("(10:30,1):(11:30,2):x") == ["(10:30,1)", "(11:30,2)", "x"]
