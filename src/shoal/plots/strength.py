"""Validation error against the strength of the L2 penalty, a line of medians for each size."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.networks import HIDDEN_UNIT, distinct, ordered_sizes, starts, units
from shoal.plots.scales import End, name_lines, scale_errors
from shoal.plots.text import measured, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from shoal.plots.evidence import ChosenNetwork, Score, TrialColumns
    from shoal.plots.networks import Start

LABEL_ROOM = 0.055  # of the axis, for the label of one strength
MARKERS = "osD^vP"


def lines(
    trials: TrialColumns,
    choice: ChosenNetwork,
    score: Score,
    unit: str = HIDDEN_UNIT,
    form: drawing.Form = "",
) -> str:
    """Return the figure as SVG: every random start a point, the median of each size a line.

    The axis of strengths is logarithmic; 0, which no logarithm has, stands apart to its left.
    """
    everything, sizes = starts(trials, unit), ordered_sizes(trials)
    position = positions(sorted(set(trials["l2"])))
    width = 0.4 * _closest(position) / len(sizes)
    at = {size: _moved(position, (rank - (len(sizes) - 1) / 2) * width) for rank, size in enumerate(sizes)}
    label = f"validation {measured(**score)}"
    with drawing.axes(*((drawing.NARROW, 400) if form == "narrow" else (640, 370))) as (figure, axes):
        tooltips: dict[str, list[str]] = {}
        ends: list[End] = []
        for rank, size in enumerate(sizes):
            here = [s for s in everything.values() if s.hidden == size and math.isfinite(s.loss)]
            ends += _draw_size(axes, here, at[size], rank)
            tooltips[f"starts-{rank}"] = [start.words for start in here]
        chosen = [everything[key] for key in distinct(choice["members"])]
        x, y = [at[start.hidden][start.l2] for start in chosen], [start.loss for start in chosen]
        axes.plot(x, y, gid="chosen", **drawing.RING)
        _scale_strengths(axes, position)
        scale_errors(axes, np.array([start.loss for start in everything.values()]), label)
        name_lines(figure, axes, ends, form)
        return drawing.svg(figure, "strength", f"{label} against L2 strength, by {unit}s", tooltips, form)


def _moved(position: dict[float, float], aside: float) -> dict[float, float]:
    return {strength: x + aside for strength, x in position.items()}


def positions(strengths: list[float]) -> dict[float, float]:
    """Return where each strength stands: its logarithm, and for zero one step left of the smallest."""
    logs = {strength: math.log10(strength) for strength in strengths if strength > 0}
    if 0.0 in strengths:
        first = min(logs.values(), default=0.0)
        step = (max(logs.values()) - first) / (len(logs) - 1) if len(logs) > 1 else 1.0
        logs = {0.0: first - max(step, 0.5), **logs}
    return logs


def _closest(position: dict[float, float]) -> float:
    return min((b - a for a, b in pairwise(sorted(position.values()))), default=1.0)


def style_of(rank: int) -> dict[str, Any]:
    """Return the colour and marker of the size with this rank: another for each of the first 36."""
    colour = drawing.CATEGORIES[rank % len(drawing.CATEGORIES)]
    return {"color": colour, "marker": MARKERS[(rank + rank // len(drawing.CATEGORIES)) % len(MARKERS)]}


def _draw_size(axes: Axes, here: Sequence[Start], at: dict[float, float], rank: int) -> list[End]:
    """Draw the starts of one size and join their medians; return where the line ends, if there is one.

    The step from zero is dashed, for its length means nothing.
    """
    style = style_of(rank)
    axes.plot(
        [at[start.l2] for start in here],
        [start.loss for start in here],
        linestyle="none",
        markersize=4,
        markeredgewidth=0,
        alpha=0.4,
        gid=f"starts-{rank}",
        **style,
    )
    if not here:
        return []
    strengths = [strength for strength in at if strength in {start.l2 for start in here}]
    x = [at[strength] for strength in strengths]
    y = [float(np.median([start.loss for start in here if start.l2 == s])) for s in strengths]
    first = 1 if strengths[0] == 0 else 0
    axes.plot(x[first:], y[first:], linewidth=1.8, markersize=6, **style)
    if first:
        axes.plot(x[:2], y[:2], linewidth=1.4, linestyle=(0, (2, 2)), markersize=6, **style)
    return [End(units(here[0].hidden, here[0].unit), x[-1], y[-1], style, leads=strengths[-1] == max(at))]


def _scale_strengths(axes: Axes, position: dict[float, float]) -> None:
    first, last, closest = min(position.values()), max(position.values()), _closest(position)
    axes.set_xlim(first - 0.4 * closest, last + 0.4 * closest)
    labelled: dict[float, str] = {}
    for strength, x in position.items():
        if not labelled or x - max(labelled) > (last - first) * LABEL_ROOM:
            labelled[x] = plain(strength)
    axes.set_xticks(list(labelled), list(labelled.values()))
    axes.set_xlabel("L2 strength, log scale")
    axes.grid(visible=False, axis="x")
    if 0.0 in position and len(position) > 1:
        middle = sum(sorted(position.values())[:2]) / 2
        axes.text(
            middle,
            0,
            "//",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            color=drawing.GREY,
            backgroundcolor="white",
            zorder=10,
        )
