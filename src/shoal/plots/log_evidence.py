"""What the Bayesian evidence says of every size, beside what validation says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.networks import HIDDEN_UNIT, distinct, key_of, keys, ordered_sizes
from shoal.plots.scales import finite, plain_ticks, scale_errors
from shoal.plots.text import measured, number, plain, size_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shoal.plots.evidence import ChosenNetwork, Score, TrialColumns
    from shoal.plots.networks import Key
    from shoal.shapes import Array

POINTS: dict[str, Any] = {
    "markersize": 5,
    "markeredgewidth": 0.4,
    "markeredgecolor": "white",
    "alpha": 0.85,
}


def pair(
    trials: TrialColumns,
    choice: ChosenNetwork,
    score: Score,
    unit: str = HIDDEN_UNIT,
    form: drawing.Form = "",
) -> str:
    """Return log evidence and validation error against the sizes as SVG, every random start a point in both.

    Starts that diverged have neither. The scale of the evidence begins half its range below the median of
    the worst size, so that a start that went astray does not press the others flat.
    """
    sizes = ordered_sizes(trials)
    known = keys(trials)
    x = np.array([sizes.index(size) for size in trials["hidden"]], dtype=np.float64)
    evidence, losses = finite(trials["log_evidence"]), finite(trials["validation_loss"])
    told = [
        f"{size_name(hidden)} {unit}s, L2 {plain(l2)}, start {start}: {number(nats, 5)} nats, {number(loss)}"
        for (hidden, l2, start, _), nats, loss in zip(known, evidence.tolist(), losses.tolist(), strict=True)
    ]
    label = f"validation {measured(**score)}"
    limits = _limits(x, evidence)
    tooltips = {}
    narrow = form == "narrow"
    with drawing.sheet(*((drawing.NARROW, 660) if narrow else (720, 350))) as figure:
        left, right = figure.subplots(2, 1) if narrow else figure.subplots(1, 2)
        for axes, values, name, lowest in ((left, evidence, "nats", limits[0]), (right, losses, "losses", 0)):
            shown = np.isfinite(evidence) & (values >= lowest)
            tooltips[name] = [words for words, visible in zip(told, shown, strict=True) if visible]
            axes.plot(x[shown], values[shown], "o", color=drawing.BLUE, gid=name, label="one start", **POINTS)
            _mark(axes, name, choice, known, x, values)
            axes.set_xticks(range(len(sizes)), [size_name(size) for size in sizes])
            axes.set_xlim(-0.6, len(sizes) - 0.4)
            axes.set_xlabel(f"{unit}s")
            axes.grid(visible=False, axis="x")
        left.set_ylabel("log evidence (nats)")
        left.set_ylim(*limits)
        plain_ticks(left.yaxis, most=6)
        scale_errors(right, losses, label)
        entries = list(zip(*left.get_legend_handles_labels(), strict=True))
        drawing.legend(figure, drawing.in_rows(entries) if narrow else [entries])
        title = f"Log evidence and {label} against {unit}s"
        return drawing.svg(figure, "evidence", title, tooltips, form)


def _mark(axes: Axes, name: str, choice: ChosenNetwork, known: list[Key], x: Array, values: Array) -> None:
    """Ring the choice, and frame what validation would choose."""
    (chosen,) = (known.index(key) for key in distinct(choice["members"]))
    best = known.index(key_of(choice["best"]))
    axes.plot(x[chosen], values[chosen], gid=f"chosen-{name}", label="largest evidence", **drawing.RING)
    axes.plot(x[best], values[best], gid=f"best-{name}", label="lowest validation error", **drawing.DIAMOND)


def _limits(x: Array, evidence: Array) -> tuple[float, float]:
    known = np.isfinite(evidence)
    low = min(float(np.median(evidence[known & (x == column)])) for column in np.unique(x[known]))
    high = float(evidence[known].max())
    range_of_medians = high - low or 1.0
    return low - 0.5 * range_of_medians, high + 0.06 * range_of_medians
