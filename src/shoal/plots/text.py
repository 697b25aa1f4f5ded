"""Numbers and names as a reader sees them, the same in figures and in tables."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from shoal.printable import printable

BARS = "▁▂▃▄▅▆▇█"


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
    """Return ``value`` with ``digits`` significant digits, more before the point; nothing as a dash.

    >>> number(0.30123), number(48842), number(1e-7), number(None), number(-1234.56)
    ('0.3012', '48,842', '1e-7', '–', '−1,235')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    if isinstance(value, int):
        text = f"{value:,}"
    elif float(value).is_integer() and abs(value) < 10**digits:
        text = f"{value:.0f}"
    else:
        rounded = float(f"{abs(value):.{digits - 1}e}")  # 0.99999 needs as many decimals as 1.000
        power = math.floor(math.log10(rounded))
        text = f"{value:,.{max(0, digits - 1 - power)}f}" if -5 < power < 9 else f"{value:.{digits - 1}g}"
    return _typeset(text)


def plain(value: float) -> str:
    """Return ``value`` as short as it can be said: a setting or a tick, not a measurement.

    >>> plain(0.1), plain(1.0), plain(1e-6), plain(250000), plain(-2.5)
    ('0.1', '1', '1e-6', '250,000', '−2.5')
    """
    text = f"{value:,.0f}" if abs(value) < 1e9 and float(value).is_integer() else f"{value:.6g}"
    return _typeset(text)


def _typeset(text: str) -> str:
    """Write exponents without leading zeros, and a minus sign for a hyphen at the front."""
    text = re.sub(r"e\+?(-?)0*", r"e\1", text)
    return f"−{text[1:]}" if text.startswith("-") else text


def measured(name: str, unit: str) -> str:
    """Return what a score measures, with its unit where it has one.

    >>> measured("log loss", "nats"), measured("loss", "")
    ('log loss (nats)', 'loss')
    """
    return f"{name} ({unit})" if unit else name


def percent(share: float | None) -> str:
    """Return ``share`` of one in percent, with a decimal below ten.

    >>> percent(0.1234), percent(0.0123), percent(None)
    ('12%', '1.2%', '–')
    """
    if share is None:
        return "–"
    decimals = 1 if 0 < abs(share) < 0.0995 or 0.995 <= abs(share) < 1 else 0
    return f"{100 * share:.{decimals}f}%".replace("-", "−")


def sparklines(history: Sequence[float | None], *ahead: Sequence[float | None], steps: int = 48) -> str:
    """Return a line of bars for the end of a history and, after a stroke each, for what comes then.

    All have one scale, the smallest value being the lowest bar; a missing value is a blank.

    >>> sparklines([1, 2, 3], [4, None], [4, 5])
    '▁▃▅│▇ │▇█'
    """
    parts = [history[-steps:], *(part[:steps] for part in ahead)]
    known = [value for part in parts for value in part if value is not None and math.isfinite(value)]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    return "│".join("".join(_bar(value, low, span) for value in part) for part in parts)


def _bar(value: float | None, low: float, span: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    return BARS[min(int((value - low) / span * len(BARS)), len(BARS) - 1)] if span else BARS[len(BARS) // 2]
