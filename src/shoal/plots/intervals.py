"""Intervals beside the values that they were to hold, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shoal.shapes import Array, BoolArray

MOST_ROWS = 400
"""Of which lines can be told apart; of more rows, every so-manieth is drawn."""
INSIDE: dict[str, Any] = {"color": drawing.BLUE, "marker": "o", "markersize": 3.5}
OUTSIDE: dict[str, Any] = {"color": drawing.VERMILLION, "marker": "D", "markersize": 4.5}


def draw(
    axes: Axes, low: Array, high: Array, actual: Array, coverage: float | None = None
) -> drawing.Annotations:
    """Draw intervals ``low`` to ``high`` (N,) and the ``actual`` values (N,), in the order of their middles.

    The legend counts all rows inside and outside, beside the ``coverage`` that was promised.
    """
    inside = (low <= actual) & (actual <= high)
    order = np.argsort((low + high) / 2, kind="stable")
    shown = order[np.linspace(0, order.size - 1, min(order.size, MOST_ROWS)).round().astype(np.intp)]
    place = np.arange(shown.size)
    lines = axes.vlines(place, low[shown], high[shown], color=drawing.SKY, linewidth=1.2, gid="intervals")
    promised = "intervals" if coverage is None else f"intervals for {percent(coverage)}"
    legend: list[Any] = [(lines, promised)]
    for name, where, style in (("inside", inside, INSIDE), ("outside", ~inside, OUTSIDE)):
        mark = _draw_values(axes, place, actual[shown], where[shown], name, style)
        legend.append((mark, f"{name}: {percent(float(where.mean()))} of {inside.size:,}"))
    rows = f"{shown.size:,} of {inside.size:,} rows" if shown.size < inside.size else f"{inside.size:,} rows"
    axes.set_xlabel(f"{rows}, by the middle of their interval")
    axes.set_ylabel("value")
    axes.set_xticks([])
    plain_ticks(axes.yaxis)
    return drawing.Annotations([legend], {})


def _draw_values(
    axes: Axes, place: Array, values: Array, where: BoolArray, name: str, style: dict[str, Any]
) -> Any:
    (mark,) = axes.plot(place[where], values[where], linestyle="none", markeredgewidth=0, gid=name, **style)
    return mark
