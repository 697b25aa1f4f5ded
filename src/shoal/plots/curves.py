"""Losses of the chosen network over its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plots import drawing
from shoal.plots.scales import End, finite, name_lines, plain_ticks, scale_errors
from shoal.plots.text import measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shoal.plots.evidence import LossCurves, Score
    from shoal.shapes import Array

TRAINING: dict[str, Any] = {"color": drawing.BLUE, "linestyle": "-"}
VALIDATION: dict[str, Any] = {"color": drawing.VERMILLION, "linestyle": (0, (6, 2))}


def lines(curves: LossCurves, score: Score, form: drawing.Form = "") -> str:
    """Return training and validation loss against epochs as SVG, the best epoch marked."""
    narrow = form == "narrow"
    with drawing.axes(*((drawing.NARROW, 320) if narrow else (640, 330))) as (figure, axes):
        name_lines(figure, axes, draw(axes, curves, score, narrow), form)
        title = f"Training and validation {measured(**score)} against epochs"
        return drawing.svg(figure, "curves", title, form=form)


def draw(axes: Axes, curves: LossCurves, score: Score, narrow: bool = False) -> list[End]:
    """Draw the lines on ``axes`` and return where each ends; see ``lines``."""
    training, validation = finite(curves["train_loss"]), finite(curves["validation_loss"] or [])
    ends = _draw(axes, "training", training, TRAINING) + _draw(axes, "validation", validation, VALIDATION)
    if curves["best_epoch"]:
        _draw_best(axes, validation if validation.size else training, curves["best_epoch"])
    axes.set_xlabel("epochs")
    axes.margins(x=0.02)
    plain_ticks(axes.xaxis, most=6 if narrow else 10, whole=True)
    scale_errors(axes, np.concatenate([training, validation]), measured(**score))
    return ends


def _draw(axes: Axes, name: str, loss: Array, style: dict[str, Any]) -> list[End]:
    """Draw ``loss`` (epochs,) and return where its line ends; nothing where it has no value."""
    seen = np.flatnonzero(np.isfinite(loss))
    if not seen.size:
        return []
    marker = "o" if seen.size == 1 else ""
    axes.plot(np.arange(1, loss.size + 1), loss, linewidth=1.8, marker=marker, gid=name, **style)
    return [End(name, float(seen[-1]) + 1, float(loss[seen[-1]]), style)]


def _draw_best(axes: Axes, loss: Array, epoch: int) -> None:
    lowest = loss[epoch - 1 : epoch]
    axes.plot([epoch] * lowest.size, lowest, "o", color=drawing.VERMILLION, markersize=6, gid="best")
    axes.axvline(epoch, color=drawing.GREY, linewidth=1.2, linestyle=(0, (1, 2)))
    axes.annotate(
        f"best epoch: {epoch}",
        (epoch, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        annotation_clip=False,
    )
