"""How a model of sequences does over time: error by length, states, and how far back a gradient reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import log_axis, plain_ticks
from shoal.plots.series import shade
from shoal.plots.text import number, percent, shortened
from shoal.words import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES = (0, (4, 3))


class LengthBin(TypedDict):
    """Test sequences of ``first`` to ``last`` steps: how many, their mean error and its 95 % interval."""

    first: int
    last: int
    count: int
    error: float
    low: float
    high: float


class Reach(TypedDict):
    """The length of ∂J/∂h so many steps before the last, over that at the last, of one ``direction`` of time.

    ``start`` is before training, ``end`` after.
    """

    direction: str
    start: list[float]
    end: list[float]


class States(TypedDict):
    """A test sequence in a recurrent network: its first ``channels`` as the network sees them, and more.

    ``salience`` is Σ_c ∂z/∂x_t · x_t of every step, z the score of what it is called, and ``states`` (units,
    steps) are those of one ``layer``; of long sequences every so-many-th step is there, ``stride`` of them.
    """

    name: str
    actual: str
    called: str
    layer: str
    stride: int
    channels: list[list[float]]
    salience: list[float]
    states: list[list[float]]


class InTime(TypedDict, total=False):
    """What there is to show of sequences besides examples: parts that the model and the data allow."""

    by_length: list[LengthBin]
    reach: list[Reach]
    states: States


def by_length(bins: Sequence[LengthBin], measure: str, shares: bool, form: drawing.Form = "") -> str:
    """Return the error of test sequences against their length as SVG; ``measure`` says of what kind it is."""
    from matplotlib.ticker import PercentFormatter

    size = (drawing.NARROW, 240) if form == "narrow" else (640, 260)
    with drawing.axes(*size) as (figure, axes):
        tooltips = {}
        for k, each in enumerate(bins):
            low, high = each["first"], each["last"]
            middle = (low + high) / 2
            axes.plot(
                [low, high], [each["error"]] * 2, color=drawing.BLUE, linewidth=3, solid_capstyle="butt"
            )
            axes.plot([middle] * 2, [each["low"], each["high"]], color=drawing.BLUE, linewidth=1.2)
            axes.plot([middle], [each["error"]], "o", color=drawing.BLUE, gid=f"length-{k}")
            steps = f"{low:,} to {high:,}" if low < high else f"{low:,}"
            told = percent(each["error"]) if shares else number(each["error"])
            tooltips[f"length-{k}"] = [
                f"{plural(each['count'], 'sequence')} of {steps} steps: {measure} {told}"
            ]
        axes.set_xlabel("steps of a sequence")
        axes.set_ylabel(measure)
        axes.set_ylim(bottom=0)
        plain_ticks(axes.xaxis, most=6, whole=True)
        if shares:
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        else:
            plain_ticks(axes.yaxis, most=5)
        return drawing.svg(figure, "bylength", f"{measure} by length", tooltips, form)


def reach(lines: Sequence[Reach], form: drawing.Form = "") -> str:
    """Return how long ∂J/∂h is so many steps before the last, before training and after it, as SVG."""
    size = (drawing.NARROW, 280) if form == "narrow" else (640, 300)
    with drawing.axes(*size) as (figure, axes):
        for line, colour in zip(lines, drawing.CATEGORIES, strict=False):
            for key, told, style in (("start", "before training", DASHES), ("end", "trained", "-")):
                values = np.array([value or np.nan for value in line[key]], dtype=np.float64)  # type: ignore[literal-required]
                steps = np.arange(len(values))
                label = f"{line['direction']}, {told}" if len(lines) > 1 else told
                axes.plot(steps, values, color=colour, linewidth=1.8, linestyle=style, label=label)
        axes.axhline(1, color=drawing.GREY, linewidth=1, zorder=1)
        axes.set_xlim(max(max(len(line["end"]) for line in lines) - 1, 1), 0)
        axes.set_xlabel("steps before the last that is taken")
        axes.set_ylabel("‖∂J/∂h‖ over that at the last")
        log_axis(axes.yaxis)
        plain_ticks(axes.xaxis, most=6, whole=True)
        handles, labels = axes.get_legend_handles_labels()
        rows = drawing.in_rows(list(zip(handles, labels, strict=True)), 2 if form == "narrow" else 4)
        drawing.legend(figure, rows)
        return drawing.svg(figure, "reach", "How far back in time the gradient reaches", form=form)


def states(shown: States, form: drawing.Form = "") -> str:
    """Return a sequence, behind it what its score depends on, and below it states over time, as SVG."""
    size = (drawing.NARROW, 380) if form == "narrow" else (640, 380)
    steps = len(shown["salience"])
    with drawing.sheet(*size) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        _curves(above, shown)
        units = np.array(shown["states"])
        largest = max(float(np.abs(units).max()), 1e-12)
        edges = 1 + shown["stride"] * (np.arange(steps + 1) - 0.5)
        image = below.imshow(
            units,
            cmap="PuOr_r",
            vmin=-largest,
            vmax=largest,
            aspect="auto",
            interpolation="nearest",
            extent=(edges[0], edges[-1], len(units) + 0.5, 0.5),
        )
        below.grid(visible=False)
        below.set_xlabel("step")
        below.set_ylabel("unit")
        plain_ticks(below.xaxis, most=8 if form != "narrow" else 5, whole=True)
        plain_ticks(below.yaxis, most=5, whole=True)
        bar = figure.colorbar(image, ax=below, location="bottom", shrink=0.5, aspect=30)
        plain_ticks(bar.ax.xaxis, most=5)
        bar.set_label("state h")
        bar.outline.set_visible(False)
        title = f"States of a network over {plural(steps * shown['stride'], 'step')}"
        return drawing.svg(figure, "states", title, form=form)


def _curves(axes: Axes, shown: States) -> None:
    called, actual = shortened(shown["called"], 16), shortened(shown["actual"], 16)
    steps = 1 + shown["stride"] * np.arange(len(shown["salience"]))
    for k, channel in enumerate(shown["channels"]):
        colour = drawing.CATEGORIES[k % len(drawing.CATEGORIES)]
        axes.plot(steps, channel, color=colour, linewidth=1.2, marker="o" if len(steps) == 1 else "")
    shade(axes, np.array(shown["salience"]), shown["stride"], int(steps[-1]))
    told = f"predicted {called}"
    axes.set_title(told if called == actual else f"{told}, is {actual}", fontsize=10)
    axes.set_ylabel("input")
    plain_ticks(axes.yaxis, most=3)
