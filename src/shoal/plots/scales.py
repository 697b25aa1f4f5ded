"""Axes that do not mislead: when to be logarithmic, where labels go so that none hides another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from shoal.shapes import Array

LOGARITHMIC_FROM = 8.0  # ratio of largest to smallest from which a linear axis hides the small ones


LABEL_WIDTH = 46  # characters along an upright axis
LABEL_HEIGHT = 14.0  # SVG units between the middles of two lines of text


def finite(values: Sequence[float | None]) -> Array:
    """Return ``values`` as floats (N,), with NaN for null."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def scale_errors(axes: Axes, errors: Array, label: str) -> None:
    """Scale the vertical axis to ``errors`` (N,), logarithmically where they span too much to be seen else.

    The axis says so in its label. NaN and infinities are left out of account.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    seen = errors[np.isfinite(errors)]
    logarithmic = bool(seen.size and seen.min() > 0 and seen.max() / seen.min() >= LOGARITHMIC_FROM)
    if logarithmic:
        wide = seen.max() / seen.min() >= 1e3
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        label = f"{label}, log scale"
    plain_ticks(axes.yaxis)
    axes.set_ylabel(textwrap.fill(label, LABEL_WIDTH))


def plain_ticks(axis: Axis, most: int | None = None, whole: bool = False) -> None:
    """Label the ticks of ``axis`` with numbers as they are: no factor, no offset to be added in one's mind.

    At ``most`` so many, and only at ``whole`` numbers, where that is asked for.
    """
    from matplotlib.ticker import Formatter, MaxNLocator

    class PlainFormatter(Formatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            return tick_labels(values)

    if most is not None:
        axis.set_major_locator(MaxNLocator(most, integer=whole, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PlainFormatter())


def log_axis(axis: Axis) -> None:
    """Make an axis logarithmic, with powers of ten written as such and no more ticks than fit."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.axes.set_xscale("log") if axis.axis_name == "x" else axis.axes.set_yscale("log")  # type: ignore[attr-defined]
    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))


def power_of_ten(value: float) -> str:
    """Return a tick of a logarithmic axis: plain near one, a power of ten elsewhere.

    >>> [power_of_ten(v) for v in (1e-16, 0.01, 1.0, 100.0, 1e5)]
    ['10⁻¹⁶', '0.01', '1', '100', '10⁵']
    """
    exponent = round(np.log10(value))
    if -3 < exponent < 4:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Return ``ticks`` with as many decimals as the evenly spaced among them need to differ.

    >>> tick_labels([0.4, 0.45, 0.5]), tick_labels([0.5, 1.0, 10.0])
    (['0.40', '0.45', '0.50'], ['0.5', '1', '10'])
    """
    steps = np.diff(ticks)
    if steps.size and np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        exact = (d for d in range(6) if np.isclose(steps[0], np.round(steps[0], d), rtol=1e-6, atol=0))
        if decimals := next(exact, 0):
            return [f"{tick:,.{decimals}f}".replace("-", "−") for tick in ticks]
    return [plain(float(f"{tick:.9g}")) for tick in ticks]


def spread_apart(wanted: Sequence[float], gap: float, low: float = -np.inf, high: float = np.inf) -> Array:
    """Return positions at least ``gap`` apart, in the order of ``wanted``, nearest to it in least squares.

    With ``w`` sorted and ``v_i = p_i − i·gap`` the constraint is that ``v`` does not decrease, so ``v``
    is the isotonic regression of ``w_i − i·gap``, found by pooling adjacent violators (Ayer et al. 1955).
    Positions keep between ``low`` and ``high``, or above ``low`` where there is no room for all.

    >>> spread_apart([1.0, 1.0, 5.0], 1.0).tolist()
    [0.5, 1.5, 5.0]
    >>> spread_apart([1.0, 1.0, 5.0], 1.0, low=1.0, high=4.0).tolist()
    [1.0, 2.0, 4.0]
    """
    order = np.argsort(np.asarray(wanted, dtype=np.float64), kind="stable")
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, size = float(wanted[index]) - rank * gap, 1
        while pools and pools[-1][0] > mean:
            before, n = pools.pop()
            mean, size = (before * n + mean * size) / (n + size), n + size
        pools.append((mean, size))
    pooled = np.repeat([mean for mean, _ in pools], [size for _, size in pools])
    positions = np.empty(len(order))
    # Bounds on the ends bound every v, and the isotonic regression between bounds is the clipped one.
    positions[order] = np.maximum(np.minimum(pooled, high - gap * (len(order) - 1)), low)
    positions[order] += gap * np.arange(len(order))
    return positions


@dataclass(frozen=True)
class End:
    """The right end of a line in the units of the data, its name, and its colour and marker.

    ``leads`` is false where a thin line from there to the name would look like data.
    """

    name: str
    x: float
    y: float
    style: dict[str, Any]
    leads: bool = True


def name_lines(figure: Figure, axes: Axes, ends: Sequence[End], form: drawing.Form = "") -> None:
    """Name each line at its end, or above the axes where a figure is too narrow for that.

    Call this once the axes have their scales.
    """
    from matplotlib.lines import Line2D

    if form == "narrow":
        entries = [(Line2D([], [], linewidth=1.8, markersize=6, **end.style), end.name) for end in ends]
        drawing.legend(figure, drawing.in_rows(entries))
    else:
        _label_ends(axes, ends)


def _label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Name each line right of the axes at the height of its end, moved where two names would collide.

    A thin line leads from the end to its name.
    """
    low, high = axes.get_ylim()
    height = np.log if axes.get_yscale() == "log" else np.asarray
    share = [float((height(end.y) - height(low)) / (height(high) - height(low))) for end in ends]
    gap = LABEL_HEIGHT / axes.bbox.height
    for end, to in zip(ends, spread_apart(share, gap, 0.0, 1.0), strict=True):
        if end.leads:
            axes.annotate(
                "",
                (end.x, end.y),
                xytext=(1.02, float(to)),
                textcoords="axes fraction",
                annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": end.style["color"], "linewidth": 0.7, "shrinkA": 0},
            )
        axes.plot([1.02], [to], transform=axes.transAxes, clip_on=False, markersize=6, **end.style)
        axes.text(1.035, float(to), end.name, transform=axes.transAxes, va="center")
