from __future__ import annotations

import numpy as np
import pytest

from shoal.data.sequences.log_mel import LogMel, bands_for
from shoal.errors import ConfigurationError


def test_a_tone_is_loudest_in_the_band_of_its_pitch() -> None:
    bands = LogMel(16000)
    centres = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42)[1:-1]
    for pitch in (300.0, 1000.0, 4000.0):
        tone = np.sin(2 * np.pi * pitch * np.arange(16000) / 16000)
        found = bands.series(tone)
        assert found.shape == (40, 98)
        nearest = np.abs(centres - 2595 * np.log10(1 + pitch / 700)).argmin()
        assert abs(int(found.mean(axis=1).argmax()) - int(nearest)) <= 1


def test_bands_are_those_of_the_equation() -> None:
    bands = LogMel(100, bands=2, window=0.08, hop=0.04)
    x = np.random.default_rng(0).normal(size=12)
    w = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8)
    corners = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 50 / 700), 4) / 2595) - 1)
    f = np.arange(5) * 100 / 8
    for step, start in enumerate((0, 4)):
        e = np.exp(-2j * np.pi * np.outer(np.arange(5), np.arange(8)) / 8)
        power = np.abs(e @ (w * x[start : start + 8])) ** 2
        for band in range(2):
            triangle = np.interp(f, corners[band : band + 3], [0, 1, 0])
            expected = np.log(triangle @ power + 1e-10)
            assert bands.series(x)[band, step] == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "bands"), [(100, 26), (8000, 26), (16000, 35), (22050, 39), (10**6, 40)])
def test_bands_are_as_far_apart_at_every_rate_but_neither_too_few_nor_too_many(rate: int, bands: int) -> None:
    assert bands_for(rate) == bands
    apart = 2595 * np.log10(1 + rate / 1400) / (bands + 1)  # HTK's mel of half of the rate
    assert 78 < apart < 82 or bands in (26, 40)


def test_silence_and_a_moment_are_series_too() -> None:
    assert (LogMel(8000).series(np.zeros(3)) == np.log(1e-10)).all()
    assert LogMel(8000).series(np.ones(1)).shape == (40, 1)


@pytest.mark.parametrize(
    "wrong", [{"rate": 0}, {"bands": 0}, {"hop": 0.0}, {"window": 0.001}, {"hop": np.nan}]
)
def test_what_is_no_analysis_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        LogMel(**{"rate": 8000, **wrong})  # type: ignore[arg-type]
