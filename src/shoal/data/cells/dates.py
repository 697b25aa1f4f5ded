"""How dates are written: the order of day, month and year, and with them perhaps a time and a zone.

A format is written as ``strptime`` writes that of the day: ``%Y`` takes four digits, and ``%y`` two, of
which 00 to 68 are the years 2000 to 2068 and 69 to 99 are 1969 to 1999, as in POSIX. ``%b`` is an English
month's name or its first letters. A time may follow any of them: ``23:59``, ``23:59:30.25``, ``11:59 PM``,
then ``Z`` or ``+02:00``; 24:00 is the end of the day. A month alone, of the years 1500 to 2199, is its
first day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shoal.data.cells.sampled import a_few
from shoal.data.frames import named, pl

#: Formats that no other is mistaken for.
CLEAR_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"),
    *("%d %b %Y", "%b %d, %Y", "%Y %b %d", "%d.%m.%y", "%d %b %y"),
    *("%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%m.%Y", "%b %Y"),
)
#: Formats of the same shape: where two of them read a column, and not alike, it could mean either.
FAMILIES = (
    ("%m/%d/%Y", "%d/%m/%Y"),
    ("%d-%m-%Y", "%m-%d-%Y"),
    ("%m/%d/%y", "%d/%m/%y", "%y/%m/%d"),
    ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d"),
)
FORMATS = (*CLEAR_FORMATS, *(form for family in FAMILIES for form in family))

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS_OF_MONTHS = {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
_NAMES = "|".join((*_MONTHS, "sept", *_NUMBERS_OF_MONTHS))  # whole names before their beginnings
_PARTS = {
    "%Y": "(?P<Y>[0-9]{4})",
    "%y": "(?P<y>[0-9]{2})",
    "%m": "(?P<m>[0-9]{1,2})",
    "%d": "(?P<d>[0-9]{1,2})",
    "%b": f"(?P<b>{_NAMES})",
}
_WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]? +)?"
_TIME = (
    r"(?:(?: *T *|,? +)(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"(?: ?(?P<p>[ap])\.?m\.?)?(?: ?(?P<z>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_MONTH_WITH_POINT = r"^(?:0[1-9]|1[0-2])\.(?:1[5-9]|2[01])[0-9]{2}$"
_SEASON = "^[0-9]{2}([0-9]{2})[-/]([0-9]{2})$"
_YEARS = 1500, 2200
"""Of months without a day, from and before which."""
_US_PER_DAY = 86_400_000_000

Ints = npt.NDArray[np.int64]


def parse_dates(texts: pl.Series, date_format: str) -> pl.Series:
    """Return the texts that ``date_format`` reads as ``Datetime`` (in UTC if they tell a zone), else null.

    >>> parse_dates(pl.Series(["12/31/99 11:59 PM", "31/12/99"]), "%m/%d/%y").to_list()
    [datetime.datetime(1999, 12, 31, 23, 59), None]
    """
    pattern = _pattern(date_format)
    fields = texts.str.extract_groups(pattern).struct.unnest()
    read = fields.to_series(0).is_not_null().to_numpy()
    days, exists = _days({name: fields[name] for name in fields.columns if name in "Yymbd"})
    microseconds, told = _microseconds({name: fields[name] for name in ("H", "M", "S", "f", "p", "z")})
    at = pl.Series(texts.name, days * _US_PER_DAY + microseconds)
    return at.set(pl.Series(~(read & exists & told)), None).cast(pl.Datetime("us"))


def parse_mixed_dates(texts: pl.Series, date_format: str) -> pl.Series:
    """Return the same, and of the others those that cannot be mistaken, which tell the year in four digits.

    >>> parse_mixed_dates(pl.Series(["31/12/99", "31/12/1999", "1999-12-31"]), "%d/%m/%y").dt.day().to_list()
    [31, 31, 31]
    """
    read = parse_dates(texts, date_format)
    for other in (date_format.replace("%y", "%Y"), *CLEAR_FORMATS):
        if read.null_count() == texts.null_count():
            break
        if "%Y" in other:
            read = read.zip_with(read.is_not_null(), parse_dates(texts, other))
    return read


def mixed_readings(texts: pl.Series) -> dict[str, pl.Series]:
    """Return what each format reads with the clear ones, for those that read half of a few texts so."""
    few = a_few(texts)
    half = (len(few) + 1) // 2
    some = [form for form, shaped in _shaped(few).items() if shaped and parse_dates(few, form).count()]
    fit = [form for form in some if parse_mixed_dates(few, form).count() >= half]
    return {form: parse_mixed_dates(texts, form) for form in fit}


def months_with_points(table: pl.DataFrame) -> list[str]:
    """Return the columns of texts that are all months such as 04.2012, some of which no number begins like.

    >>> months_with_points(pl.DataFrame({"a": ["04.2012", "12.1999"], "b": ["4.2012", "12.1999"]}))
    ['a']
    """
    texts = table.select(pl.selectors.string())
    is_month = pl.all().drop_nulls().str.contains(_MONTH_WITH_POINT)
    is_padded = pl.all().drop_nulls().str.starts_with("0")
    for told in (is_month.first(), is_month.all() & is_padded.any()):  # one of each says it of most
        if texts.width:
            rows = texts.select(told).row(0)
            texts = named(texts, (name for name, fits in zip(texts.columns, rows, strict=True) if fits))
    return texts.columns


def may_be_seasons(texts: pl.Series) -> bool:
    """Tell whether texts such as 2004-05 are all a year and the next one, which months hardly are.

    >>> [may_be_seasons(pl.Series(texts)) for texts in (["2004-05", "2010-11"], ["2004-05", "2010-12"])]
    [True, False]
    """
    of_two_years = texts.str.extract_groups(_SEASON).struct.unnest().cast(pl.Int64)
    first, second = of_two_years.get_columns()
    return texts.n_unique() > 1 and bool(((first + 1) % 100 == second).fill_null(False).all())


def readings(texts: pl.Series) -> dict[str, pl.Series]:
    """Return what each format reads of the texts, for those that read half of a few of them."""
    few = a_few(texts)
    half = (len(few) + 1) // 2
    likely = [form for form, shaped in _shaped(few).items() if shaped >= half]
    return {form: parse_dates(texts, form) for form in likely if parse_dates(few, form).count() >= half}


def family_of(date_format: str) -> tuple[str, ...]:
    """Return the formats of the same shape, this one included."""
    return next((family for family in FAMILIES if date_format in family), (date_format,))


def known_format(date_format: str | None) -> str:
    """Return the format of the day in one that tells the time as well; the ISO format for None."""
    starts = [form for form in FORMATS if date_format is not None and date_format.startswith(form)]
    return max(starts, key=len) if starts else FORMATS[0]


def in_letters(date_format: str) -> str:
    """Return a format as people write it.

    >>> in_letters("%d.%m.%Y")
    'DD.MM.YYYY'
    """
    letters = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon"}
    return re.sub("%.", lambda part: letters[part.group()], date_format)


def _shaped(texts: pl.Series) -> dict[str, int]:
    """Return how many texts have the shape of each format: of most columns none, which is seen soon."""
    shapes = (pl.first().str.contains(_pattern(form)).sum().alias(form) for form in FORMATS)
    return texts.to_frame().select(shapes).row(0, named=True)


def _pattern(date_format: str) -> str:
    parts = [_PARTS.get(part) or re.escape(part) for part in re.findall("%.|[^%]", date_format)]
    day = "".join(parts).replace(r",\ ", "(?:, *| +)").replace(r"\ ", "(?:[.]? +|[.]?-|/)?")
    day = day.replace(_PARTS["%d"], _PARTS["%d"] + "(?:st|nd|rd|th)?") if "%b" in date_format else day
    return f"(?i)^{_WEEKDAY}{day}{_TIME}$"


def _days(fields: Mapping[str, pl.Series]) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the days since 1970-01-01, and which of them exist."""
    if "y" in fields:
        short = _whole(fields["y"])
        year = short + np.where(short < 69, 2000, 1900)
    else:
        year = _whole(fields["Y"])
    if "b" in fields:
        first = fields["b"].str.to_lowercase().str.slice(0, 3)
        month = _whole(first.replace_strict(_NUMBERS_OF_MONTHS, default=None, return_dtype=pl.Int64))
    else:
        month = _whole(fields["m"])
    day = _whole(fields["d"]) if "d" in fields else np.ones_like(year)
    months = (year - 1970) * 12 + month - 1
    first_day = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    length = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64) - first_day
    exists = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    if "d" not in fields:  # numbers of parts and pages look so, too
        exists &= (year >= _YEARS[0]) & (year < _YEARS[1])
    return first_day + day - 1, exists


