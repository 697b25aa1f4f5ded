"""How far predictions of a regression are from the truth, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import number, shortened

if TYPE_CHECKING:
    from shoal.plots.tested import Residuals
    from shoal.shapes import Array

FEWEST_BINS, MOST_BINS = 5, 60


def predicted_against_actual(residuals: Residuals, target: str) -> str:
    """Return predictions against the truth as SVG: a perfect model's points lie on the diagonal."""
    actual, predicted = np.array(residuals["actual"]), np.array(residuals["predicted"])
    name = shortened(target, 28)
    with drawing.axes(400, 400) as (figure, axes):
        axes.plot(
            actual,
            predicted,
            linestyle="none",
            marker="o",
            markersize=4,
            markeredgewidth=0,
            color=drawing.BLUE,
            alpha=0.4,
            gid="rows",
        )
        both = np.concatenate([actual, predicted])
        margin = 0.04 * (np.ptp(both) or 1.0)
        limits = (both.min() - margin, both.max() + margin)
        axes.plot(limits, limits, color=drawing.INK, linewidth=1.0, gid="diagonal")
        axes.set_xlim(*limits)
        axes.set_ylim(*limits)
        axes.set_aspect("equal")
        axes.set_xlabel(f"actual {name}")
        axes.set_ylabel(f"predicted {name}")
        for axis in (axes.xaxis, axes.yaxis):
            plain_ticks(axis, most=5)
        return drawing.svg(figure, "predicted", f"Predicted against actual {name}, {actual.size} test rows")


def histogram(residuals: Residuals, target: str) -> str:
    """Return the distribution of ``actual − predicted`` as SVG, with zero marked."""
    difference = np.array(residuals["actual"]) - np.array(residuals["predicted"])
    name = shortened(target, 28)
    with drawing.axes(400, 400) as (figure, axes):
        counts, edges = np.histogram(difference, n_bins(difference))
        middles = (edges[:-1] + edges[1:]) / 2
        bars = axes.bar(middles, counts, np.diff(edges), color=drawing.BLUE, edgecolor="white")
        tooltips = {}
        for k, bar in enumerate(bars):
            bar.set_gid(f"bin-{k}")
            between = f"{number(float(edges[k]))} to {number(float(edges[k + 1]))}"
            tooltips[f"bin-{k}"] = [f"{counts[k]} rows from {between}"]
        axes.axvline(0, color=drawing.INK, linewidth=1.0)
        axes.set_xlabel(f"actual − predicted {name}")
        axes.set_ylabel("test rows")
        axes.grid(visible=False, axis="x")
        plain_ticks(axes.xaxis, most=5)
        plain_ticks(axes.yaxis, most=6, whole=True)
        return drawing.svg(figure, "residuals", f"Residuals of {name}, {difference.size} test rows", tooltips)


def n_bins(values: Array) -> int:
    """Return how many bins of width ``2·IQR·N^(−1/3)`` cover ``values`` (N,), from 5 to 60.

    Source: Freedman & Diaconis 1981, "On the histogram as a density estimator".

    >>> n_bins(np.arange(1000.0)), n_bins(np.zeros(3))
    (10, 5)
    """
    low, high = np.percentile(values, [25, 75])
    width = 2 * (high - low) / np.cbrt(values.size)
    return int(np.clip(np.ceil(np.ptp(values) / width), FEWEST_BINS, MOST_BINS)) if width else FEWEST_BINS
