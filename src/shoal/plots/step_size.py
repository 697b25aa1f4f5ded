"""The error of central differences against their step: truncation on the right, rounding on the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import finite, plain_ticks
from shoal.plots.text import plain


def lines(
    steps: Sequence[float],
    errors: Mapping[str, Sequence[float]],
    *,
    truncation: float,
    rounding: float,
    used: float,
    tolerance: float,
) -> str:
    """Return the errors of each parameter array as SVG, with c h² and c/h beside them.

    ``truncation`` and ``rounding`` are the two c; ``used`` is the step of the check that was made, and
    ``tolerance`` the error from which it fails.
    """
    from matplotlib.ticker import NullLocator

    h = finite(steps)
    with drawing.axes(700, 430) as (figure, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        shades = drawing.shades(len(errors))
        marks = []
        for (name, values), colour in zip(errors.items(), shades, strict=True):
            seen = np.where(finite(values) > 0, finite(values), np.nan)  # an error of 0 has no logarithm
            (mark,) = axes.plot(h, seen, "o-", color=colour, markersize=3, linewidth=1, gid=name)
            marks.append((mark, name))
        bottom, top = axes.get_ylim()
        guides = []
        for name, guide_values, style in (
            ("truncation, c·h²", truncation * h**2, (0, (6, 2))),
            ("rounding, c/h", rounding / h, (0, (1, 2))),
        ):
            (guide,) = axes.plot(h, guide_values, color=drawing.VERMILLION, linestyle=style, linewidth=1.6)
            guides.append((guide, name))
        limit = axes.axhline(tolerance, color=drawing.GREY, linewidth=1)
        step = axes.axvline(used, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_ylim(bottom, max(top, 10 * tolerance))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
            plain_ticks(axis)
        axes.set_xlabel("step h")
        axes.set_ylabel("relative error of the gradient")
        rest = [*guides, (limit, f"tolerance {plain(tolerance)}"), (step, f"step used, {plain(used)}")]
        rows = [marks[i : i + 8] for i in range(0, len(marks), 8)]
        drawing.legend(figure, [*rows, rest])
        title = "Error of central differences against their step"
        return drawing.svg(figure, "steps", title)
