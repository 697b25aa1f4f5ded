"""What several figures of the lecture draw alike: panels, logarithmic axes, classes and their regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.lecture.data import truth
from shoal.plots import drawing
from shoal.plots.scales import log_axis, plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from shoal.populations.population import Population
    from shoal.shapes import Array, IntArray

CLASS_MARKS = (("o", drawing.BLUE), ("^", drawing.ORANGE))
"""Shape and colour of each class: either would do to tell them apart."""
REGIONS = ("#D3E6F2", "#FBEBCB")
"""The colours of the classes, faint."""


def panel(axes: Axes, title: str, x: str = "", y: str = "") -> None:
    """Name a panel of a figure and its axes."""
    axes.set_title(title, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def error_axis(axis: Axis) -> None:
    """Make an axis logarithmic, with ticks at 1, 2 and 5 times the powers of ten."""
    from matplotlib.ticker import LogLocator, NullLocator

    log_axis(axis)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    plain_ticks(axis)


def percent_axis(axes: Axes) -> None:
    """Label shares as percentages, from 0 on."""
    from matplotlib.ticker import PercentFormatter

    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def enumerated(values: Iterable[object]) -> str:
    """Return values as a sentence enumerates them.

    >>> enumerated([1, 2, 3]), enumerated([8]), enumerated([])
    ('1, 2 and 3', '8', '')
    """
    *first, last = [*map(str, values)] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def say(axes: Axes, text: str, x: float, y: float, colour: str, **placing: Any) -> None:
    """Write ``text`` beside the data that it names, in their colour, a few points from (x, y)."""
    placing = {"xytext": (0, 7), "ha": "center"} | placing
    axes.annotate(text, (x, y), textcoords="offset points", color=colour, annotation_clip=False, **placing)


def draw_sinusoid(axes: Axes, x: Array, t: Array) -> None:
    """Draw sin 2πx and the points that scatter around it."""
    grid = np.linspace(0, 1, 201)
    axes.plot(grid, truth(grid), color=drawing.GREEN, linewidth=1.4, linestyle=(0, (5, 2)), label="sin 2πx")
    axes.plot(
        x, t, "o", markersize=6, markerfacecolor="none", markeredgecolor=drawing.INK, label="training points"
    )
    axes.set_ylim(-1.7, 1.7)


def draw_classes(axes: Axes, X: Array, y: IntArray) -> None:
    """Draw the points X (N, 2) of the classes y (N,)."""
    for k, (marker, colour) in enumerate(CLASS_MARKS):
        axes.plot(
            *X[y == k].T,
            marker,
            color=colour,
            markersize=5,
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=f"class {k}",
        )
    axes.set_aspect("equal")
    axes.set_axis_off()


def draw_regions(axes: Axes, network: Population, X: Array, steps: int = 160) -> None:
    """Colour the plane by the class that one network finds likelier, around the points X (N, 2)."""
    middle, half = (X.max(axis=0) + X.min(axis=0)) / 2, 0.75 * float(np.ptp(X, axis=0).max())
    across, up = (np.linspace(c - half, c + half, steps) for c in middle)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    z = network.outputs(grid.reshape(-1, 2))[0, :, 0].reshape(steps, steps)
    axes.contourf(across, up, z, levels=[-np.inf, 0, np.inf], colors=REGIONS)
    axes.contour(across, up, z, levels=[0], colors=[drawing.INK], linewidths=1.6)
    axes.set_xlim(X[:, 0].min() - 0.3, X[:, 0].max() + 0.3)
    axes.set_ylim(X[:, 1].min() - 0.3, X[:, 1].max() + 0.3)
