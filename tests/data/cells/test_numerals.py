from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data.cells.numerals import read_numbers


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.5", "-2", "+3e2", ".5", "7.", None], [1.5, -2, 300, 0.5, 7, None]),
        (["0,126", "5,123", "1,5e-3", "-7", ",5"], [0.126, 5.123, 0.0015, -7, 0.5]),
        (["1,234", "12", "1,234,567.5", "999"], [1234, 12, 1234567.5, 999]),
        (["1.234,5", "12", "1.234.567,5", "2.000"], [1234.5, 12, 1234567.5, 2000]),
        (["1 234,5", "12,25", "1\u00a0234\u00a0567", "1\u202f000"], [1234.5, 12.25, 1234567, 1000]),
        (["1'234.5", "12", "1’000"], [1234.5, 12, 1000]),
        (["$3.50", "-$1,234.50", "$-7", "($2)", "4"], [3.5, -1234.5, -7, None, 4]),
        (["3,50 €", "1.234,00€", "-2 €"], [3.5, 1234, -2]),
        (["EUR 3.5", "2 EUR"], [3.5, 2]),
        (["US$1.5", "US$ 2"], [1.5, 2]),
        (["45%", "57 %", "-3.5%", "0.25"], [0.45, 0.57, -0.035, 0.25]),
        (["12,5 %", "3 %"], [0.125, 0.03]),
        (["−5", "3"], [-5, 3]),
        (["–5", "‑2.5e−3", "€–4", "5–6"], [-5, -0.0025, -4, None]),
        (["1.234.567", "12.345", "-2.000.000", "999"], [1234567, 12345, -2000000, 999]),
        (["192.168.100.200", "10.100.100.100"], [None, None]),
        (["192.168.100.200", "1.200.100.256"], [192168100200, 1200100256]),
        (["(null)", "k.A.", "nil", "...", "1,5"], [None, None, None, None, 1.5]),
        (["$3", "€4"], [None, None]),
        (["1_0", "１２", "0x10", "1e", "", " ", ",", ".", "1,2,3", "--1", "5 kg"], [None] * 11),
        (["1,23", "4.56", "7.89"], [None, 4.56, 7.89]),
        (["12,34,567", "1,5"], [None, 1.5]),
        (["2,5", "5.123", "6.234", "7.345"], [None, 5.123, 6.234, 7.345]),
        (["NA", "-", "1,5", "None", "2"], [None, None, 1.5, None, 2]),
    ],
)
def test_a_column_is_read_in_one_way(texts: list[str | None], expected: list[float | None]) -> None:
    assert read_numbers(pl.Series(texts, dtype=pl.String)).numbers.to_list() == expected


def test_what_could_be_both_goes_by_what_is_known() -> None:
    assert read_numbers(pl.Series(["1,234", "5,678"])).numbers.to_list() == [1234, 5678]
    assert read_numbers(pl.Series(["1,234", "5,678"]), ",").numbers.to_list() == [1.234, 5.678]
    assert read_numbers(pl.Series(["1.234", "5.5"]), ",").numbers.to_list() == [1.234, 5.5]
    assert read_numbers(pl.Series(["1,234", "0,678"])).numbers.to_list() == [1.234, 0.678]
    assert read_numbers(pl.Series(["1,234", "0,678"])).decimal == ","
    assert read_numbers(pl.Series(["1,234", "678"]))[1:] == (".", False)
    assert read_numbers(pl.Series(["NA", "-", "5"]))[1:] == (".", True)


GROUPS = ["", ",", ".", " ", "'", "\u00a0", "\u202f"]
PREFIXES = ["", "$", "€ ", "USD "]
SUFFIXES = ["", " €", "%", " %", " CHF"]


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=8),
    st.sampled_from([".", ","]),
    st.sampled_from(GROUPS),
    st.sampled_from([*((prefix, "") for prefix in PREFIXES), *(("", suffix) for suffix in SUFFIXES)]),
    st.sampled_from(["NA", "-", "?", None]),
)
def test_a_number_is_the_same_in_every_writing(
    numbers: list[Any], decimal: str, group: str, signs: tuple[str, str], gap: str | None
) -> None:
    if group == decimal:
        group = ""
    prefix, suffix = signs

    def write(number: Any) -> str:
        digits = f"{abs(number):,.2f}".replace(",", "_").replace(".", decimal).replace("_", group)
        return ("-" if number < 0 else "") + prefix + digits + suffix

    texts = [*map(write, numbers), gap, write(10)]
    parts = 100 if "%" in suffix else 1
    expected = [*(float(number) / parts for number in numbers), None, 10 / parts]
    assert read_numbers(pl.Series(texts)).numbers.to_list() == expected


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_what_python_writes_is_read_to_the_last_bit(numbers: list[float]) -> None:
    assert read_numbers(pl.Series([repr(number) for number in numbers])).numbers.to_list() == numbers
    commas = [repr(number).replace(".", ",") for number in numbers]
    assert read_numbers(pl.Series([*commas, "0,5"])).numbers.to_list() == [*numbers, 0.5]


@given(st.lists(st.text(max_size=8), max_size=6))
def test_no_text_is_an_error(texts: list[str]) -> None:
    assert len(read_numbers(pl.Series(texts, dtype=pl.String)).numbers) == len(texts)