def _microseconds(fields: Mapping[str, pl.Series]) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the time since midnight in UTC, and which of the times there are."""
    hours = fields["H"]
    if hours.null_count() == len(hours):  # of most columns, which saves most of the work on wide tables
        return np.zeros(len(hours), np.int64), np.ones(len(hours), np.bool_)
    hour, minute, second = (_whole(fields[name]) for name in "HMS")
    part = _whole(fields["f"].str.pad_end(6, "0").str.slice(0, 6))
    half = fields["p"].str.to_lowercase().fill_null("").to_numpy()
    twelve = half != ""
    exists = np.where(twelve, (hour >= 1) & (hour <= 12), hour <= 23) & (minute <= 59) & (second <= 59)
    exists |= (hour == 24) & (minute == 0) & (second == 0) & (part == 0) & ~twelve
    hour = np.where(twelve, hour % 12 + 12 * (half == "p"), hour)
    digits = fields["z"].str.replace_all("[^0-9]", "").str.pad_end(4, "0")
    sign = np.where(fields["z"].str.starts_with("-").fill_null(False).to_numpy(), -1, 1)
    zone = _whole(digits)
    ahead = sign * (zone // 100 * 60 + zone % 100)
    return (((hour * 60 + minute - ahead) * 60) + second) * 1_000_000 + part, exists


def _whole(series: pl.Series) -> Ints:
    return series.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
