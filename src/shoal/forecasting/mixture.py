"""The mixture of all that was tried, with weights that rolling origins have chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.forecasting.candidates import Candidate, Learnt, Lesson, Tried
from shoal.forecasting.evidence import evidence_of
from shoal.forecasting.intervals import StepIntervals
from shoal.forecasting.linear import LearntMap, Linear
from shoal.forecasting.naive import Naive, Repeated
from shoal.forecasting.networks import LearntNetworks
from shoal.forecasting.origins import Origins, units
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.planning import Plan
from shoal.forecasting.seasons import find_season
from shoal.forecasting.settings import ForecastSettings
from shoal.registry import family
from shoal.selection.ensemble import greedy
from shoal.shapes import Array

LEARNT: dict[str, type[Learnt]] = family(Repeated, LearntMap, LearntNetworks)
MOST_MIXED = 16
"""Candidates of which the mixture is picked: those that err least."""


@dataclass(frozen=True, eq=False)
class ForecastMixture:
    """ŷ = Σ_v w_v ŷ_v: the weighted mean of candidates' forecasts.

    ``members`` are all that is kept: those with weights (V,), and the ``baselines`` by name, whose weight
    may be 0.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models"; Tashman 2000, "Out-of-sample
    tests of forecasting accuracy", for rolling origins.
    """

    horizon: int
    season: int
    channels: int
    columns: int
    members: tuple[Learnt, ...]
    weights: Array
    names: Mapping[str, int]
    intervals: StepIntervals | None
    middle: float
    evidence: dict[str, Any]

    @classmethod
    def fit(cls, panel: Panel, settings: ForecastSettings) -> ForecastMixture:
        """Return the mixture of what the settings allow for a panel.

        Raises ``DataError`` and ``ConfigurationError`` for series that are too short for what is asked.
        """
        settings.require(panel)
        season = settings.season or find_season(panel)
        plan = Plan(settings, season, panel)
        origins = Origins.of(panel, settings.horizon, plan.windows()[0])
        lesson = Lesson(panel, origins, season, settings.seed, settings.n_jobs)
        if not origins.count:
            return _of_too_few(lesson, settings)
        found = list(_tried(lesson, plan))
        actual, scales = origins.actual(panel), origins.scales(panel, season)

        def losses(forecasts: Array) -> Array:
            return np.asarray((np.abs(forecasts - actual) / scales).mean(axis=1))

        order = np.argsort([losses(tried.forecasts).mean() for _, tried in found], kind="stable")
        best = order[:MOST_MIXED]
        picks, _ = greedy(np.stack([found[index][1].forecasts for index in best]), losses)
        weights = np.zeros(len(found))
        np.add.at(weights, best[picks], 1 / len(picks))
        named = _baselines(found, order)
        kept = sorted({*np.flatnonzero(weights).tolist(), *named.values()})
        mixed = _mixed([found[index][1].forecasts for index in kept], weights[kept])
        evidence = evidence_of(lesson, settings, found, weights, mixed, named)
        return cls(
            settings.horizon,
            season,
            panel.channels,
            panel.columns,
            tuple(found[index][1].learnt for index in kept),
            weights[kept],
            {name: kept.index(index) for name, index in named.items()},
            StepIntervals(np.abs(mixed - actual) / scales),
            float(np.median(units(panel, season))),
            evidence,
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
        counted = [index for index, weight in enumerate(self.weights) if weight]
        return _mixed(
            [self.members[index].forecast(contexts, n_jobs) for index in counted], self.weights[counted]
        )

    def predict(self, panel: Panel, n_jobs: int | None = None) -> Array:
        """Return the next values (S, C, h) of series with as many channels and columns known ahead."""
        return self._shaped(self.forecast(self._contexts(panel), n_jobs), panel)

    def baselines(self, panel: Panel) -> dict[str, Array]:
        """Return what is naive and linear, by name: the next values (S, C, h)."""
        contexts = self._contexts(panel)
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
        forecasts = self.forecast(self._contexts(panel))
        lower, upper = self.intervals.ends(forecasts, self._units(panel), coverage)
        return self._shaped(lower, panel), self._shaped(upper, panel)

    def _units(self, panel: Panel) -> Array:
        found = [
            units(Panel((each,)), self.season) if each.shape[1] > self.season + 1 else None
            for each in panel.series
        ]
        return np.concatenate([np.full(self.channels, self.middle) if d is None else d for d in found])

    def _contexts(self, panel: Panel) -> Contexts:
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
        return panel.contexts(self.needs, self.horizon)

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
        return found if self.intervals is None else {**found, "errors": self.intervals.errors}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> ForecastMixture:
        """Return what ``to_config`` and ``arrays`` described; ``ValueError`` if they do not fit."""
        members = []
        for number, described in enumerate(config["members"]):
            fields = dict(described)
            kind = LEARNT.get(fields.pop("name"))
            if kind is None:
                raise ValueError(f"member {number} is of no kind that is known")
            start = f"{number}."
            own = {
                name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
            }
            members.append(kind.from_config(fields, own))
        errors = arrays.get("errors")
        mixture = cls(
            config["horizon"],
            config["season"],
            config["channels"],
            config["columns"],
            tuple(members),
            np.array(config["weights"], dtype=np.float64),
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
            and bool(np.isfinite(self.weights).all() and (self.weights >= 0).all())
            and abs(float(self.weights.sum()) - 1) < 1e-9
            and all(type(each) is int and 0 <= each < len(self.members) for each in self.names.values())
            and self.middle > 0
            and (
                errors is None
                or (errors.ndim == 2 and errors.shape[1] == self.horizon and bool((errors >= 0).all()))
            )
        )


Found = tuple[Candidate, Tried]


def _tried(lesson: Lesson, plan: Plan) -> Iterator[Found]:
    """Yield what is naive, linear maps, then networks on the frames of those that err least."""
    naive = [Naive()] + [Naive(lesson.season)] * (lesson.season > 1)
    yield from ((each, each.learn(lesson)) for each in naive)
    actual, scales = lesson.origins.actual(lesson.panel), lesson.origins.scales(lesson.panel, lesson.season)
    errors: dict[Linear, float] = {}
    for linear in plan.linear():
        tried = linear.learn(lesson)
        if tried is not None:
            errors[linear] = float((np.abs(tried.forecasts - actual) / scales).mean())
            yield linear, tried
    frames = [linear.frame for linear in sorted(errors, key=lambda each: errors[each])]
    for networks in plan.networks(_of_different_windows(frames), len(lesson.origins.cuts)):
        tried = networks.learn(lesson)
        if tried is not None:
            yield networks, tried


def _of_different_windows(frames: list[Any]) -> list[Any]:
    """Return the first frame of each window."""
    first: dict[int, Any] = {}
    for frame in frames:
        first.setdefault(frame.window, frame)
    return list(first.values())


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


def _mixed(forecasts: list[Array], weights: Array) -> Array:
    """Return the weighted mean (N, h), one after the other."""
    total = np.zeros_like(forecasts[0])
    for each, weight in zip(forecasts, weights, strict=True):
        total = total + weight * each
    return total


def _of_too_few(lesson: Lesson, settings: ForecastSettings) -> ForecastMixture:
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
        names,
        None,
        middle,
        evidence,
    )
