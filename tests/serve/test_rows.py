from __future__ import annotations

from typing import Any

import pytest

from shoal.data.cells.notation import Known, Notation
from shoal.data.features.encoders import CategoricalEncoder, NumericEncoder
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.errors import DataError
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
    ("values", "known", "column"),
    [
        (["1.234", "1,5"], Notation(",", "."), ["1234", "1.5"]),
        (["1.234"], Notation(",", "."), ["1234"]),
        (["1,234", None], Notation(",", "."), ["1.234", None]),
        (["1.234"], Notation("."), ["1.234"]),
        (["1,234", "?"], Notation(".", ","), ["1,234", None]),
        ([1.234, "1.234", None, 7], Notation(",", "."), [1.234, 1234.0, None, 7.0]),
        ([1.234, 7], Notation(",", "."), [1.234, 7.0]),
        ([0.45, "45%"], Notation(percent=True), [0.45, 0.45]),
        ([0.45, 45], Notation(percent=True), [0.45, 45.0]),
    ],
)
def test_texts_are_read_as_those_that_were_fitted(
    values: list[Any], known: Notation, column: list[Any]
) -> None:
    found = columns([{"x": value} for value in values], [NUMBER], Known({"x": known}))["x"]
    assert found == column
    assert [type(value) for value in found] == [type(value) for value in column]


@pytest.mark.parametrize(
    ("values", "known", "told"),
    [
        (["5%"], Notation(","), "every number of it has a per cent sign, as no number had"),
        ([7, "5"], Notation(percent=True), "no number of it has a per cent sign, as every number had"),
        (["€5", None], Notation(currency="$"), r"an amount in €, expected one in \$"),
    ],
)
def test_texts_with_other_signs_are_refused(values: list[Any], known: Notation, told: str) -> None:
    with pytest.raises(DataError, match=told):
        columns([{"x": value} for value in values], [NUMBER], Known({"x": known}))


def test_texts_of_other_columns_tell_what_a_mark_is() -> None:
    known = Known({"c": Notation(",", "."), "x": Notation(",", ".")})
    rows = [{"c": "0.5", "x": "1.234"}, {"c": "0.25", "x": 2}]
    assert columns(rows, [CATEGORY, NUMBER], known) == {"c": ["0.5", "0.25"], "x": [1.234, 2.0]}


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


def test_texts_that_are_read_by_others_beside_them_are_answered_alone() -> None:
    known = TablePreprocessor("y", (), (CATEGORY, NUMBER), notations={"c": Notation(",")})
    assert read_request(b'{"rows": [{"c": "1,5", "x": 1}]}', known).types is None
