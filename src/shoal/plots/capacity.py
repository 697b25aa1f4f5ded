"""Validation error against the number of hidden units, every network a point.

The lecture's graph for choosing M (after Bishop 2006, *Pattern Recognition and Machine Learning*, fig. 5.10).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.networks import descriptions, distinct, mean_loss, ordered_sizes, units
from shoal.plots.scales import finite, scale_errors
from shoal.plots.text import plain, size_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from shoal.plots.evidence import Candidate, Choice, Score, Trials
    from shoal.shapes import Array

COLUMN = 0.72  # of the distance between two sizes is taken by the points of one
GOLDEN = 0.6180339887  # multiples of it, modulo one, never come close to each other
NAMED_STRENGTHS = 5  # more than these and the legend names the ends of the scale only


def scatter(trials: Trials, choice: Choice, score: Score) -> str:
    """Return the scatter as SVG: a column a size, a point a network, the choice, the best and the threshold.

    Sizes are ordered by their parameters, the order in which the one-standard-error rule prefers them.
    Within a column networks stand side by side by L2 strength and random start, which carries no other
    meaning. Networks that diverged have no error; they are counted at the top edge.
    """
    place = _Placement(trials)
    loss = finite(trials["validation_loss"])
    label = f"validation {score['name']} ({score['unit']})"
    with drawing.axes(640, 370) as (figure, axes):
        tooltips = _draw_networks(axes, trials, place, loss)
        _draw_choice(axes, choice, trials, place)
        _draw_threshold(axes, choice)
        _draw_diverged(axes, trials, place, tooltips)
        axes.margins(y=0.06)
        axes.set_xlim(-0.6, len(place.sizes) - 0.4)
        names = [size_name(size) for size in place.sizes]
        slanted: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        crowded = max(map(len, names)) * len(names) > 75
        axes.set_xticks(range(len(names)), names, **(slanted if crowded else {}))
        axes.tick_params(axis="x", length=0)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("hidden units")
        scale_errors(axes, loss, label)
        _draw_legend(figure, axes, len(place.strengths))
        title = f"Scatter of {label} against hidden units, {len(loss)} networks"
        return drawing.svg(figure, "capacity", title, tooltips)


class _Placement:
    """Where a network stands: the column of its size, within it its L2 strength, within that its start."""

    def __init__(self, trials: Trials) -> None:
        self.sizes = ordered_sizes(trials)
        self.strengths = sorted(set(trials["l2"]))
        self._starts = {start: rank for rank, start in enumerate(sorted(set(trials["start"])))}

    def x(self, hidden: str, l2: float, start: int) -> float:
        lane = COLUMN / len(self.strengths)
        jitter = ((self._starts[start] + 1) * GOLDEN) % 1 - 0.5 if len(self._starts) > 1 else 0.0
        middle = (self.strengths.index(l2) + 0.5) * lane - COLUMN / 2
        return self.sizes.index(hidden) + middle + 0.8 * lane * jitter

    def of(self, candidate: Candidate) -> float:
        return self.x(candidate["hidden"], candidate["l2"], candidate["start"])


def _draw_networks(axes: Axes, trials: Trials, place: _Placement, loss: Array) -> dict[str, list[str]]:
    """Draw a point for each network that has an error; return what to say over each."""
    x = np.array([place.x(*key) for key in zip(trials["hidden"], trials["l2"], trials["start"], strict=True)])
    l2 = np.array(trials["l2"])
    tooltips: dict[str, list[str]] = {}
    words = descriptions(trials)
    shades = drawing.shades(len(place.strengths))
    for k, strength in enumerate(place.strengths):
        rows = np.flatnonzero((l2 == strength) & np.isfinite(loss))
        axes.plot(
            x[rows],
            loss[rows],
            linestyle="none",
            marker="o",
            markersize=5 if loss.size <= 400 else 3.5,
            markeredgewidth=0.4,
            markeredgecolor="white",
            color=shades[k],
            alpha=0.85,
            gid=f"networks-{k}",
            label=_network_label(place.strengths, k),
        )
        tooltips[f"networks-{k}"] = [words[row] for row in rows]
    return tooltips


def _draw_legend(figure: Figure, axes: Axes, n_strengths: int) -> None:
    """Explain the marks above the axes: strengths in a row of their own where there are several."""
    entries = list(zip(*axes.get_legend_handles_labels(), strict=True))
    networks = [entry for entry in entries if str(entry[0].get_gid()).startswith("networks")]
    marks = [entry for entry in entries if entry not in networks]
    rows = [networks + marks] if n_strengths == 1 else [networks, marks]
    drawing.legend(figure, rows)


def _network_label(strengths: list[float], k: int) -> str:
    if len(strengths) == 1:
        return "one network"
    if len(strengths) <= NAMED_STRENGTHS:
        return f"L2 {plain(strengths[k])}"
    ends = {0: "light", len(strengths) - 1: "dark"}
    return f"L2 {plain(strengths[k])} ({ends[k]})" if k in ends else "_"


def _draw_threshold(axes: Axes, choice: Choice) -> None:
    threshold, best = choice["threshold"], choice["best"]["validation_loss"]
    if threshold is None:
        return
    axes.axhspan(best, threshold, color=drawing.ORANGE, alpha=0.16, linewidth=0, gid="band")
    axes.axhline(
        threshold,
        color=drawing.ORANGE,
        linestyle=(0, (5, 3)),
        linewidth=1.4,
        gid="threshold",
        label="best + one standard error",
    )


def _draw_choice(axes: Axes, choice: Choice, trials: Trials, place: _Placement) -> None:
    """Ring the chosen network, or each member of the ensemble, and frame the best."""
    best = choice["best"]
    hollow: dict[str, Any] = {"linestyle": "none", "markerfacecolor": "none", "zorder": 5}
    members = distinct(choice["members"])
    if len(members) > 1:
        ensemble = choice["validation_loss"]
        axes.axhline(ensemble, color=drawing.VERMILLION, linewidth=1.4, gid="ensemble", label="the ensemble")
        y = [mean_loss(trials, member) for member in members]
        label = f"its {len(members)} members"
    else:
        y, label = [choice["validation_loss"]], "chosen"
    axes.plot(
        [place.of(member) for member in members],
        y,
        **hollow,
        marker="o",
        markersize=13,
        markeredgecolor=drawing.VERMILLION,
        markeredgewidth=2.4,
        gid="chosen",
        label=label,
    )
    axes.plot(
        [place.of(best)],
        [best["validation_loss"]],
        **hollow,
        marker="D",
        markersize=8,
        markeredgecolor=drawing.INK,
        markeredgewidth=1.4,
        gid="best",
        label="lowest error",
    )


def _draw_diverged(axes: Axes, trials: Trials, place: _Placement, tooltips: dict[str, list[str]]) -> None:
    """Mark at the top edge of each column how many of its networks have no error to be drawn at."""
    lost = Counter(hidden for hidden, gone in zip(trials["hidden"], trials["diverged"], strict=True) if gone)
    if not lost:
        return
    of = Counter(trials["hidden"])
    edge = axes.get_xaxis_transform()
    sizes = [size for size in place.sizes if size in lost]
    columns = [place.sizes.index(size) for size in sizes]
    axes.plot(
        columns,
        [1.03] * len(sizes),
        transform=edge,
        clip_on=False,
        linestyle="none",
        marker="x",
        markersize=7,
        markeredgewidth=1.8,
        color=drawing.PURPLE,
        gid="diverged",
        label="diverged (how many)",
    )
    for column, size in zip(columns, sizes, strict=True):
        axes.annotate(
            str(lost[size]),
            (column, 1.03),
            xycoords=edge,
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
    tooltips["diverged"] = [f"{units(size)}: {lost[size]} of {of[size]} diverged" for size in sizes]
