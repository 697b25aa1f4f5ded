"""A study as others compare studies: its settings, what came of each candidate, and its figures."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from shoal.estimators.displays.capacity import CapacityDisplay
from shoal.estimators.displays.learning_curve import LearningCurveDisplay
from shoal.plots import drawing
from shoal.selection.candidates.candidate import told
from shoal.selection.choosing.contenders import Contender, all_contenders

if TYPE_CHECKING:
    from shoal.selection.study import CapacityStudy

Setting: TypeAlias = bool | int | float | str
Point: TypeAlias = tuple[dict[str, Setting], dict[str, float]]
"""Settings, and what came of them."""
MOST_CANDIDATES = 50
"""Of a study that are told one by one, the best: tools keep a file for each."""
WIDTH, HEIGHT = 640.0, 400.0


def settings(study: CapacityStudy) -> dict[str, Setting]:
    """Return what all networks of a study have in common, as far as it is a number or a word.

    >>> from shoal import CapacityStudy
    >>> settings(CapacityStudy([2, 4], starts=3, solver="adam", learning_rate=0.01))["learning_rate"]
    0.01
    """
    common = {"starts": study.starts, "folds": study.folds, "choose": study.choose}
    recipe = study.recipe.to_config()
    named = {
        name: value["name"] for name, value in recipe.items() if isinstance(value, dict) and "name" in value
    }
    shared = recipe | named | common
    return {name: value for name, value in shared.items() if name != "l2" and isinstance(value, Setting)}


def candidates(study: CapacityStudy) -> list[Point]:
    """Return the size, strength and further settings of every candidate with its validation loss.

    The loss is the mean over folds of its best start, and the lowest comes first. Those that diverged from
    every start are left out, and at most ``MOST_CANDIDATES`` told.
    """
    best: dict[int, Contender] = {}
    for contender in all_contenders(study.table):
        known = best.get(contender.candidate)
        if isfinite(contender.validation_loss) and (
            known is None or contender.validation_loss < known.validation_loss
        ):
            best[contender.candidate] = contender
    lowest = sorted(best.values(), key=lambda contender: contender.validation_loss)[:MOST_CANDIDATES]
    return [
        (
            point_of(study, one) | {"parameters": one.parameters},
            {"validation_loss": float(one.validation_loss)},
        )
        for one in lowest
    ]


def point_of(study: CapacityStudy, contender: Contender) -> dict[str, Setting]:
    """Return the size and the strength of a contender, and its values on the axes of a search."""
    axes = dict(study.candidates[contender.candidate].point)
    point = {name: value if isinstance(value, Setting) else told(value) for name, value in axes.items()}
    return point | {"hidden": contender.hidden, "l2": contender.l2}


def drawn(study: CapacityStudy) -> dict[str, bytes]:
    """Return the figures of a fitted study as PNG files: sizes, where it compared some, and epochs.

    Raises ``MissingDependencyError`` without matplotlib.
    """
    displays: dict[str, Callable[..., object]] = {"curves": LearningCurveDisplay.from_study}
    if len(set(study.table["hidden"])) > 1:
        displays = {"capacity": CapacityDisplay.from_study} | displays
    figures = {}
    for name, display in displays.items():
        with drawing.sheet(WIDTH, HEIGHT) as figure:
            display(study, ax=figure.add_subplot())
            figures[name] = drawing.png(figure)
    return figures
