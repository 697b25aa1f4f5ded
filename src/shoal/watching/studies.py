"""A study as others compare studies: its settings, what came of each candidate, and its figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shoal.estimators.displays.capacity import CapacityDisplay
from shoal.estimators.displays.learning_curve import LearningCurveDisplay
from shoal.plots import drawing

if TYPE_CHECKING:
    from shoal.selection.study import CapacityStudy
    from shoal.selection.trials import Trials

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
    told = recipe | named | common
    return {name: value for name, value in told.items() if name != "l2" and isinstance(value, Setting)}


def candidates(trials: Trials) -> list[Point]:
    """Return the size and strength of every candidate with its validation loss, the lowest first.

    The loss is the mean over folds of its best start. At most ``MOST_CANDIDATES`` are told.
    """
    found: list[Point] = []
    for candidate in np.unique(trials["candidate"]):
        own = trials.take((trials["candidate"] == candidate) & np.isfinite(trials["validation_loss"]))
        if not len(own):
            continue
        starts, which = np.unique(own["start"], return_inverse=True)
        folds = np.bincount(which, minlength=len(starts))
        means = np.bincount(which, own["validation_loss"]) / folds
        loss = float(means[folds == folds.max()].min())
        told = {name: own[name].tolist()[0] for name in ("hidden", "l2", "parameters")}
        found.append((told, {"validation_loss": loss}))
    return sorted(found, key=lambda pair: pair[1]["validation_loss"])[:MOST_CANDIDATES]


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
