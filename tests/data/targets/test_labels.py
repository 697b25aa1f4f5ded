from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data.frames import as_series
from shoal.data.targets.labels import are_numbers, classes_of, codes_of, has_padded
from shoal.errors import DataError

BIG = 76561198000000001  # beyond 2**53, where every second whole number is no float64


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        (["3.1", "3.10", "3.9", "dev"], ("3.1", "3.10", "3.9", "dev")),
        (["12e1", "120", "a7f"], ("120", "12e1", "a7f")),
        (["007", "7", "Q"], ("007", "7", "Q")),
        (["007", "7", "12"], ("007", "7", "12")),
        (["+1", "1", "?x"], ("+1", "1", "?x")),
        (["1_0", "10", "9"], ("9", "10", "1_0")),
        (["１０", "10", "9"], ("9", "10", "１０")),
        (["1", "1.0", "one"], ("1", "1.0", "one")),
        (["inf", "1e999", "9"], ("9", "1e999", "inf")),
        ([str(BIG + k) for k in range(3)], tuple(str(BIG + k) for k in range(3))),
        ([BIG, BIG + 1], (str(BIG), str(BIG + 1))),
        (pl.Series([2**63, 2**63 + 1], dtype=pl.UInt64), (str(2**63), str(2**63 + 1))),
        (pl.Series(["3.1", "3.10", "03"], dtype=pl.Categorical), ("03", "3.1", "3.10")),
        (["2", "10", "1"], ("1", "2", "10")),
        ([2.0, None, 1.0], ("1", "2")),
        ([Decimal("1.50"), Decimal("0.25")], ("0.25", "1.5")),
        (["-1", "+1"], ("-1", "+1")),
        ([True, False], ("false", "true")),
    ],
)
def test_different_texts_are_different_classes(target: Any, labels: tuple[str, ...]) -> None:
    series = as_series(target).drop_nulls()
    classes = classes_of(series)
    assert classes.labels == labels
    assert classes.spellings == ()
    assert sum(classes.rows) == len(series)
    assert sorted(codes_of(series, labels)) == list(range(len(labels)))


def test_numbers_are_compared_where_every_label_is_one() -> None:
    classes = classes_of(pl.Series(["1.0", "1", "+1", "2", "2e0", "1", "-0", "0"]))
    assert classes.labels == ("0", "1", "2")
    assert classes.rows == (2, 4, 2)
    assert classes.spellings == (("0", "-0"), ("1", "+1", "1.0"), ("2", "2e0"))


@pytest.mark.parametrize(
    ("labels", "given", "places"),
    [
        (("1", "2"), ["2.0", "1", "+2"], [1, 0, 1]),
        (("1", "2"), [2.0, 1.0], [1, 0]),
        (("1", "2"), ["02", "1"], [None, 0]),
        (("1", "2", "dev"), ["2.0", "2"], [None, 1]),
        (("1", "2", "dev"), [2, 1], [1, 0]),
        (("1.0", "2.0", "dev"), [2, 1], [1, 0]),
        (("007", "Q"), [7], [0]),
        (("007", "Q"), ["7", "007"], [None, 0]),
        (("0.1", "0.2"), [0.2, 0.3], [1, None]),
        (("3.1", "3.10"), ["3.10", "3.1", "3.100"], [1, 0, None]),
        (("1.5", "2.5"), ["2,5", "1,50"], [1, 0]),
        (("1", "2", "1000"), ["2,0", "1.000,0", "2,000"], [1, 2, None]),
        (("1,5", "2,5", "1.000"), ["2,50", "1000", "2.5", "1.000", "?"], [1, 2, 1, 2, None]),
        (("1,5", "2,5"), [2.5, 1.5], [1, 0]),
        (("1,5", "dev"), ["1,5", "1,50"], [0, None]),
        (("False", "True"), [True, False], [1, 0]),
        (("false", "true"), ["True", "FALSE"], [1, 0]),
        (("false", "true"), [1, 0, 2], [1, 0, None]),
        (("0", "1"), [True, False], [1, 0]),
        (("no", "yes"), [True, False], [1, 0]),
        (("no", "yes"), ["YES", "true"], [1, None]),
        (("No", "no", "yes"), ["NO", "no"], [None, 1]),
        ((str(BIG), str(BIG + 1)), [BIG + 1, BIG + 2], [1, None]),
        ((str(BIG), str(BIG + 1)), pl.Series([BIG + 1], dtype=pl.UInt64), [1]),
    ],
)
def test_another_table_may_hold_another_type(labels: tuple[str, ...], given: Any, places: list[Any]) -> None:
    assert codes_of(as_series(given), labels).to_list() == places


@pytest.mark.parametrize(
    ("labels", "given", "several"),
    [(("007", "7", "Q"), 7, "'007', '7'"), (("3.1", "3.10", "dev"), 3.1, "'3.1', '3.10'")],
)
def test_a_number_that_several_labels_are_is_none_of_them(
    labels: tuple[str, ...], given: float, several: str, refuses: Any
) -> None:
    with refuses(DataError, f"the number {given}, which is several", several, "as text"):
        codes_of(as_series([given], "kind"), labels)


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8, unique=True))
def test_every_text_is_a_class_beside_one_that_is_no_number(texts: list[str]) -> None:
    texts = [*texts, "v"] if "v" not in texts else texts
    series = pl.Series(texts)
    labels = classes_of(series).labels
    assert sorted(labels) == sorted(texts)
    assert [labels[place] for place in codes_of(series, labels)] == texts


@given(st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=8, unique=True), st.randoms())
def test_whole_numbers_are_classes_in_their_order(numbers: list[int], random: Any) -> None:
    shuffled = random.sample(numbers, len(numbers))
    assert classes_of(pl.Series(list(map(str, shuffled)))).labels == tuple(map(str, sorted(numbers)))


def test_codes_with_leading_zeros_are_told() -> None:
    assert has_padded(pl.Series(["10", "07"]))
    assert not has_padded(pl.Series(["10", "0", "0.7", "70", "00.5", "x07"]))
    assert are_numbers(["0", "0.5", ".5", "1e3", "-7."])
    assert not any(are_numbers([label]) for label in ("07", "", ".", "e3", "inf", "nan", "1 0", "0x1", "٣"))
