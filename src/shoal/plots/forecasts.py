"""Forecasts of a report: how they go on, how far off they are by step; and the format of their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.tested import ScoredModel
from shoal.plots.text import shortened
from shoal.words import plural

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from shoal.shapes import Array

KIND: Literal["forecasts"] = "forecasts"
OURS = "shoal"
BASELINES = ("naive", "seasonal naive", "linear")
STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": drawing.VERMILLION, "linewidth": 1.8},
    "naive": {"color": drawing.GREY, "linewidth": 1.2, "linestyle": (0, (2, 2))},
    "seasonal naive": {"color": drawing.PURPLE, "linewidth": 1.2, "linestyle": (0, (1, 1.5))},
    "linear": {"color": drawing.GREEN, "linewidth": 1.4, "linestyle": (0, (5, 2))},
}
"""Lines of the same look in every figure."""
BANDS = {"0.95": 0.16, "0.8": 0.3}
"""Shares of values that bands are to hold, and how dark they are, the widest first."""


class ForecastAsked(TypedDict):
    """What the user asked for; ``season`` is 1 where there is none."""

    command: str
    again: str
    table: str
    horizon: int
    quality: str
    time: float | None
    seed: int


class ForecastData(TypedDict):
    """What was read: ``step`` is what lies between two steps, ``first`` and ``last`` are time stamps."""

    series: int
    channels: list[str]
    shortest: int
    longest: int
    step: str
    first: str
    last: str
    warnings: list[str]


class TriedMethod(TypedDict):
    """What was tried, its error at the rolling origins, and its weight in the mixture."""

    name: str
    words: str
    validation: float
    weight: float


class ChosenMixture(TypedDict):
    """What was chosen, by ``origins`` of every series; ``season_found``: nobody had asked for it."""

    season: int
    season_found: bool
    origins: int
    sentence: str
    candidates: list[TriedMethod]


class Covered(TypedDict):
    """The share of the values of the test inside intervals made for ``coverage`` of them."""

    coverage: float
    covered: float


class ForecastsHeldOut(TypedDict):
    """Scores on the last steps of every series; ``by_step`` are errors in units of MASE, step by step."""

    values: int
    outcome: Literal["chosen", "level", "baseline", "alone"]
    sentence: str
    models: list[ScoredModel]
    by_step: dict[str, list[float | None]]
    covered: list[Covered]


class Band(TypedDict):
    """The ends of intervals."""

    lower: list[float]
    upper: list[float]


class Shown(TypedDict):
    """A series of the test: the end of its ``history``, what came then, and what was forecast, by name.

    ``bands`` are by the share that they are to hold, ``start`` and ``end`` the first and last time stamps of
    the test.
    """

    name: str
    start: str
    end: str
    history: list[float | None]
    actual: list[float | None]
    lines: dict[str, list[float]]
    bands: dict[str, Band]


class ForecastEvidence(TypedDict):
    """The whole of ``evidence.json`` of a forecast."""

    format: int
    kind: Literal["forecasts"]
    title: str
    created: str
    seconds: float
    asked: ForecastAsked
    data: ForecastData
    choice: ChosenMixture
    test: ForecastsHeldOut
    final: str
    shown: list[Shown]
    versions: dict[str, str]


def series(shown: Sequence[Shown], form: drawing.Form = "") -> str:
    """Return the ends of series with what came then and what was forecast as SVG."""
    narrow = form == "narrow"
    across = 1 if narrow or len(shown) == 1 else 2
    down = -(-len(shown) // across)
    height = (190 if narrow else 250) * down + (70 if narrow else 40)
    with drawing.sheet(drawing.NARROW if narrow else 640, height) as figure:
        for place, one in enumerate(shown):
            axes = figure.add_subplot(down, across, place + 1)
            _draw(axes, one, place)
            axes.set_title(shortened(one["name"], 34), fontsize=10.5)
        entries = _entries(figure.axes[0], shown[0])
        drawing.legend(figure, drawing.in_rows(entries, 2 if narrow else 4))
        return drawing.svg(
            figure, "forecasts", f"Forecasts of {plural(len(shown), 'series', 'series')}", form=form
        )


def _draw(axes: Axes, one: Shown, place: int) -> None:
    past, actual = _values(one["history"]), _values(one["actual"])
    steps = np.arange(1, len(actual) + 1)
    for share, dark in BANDS.items():
        if band := one["bands"].get(share):
            axes.fill_between(
                steps, band["lower"], band["upper"], color=drawing.VERMILLION, alpha=dark, linewidth=0,
                label=f"holds {float(share):.0%}",
            )  # fmt: skip
    before = np.arange(1 - len(past), 1)
    axes.plot(
        before,
        past,
        color=drawing.GREY,
        linewidth=1.2,
        label="history",
        gid=f"history-{place}",
        **_dots(past),
    )
    joined = np.concatenate([past[-1:], actual])
    if np.isnan(actual[0]):
        joined[0] = np.nan  # there is nothing to join
    axes.plot(
        np.arange(len(joined)),
        joined,
        color=drawing.INK,
        linewidth=1.4,
        label="held out",
        gid=f"actual-{place}",
        **_dots(joined),
    )
    for name in reversed([name for name in STYLES if name in one["lines"]]):
        axes.plot(
            steps, one["lines"][name], label="forecast" if name == OURS else name, **STYLES[name],
            **_dots(_values(one["lines"][name])), gid=f"{name.replace(' ', '-')}-{place}",
        )  # fmt: skip
    axes.axvline(0.5, color=drawing.GREY, linewidth=0.8)
    axes.set_xlabel(f"steps ahead (1: {one['start']})")
    plain_ticks(axes.xaxis, most=6, whole=True)
    plain_ticks(axes.yaxis, most=5)


def _entries(axes: Axes, one: Shown) -> list[tuple[Artist, str]]:
    """Return the marks of a figure with their names, the forecast first."""
    handles, names = axes.get_legend_handles_labels()
    found = dict(zip(names, handles, strict=True))
    wanted = [
        "forecast",
        "held out",
        "history",
        *reversed([f"holds {float(s):.0%}" for s in BANDS]),
        *BASELINES,
    ]
    return [(found[name], name) for name in wanted if name in found]


def by_step(found: ForecastsHeldOut, form: drawing.Form = "") -> str:
    """Return errors against the steps ahead as SVG, of the forecast and of simpler ones."""
    narrow = form == "narrow"
    with drawing.axes(*((drawing.NARROW, 300) if narrow else (640, 300))) as (figure, axes):
        entries: list[tuple[Artist, str]] = []
        for name, style in STYLES.items():
            if name not in found["by_step"]:
                continue
            errors = _values(found["by_step"][name])
            steps = np.arange(1, len(errors) + 1)
            (line,) = axes.plot(steps, errors, gid=name.replace(" ", "-"), **style, **_dots(errors))
            entries.append((line, "forecast" if name == OURS else name))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("steps ahead")
        axes.set_ylabel("scaled absolute error")
        plain_ticks(axes.xaxis, most=8, whole=True)
        plain_ticks(axes.yaxis, most=5)
        drawing.legend(figure, drawing.in_rows(entries, 2 if narrow else 4))
        return drawing.svg(figure, "by-step", "Errors by steps ahead", form=form)


def _values(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _dots(values: Array) -> dict[str, Any]:
    """Return how those of the values are marked that have no neighbour, which a line would leave out."""
    known = np.isfinite(values)
    beside = np.concatenate([[False], known[:-1]]) | np.concatenate([known[1:], [False]])
    alone = np.flatnonzero(known & ~beside)
    return {"marker": "o", "markevery": alone.tolist()} if len(alone) else {}
