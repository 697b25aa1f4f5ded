"""The test of a forecast: the last steps of every series, looked at once, after everything is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.panel import Panel
from shoal.forecasting.scores import mase, scale_of, smape
from shoal.jobs.forecasts.prepare import PreparedForecasts
from shoal.jobs.forecasts.usable import panel_of
from shoal.plots.forecasts import BANDS, BASELINES, OURS, Band, Covered, ForecastsHeldOut, Shown
from shoal.plots.tested import ScoredModel
from shoal.shapes import Array
from shoal.words import plural

MOST_SHOWN = 4
SEASONS_SHOWN, HORIZONS_SHOWN, STEPS_SHOWN = 3, 2, 400
"""Of the history before a test: so many seasons or horizons, whichever is more, and steps at most."""
COVERAGES = (0.8, 0.9, 0.95)


@dataclass(frozen=True)
class ExaminedForecasts:
    """The scores of a forecast on steps that it had not seen, some series, and all steps as ``columns``."""

    test: ForecastsHeldOut
    shown: list[Shown]
    columns: dict[str, Any]


def examine(mixture: ForecastMixture, prepared: PreparedForecasts) -> ExaminedForecasts:
    """Return how a mixture does on the steps held out, beside simpler forecasts."""
    horizon = mixture.horizon
    panel = panel_of(prepared.data, horizon)
    simpler = mixture.baselines(panel)
    forecasts = {OURS: mixture.predict(panel)} | {n: simpler[n] for n in BASELINES if n in simpler}
    actual = np.stack([series[:, -horizon:] for series in prepared.data.series])
    scales = np.stack([scale_of(history, mixture.season) for history in panel.series])
    ends = _ends(mixture, panel)
    models: list[ScoredModel] = [
        {"name": name, "metrics": {**scores_of(values, actual, panel.series, mixture.season)}}
        for name, values in forecasts.items()
    ]
    count = int((~np.isnan(actual)).sum())
    outcome, sentence = _verdict(models, count)
    test: ForecastsHeldOut = {
        "values": count,
        "outcome": outcome,
        "sentence": sentence,
        "models": models,
        "by_step": {name: _by_step(values, actual, scales) for name, values in forecasts.items()},
        "covered": [_covered(coverage, actual, *found) for coverage, found in ends.items() if count],
    }
    return ExaminedForecasts(
        test, _shown(prepared, mixture, forecasts, ends), _columns(prepared.data, actual, forecasts)
    )


def scores_of(
    predicted: Array, actual: Array, histories: Sequence[Array], season: int
) -> dict[str, float | None]:
    """Return MASE, sMAPE (%) and RMSE of forecasts (S, C, h), in the mean over series and channels.

    Values that are missing in ``actual`` count nowhere; histories that never change have no MASE.
    """
    scaled, shares, squares = [], [], []
    for row, history in enumerate(histories):
        for channel, truth in enumerate(actual[row]):
            known = ~np.isnan(truth)
            if not known.any():
                continue
            is_, said = truth[None, known], predicted[row, channel][None, known]
            before = history[channel : channel + 1]
            if scale_of(before, season)[0] > 0:
                scaled.append(mase(is_, said, before, season))
            shares.append(smape(is_, said))
            squares.append(np.square(is_ - said).ravel())
    return {
        "MASE": float(np.mean(scaled)) if scaled else None,
        "sMAPE": float(np.mean(shares)) if shares else None,
        "RMSE": float(np.sqrt(np.concatenate(squares).mean())) if squares else None,
    }


def _columns(data: TimedSeries, actual: Array, forecasts: Mapping[str, Array]) -> dict[str, Any]:
    """Return the steps held out as columns: whose, when, and of each channel the value and its forecasts."""
    horizon = actual.shape[-1]
    columns = data.columns(-horizon, horizon)
    for channel, name in enumerate(data.channels):
        columns[name] = actual[:, channel].reshape(-1)
        for who, values in forecasts.items():
            columns[f"{name} {'forecast' if who == OURS else who}"] = values[:, channel].reshape(-1)
    return columns


def _ends(mixture: ForecastMixture, panel: Panel) -> dict[float, tuple[Array, Array]]:
    """Return the ends of intervals, of those shares that the origins can promise."""
    found = {}
    for coverage in COVERAGES:
        try:
            found[coverage] = mixture.interval(panel, coverage)
        except DataError:  # so many origins there are not
            break
    return found


def _by_step(predicted: Array, actual: Array, scales: Array) -> list[float | None]:
    """Return the mean |y − ŷ| / scale at each step, null where nothing is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(actual - predicted) / scales[:, :, None]
    errors[~np.isfinite(errors)] = np.nan
    counts = (~np.isnan(errors)).sum(axis=(0, 1))
    sums = np.nansum(errors, axis=(0, 1))
    return [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]


