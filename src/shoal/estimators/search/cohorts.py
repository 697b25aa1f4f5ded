"""Candidates of a search trained as populations: one for each architecture and number of rows to train on."""

from __future__ import annotations

import copy
import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone

from shoal.clusters.calls import done_by
from shoal.clusters.crew import Crew
from shoal.clusters.lending import lend
from shoal.estimators.mlp.fitting import batch_size_of, solver_of
from shoal.estimators.mlp.learned import of_member
from shoal.estimators.search.folds import Fold
from shoal.estimators.training.coefficients import activations_of, hidden_sizes, initial_coefs, theta_of
from shoal.estimators.training.learning_rates import Rates
from shoal.estimators.training.orders import ShuffledOrders
from shoal.estimators.training.stochastic import Settings, StochasticTraining
from shoal.populations.population import Population
from shoal.shapes import IntArray
from shoal.training.problem import Samples
from shoal.training.stopping import Watch
from shoal.workers import count_workers

PER_MEMBER = ("alpha", "learning_rate_init", "random_state")
"""The parameters that may differ within a population."""

LARGE = 2**30
"""Bytes of features beyond which folds that have rows of their own are trained one after another."""


@dataclass
class FittedFold:
    """What became of one candidate on one fold: ``estimator`` is the network behind the fold's steps."""

    estimator: Any
    seconds: float
    failure: str
    used_up: bool
    """Whether it ran for all its iterations."""


Place: TypeAlias = tuple[int, int]
"""The numbers of a candidate and of a fold."""


def train_cohorts(
    networks: Sequence[Any],
    folds: Sequence[Fold],
    n_jobs: int | None,
    trained: Callable[[int], None] = lambda fits: None,
    on: str | None = None,
) -> dict[Place, FittedFold]:
    """Return every candidate's network fitted on every fold, as if each was fitted by itself.

    ``trained`` is told after every population how many fits it was. Workers ``on`` a cluster have a part of
    every population each, of the same bits. Raises ``CapacityError`` where they cannot do it.
    """
    cohorts = _places(networks, folds)
    fitted: dict[Place, FittedFold] = {}
    with lend(on) as crew:
        for places in cohorts:
            fitted |= _fitted(networks, folds, places, n_jobs, crew)
            trained(len(places))
    return fitted


def _places(networks: Sequence[Any], folds: Sequence[Fold]) -> list[list[Place]]:
    """Return the places of every population."""
    sizes = {id(fold.X): 8 * math.prod(np.shape(fold.X)) for fold in folds}
    apart = sum(sizes.values()) > LARGE
    kinds = [(fold.kind, id(fold.X) if apart else 0) for fold in folds]
    cohorts: dict[Any, list[Place]] = {}
    for c, network in enumerate(networks):
        shared = {k: repr(v) for k, v in network.get_params().items() if k not in PER_MEMBER}
        for f, kind in enumerate(kinds):
            cohorts.setdefault((tuple(sorted(shared.items())), kind), []).append((c, f))
    return list(cohorts.values())


