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
    *("-", "--", "–", "—", ".", "..", "None", "none", "NONE", "<NA>", "NaT", "N.A.", "n.a."),
    *("#NV", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!"),
)

_NOTHING = (*MISSING_TEXTS, *GAPS)
_SPACE = "[ \u00a0\u2009\u202f]"
_GROUP = "[ \u00a0\u2009\u202f'’]"
_CODES = "USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|RUB|KRW|TRY"
#: A pattern of what stands before or behind an amount.
CURRENCY = rf"US\$|R\$|C\$|A\$|[$€£¥₹₽₩₺₪฿]|\b(?:{_CODES})\b"
_EXPONENT = "(?:[eE][+-]?[0-9]+)?"
_POINTS = rf"[1-9][0-9]{{0,2}}(?:(?:\.[0-9]{{3}})+|(?:{_GROUP}[0-9]{{3}})+)"
_COMMAS = rf"[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}})+|(?:{_GROUP}[0-9]{{3}})+)"
_WITH_POINT = rf"^[+-]?{_COMMAS}(?:\.[0-9]*)?$"
_WITH_COMMA = rf"^[+-]?(?:[0-9]+|{_POINTS})?(?:,[0-9]*)?{_EXPONENT}$"
_EITHER = r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$"
_POINT_ONLY = r"^[+-]?[0-9]*\.[0-9]+"


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
    point = plain.clone().scatter(unread.arg_true(), _with_point(*_without_signs(others)))  # in place
    readings = {POINT: point}
    if decimal == COMMA or others.str.contains(r",|\.[0-9]{3}\.").any():
        readings[COMMA] = _with_comma(*_without_signs(texts))
    least = min(reading.null_count() for reading in readings.values())
    best = [mark for mark, reading in readings.items() if reading.null_count() == least]
    mark = decimal if decimal in best else best[0]
    return Reading(readings[mark], mark, readings[mark].null_count() == plain.null_count() and mark == POINT)


def with_decimal_points(table: pl.DataFrame, commas_expected: bool) -> pl.DataFrame:
    """Return a table of texts with 3,14 as 3.14, and 1.234,5 as 1234.5, in the columns of such numbers.

    Such a column holds a decimal comma, no comma but those of numbers, and no more other texts than numbers.
    Commas that might separate thousands are decimal if other columns show decimal commas, or if they are
    expected (``commas_expected``) and none shows decimal points.
    """
    columns = [series for series in table if series.str.contains(",", literal=True).any()]
    candidates = [series for series in columns if _holds_decimal_commas(series)]
    if not candidates:
        return table
    certain = [series for series in candidates if not _could_be_grouped(series)]
    if not certain and (not commas_expected or any(_shows_points(series) for series in table)):
        return table
    return table.with_columns(_as_plain_texts(series) for series in candidates)


def has_number_with_comma(table: pl.DataFrame) -> bool:
    """Tell whether a text of the table is a number with a comma in it, of whatever meaning.

    >>> has_number_with_comma(pl.DataFrame({"a": ["Ada, Lovelace", "1,5"]}))
    True
    """
    written = (series.filter(series.str.contains(",", literal=True)) for series in table)
    return any(bool(texts.str.strip_chars().str.contains(_WITH_COMMA).any()) for texts in written)


def _without_signs(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the texts without minus signs of print, currency and per cent, and what to divide each by."""
    bare = texts.str.replace("−", "-", literal=True)
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
    fits = bare.str.contains(_WITH_COMMA)
    commas, points = bare.str.contains(",", literal=True), bare.str.contains(".", literal=True)
    if int((fits & points & ~commas).sum()) > int((fits & commas).sum()):
        fits &= ~points | commas  # 1.234 is no 1234 where that writing is the rule
    plain = _plain_digits(bare).cast(pl.Float64, strict=False)
    return plain.set(~fits.fill_null(False), None) / parts


def _plain_digits(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(rf"\.|{_GROUP}", "").str.replace(",", ".", literal=True)


def _holds_decimal_commas(series: pl.Series) -> bool:
    known = _known(series)
    fits, commas = known.str.contains(_WITH_COMMA), known.str.contains(",", literal=True)
    points = known.str.contains(_POINT_ONLY) & ~commas
    return not (commas & ~fits).any() and not (points & ~fits).any() and 2 * int(fits.sum()) >= len(known) > 0


def _could_be_grouped(series: pl.Series) -> bool:
    """Tell whether every comma of a column may separate thousands."""
    known = _known(series)
    written = known.filter(known.str.contains(",", literal=True))
    return bool(written.str.contains(_EITHER).all())


def _shows_points(series: pl.Series) -> bool:
    known = _known(series)
    return bool((known.str.contains(_POINT_ONLY) & ~known.str.contains(_WITH_COMMA)).any())


def _as_plain_texts(series: pl.Series) -> pl.Series:
    texts = series.str.strip_chars()
    written = texts.str.contains(_WITH_COMMA).fill_null(False) & texts.str.contains("[0-9]").fill_null(False)
    return _plain_digits(texts).zip_with(written, series)


def _known(series: pl.Series) -> pl.Series:
    known = series.drop_nulls().str.strip_chars()
    return known.filter(~known.is_in(_NOTHING))
