from __future__ import annotations

from typing import Any

import pytest

from shoal.data.features.encoders import CategoricalEncoder, NumericEncoder
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.serve.rows import columns, read_request

CATEGORY = CategoricalEncoder("c", ("a", "b"), other=True, indicator=True)
NUMBER = NumericEncoder("x", 0.0, 1.0, indicator=False)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([1, 2.5, None], [1.0, 2.5, None]),
        ([True, None, False], [True, None, False]),
        ([None, None], [None, None]),
        ([2**53 + 1, None], [2**53 + 1, None]),
        (["a", None], ["a", None]),
        ([True, "no"], ["true", "no"]),
        ([True, 2], ["true", "2"]),
        (["x", 5.0, 0.25, 7], ["x", "5", "0.25", "7"]),
    ],
)
def test_a_column_has_one_type(values: list[Any], column: list[Any]) -> None:
    found = columns([{"c": value} for value in values], [CATEGORY])["c"]
    assert found == column
    assert [type(value) for value in found] == [type(value) for value in column]


def test_how_a_number_is_written_changes_none_beside_it() -> None:
    rows = [{"x": value} for value in (5, 1.234, "12,5", None)]
    assert columns(rows, [NUMBER]) == {"x": [5.0, 1.234, 12.5, None]}


@pytest.mark.parametrize(
    ("rows", "types"),
    [
        ('[{"c": "a", "x": 1}, {"c": null, "x": 2.5}]', (str, float)),
        ('[{"c": 1, "x": null}]', (int, type(None))),
        ('[{"c": "a", "x": 1}, {"c": 1, "x": 1}]', None),
        ('[{"c": "a", "x": "1.234"}]', None),
    ],
)
def test_what_may_be_answered_together(rows: str, types: tuple[type, ...] | None) -> None:
    known = TablePreprocessor("y", (), (CATEGORY, NUMBER))
    assert read_request(f'{{"rows": {rows}}}'.encode(), known).types == types