def _fitted(
    networks: Sequence[Any],
    folds: Sequence[Fold],
    places: Sequence[Place],
    n_jobs: int | None,
    crew: Crew | None,
) -> dict[Place, FittedFold]:
    """Return the members of a population, trained here or in parts by the workers of a crew."""

    def asked(some: Sequence[Place]) -> tuple[list[Any], list[Fold], int | None]:
        return [networks[c] for c, _ in some], [folds[f] for _, f in some], n_jobs if crew is None else 1

    if crew is None:
        return dict(zip(places, _trained(*asked(places)), strict=True))
    size = -(-len(places) // max(crew.count(), 1))
    parts = [places[first : first + size] for first in range(0, len(places), size)]
    found = done_by(crew, _trained, map(asked, parts))
    return dict(zip(places, itertools.chain.from_iterable(found), strict=True))


def _trained(members: Sequence[Any], folds: Sequence[Fold], n_jobs: int | None) -> list[FittedFold]:
    """Train one population, of which each member has its fold."""
    began = time.perf_counter()
    cohort = _Cohort(members, folds, n_jobs)
    cohort.training.run()
    seconds = (time.perf_counter() - began) / len(members)
    return [cohort.fitted(p, seconds) for p in range(len(members))]


class _Cohort:
    """Members of one architecture, each with its fold, its random state, its alpha and its rate."""

    def __init__(self, members: Sequence[Any], folds: Sequence[Fold], n_jobs: int | None) -> None:
        self.members, self.folds = members, folds
        self.templates: dict[int, Any] = {}
        """An estimator that knows its features and classes, for every table of rows."""
        tables: list[Samples] = []
        first_rows: dict[int, int] = {}
        for fold in folds:
            if id(fold.X) not in first_rows:
                first_rows[id(fold.X)] = sum(map(len, tables))
                tables.append(self._learn(fold))
        self.samples = _stacked(tables)
        template = self.templates[id(folds[0].X)]
        features = self.samples.X.shape[1]
        self.units = [features, *hidden_sizes(template.hidden_layer_sizes), template.n_outputs_]
        self.network = template._network(self.units)
        rows = {id(fold): first_rows[id(fold.X)] + fold.train for fold in folds}
        which = [list(rows).index(id(fold)) for fold in folds]
        self.training = self._training(np.stack(list(rows.values())), np.array(which), n_jobs)

    def _learn(self, fold: Fold) -> Samples:
        template = self.templates[id(fold.X)] = clone(self.members[0])
        features, targets = template._validate_input(fold.X, fold.y, incremental=False, reset=True)
        weights = template._weights(targets, None, features)
        samples: Samples = template._samples(features, targets, weights, features.dtype)
        template.n_outputs_ = len(samples.y)
        return samples

    def _training(self, rows: IntArray, fold: IntArray, n_jobs: int | None) -> StochasticTraining:
        """Return the training of members whose ``fold`` (P,) says which of the ``rows`` (F, M) are theirs."""
        template, size = self.members[0], len(self.members)
        seeds = sorted({int(member.random_state) for member in self.members})
        randoms = [np.random.RandomState(seed) for seed in seeds]
        activations = activations_of(template.activation, len(self.units) - 2)
        dtype = self.samples.X.dtype
        starts = [theta_of(*initial_coefs(self.units, activations, random, dtype)) for random in randoms]
        stream = np.array([seeds.index(int(member.random_state)) for member in self.members])
        rates = Rates(
            template.learning_rate if template.solver == "sgd" else "constant",
            np.array([float(member.learning_rate_init) for member in self.members]),
            float(template.power_t),
        )
        settings = Settings(
            solver_of(template),
            rates,
            batch_size_of(template, rows.shape[1]),
            template.max_iter,
            count_workers(n_jobs),
        )
        keys = np.zeros((size, 2), dtype=np.uint64)
        if template.dropout:
            keys[:, 0] = np.array([random.randint(2**31 - 1) for random in randoms])[stream]
        return StochasticTraining(
            Population(self.network, np.stack(starts)[stream], keys),
            self.samples,
            np.array([float(member.alpha) for member in self.members]),
            ShuffledOrders(rows, randoms, template.shuffle),
            stream * len(rows) + fold,
            settings,
            watch=Watch.new(size, template.tol, template.n_iter_no_change, higher_is_better=False),
        )

    def fitted(self, p: int, seconds: float) -> FittedFold:
        """Return member ``p`` as if it was fitted by itself."""
        fold = self.folds[p]
        member = copy.copy(self.templates[id(fold.X)])
        for name in PER_MEMBER:  # set_params would look all parameters up, for each of hundreds of members
            setattr(member, name, getattr(self.members[p], name))
        member._describe(self.network)
        learned = of_member(member, self.network, self.training, p)
        member._keep(learned.attributes)
        used_up = member.n_iter_ == member.max_iter
        return FittedFold(fold.behind_its_steps(member), seconds, learned.failure, used_up)


def _stacked(tables: Sequence[Samples]) -> Samples:
    """Return the rows of all tables in one, which are no copy where there is one alone."""
    if len(tables) == 1:
        return tables[0]
    return Samples(
        np.concatenate([table.X for table in tables]),
        np.concatenate([table.y for table in tables], axis=1),
        np.concatenate([table.s for table in tables], axis=1),
    )
