from __future__ import annotations

import numpy as np
import pytest

from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings

T = np.arange(90)
RATES = (0.5, 0.9, 1.4, 2.1)
SERIES = [
    (10 + np.sin(rate * T) + 0.02 * np.random.default_rng(number).normal(size=90))[None]
    for number, rate in enumerate(RATES)
]
SETTINGS = ForecastSettings(4, window=4, season=1, networks=(), n_jobs=1)
PANEL = Panel.of(SERIES, names=("a", "b", "c", "d"))


@pytest.fixture(scope="module")
def fitted() -> ForecastMixture:
    return ForecastMixture.fit(PANEL, SETTINGS)


def test_series_that_go_by_different_rules_have_maps_of_their_own(fitted: ForecastMixture) -> None:
    found = {each["words"]: each for each in fitted.evidence["candidates"]}
    own = [each["validation"] for words, each in found.items() if "for each series" in words]
    shared = [each["validation"] for words, each in found.items() if words.startswith("linear")]
    assert max(own) < 0.5 * min(shared)
    truth = np.array([10 + np.sin(rate * np.arange(90, 94)) for rate in RATES])
    assert np.abs(fitted.predict(PANEL)[:, 0] - truth).max() < 0.2


def test_series_are_known_by_their_names(fitted: ForecastMixture) -> None:
    together = fitted.predict(PANEL)
    turned = Panel.of(SERIES[::-1], names=("d", "c", "b", "a"))
    assert (fitted.predict(turned)[::-1] == together).all()
    strangers = fitted.predict(Panel.of(SERIES))
    assert np.isfinite(strangers).all()
    assert not (strangers == together).any()


def test_saved_maps_forecast_the_same_bits(fitted: ForecastMixture) -> None:
    again = ForecastMixture.from_config(fitted.to_config(), fitted.arrays())
    assert (again.predict(PANEL) == fitted.predict(PANEL)).all()


def test_a_series_too_short_for_a_map_has_the_shared_one() -> None:
    panel = Panel.of([*SERIES, SERIES[0][:, :12]], names=("a", "b", "c", "d", "short"))
    mixture = ForecastMixture.fit(panel, SETTINGS)
    assert np.isfinite(mixture.predict(panel)).all()
