"""How numbers are written: with a point or a comma, in groups of three, with a per cent or a currency sign.

A column is read in one way throughout. ``45%`` is 0.45, and ``$3.50`` 3.5 where no other currency stands in
the column. A lone comma before three digits is a thousands separator unless something tells that it is a
decimal comma: another value of the column, the other columns of its file, or the column that was fitted.
"""

from __future__ import annotations

from typing import NamedTuple

from shoal.data.frames import MISSING_TEXTS, pl

POINT, COMMA = ".", ","

#: What programs write among numbers and dates where nothing is known. Among texts these may be categories,
#: as in + and -, or none and some.
GAPS = (
    *("-", "--", "–", "—", ".", "..", "...", "…", "None", "none", "NONE", "<NA>", "NaT", "N.A.", "n.a."),
    *("(null)", "(NULL)", "nil", "NIL", "Nil", "k.A.", "k. A."),
    *("#NV", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!"),
)

NOTHING = (*MISSING_TEXTS, *GAPS)
_SPACE = "[ \u00a0\u2009\u202f]"
_GROUP = "[ \u00a0\u2009\u202f'’]"
_CODES = "USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|RUB|KRW|TRY"
#: A pattern of what stands before or behind an amount.
CURRENCY = rf"US\$|R\$|C\$|A\$|[$€£¥₹₽₩₺₪฿]|\b(?:{_CODES})\b"
_EXPONENT = "(?:[eE][+-]?[0-9]+)?"
_POINTS = rf"[1-9][0-9]{{0,2}}(?:(?:\.[0-9]{{3}})+|(?:{_GROUP}[0-9]{{3}})+)"
_COMMAS = rf"[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}})+|(?:{_GROUP}[0-9]{{3}})+)"
_WITH_POINT = rf"^[+-]?{_COMMAS}(?:\.[0-9]*)?$"
WITH_COMMA = rf"^[+-]?(?:[0-9]+|{_POINTS})?(?:,[0-9]*)?{_EXPONENT}$"
BETWEEN_POINTS = r"\.[0-9]{3}\."  # three digits, which points separate by thousands alone
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
ADDRESS = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
"""Of a machine in a network, which is no number, whatever its points seem to separate."""
NO_SIGN = "^[0-9eE+., -]*$"
"""Of numbers without signs of print, currency and per cent: of most, which saves much on wide tables."""
_MINUS = "(^[^0-9]*|[eE])[−–‒‐‑]"
"""Of print, before a number or its exponent."""


class Reading(NamedTuple):
    """The numbers of a column, null where a text is none, its decimal mark, and whether all are plain."""

    numbers: pl.Series
    decimal: str = POINT
    plain: bool = True


def is_numeral(text: str) -> bool:
    """Tell whether one text alone is a number as programs write it, ``nan`` and ``inf`` included.

    >>> is_numeral(" -1e3 "), is_numeral("1,5")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_numbers(texts: pl.Series, decimal: str = POINT) -> Reading:
    """Return the texts as ``Float64`` in the way that reads most of them.

    ``decimal`` settles what could be read in both ways.

    >>> read_numbers(pl.Series(["1.234,5", "-7", "NA"])).numbers.to_list()
    [1234.5, -7.0, None]
    >>> [read_numbers(pl.Series(["1,234"]), decimal).numbers.item() for decimal in (".", ",")]
    [1234.0, 1.234]
    """
    plain = texts.cast(pl.Float64, strict=False)
    if plain.null_count() == texts.null_count():
        return Reading(plain)
    unread = plain.is_null() & texts.is_not_null() & ~texts.is_in(GAPS)
    if not unread.any():
        return Reading(plain)
    others = texts.filter(unread)
    point = plain.clone().scatter(unread.arg_true(), _with_point(*without_signs(others)))  # in place
    readings = {POINT: point}
    if decimal == COMMA or _may_be_grouped(others):
        readings[COMMA] = _with_comma(*without_signs(texts))
    least = min(reading.null_count() for reading in readings.values())
    best = [mark for mark, reading in readings.items() if reading.null_count() == least]
    mark = decimal if decimal in best else best[0]
    return Reading(readings[mark], mark, readings[mark].null_count() == plain.null_count() and mark == POINT)


def _may_be_grouped(others: pl.Series) -> bool:
    """Tell whether commas, or points between thousands, stand in texts that are no plain numbers."""
    told = others.filter(others.str.contains(f",|{BETWEEN_POINTS}"))
    return not told.is_empty() and not told.str.contains(ADDRESS).all()


def without_signs(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return texts without minus signs of print, currency and per cent, and what to divide each by."""
    if texts.str.contains(NO_SIGN).all():  # one question in the place of many (wide tables!)
        return texts, pl.repeat(1.0, len(texts), eager=True)
    bare = texts.str.replace_all(_MINUS, "${1}-")
    if bare.str.extract(f"({CURRENCY})").drop_nulls().n_unique() == 1:
        bare = bare.str.replace(rf"^([+-]?)(?:{CURRENCY}){_SPACE}?([+-]?[0-9.,])", "${1}${2}")
        bare = bare.str.replace(rf"([0-9.,]){_SPACE}?(?:{CURRENCY})$", "${1}")
    percent = bare.str.contains(rf"[0-9.,]{_SPACE}?%$")
    return bare.str.replace(rf"{_SPACE}?%$", ""), 1.0 + 99.0 * percent.cast(pl.Float64)


def _with_point(bare: pl.Series, parts: pl.Series) -> pl.Series:
    grouped = bare.str.contains(_WITH_POINT)
    digits = bare.str.replace_all(f",|{_GROUP}", "")
    return digits.zip_with(grouped, bare).cast(pl.Float64, strict=False) / parts


def _with_comma(bare: pl.Series, parts: pl.Series) -> pl.Series:
    fits = bare.str.contains(WITH_COMMA)
    commas, points = bare.str.contains(",", literal=True), bare.str.contains(".", literal=True)
    told = commas | bare.str.contains(BETWEEN_POINTS)
    if int((fits & points & ~told).sum()) > int((fits & told).sum()):
        fits &= ~points | told  # 1.234 is no 1234 where that writing is the rule
    plain = plain_digits(bare).cast(pl.Float64, strict=False)
    return plain.set(~fits.fill_null(False), None) / parts


def plain_digits(texts: pl.Series) -> pl.Series:
    """Return texts of numbers with decimal commas as programs write them."""
    joined = texts.str.replace_all(rf"([0-9])(?:\.|{_GROUP})([0-9])", "${1}${2}")
    return joined.str.replace(",", ".", literal=True)
