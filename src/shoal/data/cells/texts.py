"""What the texts of a column look like, where they are neither numbers nor dates nor categories."""

from __future__ import annotations

from shoal.data.cells.dates import parse_dates, readings
from shoal.data.cells.numerals import ADDRESS, CURRENCY, read_numbers
from shoal.data.frames import pl, quoted
from shoal.words import setting

#: Sentences have so many words on average; names and addresses mostly have fewer.
WORDS_OF_SENTENCES = 5
#: Of the values so many must look alike for a note to say what they look like.
MOST = 0.9
#: Categories of so many levels are no measurements.
FEW_LEVELS = 20

_DIGITS = "[0-9][0-9.,'’ ]*"
_AMOUNT = (
    rf"^[(]?[-+−]?(?:(?:{CURRENCY}|Rs\.?) ?[-+−]?{_DIGITS}[kKMB]?|{_DIGITS}[kKMB]? ?(?:{CURRENCY}))[)]?$"
)
_NUMBER = "^(?:{})$".format(
    "|".join(
        (
            r"=?[\"'][-+−]?[\d.,]+[\"']?",
            r"[-+−]?\d+(?:_\d+)*(?:[.,]\d*)?(?:[dD][-+]?\d+)?",  # \d: digits of every script
            rf"\({_DIGITS}\)",
            f"{_DIGITS}[-−]",
            rf"[<>≤≥~≈] ?[-+−]?{_DIGITS}",
            "0[xX][0-9a-fA-F]+",
            r"[-+−]?[0-9]{1,3}(?:[,'’ ][0-9]{2,3})+(?:\.[0-9]+)?",
            r"[-+−]?[0-9.,]+ ?[x×*·] ?10\^?[-+−]?[0-9]+",
        )
    )
)
_QUANTITY = rf"^[-+−]?{_DIGITS}\s?[^0-9\s.,'’()-][^0-9]{{0,9}}$"
_MONTH = (
    "(?i:jan|feb|f[eé]v|m[aä]r|mrt|apr|avr|abr|ma[iyg]|mei|jun|jui|jul|giu|lug|aug|ao[uû]|ago|sep|set|o[kc]t"
    r"|ott|out|nov|d[eé][zc]|dic|ene|gen)\p{L}{0,9}"
)
"""In some languages."""
_BETWEEN = r"[./ ,‐‑–年月-]+"
_DATE = "^(?:{})(?:[T,:0-9. 日].*)?$".format(
    "|".join(
        (
            rf"(?:\p{{L}}{{2,12}}[.,]*\s+)?(?:\d{{4}}|\d{{1,2}}){_BETWEEN}(?:\d{{1,2}}|\p{{L}}{{3,12}}){_BETWEEN}\d+",
            r"(?:\p{L}{2,12}[.,]*\s+)?\p{L}{3,12}\.? \d{1,2},? (?:[0-9:]+ .*)?\d{4}",
            r"\d{1,2}\p{L}{3}\d{4}",
            rf"{_MONTH}[. -]{{1,2}}\d{{1,2}}[,. -]{{1,2}}'?\d{{2}}",
            rf"\d{{1,2}}[. -]{{0,2}}{_MONTH}[. -]{{0,2}}'\d{{2}}",
            r"\d{1,2}\. ?\d{1,2}\.",
            r"\d{8}T",
        )
    )
)
_PERIOD = (
    r"^(?:[0-9]{4}[- ]?[QWMqwm][0-9]{1,2}(?:-[0-9])?|[QWMqwm][0-9]{1,2}[-/ ][0-9]{4}|[0-9]{4}-[0-9]{3}"
    rf"|{_MONTH}\.?[-/ ]'?[0-9]{{2}})$"
)
_TIME = (
    r"^(?:[0-9]{1,3}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[aApP]\.?[mM]\.?)?"
    r"|-?P(?:[0-9.]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)?)$"
)
_ONE = r"[-+−]?[0-9]+(?:[.,][0-9]+)?"
_SEVERAL = rf"^[(\[]?{_ONE}(?: ?(?:[/:;,|±×x]|\+/-) ?{_ONE})+[)\]]?$"
_UNMEASURED = r"^(?:v?\d{1,3}(?:\.\d{1,3}){2,}|\d+(?:st|nd|rd|th))$"
#: Scripts that write no spaces between words; two letters make a word, more or less.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"


def free_text_note(known: pl.Series) -> str:
    """Return a note if the texts (N,) are sentences, empty if they are not.

    >>> free_text_note(pl.Series(["The dog ate my homework again."]))
    'free text, 6 words on average: text of shoal fit, and TextClassifier, predict from such a column'
    """
    words = known.str.count_matches(r"\S+") + known.str.count_matches(_UNSPACED) // 2
    mean = float(words.to_numpy().mean()) if len(words) else 0.0
    if mean < WORDS_OF_SENTENCES:
        return ""
    readers = f"{setting('text')} of shoal fit, and TextClassifier, predict from such a column"
    return f"free text, {mean:.0f} words on average: {readers}"


def unread_note(known: pl.Series) -> str:
    """Return a note if the texts (N,) are amounts, quantities or dates in other ways than those read.

    >>> unread_note(pl.Series(["€4", "$3.50"]))
    "amounts in several currencies, as '€4'; write the numbers alone"
    """
    others = known.filter(read_numbers(known).numbers.is_null() & ~known.str.contains(ADDRESS))
    signs = others.str.extract(f"({CURRENCY})").drop_nulls().n_unique()
    amounts = "amounts in several currencies" if signs > 1 else "amounts in a writing that is not read"
    for pattern, what, remedy in (
        (_AMOUNT, amounts, "write the numbers alone"),
        (_NUMBER, "numbers in a writing that is not read", "write them as -1234.5"),
        (_QUANTITY, "numbers with a unit behind", "write the numbers alone"),
        (_DATE, "dates in a writing that is not read", "write them as 1999-12-31"),
        (_PERIOD, "dates in a writing that is not read", "write the first day of each, as 1999-12-31"),
        (_TIME, "times of the day", "write them as hours, such as 13.5"),
        (_SEVERAL, "several numbers in a cell", "give each a column of its own"),
    ):
        alike = others.filter(others.str.contains(pattern))
        if len(alike) >= MOST * len(others) > 0:
            for date_format in readings(alike):
                alike = alike.filter(parse_dates(alike, date_format).is_null())
            return f"{what}, as {quoted(alike[0])}; {remedy}" if len(alike) else ""
    return ""


def levels_note(levels: pl.Series) -> str:
    """Return the same of the many levels (N,) of a category, but for versions and ordinals.

    >>> levels = pl.Series([f"{k} kg" for k in range(60, 90)])
    >>> levels_note(levels), levels_note(levels.head(5)), levels_note("v" + levels)
    ("numbers with a unit behind, as '60 kg'; write the numbers alone", '', '')
    """
    if len(levels) <= FEW_LEVELS or levels.str.contains(_UNMEASURED).any():
        return ""
    return unread_note(levels)


def mixture_note(known: pl.Series) -> str:
    """Return a note if most of the texts (N,) are numbers or dates, and others too many to leave out."""
    kinds = [
        ("numbers", read_numbers(known).numbers),
        *(("dates", read) for read in readings(known).values()),
    ]
    what, read = min(kinds, key=lambda kind: kind[1].null_count())
    others = known.filter(read.is_null())
    if not 0 < len(others) < len(known) / 2:
        return ""
    return f"{quoted(others[0])} and others are no {what}; correct them or leave them empty"
