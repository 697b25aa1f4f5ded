from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared, without_values
from shoal.errors import DataError

NAN = np.nan
SERIES = [np.array([[NAN, 1.0, NAN, 3.0], [5.0, 5.0, 5.0, 5.0]]), np.array([[5.0, 7.0], [5.0, 5.0]])]
"""Of two channels, one with gaps and one that never changes."""


def test_values_are_standardised_filled_forward_and_followed_by_where_they_were() -> None:
    fitted = SequencePreprocessor.fit(SERIES, ["x", "y"])
    mean, deviation = 4.0, np.std([1, 3, 5, 7])
    assert (fitted.mean, fitted.deviation) == ((4.0, 5.0), (float(deviation), 1.0))
    assert (fitted.shape, fitted.features) == ((3, 4), ("x", "y", "x was there"))
    found = fitted.transform(SERIES, dtype=np.float64)
    assert found.lengths.tolist() == [4, 2]
    filled = (np.array([mean, 1, 1, 3]) - mean) / deviation
    np.testing.assert_allclose(found.X[0], [filled, [0, 0, 0, 0], [0, 1, 0, 1]])
    np.testing.assert_allclose(
        found.X[1, :, :2], [[(5 - mean) / deviation, (7 - mean) / deviation], [0, 0], [1, 1]]
    )
    assert (found.X[1, :, 2:] == 0).all()


def test_the_moments_come_from_the_series_trained_on_alone() -> None:
    fitted = SequencePreprocessor.fit([np.array([[0.0, 2.0]])], ["x"])
    other = fitted.transform([np.array([[4.0, NAN]])])
    assert other.X.dtype == np.float32
    np.testing.assert_array_equal(other.X, [[[3.0, 3.0]]])


def test_a_channel_without_a_value_is_zero_whatever_comes_later() -> None:
    fitted = SequencePreprocessor.fit([np.array([[NAN, NAN], [1.0, 2.0]])], ["x", "y"])
    assert (fitted.gaps, fitted.deviation[0]) == ((False, False), 0.0)
    assert (fitted.transform([np.array([[9.0, 8.0], [1.0, 2.0]])]).X[0, 0] == 0).all()
    assert without_values(fitted.channels, [np.array([[NAN, NAN], [1.0, 2.0]])]) == ["x"]


def test_longer_series_and_stated_steps_are_padded_to() -> None:
    fitted = SequencePreprocessor.fit([np.array([[1.0, 2.0]])], ["x"])
    assert fitted.transform([np.array([[1.0, 2.0, 3.0]])]).X.shape == (1, 1, 3)
    assert fitted.transform([np.array([[1.0]])]).X.shape == (1, 1, 2)
    assert SequencePreprocessor.fit([np.array([[1.0]])], steps=5).shape == (1, 5)


def test_another_number_of_channels_is_refused() -> None:
    fitted = SequencePreprocessor.fit([np.array([[1.0, 2.0]])], ["x"])
    with pytest.raises(DataError, match="has 2 channels, expected 1"):
        fitted.transform([np.zeros((2, 3))])


def test_it_is_restored_as_it_was() -> None:
    fitted = SequencePreprocessor.fit(SERIES, ["x", "y"])
    assert SequencePreprocessor.from_config(fitted.to_config()) == fitted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channels", ["x"]), ("channels", [1, 2]), ("mean", [0.0, NAN]), ("mean", [0, 0.0]),
        ("deviation", [1.0, -1.0]),
        ("gaps", [0, 1]), ("steps", 0), ("steps", 2.0), ("steps", True), ("mean", None),
    ],
)  # fmt: skip
def test_what_was_altered_is_refused(name: str, value: Any) -> None:
    config = {**SequencePreprocessor.fit(SERIES, ["x", "y"]).to_config(), name: value}
    with pytest.raises((ValueError, TypeError)):
        SequencePreprocessor.from_config(config)


def test_where_values_were_is_told_of_channels_that_had_gaps_in_training() -> None:
    preprocessor = SequencePreprocessor.fit([np.array([[0.0, NAN, 2.0], [5.0, 5.0, 6.0]])])
    known = prepared(preprocessor, [np.array([[1.0, NAN, 3.0, 1.0], [NAN, 5.0, 5.0, 5.0]])])
    assert known.lengths.tolist() == [4]
    np.testing.assert_allclose(known.X[0, 0], [0, 1, 2, 0], atol=1e-6)  # mean 1, deviation 1
    np.testing.assert_allclose(known.X[0, 1], [(5 - 16 / 3) / np.std([5, 5, 6])] * 4, rtol=1e-6)
    np.testing.assert_array_equal(known.X[0, 2], [1, 0, 1, 1])
    assert len(known.X[0]) == 3


def test_a_channel_without_values_in_one_series_is_the_mean_there() -> None:
    preprocessor = SequencePreprocessor.fit(
        [np.array([[0.0, 2.0], [1.0, 3.0]]), np.array([[1, 1], [NAN, NAN]])]
    )
    known = prepared(preprocessor, [np.array([[1.0, 2.0], [NAN, NAN]])])
    np.testing.assert_array_equal(known.X[0, 1:], [[0, 0], [0, 0]])
