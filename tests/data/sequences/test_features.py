from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from shoal.data import memory
from shoal.data.sequences.features import LEAST, MOST, SHARE, SequenceFeatures, count_features
from shoal.data.sequences.origins import Files, LongTables
from shoal.errors import CapacityError, DataError, ModelFolderError

RNG = np.random.default_rng(0)
SERIES = [RNG.normal(size=(2, steps)) for steps in (20, 31, 20, 9)]
SERIES[1][0, 3:6] = np.nan


@pytest.fixture(scope="module")
def fitted() -> SequenceFeatures:
    return SequenceFeatures.fit(Files(), ["x", "y"], SERIES, 700, seed=1, n_jobs=1)


def test_features_are_standardised_by_the_series_that_train(fitted: SequenceFeatures) -> None:
    X = fitted.transform(SERIES, "float64", n_jobs=1)
    assert X.shape == (4, fitted.count)
    assert 600 <= fitted.convolutions.features <= 700
    varies = fitted.deviation > 0
    np.testing.assert_allclose(X[:, varies].mean(axis=0), 0, atol=1e-5)
    drawn = fitted.convolutions.features
    np.testing.assert_allclose(X[:, :drawn][:, varies[:drawn]].std(axis=0), 1, atol=1e-4)
    weight = SHARE * np.sqrt(drawn / (fitted.count - drawn))
    np.testing.assert_allclose(X[:, drawn:][:, varies[drawn:]].std(axis=0), weight, rtol=1e-4)
    assert fitted.count == drawn + 6 * 3 + 1
    assert (X[:, ~varies] == 0).all()
    other = SequenceFeatures.fit(Files(), ["x", "y"], SERIES, 700, seed=2, n_jobs=1)
    assert not np.array_equal(other.transform(SERIES, n_jobs=1), X.astype(np.float32))


def test_the_features_of_a_series_do_not_depend_on_others(fitted: SequenceFeatures) -> None:
    X = fitted.transform(SERIES, n_jobs=1)
    longer = [*SERIES[:2], np.random.default_rng(1).normal(size=(2, 99))]
    np.testing.assert_array_equal(fitted.transform(longer, n_jobs=2)[:2], X[:2])
    np.testing.assert_array_equal(fitted.transform(SERIES[3:], n_jobs=1)[0], X[3])


@pytest.mark.parametrize("origin", [Files(), LongTables("id", "t", ("x", "y"), "label")])
def test_they_are_restored_from_json_to_the_bit(origin: Any) -> None:
    fitted = SequenceFeatures.fit(origin, ["x", "y"], SERIES, 700, seed=1, n_jobs=1)
    config = json.loads(json.dumps(fitted.to_config()))
    restored = SequenceFeatures.from_config(config)
    assert restored.origin == origin
    np.testing.assert_array_equal(restored.transform(SERIES, n_jobs=1), fitted.transform(SERIES, n_jobs=1))


@pytest.mark.parametrize(
    "change",
    [
        {"mean": [0.0]},
        {"deviation": None},
        {"means": False},
        {"origin": {"name": "nowhere"}},
        {"series": {}},
        {"convolutions": []},
        {"format": 2},
        {"extra": 1},
    ],
)
def test_what_was_altered_is_refused(fitted: SequenceFeatures, change: dict[str, Any]) -> None:
    with pytest.raises(ModelFolderError, match="preprocessing of sequences cannot be used"):
        SequenceFeatures.from_config({**fitted.to_config(), **change})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dilation", 0), ("dilation", 1.0), ("difference", 2), ("biases", []), ("channels", [[7]] * 84),
        ("channels", [[-1]] * 84), ("channels", [[]] * 84), ("channels", [[0]] * 83), ("dilation", True),
    ],
)  # fmt: skip
def test_convolutions_that_are_none_are_refused(fitted: SequenceFeatures, name: str, value: Any) -> None:
    config = fitted.to_config()
    config["convolutions"] = [{**config["convolutions"][0], name: value}, *config["convolutions"][1:]]
    with pytest.raises(ModelFolderError, match="preprocessing of sequences cannot be used"):
        SequenceFeatures.from_config(config)


def test_other_channels_and_values_far_away_are_refused(fitted: SequenceFeatures) -> None:
    with pytest.raises(DataError, match="has 1 channels, expected 2"):
        fitted.transform([np.zeros((1, 5))], n_jobs=1)
    with (
        pytest.raises(DataError, match="series 2 has values so far from those fitted"),
        np.errstate(all="ignore"),
    ):
        fitted.transform([SERIES[0], np.full((2, 5), 1e120)], n_jobs=1)


def test_as_many_features_as_there_is_time_and_room_for() -> None:
    assert count_features(steps=1000, samples=50, work=1e9) == MOST
    assert count_features(steps=1_000_000, samples=50, work=1e9) == 1000
    assert count_features(steps=1000, samples=2**15, work=1e9) == 1024
    assert count_features(steps=10**9, samples=50, work=1e9) == LEAST


def test_more_than_the_memory_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 10_000)
    with pytest.raises(CapacityError, match="700 features of 4 series"):
        SequenceFeatures.fit(Files(), ["x", "y"], SERIES, 700, seed=1, n_jobs=1)
