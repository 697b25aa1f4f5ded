"""Candidates of a search trained as populations: one for each architecture and number of rows to train on."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from shoal.estimators.architecture import activations_of, hidden_sizes, initial_coefs, theta_of
from shoal.estimators.base import BaseMLP
from shoal.estimators.fitting import batch_size_of, solver_of, threads_of, write
from shoal.estimators.orders import Orders
from shoal.estimators.parameters import STOCHASTIC_SOLVERS
from shoal.estimators.rules import Rates, Watch
from shoal.estimators.stochastic import Settings, StochasticTraining
from shoal.population import Population
from shoal.shapes import IntArray

PER_MEMBER = ("alpha", "learning_rate_init", "random_state")
"""The parameters that may differ within a population."""

Split = tuple[IntArray, IntArray]


@dataclass
class Fitted:
    """What became of one candidate on one split."""

    estimator: Any
    seconds: float
    failure: str


def why_not(members: Sequence[Any], y: Any, splits: Sequence[Split]) -> str:
    """Return why candidates, each an estimator, cannot be trained as populations, or nothing if they can."""
    for member in members:
        if not isinstance(member, BaseMLP):
            return f"{type(member).__name__} is not a perceptron of shoal"
        member._validate_params()
        if member.solver not in STOCHASTIC_SOLVERS or member.early_stopping or member.n_starts > 1:
            return "its solver is neither 'sgd' nor 'adam', or it stops early, or has several starts"
        if member.preprocessing is not None or getattr(member, "class_weight", None) is not None:
            return "its preprocessing or class weights depend on the fold"
        if not isinstance(member.random_state, int | np.integer) or member.verbose:
            return "random_state is no number, or it prints each epoch"
    labels = np.asarray(y)
    if hasattr(members[0], "class_weight") and labels.ndim == 1:
        classes = len(np.unique(labels))
        if any(len(np.unique(labels[train])) < classes for train, _ in splits):
            return "a fold lacks a class"
    return ""


def train_cohorts(
    members: Sequence[Any],
    splits: Sequence[Split],
    X: Any,
    y: Any,
    n_jobs: int | None,
) -> dict[tuple[int, int], Fitted]:
    """Return every candidate, each an estimator, fitted on every split, as if each was fitted by itself."""
    cohorts: dict[Any, list[tuple[int, int]]] = {}
    for c, member in enumerate(members):
        shared = {k: repr(v) for k, v in member.get_params().items() if k not in PER_MEMBER}
        for f, (train, _) in enumerate(splits):
            cohorts.setdefault((tuple(sorted(shared.items())), len(train)), []).append((c, f))
    fitted: dict[tuple[int, int], Fitted] = {}
    for places in cohorts.values():
        began = time.perf_counter()
        cohort = _Cohort([members[c] for c, _ in places], [splits[f][0] for _, f in places], X, y, n_jobs)
        cohort.training.run()
        seconds = (time.perf_counter() - began) / len(places)
        for p, place in enumerate(places):
            fitted[place] = cohort.fitted(p, seconds)
    return fitted


class _Cohort:
    """Members of one architecture, each with its rows, its random state, its alpha and its rate."""

    def __init__(
        self, members: Sequence[Any], rows: Sequence[IntArray], X: Any, y: Any, n_jobs: int | None
    ) -> None:
        self.members = members
        template = self.template = clone(members[0])
        features, targets = template._validate_input(X, y, incremental=False, reset=True)
        dtype = features.dtype
        self.samples = template._samples(features, targets, None, dtype)
        template.n_outputs_ = len(self.samples.y)
        self.units = [features.shape[1], *hidden_sizes(template.hidden_layer_sizes), template.n_outputs_]
        self.network = template._network(self.units)
        self.training = self._training(rows, dtype, n_jobs)

    def _training(self, rows: Sequence[IntArray], dtype: Any, n_jobs: int | None) -> StochasticTraining:
        template, size = self.template, len(self.members)
        seeds = sorted({int(member.random_state) for member in self.members})
        folds = {id(train): f for f, train in enumerate({id(r): r for r in rows}.values())}
        distinct = list({id(r): r for r in rows}.values())
        randoms = [np.random.RandomState(seed) for seed in seeds]
        activations = activations_of(template.activation, len(self.units) - 2)
        starts = [theta_of(*initial_coefs(self.units, activations, random, dtype)) for random in randoms]
        stream = np.array([seeds.index(int(member.random_state)) for member in self.members])
        which = stream * len(distinct) + np.array([folds[id(train)] for train in rows])
        rates = Rates(
            template.learning_rate if template.solver == "sgd" else "constant",
            np.array([float(member.learning_rate_init) for member in self.members]),
            float(template.power_t),
        )
        M = len(distinct[0])
        settings = Settings(
            solver_of(template),
            rates,
            batch_size_of(template, M),
            template.max_iter,
            template.tol,
            template.n_iter_no_change,
            threads_of(n_jobs),
        )
        keys = np.zeros((size, 2), dtype=np.uint64)
        if template.dropout:
            keys[:, 0] = np.array([random.randint(2**31 - 1) for random in randoms])[stream]
        return StochasticTraining(
            Population(self.network, np.stack(starts)[stream], keys),
            self.samples,
            np.array([float(member.alpha) for member in self.members]),
            Orders(np.stack(distinct), randoms, template.shuffle),
            which,
            settings,
            watch=Watch.new(size, template.tol, higher_is_better=False),
        )

    def fitted(self, p: int, seconds: float) -> Fitted:
        """Return member ``p`` as an estimator that was fitted by itself."""
        member = copy.copy(self.template)
        for name in PER_MEMBER:  # set_params would look all parameters up, for each of hundreds of members
            setattr(member, name, getattr(self.members[p], name))
        failure = write(member, self.network, self.training, p)
        return Fitted(member, seconds, failure)
