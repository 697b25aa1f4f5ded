"""Validation error against the strength of the L2 penalty, a line of medians for each size."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.networks import descriptions, distinct, mean_loss, ordered_sizes, units
from shoal.plots.scales import End, finite, label_ends, scale_errors
from shoal.plots.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shoal.plots.evidence import Choice, Score, Trials

LABEL_ROOM = 0.055  # of the axis, for the label of one strength
MARKERS = "osD^vP"


def lines(trials: Trials, choice: Choice, score: Score) -> str:
    """Return the figure as SVG: every network a point, the median over starts of each size a line.

    The axis of strengths is logarithmic; 0, which no logarithm has, stands apart to its left.
    """
    strengths = sorted(set(trials["l2"]))
    position = positions(strengths)
    sizes = ordered_sizes(trials)
    label = f"validation {score['name']} ({score['unit']})"
    with drawing.axes(640, 370) as (figure, axes):
        tooltips: dict[str, list[str]] = {}
        ends: list[End] = []
        at: dict[str, dict[float, float]] = {}
        for rank, size in enumerate(sizes):
            aside = 0.4 * _closest(position) * ((rank + 0.5) / len(sizes) - 0.5)
            at[size] = {strength: x + aside for strength, x in position.items()}
            tooltips[f"networks-{rank}"] = _draw_networks(axes, trials, size, at[size], rank)
            ends += _draw_medians(axes, trials, size, at[size], rank)
        _draw_choice(axes, trials, choice, at)
        _scale_strengths(axes, position)
        scale_errors(axes, finite(trials["validation_loss"]), label)
        label_ends(axes, ends)
        return drawing.svg(figure, "strength", f"{label} against L2 strength, by hidden units", tooltips)


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
    colour = drawing.CATEGORIES[rank % len(drawing.CATEGORIES)]
    return {"color": colour, "marker": MARKERS[(rank + rank // len(drawing.CATEGORIES)) % len(MARKERS)]}


def _draw_networks(axes: Axes, trials: Trials, size: str, at: dict[float, float], rank: int) -> list[str]:
    """Draw the networks of one size; return what to say over each."""
    loss = trials["validation_loss"]
    rows = [i for i, hidden in enumerate(trials["hidden"]) if hidden == size and loss[i] is not None]
    axes.plot(
        [at[trials["l2"][i]] for i in rows],
        finite([loss[i] for i in rows]),
        linestyle="none",
        markersize=4,
        markeredgewidth=0,
        alpha=0.4,
        gid=f"networks-{rank}",
        **style_of(rank),
    )
    words = descriptions(trials)
    return [words[i] for i in rows]


def _draw_medians(axes: Axes, trials: Trials, size: str, at: dict[float, float], rank: int) -> list[End]:
    """Join the medians over the starts; the step from zero is dashed, for its length means nothing."""
    loss, l2 = finite(trials["validation_loss"]), np.array(trials["l2"])
    here = np.isfinite(loss) & (np.array(trials["hidden"]) == size)
    medians = [(at[s], float(np.median(loss[here & (l2 == s)]))) for s in at if (here & (l2 == s)).any()]
    if not medians:
        return []
    x, y = zip(*medians, strict=True)
    style = style_of(rank)
    first = 1 if x[0] == at.get(0.0) else 0
    axes.plot(x[first:], y[first:], linewidth=1.8, markersize=6, **style)
    if first:
        axes.plot(x[:2], y[:2], linewidth=1.4, linestyle=(0, (2, 2)), markersize=6, **style)
    return [End(units(size), x[-1], y[-1], style, leads=x[-1] == max(at.values()))]


def _draw_choice(axes: Axes, trials: Trials, choice: Choice, at: dict[str, dict[float, float]]) -> None:
    """Ring what was chosen, where its size and strength stand."""
    members = distinct(choice["members"])
    axes.plot(
        [at[member["hidden"]][member["l2"]] for member in members],
        [mean_loss(trials, member) for member in members],
        linestyle="none",
        marker="o",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor=drawing.VERMILLION,
        markeredgewidth=2.4,
        gid="chosen",
    )


def _scale_strengths(axes: Axes, position: dict[float, float]) -> None:
    reach = max(position.values()) - min(position.values()) or 1.0
    labelled: dict[float, str] = {}
    for strength, x in position.items():
        if not labelled or x - max(labelled) > reach * LABEL_ROOM:
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
