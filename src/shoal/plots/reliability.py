"""Whether probabilities mean what they say: how often they are right, by their size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import percent

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from shoal.plots.promises import Bins, ReliabilityCurves

LEAST, LARGEST = 4.0, 14.0
"""Diameters of the marks, of no rows and of all; their area goes by the share of rows."""
LEAST_ROWS = 10
"""Of a bin that a line is drawn through: the share of fewer is mostly chance."""
BEFORE: dict[str, Any] = {"color": drawing.ORANGE, "marker": "s", "markerfacecolor": "white"}
AFTER: dict[str, Any] = {"color": drawing.BLUE, "marker": "o"}


def diagram(found: ReliabilityCurves, rows: int, noun: str = "row") -> str:
    """Return the share of right answers against confidence as SVG; trustworthy ones lie on the diagonal.

    ``rows`` is how many test rows there are. Where the temperature changed nothing there is one line.
    """
    with drawing.axes(400, 430) as (figure, axes):
        drawn = draw(axes, found, rows, noun)
        if drawn.legend:
            drawing.legend(figure, drawn.legend)
        title = "How often predictions are right, by confidence"
        return drawing.svg(figure, "reliability", title, drawn.tooltips)


def draw(axes: Axes, found: ReliabilityCurves, rows: int, noun: str = "row") -> drawing.Annotations:
    """Draw the diagram on ``axes``; see ``diagram``."""
    before, after = found["before"], found["after"]
    shown = [p for bins in (before, after) for p in (*bins["confidence"], *bins["accuracy"])]
    limits = (min(np.floor(10 * min(shown)) / 10, 0.9), 1.0)
    axes.plot(limits, limits, color=drawing.INK, linewidth=1.0, gid="diagonal")
    tooltips, legend = _tooltips("after", after, rows, noun), []
    named = (_draw(axes, "after", after, rows, AFTER), "at their temperature")
    if before != after:
        tooltips |= _tooltips("before", before, rows, noun)
        legend = [[(_draw(axes, "before", before, rows, BEFORE), "as trained"), named]]
    span = limits[1] - limits[0]
    for scale in (axes.set_xlim, axes.set_ylim):
        scale(limits[0] - 0.03 * span, limits[1] + 0.03 * span)
    axes.set_aspect("equal")
    axes.set_xlabel("probability of the class predicted")
    axes.set_ylabel(f"share of test {noun}s of that class")
    for axis in (axes.xaxis, axes.yaxis):
        plain_ticks(axis, most=6)
    return drawing.Annotations(legend, tooltips)


def _draw(axes: Axes, name: str, bins: Bins, rows: int, style: dict[str, Any]) -> Artist:
    """Draw bins as marks of their sizes, joined where rows suffice; return what a legend shows for them."""
    from matplotlib.lines import Line2D

    x, y, share = (np.array(bins[key]) for key in ("confidence", "accuracy", "share"))
    joined = np.where(np.round(share * rows) >= LEAST_ROWS, y, np.nan)
    axes.plot(x, joined, color=style["color"], linewidth=1.6, gid=f"joined-{name}")
    error = np.sqrt(y * (1 - y) / np.maximum(share * rows, 1.0))
    axes.vlines(x, y - error, np.minimum(y + error, 1.0), color=style["color"], linewidth=1.2)
    for k, size in enumerate(np.sqrt(LEAST**2 + share * (LARGEST**2 - LEAST**2))):
        axes.plot(x[k], y[k], markersize=size, zorder=3, gid=f"{name}-{k}", **style)
    return Line2D([], [], linewidth=1.6, markersize=7, **style)


def _tooltips(name: str, bins: Bins, rows: int, noun: str) -> dict[str, list[str]]:
    """Return what is said over each mark."""
    columns = (bins["confidence"], bins["accuracy"], bins["share"])
    return {
        f"{name}-{k}": [f"{percent(confidence)} sure, {percent(accuracy)} right: {share * rows:.0f} {noun}s"]
        for k, (confidence, accuracy, share) in enumerate(zip(*columns, strict=True))
    }
