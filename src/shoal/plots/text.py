"""Numbers and names as a reader sees them, the same in figures and in tables."""

from __future__ import annotations

import math
import re

# Control characters that no markup may hold, halves of surrogate pairs, and marks that turn text around.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def printable(text: str) -> str:
    """Return ``text`` with every character that a page cannot hold replaced by U+FFFD.

    >>> printable("a\\x00b")
    'a\ufffdb'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def shortened(text: str, width: int) -> str:
    """Return ``text`` on one line of at most ``width`` characters, with an ellipsis where it was cut.

    >>> shortened("hours worked per\\n week", 12)
    'hours worke…'
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def size_name(hidden: str) -> str:
    """Return the sizes of hidden layers with multiplication signs.

    >>> size_name("16x8")
    '16×8'
    """
    return printable(hidden).replace("x", "×")


def number(value: float | None, digits: int = 4) -> str:
    """Return ``value`` with ``digits`` significant digits; integers whole; nothing as a dash.

    >>> number(0.30123), number(48842), number(1e-7), number(None), number(-1234.5)
    ('0.3012', '48,842', '1e-07', '–', '−1,234')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    if isinstance(value, int):
        text = f"{value:,}"
    elif value == 0:
        text = "0"
    elif 1e-4 <= abs(value) < 1e9:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text and float(value).is_integer() else text
    else:
        text = f"{value:.{digits - 1}g}"
    return text.replace("-", "−", 1) if value < 0 else text


def plain(value: float) -> str:
    """Return ``value`` as short as it can be said: a setting or a tick, not a measurement.

    >>> plain(0.1), plain(1.0), plain(1e-6), plain(250000), plain(-2.5)
    ('0.1', '1', '1e-6', '250,000', '−2.5')
    """
    text = f"{value:,.0f}" if abs(value) < 1e9 and float(value).is_integer() else f"{value:.6g}"
    return re.sub(r"e([+-])0*", lambda e: "e-" if e[1] == "-" else "e", text).replace("-", "−", value < 0)


def percent(share: float | None) -> str:
    """Return ``share`` of one in percent, with a decimal below ten.

    >>> percent(0.1234), percent(0.0123), percent(None)
    ('12 %', '1.2 %', '–')
    """
    if share is None:
        return "–"
    decimals = 1 if 0 < abs(share) < 0.0995 or 0.995 <= abs(share) < 1 else 0
    return f"{100 * share:.{decimals}f} %".replace("-", "−")
