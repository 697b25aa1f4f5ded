"""The scores of many fits on the rows of one fold, which are taken and checked once for all of them."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from sklearn.model_selection._validation import _score
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split

from shoal.errors import DataError
from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor
from shoal.shapes import Array, IntArray


class ScoredRows:
    """The ``rows`` of X and y that fits are scored on."""

    def __init__(self, estimator: Any, X: Any, y: Any, rows: IntArray) -> None:
        self.X, self.y = _safe_split(estimator, X, y, rows)
        self._target = np.asarray(self.y)
        self._features: dict[str | None, Array | None] = {}
        several = self._target.ndim == 1 and len(self._target) > 1
        numbers = self._target.dtype.kind == "f" and bool(np.isfinite(self._target).all())
        self._quick: set[type[Any]] = {MLPClassifier} if several else set()
        if several and numbers:
            self._quick.add(MLPRegressor)

    def score(self, estimator: Any, scorers: Any, own: bool, error_score: Any) -> Any:
        """Return what the ``scorers`` make of a fit; ``own``: they are but its method ``score``.

        What that is for a target of one column needs none of its checks.
        """
        network = estimator.steps[-1][1] if type(estimator) is Pipeline else estimator
        if own and type(network) in self._quick:
            features = self._behind_steps(estimator, network)
            score = np.nan
            with contextlib.suppress(DataError):  # of predictions that are no numbers, as scorers will say
                score = np.nan if features is None else network._score_of(features, self._target)
            if np.isfinite(score):
                return score
        return _score(estimator, self.X, self.y, scorers, None, error_score)

    def _behind_steps(self, estimator: Any, network: Any) -> Array | None:
        """Return X as networks of this ``dtype`` take it, or None where that fails, as scorers will say."""
        if network.dtype not in self._features:
            try:
                X = self.X if estimator is network else estimator[:-1].transform(self.X)
                self._features[network.dtype] = network._features(X, reset=False)
            except Exception:
                self._features[network.dtype] = None
        return self._features[network.dtype]
