"""How much worse the model becomes when one column is shuffled (Breiman 2001)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import LABEL_HEIGHT, plain_ticks
from shoal.plots.text import number, shortened
from shoal.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from shoal.plots.evidence import Importance

MOST = 20  # columns drawn
NAME_WIDTH, NARROW_NAME_WIDTH = 26, 17  # characters of a column's name beside its bar
LINE_WIDTH, NARROW_LINE_WIDTH = 80, 50  # and above it
LABEL_WIDTH, NARROW_LABEL_WIDTH = 64, 36  # of a line of the label below the bars


def ranked(importances: Sequence[Importance]) -> list[Importance]:
    """Return the importances from the largest down."""
    return sorted(importances, key=lambda importance: -importance["increase"])


def bars(importances: Sequence[Importance], measure: str, form: drawing.Form = "") -> str:
    """Return the largest importances as SVG bars with whiskers of one standard deviation over shuffles.

    ``measure`` names the score that rises, and its unit. Grey bars are within two of their standard
    deviations of zero.
    """
    drawn = ranked(importances)[:MOST]
    increase = np.array([importance["increase"] for importance in drawn])
    sd = np.array([importance["sd"] for importance in drawn])
    colours = [drawing.BLUE if clear else drawing.UNCLEAR for clear in np.abs(increase) > 2 * sd]
    rows = np.arange(len(drawn))
    label = f"rise of the {measure} when the column is shuffled"
    narrow = form == "narrow"
    below = textwrap.wrap(label, NARROW_LABEL_WIDTH if narrow else LABEL_WIDTH)
    names, beside = _names(drawn, narrow)
    height = (22 if beside else 36) * len(drawn) + 40 + LABEL_HEIGHT * len(below)
    with drawing.axes(drawing.NARROW if narrow else 560, height) as (figure, axes):
        drawn_bars = axes.barh(rows, increase, height=0.66 if beside else 0.36, color=colours)
        axes.errorbar(increase, rows, xerr=sd, fmt="none", ecolor=drawing.INK, elinewidth=1.0, capsize=2.5)
        axes.axvline(0, color=drawing.GREY, linewidth=0.8)
        labels = _write(axes, names, beside)
        axes.set_ylim(len(drawn) - 0.4, -0.6 if beside else -0.75)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        plain_ticks(axes.xaxis, most=5 if narrow else None)
        axes.set_xlabel("\n".join(below))
        tooltips = {}
        marks = zip(drawn, drawn_bars, labels, strict=True)
        for rank, (importance, bar, name) in enumerate(marks):
            bar.set_gid(f"bar-{rank}")
            name.set_gid(f"name-{rank}")
            tooltips[f"bar-{rank}"] = tooltips[f"name-{rank}"] = [_described(importance)]
        return drawing.svg(figure, "importances", f"Bars: {label}, {len(drawn)} columns", tooltips, form)


def _names(drawn: Sequence[Importance], narrow: bool) -> tuple[list[str], bool]:
    """Return the columns' names, and whether they fit beside their bars without two becoming one."""
    short, long = (NARROW_NAME_WIDTH, NARROW_LINE_WIDTH) if narrow else (NAME_WIDTH, LINE_WIDTH)
    names = [shortened(importance["column"], short) for importance in drawn]
    whole = {shortened(importance["column"], long) for importance in drawn}
    if len(set(names)) == len(whole):
        return names, True
    return [shortened(importance["column"], long) for importance in drawn], False


def _write(axes: Axes, names: Sequence[str], beside: bool) -> list[Text]:
    """Write the names beside the bars or above them, and return them as they stand there."""
    rows = range(len(names))
    axes.set_yticks(rows, names if beside else [""] * len(names))
    axes.tick_params(axis="y", length=0)
    if beside:
        return list(axes.get_yticklabels())
    style: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center"}
    style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # over the line of zero
    return [axes.text(0.0, row - 0.4, names[row], **style) for row in rows]


def _described(importance: Importance) -> str:
    return (
        f"{printable(importance['column'])}: {number(importance['increase'])} ± {number(importance['sd'], 2)}"
    )
