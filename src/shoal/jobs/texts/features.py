"""From texts to what the networks of a study are given: what several views of a text say, as logits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np

from shoal.errors import DataError, ModelFolderError, ShoalError
from shoal.mixtures.storing import kept_views, views_of
from shoal.mixtures.text_planning import text_views
from shoal.mixtures.views import Fitted, Schooling, View
from shoal.shapes import Array
from shoal.texts.tokens import UNITS

FORMAT, KIND = 2, "texts"
LEAST = 1e-6
"""Of a probability, whose logarithm is taken."""

Texts: TypeAlias = Schooling[Sequence[str]]
Within: TypeAlias = Callable[[View[Sequence[str]], Texts], Texts]


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """The ``column`` that texts are read from, and the views that each say what they think of a text.

    Of K > 2 classes a view's features are ``ln p_k − mean_k ln p_k``, of two ``ln p_1/p_0``, of numbers the
    number; all divided by one ``scale``. So a linear network over them is a stack of the views, whose weights
    samples held out choose.

    Source: Wolpert 1992, "Stacked generalization".
    """

    column: str
    unit: str
    n_classes: int
    names: tuple[str, ...]
    losses: tuple[float, ...]
    views: tuple[Fitted[Sequence[str]], ...]
    scale: float

    @classmethod
    def fit(
        cls,
        column: str,
        unit: str,
        schooling: Schooling[Sequence[str]],
        budget: float,
        linear: float = math.inf,
        terms: int | None = None,
        within: Within = lambda _, schooling: schooling,
    ) -> tuple[Self, Array]:
        """Return the views of the texts trained on, and their features (M, n) when held out of a fold.

        Networks have the ``budget`` of operations, the linear view ``linear``, and ``terms`` at most. What
        ``within`` makes of the schooling for a view is how that is taught.
        """
        if not any(text.strip() for text in schooling.series):
            raise DataError(f"every text of the column {column!r} is empty; name a column with texts")
        planned, n_classes = (
            text_views(schooling, unit, budget=budget, linear=linear, terms=terms),
            schooling.targets.n_classes,
        )
        taught = [(view.words, view.fit(within(view, schooling))) for view in planned]
        known = [(words, fitted) for words, fitted in taught if fitted is not None]
        rows, targets = schooling.held, schooling.targets.rows(schooling.held)
        held = np.concatenate([_logits(fitted.held_out[rows], n_classes) for _, fitted in known], axis=1)
        scale = float(held.std()) or 1.0
        losses = tuple(targets.mean(targets.losses(fitted.held_out[rows])) for _, fitted in known)
        kept = views_of(*kept_views(fitted for _, fitted in known), max(n_classes, 1))  # as they are stored
        names = tuple(words for words, _ in known)
        return cls(column, unit, n_classes, names, losses, kept, scale), held / scale

    @property
    def width(self) -> int:
        """The features of one view."""
        return self.n_classes if self.n_classes > 2 else 1

    @property
    def count(self) -> int:
        """The features of all views, n."""
        return self.width * len(self.views)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What each feature is called: a view, and the number of a class from 1 on."""
        if self.width == 1:
            return self.names
        return tuple(f"{name}: class {k + 1}" for name in self.names for k in range(self.width))

    def predictions(self, texts: Sequence[str], n_jobs: int | None = None) -> list[Array]:
        """Return what each view predicts, (N, K)."""
        return [view.predict(texts, n_jobs) for view in self.views]

    def transform(self, texts: Sequence[str], dtype: str = "float32", n_jobs: int | None = None) -> Array:
        """Return the features (N, n) of texts; those of one do not depend on the others."""
        told = [_logits(each, self.n_classes) for each in self.predictions(texts, n_jobs)]
        features: Array = (np.concatenate(told, axis=1) / self.scale).astype(dtype)
        return features

    def arrays(self) -> dict[str, Array]:
        """Return the arrays of the views by name."""
        return kept_views(self.views)[1]

    def to_config(self) -> dict[str, Any]:
        """Return everything but the arrays as plain JSON."""
        return {
            "format": FORMAT,
            "kind": KIND,
            "column": self.column,
            "unit": self.unit,
            "n_classes": self.n_classes,
            "names": list(self.names),
            "losses": list(self.losses),
            "scale": self.scale,
            "views": kept_views(self.views)[0],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the features that ``to_config`` and ``arrays`` described.

        Raises ``ModelFolderError`` if they were altered, or written before arrays were apart.
        """
        if config.get("format") == 1:
            raise ModelFolderError(
                "the texts were saved by an earlier shoal, in a format no longer read; fit again"
            )
        try:
            n_classes = config["n_classes"]
            views = views_of(config["views"], arrays, max(n_classes, 1))
            names, losses = tuple(config["names"]), tuple(config["losses"])
            restored = cls(config["column"], config["unit"], n_classes, names, losses, views, config["scale"])
            sound = (
                restored.to_config() == config
                and type(n_classes) is int
                and 0 < len(views) == len(names) == len(losses)
                and all(isinstance(text, str) for text in (restored.column, *names))
                and restored.unit in UNITS
                and all(isinstance(x, float) and math.isfinite(x) for x in (restored.scale, *losses))
                and restored.scale > 0
            )
        except (LookupError, TypeError, ValueError, AttributeError, ShoalError, OverflowError):
            sound = False
        if not sound:
            raise ModelFolderError(
                "the saved preprocessing of texts cannot be used; take the model folder as shoal wrote it, "
                "or fit again"
            )
        return restored


def _logits(predictions: Array, n_classes: int) -> Array:
    """Return the logits (N, width) of predictions (N, K)."""
    if not n_classes:
        return predictions
    logs = np.log(np.maximum(predictions, LEAST))
    return logs[:, 1:] - logs[:, :1] if n_classes == 2 else logs - logs.mean(axis=1, keepdims=True)
