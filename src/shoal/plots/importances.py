"""How much worse the model becomes when one column is shuffled (Breiman 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import number, shortened
from shoal.printable import printable

if TYPE_CHECKING:
    from shoal.plots.evidence import Importance

MOST = 20  # columns drawn
NAME_WIDTH = 26  # characters of a column's name


def ranked(importances: Sequence[Importance]) -> list[Importance]:
    """Return the importances from the largest down."""
    return sorted(importances, key=lambda importance: -importance["increase"])


def bars(importances: Sequence[Importance], measure: str) -> str:
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
    with drawing.axes(560, 22 * len(drawn) + 56) as (figure, axes):
        drawn_bars = axes.barh(rows, increase, height=0.66, color=colours)
        axes.errorbar(increase, rows, xerr=sd, fmt="none", ecolor=drawing.INK, elinewidth=1.0, capsize=2.5)
        axes.axvline(0, color=drawing.GREY, linewidth=0.8)
        names = [shortened(importance["column"], NAME_WIDTH) for importance in drawn]
        axes.set_yticks(rows, names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(drawn) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        plain_ticks(axes.xaxis)
        axes.set_xlabel(label)
        tooltips = {}
        marks = zip(drawn, drawn_bars, axes.get_yticklabels(), strict=True)
        for rank, (importance, bar, name) in enumerate(marks):
            bar.set_gid(f"bar-{rank}")
            name.set_gid(f"name-{rank}")
            tooltips[f"bar-{rank}"] = tooltips[f"name-{rank}"] = [_described(importance)]
        return drawing.svg(figure, "importances", f"Bars: {label}, {len(drawn)} columns", tooltips)


def _described(importance: Importance) -> str:
    return (
        f"{printable(importance['column'])}: {number(importance['increase'])} ± {number(importance['sd'], 2)}"
    )