def _covered(coverage: float, actual: Array, lower: Array, upper: Array) -> Covered:
    known = ~np.isnan(actual)
    inside = (actual >= lower) & (actual <= upper)
    return {"coverage": coverage, "covered": float(inside[known].mean())}


def _shown(
    prepared: PreparedForecasts,
    mixture: ForecastMixture,
    forecasts: Mapping[str, Array],
    ends: Mapping[float, tuple[Array, Array]],
) -> list[Shown]:
    """Return the ends of a few series, evenly spread over all of them and their channels."""
    data, horizon = prepared.data, mixture.horizon
    pairs = [(row, channel) for row in range(len(data)) for channel in range(len(data.channels))]
    places = np.unique(np.linspace(0, len(pairs) - 1, min(MOST_SHOWN, len(pairs))).astype(int))
    past = max(SEASONS_SHOWN * mixture.season, HORIZONS_SHOWN * horizon)
    shown = []
    for row, channel in (pairs[place] for place in places.tolist()):
        values = data.series[row][channel]
        names = [data.names[row]] * (len(data) > 1) + [data.channels[channel]] * (len(data.channels) > 1)
        stamps = data.stamps(row, len(values) - horizon, horizon).to_list()
        bands: dict[str, Band] = {
            f"{coverage:g}": {
                "lower": ends[coverage][0][row, channel].tolist(),
                "upper": ends[coverage][1][row, channel].tolist(),
            }
            for coverage in ends
            if f"{coverage:g}" in BANDS
        }
        one: Shown = {
            "name": ", ".join(names) or data.channels[channel],
            "start": str(stamps[0]),
            "end": str(stamps[-1]),
            "history": _plain(values[:-horizon][-min(past, STEPS_SHOWN) :]),
            "actual": _plain(values[-horizon:]),
            "lines": {name: found[row, channel].tolist() for name, found in forecasts.items()},
            "bands": bands,
        }
        shown.append(one)
    return shown


def _plain(values: Array) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


Standing: TypeAlias = Literal["chosen", "level", "baseline", "alone"]


def _verdict(models: Sequence[ScoredModel], known: int) -> tuple[Standing, str]:
    """Return the outcome, and a sentence on how the forecast did beside simpler ones, whoever is better."""
    if not known:
        return "alone", "None of the values held out is known, so that there is nothing to compare by."
    values = plural(known, "value")
    scores = {model["name"]: model["metrics"]["MASE"] for model in models}
    ours = scores.pop(OURS)
    others = {name: score for name, score in scores.items() if score is not None}
    if ours is None or not others:
        return "alone", "The history never changes, so that there is no scale to compare by."
    name, least = min(others.items(), key=lambda pair: pair[1])
    if ours < least:
        return "chosen", (
            f"On the {values} held out the forecast errs least: MASE {ours:.3g}, the best of the "
            f"simpler ones ({name}) {least:.3g}."
        )
    if ours == least:
        return "level", f"On the {values} held out the forecast is that of {name}: MASE {ours:.3g}."
    return "baseline", (
        f"On the {values} held out {name} errs less: MASE {least:.3g}, the forecast {ours:.3g}; the rolling "
        "origins had said otherwise, and one test can, too."
    )
