"""What other thresholds would do: the ROC curve, and precision against recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import shortened

if TYPE_CHECKING:
    from shoal.plots.promises import Operating


def pair(found: Operating, noun: str = "row", form: drawing.Form = "") -> str:
    """Return both curves as SVG, with a ring where the decision is and a line where chance would be."""
    label, chosen = shortened(found["label"], 20), found["chosen"]
    narrow = form == "narrow"
    with drawing.sheet(*((drawing.NARROW, 700) if narrow else (720, 370))) as figure:
        left, right = figure.subplots(2, 1) if narrow else figure.subplots(1, 2)
        line = {"color": drawing.BLUE, "linewidth": 1.6}
        chance = {"color": drawing.INK, "linewidth": 1.0}
        (curve,) = left.plot([0.0, *found["false_positive"]], [0.0, *found["recall"]], gid="roc", **line)
        (by_chance,) = left.plot([0, 1], [0, 1], gid="chance-roc", **chance)
        right.plot(found["recall"], found["precision"], gid="precision", **line)
        right.plot([0, 1], [found["share"]] * 2, gid="chance-precision", **chance)
        (ring,) = left.plot(chosen["false_positive"], chosen["recall"], gid="chosen-roc", **drawing.RING)
        if chosen["precision"] is not None:
            right.plot(chosen["recall"], chosen["precision"], gid="chosen-precision", **drawing.RING)
        left.set_xlabel(f"share of the other {noun}s called {label}")
        left.set_ylabel(f"share of {label} called so")
        right.set_xlabel(f"share of {label} called so (recall)")
        right.set_ylabel(f"share of those called that are {label}")
        for axes in (left, right):
            axes.set_xlim(-0.03, 1.03)
            axes.set_ylim(-0.03, 1.05)
            for axis in (axes.xaxis, axes.yaxis):
                plain_ticks(axis, most=6)
        entries = [(curve, "every threshold"), (ring, "as decided"), (by_chance, "by chance")]
        drawing.legend(figure, drawing.in_rows(entries) if narrow else [entries])
        return drawing.svg(figure, "operating", "ROC curve, and precision against recall", form=form)
