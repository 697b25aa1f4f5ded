"""The mixture of all that was tried, with weights that rolling origins have chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.evidence import evidence_of
from shoal.forecasting.intervals import StepIntervals
from shoal.forecasting.keeping import Keeper, learnt_of
from shoal.forecasting.linear import Linear
from shoal.forecasting.naive import Naive, Repeated
from shoal.forecasting.origins import Origins, units
from shoal.forecasting.own import LearntMaps
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.planning import Plan
from shoal.forecasting.seasons import find_season
from shoal.forecasting.settings import ForecastSettings
from shoal.forecasting.weighing import Errors, weigh
from shoal.mixtures.views import below
from shoal.shapes import Array

MOST_MIXED = 24
"""Candidates of which the mixture is picked: those that err least."""


@dataclass(frozen=True, eq=False)
class ForecastMixture:
    """ŷ = Σ_v w_v ŷ_v: the weighted mean of candidates' forecasts.

    ``members`` are all that is kept: those with weights (V,), and by ``names`` the baselines, whose weight
    may be 0. Series may have weights of their own, (R, V) for the R channels of all; of many they are known
    by their names in ``series``, and a stranger has the weights that suit all. Where one series was fitted,
    any history is taken for its own.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models"; Tashman 2000, "Out-of-sample
    tests of forecasting accuracy", for rolling origins.
    """

    horizon: int
    season: int
    channels: int
    columns: int
    members: tuple[Learnt, ...]
    weights: Array
    own_weights: Array | None
    series: tuple[str, ...]
    names: Mapping[str, int]
    intervals: StepIntervals | None
    middle: float
    evidence: dict[str, Any]

    @classmethod
    def fit(cls, panel: Panel, settings: ForecastSettings, keeper: Keeper | None = None) -> ForecastMixture:
        """Return the mixture of what the settings allow for a panel; a ``keeper`` may know some of it.

        Raises ``DataError`` and ``ConfigurationError`` for series that are too short for what is asked.
        """
        settings.require(panel)
        panel = replace(panel, known=tuple(range(len(panel))))
        season = settings.season or find_season(panel)
        plan = Plan(settings, season, panel)
        origins = Origins.of(panel, settings.horizon, plan.windows()[0])
        lesson = ForecastSchooling(panel, origins, season, settings.seed, settings.n_jobs)
        if not origins.count:
            return _of_too_few(lesson, settings)
        keeper = keeper or Keeper()
        keeper.begin(panel, settings)
        found = list(_tried(lesson, plan, keeper))
        errors = Errors(np.stack([tried.forecasts for _, tried in found]), *_sought(lesson))
        order = np.argsort([errors.alone(index) for index in range(len(found))], kind="stable")
        best = np.sort(order[:MOST_MIXED])
        weights, own = np.zeros(len(found)), None
        weights[best], of_rows = weigh(errors.some(best), origins.rows(panel))
        if of_rows is not None:
            own = np.zeros((len(of_rows), len(found)))
            own[:, best] = of_rows
        named = _baselines(found, order)
        used = weights if own is None else weights + own.sum(axis=0)
        kept = np.array(sorted({*np.flatnonzero(used).tolist(), *named.values()}))
        shares = np.tile(weights, (errors.count, 1)) if own is None else own[origins.rows(panel)]
        mixed = np.einsum("nv,vnh->nh", shares, errors.forecasts)
        told = weights if own is None else own.mean(axis=0)
        return cls(
            settings.horizon,
            season,
            panel.channels,
            panel.columns,
            tuple(found[index][1].learnt for index in kept),
            weights[kept],
            None if own is None else own[:, kept],
            panel.names or tuple(map(str, range(len(panel)))),
            {name: int(np.flatnonzero(kept == index)[0]) for name, index in named.items()},
            StepIntervals(np.abs(mixed - errors.actual) / errors.scales),
            float(np.median(units(panel, season))),
            evidence_of(lesson, settings, found, told, mixed, named) | {"own_weights": own is not None},
        )

    @property
    def needs(self) -> int:
        """The last values of a series that its forecasts depend on."""
        return max(member.needs for member in self.members)

    @property
    def sentence(self) -> str:
        """What the mixture is made of, and how good it is."""
        return str(self.evidence["sentence"])

    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        """Return the next values (N, h) of contexts of ``needs`` values, each whatever the others are."""
        shares = np.tile(self.weights, (len(contexts.rows), 1))
        if self.own_weights is not None:
            known = contexts.rows >= 0
            shares[known] = self.own_weights[contexts.rows[known]]
        total = np.zeros((len(contexts.rows), self.horizon))
        for member, share in zip(self.members, shares.T, strict=True):
            rows = np.flatnonzero(share)
            if rows.size:
                total[rows] += share[rows, None] * member.forecast(contexts.some(rows), n_jobs)
        return total

    def predict(self, panel: Panel, n_jobs: int | None = None) -> Array:
        """Return the next values (S, C, h) of series with as many channels and columns known ahead."""
        return self._shaped(self.forecast(self.contexts(panel), n_jobs), panel)

    def baselines(self, panel: Panel) -> dict[str, Array]:
        """Return what is naive and linear, by name: the next values (S, C, h)."""
        contexts = self.contexts(panel)
        return {
            name: self._shaped(self.members[index].forecast(contexts), panel)
            for name, index in self.names.items()
        }

    def interval(self, panel: Panel, coverage: float = 0.9) -> tuple[Array, Array]:
        """Return the ends (S, C, h) of intervals around forecasts: see ``StepIntervals``.

        The unit of a series is the mean change over a season of what is given of it.
        """
        if self.intervals is None:
            raise DataError(
                "intervals come from forecasts at rolling origins, and the series were too short for any; "
                "fit a longer history"
            )
        forecasts = self.forecast(self.contexts(panel))
        lower, upper = self.intervals.ends(forecasts, self._units(panel), coverage)
        return self._shaped(lower, panel), self._shaped(upper, panel)

    def _units(self, panel: Panel) -> Array:
        found = [
            units(Panel((each,)), self.season) if each.shape[1] > self.season + 1 else None
            for each in panel.series
        ]
        return np.concatenate([np.full(self.channels, self.middle) if d is None else d for d in found])

    def contexts(self, panel: Panel) -> Contexts:
        """Return what forecasts of a panel are made from; ``DataError`` if it is not of what was fitted."""
        if panel.channels != self.channels:
            raise DataError(
                f"the series have {panel.channels} channels, the forecast was fitted to {self.channels}"
            )
        if panel.columns != self.columns:
            raise DataError(
                f"future has {panel.columns} columns, the forecast was fitted to {self.columns}; give those"
            )
        for number, (columns, each) in enumerate(zip(panel.future or (), panel.series, strict=False)):
            needed = each.shape[1] + self.horizon
            if columns.shape[1] < needed:
                raise DataError(
                    f"future of series {number} has {columns.shape[1]} steps; the {each.shape[1]} of the "
                    f"series and the horizon of {self.horizon} need {needed}"
                )
        return self.recognised(panel).contexts(self.needs, self.horizon)

    def recognised(self, panel: Panel) -> Panel:
        """Return the panel, and in it which of the series fitted its series are."""
        if len(self.series) == 1:
            known = (0,) * len(panel)
        else:
            numbers = {name: number for number, name in enumerate(self.series)}
            known = tuple(numbers.get(name, -1) for name in panel.names or [""] * len(panel))
        return replace(panel, known=known)

    def _shaped(self, rows: Array, panel: Panel) -> Array:
        return rows.reshape(len(panel), self.channels, self.horizon)

    def to_config(self) -> dict[str, Any]:
        """Return all but the arrays as plain JSON."""
        return {
            "horizon": self.horizon,
            "season": self.season,
            "channels": self.channels,
            "columns": self.columns,
            "members": [{"name": member.name, **member.to_config()} for member in self.members],
            "weights": self.weights.tolist(),
            "series": list(self.series),
            "names": dict(self.names),
            "middle": self.middle,
            "evidence": self.evidence,
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name: those of member 0 begin with "0."."""
        found = {
            f"{number}.{name}": np.ascontiguousarray(array)
            for number, member in enumerate(self.members)
            for name, array in member.arrays().items()
        }
        if self.own_weights is not None:
            found["weights"] = self.own_weights
        return found if self.intervals is None else {**found, "errors": self.intervals.errors}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> ForecastMixture:
        """Return what ``to_config`` and ``arrays`` described; ``ValueError`` if they do not fit."""
        members = []
        for number, described in enumerate(config["members"]):
            members.append(learnt_of(described, below(arrays, number)))
        errors = arrays.get("errors")
        mixture = cls(
            config["horizon"],
            config["season"],
            config["channels"],
            config["columns"],
            tuple(members),
            np.array(config["weights"], dtype=np.float64),
            arrays.get("weights"),
            tuple(config["series"]),
            dict(config["names"]),
            None if errors is None else StepIntervals(errors),
            float(config["middle"]),
            dict(config["evidence"]),
        )
        if not mixture._is_sound():
            raise ValueError("its weights, names or errors are none")
        return mixture

    def _is_sound(self) -> bool:
        counts = (self.horizon, self.season, self.channels)
        errors = None if self.intervals is None else self.intervals.errors
        return (
            all(type(each) is int and each >= 1 for each in counts)
            and type(self.columns) is int
            and self.columns >= 0
            and self.weights.shape == (len(self.members),)
            and len(self.members) > 0
            and self._own_are_sound()
            and bool(np.isfinite(self.weights).all() and (self.weights >= 0).all())
            and abs(float(self.weights.sum()) - 1) < 1e-9
            and all(type(each) is int and 0 <= each < len(self.members) for each in self.names.values())
            and self.middle > 0
            and (
                errors is None
                or (errors.ndim == 2 and errors.shape[1] == self.horizon and bool((errors >= 0).all()))
            )
        )

    def _own_are_sound(self) -> bool:
        own, rows = self.own_weights, len(self.series) * self.channels
        maps = [member for member in self.members if isinstance(member, LearntMaps)]
        return (
            len(self.series) > 0
            and all(type(name) is str for name in self.series)
            and all(len(member.W) == rows for member in maps)
            and (
                own is None
                or (
                    own.shape == (rows, len(self.members))
                    and bool((own >= 0).all() and np.allclose(own.sum(axis=1), 1))
                )
            )
        )


