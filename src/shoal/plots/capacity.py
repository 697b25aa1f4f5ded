"""Validation error against the number of hidden units, every random start a point.

The lecture's graph for choosing M (after Bishop 2006, *Pattern Recognition and Machine Learning*, fig. 5.10).
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.networks import HIDDEN_UNIT, distinct, key_of, keys, ordered_sizes, starts, units
from shoal.plots.scales import scale_errors
from shoal.plots.text import measured, plain, size_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from shoal.plots.evidence import ChosenNetwork, Score, TrialColumns
    from shoal.plots.networks import Key, Start

COLUMN = 0.72  # of the distance between two sizes is taken by the points of one
UPRIGHT, UPRIGHT_NARROW = 75, 36  # characters of all sizes that fit beside each other
GOLDEN = 0.6180339887  # multiples of it, modulo one, never come close to each other
NAMED_STRENGTHS = 5  # more than these and the legend names the ends of the scale only


def scatter(
    trials: TrialColumns,
    choice: ChosenNetwork,
    score: Score,
    unit: str = HIDDEN_UNIT,
    form: drawing.Form = "",
) -> str:
    """Return the scatter as SVG: a column a size, a point a start, the choice, the best and the threshold.

    Sizes are ordered by their parameters, the order in which the one-standard-error rule prefers them.
    Within a column starts stand side by side by L2 strength and number, which carries no other meaning.
    With folds a point is the mean over them. Starts that diverged have no error; they are counted at the
    top edge.
    """
    narrow = form == "narrow"
    with drawing.axes(*((drawing.NARROW, 400) if narrow else (640, 370))) as (figure, axes):
        drawn = draw(axes, trials, choice, score, unit, narrow)
        drawing.legend(figure, drawn.legend)
        title = f"Scatter of {_label(score)} against {unit}s, {len(starts(trials, unit))} random starts"
        return drawing.svg(figure, "capacity", title, drawn.tooltips, form)


def draw(
    axes: Axes,
    trials: TrialColumns,
    choice: ChosenNetwork,
    score: Score,
    unit: str = HIDDEN_UNIT,
    narrow: bool = False,
) -> drawing.Annotations:
    """Draw the scatter on ``axes``; see ``scatter``."""
    everything, place = starts(trials, unit), _Placement(trials)
    tooltips = _draw_starts(axes, everything, place)
    _draw_choice(axes, choice, everything, place)
    _draw_threshold(axes, choice)
    _draw_diverged(axes, everything, place, tooltips, unit)
    axes.margins(y=0.06)
    _scale_sizes(axes, place.sizes, unit, UPRIGHT_NARROW if narrow else UPRIGHT)
    scale_errors(axes, np.array([start.loss for start in everything.values()]), _label(score))
    return drawing.Annotations(_legend(axes, len(place.strengths), narrow), tooltips)


def _label(score: Score) -> str:
    return f"validation {measured(**score)}"


class _Placement:
    """Where a start stands: in the column of its size, there by its L2 strength, there by its number."""

    def __init__(self, trials: TrialColumns) -> None:
        self.sizes = ordered_sizes(trials)
        self.strengths = sorted(set(trials["l2"]))
        among = sorted({key[2:] for key in keys(trials)})
        self._ranks = {start: rank for rank, start in enumerate(among)}

    def x(self, key: Key) -> float:
        hidden, l2, start, settings = key
        lane = COLUMN / len(self.strengths)
        jitter = ((self._ranks[start, settings] + 1) * GOLDEN) % 1 - 0.5 if len(self._ranks) > 1 else 0.0
        middle = (self.strengths.index(l2) + 0.5) * lane - COLUMN / 2
        return self.sizes.index(hidden) + middle + 0.8 * lane * jitter


def _draw_starts(axes: Axes, everything: Mapping[Key, Start], place: _Placement) -> dict[str, list[str]]:
    """Draw a point for each start that has an error; return what to say over each."""
    tooltips: dict[str, list[str]] = {}
    shades = drawing.shades(len(place.strengths))
    for k, strength in enumerate(place.strengths):
        here = [(key, s) for key, s in everything.items() if s.l2 == strength and math.isfinite(s.loss)]
        axes.plot(
            [place.x(key) for key, _ in here],
            [start.loss for _, start in here],
            linestyle="none",
            marker="o",
            markersize=5 if len(everything) <= 400 else 3.5,
            markeredgewidth=0.4,
            markeredgecolor="white",
            color=shades[k],
            alpha=0.85,
            gid=f"starts-{k}",
            label=_strength_label(place.strengths, k),
        )
        tooltips[f"starts-{k}"] = [start.words for _, start in here]
    return tooltips


def _scale_sizes(axes: Axes, sizes: list[str], unit: str, upright: int) -> None:
    names = [size_name(size) for size in sizes]
    slanted: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    crowded = max(map(len, names)) * len(names) > upright
    axes.set_xlim(-0.6, len(sizes) - 0.4)
    axes.set_xticks(range(len(names)), names, **(slanted if crowded else {}))
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(f"{unit}s")


def _legend(axes: Axes, n_strengths: int, narrow: bool) -> drawing.Legend:
    """Return what explains the marks: strengths in a row of their own where there are several."""
    entries = list(zip(*axes.get_legend_handles_labels(), strict=True))
    points = [entry for entry in entries if str(entry[0].get_gid()).startswith("starts")]
    marks = [entry for entry in entries if entry not in points]
    rows = [points + marks] if n_strengths == 1 else [points, marks]
    return [row for entries in rows for row in drawing.in_rows(entries)] if narrow else rows


def _strength_label(strengths: list[float], k: int) -> str:
    if len(strengths) == 1:
        return "one random start"
    if len(strengths) <= NAMED_STRENGTHS:
        return f"L2 {plain(strengths[k])}"
    ends = {0: "light", len(strengths) - 1: "dark"}
    return f"L2 {plain(strengths[k])} ({ends[k]})" if k in ends else "_"


def _draw_threshold(axes: Axes, choice: ChosenNetwork) -> None:
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


def _draw_choice(
    axes: Axes, choice: ChosenNetwork, everything: Mapping[Key, Start], place: _Placement
) -> None:
    """Ring the chosen start, or each member of the ensemble, and frame the best."""
    members = distinct(choice["members"])
    label = "chosen"
    if len(members) > 1:
        ensemble = choice["validation_loss"]
        axes.axhline(ensemble, color=drawing.VERMILLION, linewidth=1.4, gid="ensemble", label="the ensemble")
        label = f"its {len(members)} members"
    axes.plot(
        [place.x(key) for key in members],
        [everything[key].loss for key in members],
        gid="chosen",
        label=label,
        **drawing.RING,
    )
    axes.plot(
        [place.x(key_of(choice["best"]))],
        [choice["best"]["validation_loss"]],
        gid="best",
        label="lowest error",
        **drawing.DIAMOND,
    )


def _draw_diverged(
    axes: Axes,
    everything: Mapping[Key, Start],
    place: _Placement,
    tooltips: dict[str, list[str]],
    unit: str,
) -> None:
    """Mark at the top edge of each column how many of its starts have no error to be drawn at."""
    of = Counter(start.hidden for start in everything.values())
    lost = Counter(start.hidden for start in everything.values() if not math.isfinite(start.loss))
    sizes = [size for size in place.sizes if size in lost]
    if not sizes:
        return
    edge = axes.get_xaxis_transform()
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
    tooltips["diverged"] = [f"{units(size, unit)}: {lost[size]} of {of[size]} diverged" for size in sizes]
