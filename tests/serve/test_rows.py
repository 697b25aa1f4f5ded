from __future__ import annotations

from typing import Any

import pytest

from shoal.serve.rows import columns


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([1, 2.5, None], [1.0, 2.5, None]),
        ([True, None, False], [True, None, False]),
        ([None, None], [None, None]),
        (["a", None], ["a", None]),
        ([True, "no"], ["true", "no"]),
        ([True, 2], ["true", "2"]),
        (["x", 5.0, 0.25, 7], ["x", "5", "0.25", "7"]),
    ],
)
def test_a_column_has_one_type(values: list[Any], column: list[Any]) -> None:
    found = columns([{"c": value} for value in values], ["c"])["c"]
    assert found == column
    assert [type(value) for value in found] == [type(value) for value in column]