Found = tuple[ForecastMethod, Tried]


def _tried(lesson: ForecastSchooling, plan: Plan, keeper: Keeper) -> Iterator[Found]:
    """Yield what is naive, linear maps, then networks on the frames of those that err least."""
    naive = [Naive()] + [Naive(lesson.season)] * (lesson.season > 1)
    yield from ((each, each.learn(lesson)) for each in naive)
    actual, scales = _sought(lesson)
    linear, errors = [], []
    for each in plan.linear():
        tried = keeper.learn(each, lesson)
        if tried is not None:
            linear.append(tried)
            errors.append(float((np.abs(tried.forecasts - actual) / scales).mean()))
            yield each, tried
    best, refits = [linear[index] for index in np.argsort(errors, kind="stable")], len(lesson.origins.cuts)
    own = plan.own(best, refits)
    others: list[ForecastMethod] = [*own, *plan.networks(best, own, refits)]
    for candidate in others:
        tried = keeper.learn(candidate, lesson)
        if tried is not None:
            yield candidate, tried


def _sought(lesson: ForecastSchooling) -> tuple[Array, Array]:
    """Return what came after all origins (N, h), and the units (N, 1) of its errors."""
    return lesson.origins.actual(lesson.panel), lesson.origins.scales(lesson.panel, lesson.season)


def _baselines(found: list[Found], order: Array) -> dict[str, int]:
    """Return which of what was tried is naive, seasonal, and the best linear map."""
    named = {"naive": 0}
    for index in order.tolist():
        candidate = found[index][0]
        if isinstance(candidate, Naive) and candidate.season > 1:
            named["seasonal naive"] = index
        if isinstance(candidate, Linear):
            named.setdefault("linear", index)
    return named


def _of_too_few(lesson: ForecastSchooling, settings: ForecastSettings) -> ForecastMixture:
    """Return what is left for series that are too short to try anything: the last season, or value."""
    season = lesson.season
    members = (Repeated(settings.horizon),) + (Repeated(settings.horizon, season),) * (season > 1)
    names = {"naive": 0} | ({"seasonal naive": 1} if season > 1 else {})
    weights = np.eye(len(members))[-1]
    panel = lesson.panel
    evidence = evidence_of(lesson, settings, [], weights, None, {})
    middle = float(np.median(units(panel, season)))
    return ForecastMixture(
        settings.horizon,
        season,
        panel.channels,
        panel.columns,
        members,
        weights,
        None,
        panel.names or tuple(map(str, range(len(panel)))),
        names,
        None,
        middle,
        evidence,
    )
