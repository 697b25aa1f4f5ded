from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from shoal.data.images.preprocessing import ImagePreprocessor
from shoal.errors import ModelFolderError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 200, (50, 4, 3, 3), dtype=np.uint8)


@pytest.mark.parametrize("pixels", [PIXELS, (PIXELS / 255).astype(np.float32)], ids=["bytes", "floats"])
def test_each_channel_is_standardised(pixels: Any) -> None:
    preprocessor = ImagePreprocessor.fit(pixels)
    np.testing.assert_allclose(preprocessor.mean, PIXELS.mean(axis=(0, 1, 2)) / 255, rtol=1e-6)
    np.testing.assert_allclose(preprocessor.deviation, PIXELS.std(axis=(0, 1, 2)) / 255, rtol=1e-6)
    X = preprocessor.transform(pixels)
    assert X.dtype == np.float32
    assert X.shape == (50, 36)
    by_channel = X.reshape(50, 3, 12)
    np.testing.assert_allclose(by_channel.mean(axis=(0, 2), dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(by_channel.std(axis=(0, 2), dtype=float), 1, rtol=1e-5)


def test_rows_hold_channel_after_channel() -> None:
    preprocessor = ImagePreprocessor((4, 3), (0.0,) * 3, (1 / 255,) * 3)
    X = preprocessor.transform(PIXELS, np.float64)
    np.testing.assert_allclose(X[7], PIXELS[7].transpose(2, 0, 1).ravel())
    assert preprocessor.shape == (3, 4, 3)


def test_a_channel_that_never_varies_is_zero() -> None:
    X = ImagePreprocessor.fit(np.full((2, 2, 2, 1), 9, np.uint8)).transform(
        np.full((2, 2, 2, 1), 9, np.uint8)
    )
    np.testing.assert_allclose(X, 0, atol=1e-7)


def test_it_is_saved_as_plain_json() -> None:
    preprocessor = ImagePreprocessor.fit(PIXELS)
    config = json.loads(json.dumps(preprocessor.to_config()))
    assert config["size"] == [4, 3]
    assert config["channels"] == 3
    assert ImagePreprocessor.from_config(config) == preprocessor


@pytest.mark.parametrize(
    "altered",
    [
        {"size": [4]},
        {"size": [4, 0]},
        {"size": [4, 2.5]},
        {"size": None},
        {"channels": 2},
        {"mean": [0.0, 0.0]},
        {"mean": [0.0, "0", 0.0]},
        {"mean": [0.0, float("inf"), 0.0]},
        {"deviation": [1.0, 0.0, 1.0]},
        {"deviation": [1.0, 1.0]},
        {"deviation": [1.0, 1.0, 1.0, 1.0]},
        {"channels": 2, "mean": [0.0, 0.0], "deviation": [1.0, 1.0]},
        {"format": 2},
        {"kind": "tables"},
        {"more": 1},
    ],
    ids=str,
)
def test_what_was_altered_is_refused(altered: dict[str, Any]) -> None:
    with pytest.raises(ModelFolderError, match="preprocessing of images cannot be used"):
        ImagePreprocessor.from_config(ImagePreprocessor.fit(PIXELS).to_config() | altered)
