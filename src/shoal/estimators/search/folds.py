"""The folds of a search as its networks see them: in a pipeline, behind the steps before."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split

from shoal.estimators.mlp.base import BaseMLP
from shoal.estimators.shared.parameters import STOCHASTIC_SOLVERS
from shoal.shapes import IntArray

Split = tuple[IntArray, IntArray]


@dataclass(frozen=True)
class Fold:
    """The rows ``train`` of ``X`` and ``y`` that networks learn from, and the pipeline that led to them.

    ``pipeline`` has its steps before the network fitted on the fold; None where there are none.
    """

    X: Any
    y: Any
    train: IntArray
    pipeline: Pipeline | None = None

    @property
    def kind(self) -> tuple[Any, ...]:
        """What folds have in common that one population can be trained on."""
        return len(self.train), np.shape(self.X)[1:], str(getattr(self.X, "dtype", ""))

    def behind_its_steps(self, network: Any) -> Any:
        """Return the estimator that users know: the network, or the pipeline that ends with it."""
        if self.pipeline is None:
            return network
        whole = copy.copy(self.pipeline)
        whole.steps = [*whole.steps[:-1], (whole.steps[-1][0], network)]
        return whole


def networks_of(estimator: Any, candidates: Sequence[dict[str, Any]]) -> list[Any]:
    """Return the network of every candidate: the ``estimator`` itself, or the last step of a pipeline."""
    members = [clone(estimator).set_params(**parameters) for parameters in candidates]
    return [member.steps[-1][1] for member in members] if _is_pipeline(estimator) else members


def why_not(estimator: Any, candidates: Sequence[dict[str, Any]], networks: Sequence[Any]) -> str:
    """Return why candidates cannot be trained as populations, or nothing if they can."""
    if _is_pipeline(estimator):
        last = estimator.steps[-1][0]
        if len(estimator.steps) == 1 or estimator.verbose:
            return "there is no step before the network, or the pipeline prints how long each takes"
        if any(not name.startswith(f"{last}__") for parameters in candidates for name in parameters):
            return "the steps before the network differ between the candidates"
    for part in (estimator, *(step for _, step in getattr(estimator, "steps", ()))):
        if getattr(part, "_skl_callbacks", ()):
            return f"the callbacks of {type(part).__name__} want to hear of every fit"
    for network in networks:
        if not isinstance(network, BaseMLP):
            return f"{type(network).__name__} is not a perceptron of shoal"
        network._validate_params()
        if network.solver not in STOCHASTIC_SOLVERS or network.early_stopping or network.n_starts > 1:
            return "its solver is neither 'sgd' nor 'adam', or it stops early, or has several starts"
        if network.preprocessing is not None:
            return "its preprocessing depends on the fold"
        if not isinstance(network.random_state, int | np.integer) or network.verbose:
            return "random_state is no number, or it prints each epoch"
    return ""


def lacks_a_class(network: Any, y: Any, splits: Sequence[Split]) -> bool:
    """Return whether a fold of a classification does not have all classes."""
    labels = np.asarray(y)
    if not hasattr(network, "class_weight") or labels.ndim != 1:
        return False
    classes = len(np.unique(labels))
    return any(len(np.unique(labels[train])) < classes for train, _ in splits)


def folds_of(estimator: Any, networks: Sequence[Any], splits: Sequence[Split], X: Any, y: Any) -> list[Fold]:
    """Return the folds, with copies of their rows where these are transformed, or weighted by class."""
    weighted = any(getattr(network, "class_weight", None) is not None for network in networks)
    if not _is_pipeline(estimator) and not weighted:
        return [Fold(X, y, train) for train, _ in splits]
    folds = []
    for train, _ in splits:
        part, target = _safe_split(estimator, X, y, train)
        pipeline = None
        if _is_pipeline(estimator):
            pipeline = clone(estimator)
            before = pipeline[:-1]
            part = before.fit_transform(part, target)
            pipeline.steps[:-1] = before.steps
        folds.append(Fold(part, target, np.arange(len(train)), pipeline))
    return folds


def _is_pipeline(estimator: Any) -> bool:
    return type(estimator) is Pipeline  # whose descendants may do anything
