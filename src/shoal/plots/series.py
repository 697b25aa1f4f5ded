"""Sequences of a report: how long they are, and how some of the test look: see ``shoal.plots.evidence``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import shortened
from shoal.shapes import Array
from shoal.words import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES = 100
"""Curves of one example at most."""
AGAINST, SPEAKS = "#7DB8DA", "#F2A93B"
"""Behind curves: light enough for a curve of any colour to be seen on them."""


class ViewShown(TypedDict):
    """One view of a mixture: what it is, its mean loss for samples held out, and its weight."""

    view: str
    loss: float
    weight: float


class MixtureShown(TypedDict):
    """What predicts in place of the networks alone: the weighted mean of views, and a sentence of it."""

    sentence: str
    views: list[ViewShown]


class SequenceShape(TypedDict):
    """What sequences are like: their channels, their steps, and the share of values that are missing.

    ``counts`` are of sequences whose steps are from one of the ``edges`` on and below the next.
    """

    channels: list[str]
    shortest: int
    median: float
    longest: int
    missing: float
    edges: list[int]
    counts: list[int]


class SeriesExampleLater(TypedDict, total=False):
    """What evidence of an earlier version may lack, or had no time for.

    ``salience`` is how much each ``window`` of so many steps speaks for what the sequence is called.
    """

    window: int
    salience: list[float]


class SeriesExample(SeriesExampleLater):
    """A test sequence: what it is and what it is called, and its first ``channels``, null where nothing is.

    ``right`` is null for numbers. Of long sequences every so-many-th step is there, ``stride`` of them.
    """

    name: str
    actual: str
    called: str
    right: bool | None
    stride: int
    channels: list[list[float | None]]


def lengths(shape: SequenceShape, form: drawing.Form = "") -> str:
    """Return how many sequences have how many steps as SVG."""
    edges, counts = np.array(shape["edges"]), np.array(shape["counts"])
    narrow = form == "narrow"
    with drawing.axes(*((drawing.NARROW, 240) if narrow else (640, 260))) as (figure, axes):
        bars = axes.bar(
            edges[:-1], counts, np.diff(edges), align="edge", color=drawing.BLUE, edgecolor="white"
        )
        tooltips = {}
        for k, bar in enumerate(bars):
            bar.set_gid(f"bin-{k}")
            last = int(edges[k + 1]) - 1
            steps = f"{edges[k]:,}" if last == edges[k] else f"{edges[k]:,} to {last:,}"
            tooltips[f"bin-{k}"] = [f"{plural(int(counts[k]), 'sequence')} of {steps} steps"]
        axes.set_xlabel("steps")
        axes.set_ylabel("sequences")
        axes.grid(visible=False, axis="x")
        plain_ticks(axes.xaxis, most=6, whole=True)
        plain_ticks(axes.yaxis, most=5, whole=True)
        title = f"Steps of {plural(int(counts.sum()), 'sequence')}"
        return drawing.svg(figure, "lengths", title, tooltips, form)


def examples(shown: Sequence[SeriesExample], form: drawing.Form = "") -> str:
    """Return test sequences as small curves over their steps as SVG: what each is, and what it is called."""
    across = 1 if form == "narrow" else 3
    down = -(-len(shown) // across)
    width = drawing.NARROW if form == "narrow" else 640
    with drawing.sheet(width, 135 * down) as figure:
        for place, example in enumerate(shown):
            axes = figure.add_subplot(down, across, place + 1)
            wrong = example["right"] is False
            for k, values in enumerate(example["channels"]):
                y = np.array([np.nan if value is None else value for value in values])
                steps = 1 + example["stride"] * np.arange(len(y))
                colour = drawing.CATEGORIES[k % len(drawing.CATEGORIES)]
                marker = "o" if len(y) == 1 else ""
                axes.plot(
                    steps, y, color=colour, linewidth=1.2, marker=marker, gid=f"curve-{CURVES * place + k}"
                )
            if salience := example.get("salience"):
                steps_in_all = example["stride"] * (len(example["channels"][0]) - 1) + 1
                shade(axes, np.array(salience), example.get("window", 1), steps_in_all)
            called, actual = shortened(example["called"], 16), shortened(example["actual"], 16)
            told = f"{called}, is {actual}" if example["right"] is not True else called
            axes.set_title(told, fontsize=10, color=drawing.VERMILLION if wrong else drawing.INK)
            plain_ticks(axes.xaxis, most=4, whole=True)
            plain_ticks(axes.yaxis, most=3)
        return drawing.svg(figure, "examples", f"{plural(len(shown), 'test sequence')}", form=form)


def shade(axes: Axes, salience: Array, window: int, steps: int) -> None:
    """Colour what lies behind curves, window by window, by a number: orange above 0, blue below."""
    from matplotlib.colors import LinearSegmentedColormap

    largest = float(np.abs(salience).max())
    if largest == 0:
        return
    edges = np.minimum(0.5 + window * np.arange(len(salience) + 1), steps + 0.5)
    low, high = axes.get_ylim()
    axes.pcolormesh(
        edges,
        [low, high],
        salience[None],
        cmap=LinearSegmentedColormap.from_list("salience", [AGAINST, "#FFFFFF", SPEAKS]),
        vmin=-largest,
        vmax=largest,
        zorder=0,
    )
    axes.set_ylim(low, high)
