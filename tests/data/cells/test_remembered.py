"""What a table that was fitted tells of another, and what its columns have to be like."""

from __future__ import annotations

import polars as pl
import pytest

from shoal.data.cells.notation import Known, Notation
from shoal.data.cells.numerals import COMMA
from shoal.data.cells.remembered import as_fitted, known_numbers, numbers_written, require_signs
from shoal.errors import DataError

COMMAS = Known({"a": Notation(COMMA, "."), "b": Notation(COMMA)})


def test_how_numbers_were_written_is_noted_but_for_plain_ones() -> None:
    table = pl.DataFrame({
        "cost": ["12 €", "1.5 €"], "share": ["4 %", "5 %"], "plain": ["3", "4"],
        "float": [1.5, 2.5], "name": ["7.5", "x"], "read": ["1.5", "2.5"],
    })  # fmt: skip
    read = {"read": Notation(COMMA, "."), "name": Notation(COMMA)}
    names = ["cost", "share", "plain", "float", "read"]
    assert numbers_written(table, names, read) == {
        "cost": Notation(".", currency="€"),
        "share": Notation(percent=True),
        "read": Notation(COMMA, "."),  # as the file had it, not as it stands there now
    }


def test_of_numbers_that_nobody_noted_nothing_is_known() -> None:
    assert known_numbers(["a", "b"], None) == Known()


def test_numbers_of_which_nothing_was_noted_were_plain() -> None:
    known = known_numbers(["a", "b"], {"b": Notation(COMMA)})
    assert known.of == {"a": Notation(), "b": Notation(COMMA)}
    assert known.by_texts == frozenset()
    assert known.mark == COMMA


def test_texts_of_known_columns_are_read_and_the_others_left() -> None:
    table = pl.DataFrame({"c": ["1.234"], "a": ["1.234"], "b": ["0,5"], "d": [7.5]})
    resolved = as_fitted(table, COMMAS)
    assert resolved.table.rows() == [("1.234", "1234", "0.5", 7.5)]
    assert resolved.notations == {"a": Notation("", "."), "b": Notation(COMMA)}


def test_a_table_without_texts_or_of_which_nothing_is_known_stays_as_it_is() -> None:
    numbers, texts = pl.DataFrame({"a": [1.5]}), pl.DataFrame({"a": ["1,5"]})
    assert as_fitted(numbers, COMMAS).table is numbers
    for known in (Known(), Known({"a": Notation()})):
        resolved = as_fitted(texts, known)
        assert resolved.table is texts
        assert resolved.notations == {}


def test_a_column_whose_decimal_commas_are_read_by_its_texts_is_left_to_them() -> None:
    known = Known({"a": Notation(",", "."), "b": Notation(",")}, frozenset({"a"}))
    table = pl.DataFrame({"a": ["1,234"], "b": [0.5]})
    assert as_fitted(table, known).table is table
    assert as_fitted(pl.DataFrame({"a": ["1.234"]}), known).table["a"].to_list() == ["1234"]
    points = pl.DataFrame({"a": ["1,234"], "b": ["0.5"]})
    assert as_fitted(points, known).table["a"].to_list() == ["1234"]


@pytest.mark.parametrize(
    ("texts", "notation", "message"),
    [
        (["45", "7"], Notation(percent=True), "no number of it has a per cent sign, as every number had"),
        (["45%", "7 %"], Notation(), "every number of it has a per cent sign, as no number had"),
        (["€4"], Notation(currency="$"), r"an amount in €, expected one in \$"),
        (["CNY 4"], Notation(currency="JPY"), "an amount in CNY, expected one in JPY"),
        (["C$4"], Notation(currency="AUD"), r"an amount in C\$, expected one in AUD"),
    ],
)
def test_other_signs_than_the_fitted_ones_are_refused(
    texts: list[str], notation: Notation, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        require_signs(pl.DataFrame({"a": texts}), Known({"a": notation}))


@pytest.mark.parametrize(
    ("texts", "notation"),
    [
        (["0", "-", None], Notation(percent=True)),
        (["0%"], Notation()),
        (["45%", "7"], Notation(percent=True)),
        (["45", "7"], Notation(percent=None)),
        (["EUR 4"], Notation(currency="€")),
        (["4"], Notation(currency="€")),
        (["$4"], Notation()),
        (["", "NA"], Notation(percent=True)),
    ],
)
def test_signs_that_say_nothing_else_are_read(texts: list[str | None], notation: Notation) -> None:
    require_signs(pl.DataFrame({"a": texts}), Known({"a": notation}))


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        *(("$", "USD"), ("US$", "USD"), ("US$", "$"), ("€", "EUR"), ("£", "GBP"), ("₹", "INR")),
        *(("₽", "RUB"), ("₩", "KRW"), ("₺", "TRY"), ("R$", "BRL"), ("C$", "CAD"), ("A$", "AUD")),
        *(("¥", "JPY"), ("¥", "CNY")),
    ],
)
def test_a_currency_by_its_sign_and_by_its_code_is_one(sign: str, code: str) -> None:
    for fitted, given in ((sign, code), (code, sign)):
        require_signs(pl.DataFrame({"a": [f"{given} 4"]}), Known({"a": Notation(currency=fitted)}))


def test_columns_that_are_no_texts_or_not_there_have_no_signs() -> None:
    require_signs(
        pl.DataFrame({"a": [45.0]}), Known({"a": Notation(percent=True), "b": Notation(currency="€")})
    )


def test_every_known_column_is_looked_at() -> None:
    known = Known({"a": Notation(), "b": Notation(currency="$")})
    with pytest.raises(DataError, match="column 'b' has '€4'"):
        require_signs(pl.DataFrame({"a": ["4"], "b": ["€4"]}), known)
