from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from shoal import Forecaster
from shoal.errors import ConfigurationError
from shoal.export.forecasts import feeds, forecast_model
from shoal.forecasting.candidates import Learnt
from shoal.forecasting.frames import LEVELS, TRANSFORMS, Frame
from shoal.forecasting.linear import LearntMap
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.naive import Repeated
from shoal.forecasting.networks import LearntNetworks, Networks
from shoal.forecasting.own import LearntMaps
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.windows import KnownAhead
from shoal.shapes import Array

Run = Callable[..., dict[str, Any]]
H, W, F = 3, 6, 2
RNG = np.random.default_rng(4)
SERIES = [RNG.uniform(0.5, 4, (2, T)) for T in (9, 4, 12)]  # one is shorter than a window
SERIES[2][1] = 2.5  # and a channel constant
FUTURE = [RNG.normal(size=(F, each.shape[1] + H)) for each in SERIES]
AHEAD = KnownAhead((0.1, -0.2), (1.5, 0.5))


def panel(columns: int) -> Panel:
    return Panel.of(SERIES, FUTURE if columns else None, ["a", "b", "new"])


def mixed(members: list[Learnt], columns: int = 0, own: bool = False) -> ForecastMixture:
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(len(members)), 4)
    return ForecastMixture(
        H,
        2,
        2,
        columns,
        tuple(members),
        rng.dirichlet(np.ones(len(members))),
        shares if own else None,
        ("a", "b"),
        {"naive": 0},
        None,
        1.0,
        {"sentence": "made up."},
    )


def linear(frame: Frame, columns: int = 0) -> LearntMap:
    n = frame.window + columns * (H + 1)
    ahead, rng = AHEAD if columns else KnownAhead(), np.random.default_rng(6)
    return LearntMap(frame, ahead, 0.3 * rng.normal(size=(n, H)), rng.normal(size=H))


def networks(kind: str, frame: Frame, columns: int = 0) -> LearntNetworks:
    made = Networks(kind, frame, (4,), 1).network(frame.window + columns * (H + 1), H)
    return LearntNetworks(
        frame, AHEAD if columns else KnownAhead(), made.population(2, seed=1, dtype="float32")
    )


def assert_same(run: Run, mixture: ForecastMixture, given: Panel) -> None:
    class Model:
        kind = "forecasts"

    model: Any = Model()
    model.mixture = mixture
    expected = mixture.forecast(mixture.contexts(given))
    assert np.isfinite(expected).all()
    (found,) = run(model, feeds(mixture, given)).values()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("columns", [0, F])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("level", LEVELS)
def test_maps_in_every_frame(run: Run, level: str, transform: str, columns: int) -> None:
    frame = Frame(W, level, transform, 2, 0.7)
    fixed = Frame(W, level, transform, 2, 0.7, (0.5, 2.0))
    members: list[Learnt] = [Repeated(H), Repeated(H, 2), linear(frame, columns), linear(fixed, columns)]
    assert_same(run, mixed(members, columns), panel(columns))


@pytest.mark.parametrize("columns", [0, F])
def test_networks_of_every_kind(run: Run, columns: int) -> None:
    frame = Frame(W, "season", "log", 2, 0.1)
    members: list[Learnt] = [networks("dense", frame, columns)]
    if not columns:
        members += [networks("recurrent", frame), networks("convolutional", Frame(W, "mean"))]
    assert_same(run, mixed(members, columns), panel(columns))


def test_series_have_weights_and_maps_of_their_own(run: Run) -> None:
    shared = linear(Frame(W, "mean", "root"))
    rng = np.random.default_rng(7)
    maps = LearntMaps(shared, rng.normal(size=(4, W, H)).astype(np.float32), rng.normal(size=(4, H)))
    assert_same(run, mixed([Repeated(H), maps, shared], own=True), panel(0))


def test_a_fitted_forecaster_is_its_mixture(run: Run) -> None:
    t = np.arange(60)
    series = 10 + np.sin(t * np.pi / 3) + 0.02 * t
    forecaster = Forecaster(4, budget=1e7, random_state=0).fit(series)
    mixture = forecaster.mixture_
    given = Panel.of([series[None]])
    (found,) = run(forecaster, feeds(mixture, given)).values()
    expected = np.ravel(forecaster.predict())
    np.testing.assert_allclose(found[0], expected, atol=1e-5 * np.abs(expected).max())


def test_a_forecast_without_a_form_is_refused() -> None:
    class Stranger(Learnt):
        name = "stranger"
        needs = 1  # type: ignore[assignment]

        def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
            return contexts.values[:, -1:].repeat(H, axis=1)

        def to_config(self) -> dict[str, Any]:
            return {}

        @classmethod
        def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Learnt:
            return cls()

    stranger = Stranger()
    with pytest.raises(ConfigurationError, match="the forecast 'stranger' has no ONNX form"):
        forecast_model(mixed([Repeated(H), stranger]))
    unused = dataclasses.replace(mixed([Repeated(H), stranger]), weights=np.array([1.0, 0.0]))
    assert [output.name for output in forecast_model(unused).graph.output] == ["forecast"]
