from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data import memory
from shoal.data.sequences.npz import is_sequence_npz, read_npz
from shoal.errors import CapacityError, DataError

X = np.arange(12.0).reshape(2, 3, 2)


def save(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def test_series_are_channels_first_and_as_long_as_they_are(tmp_path: Path) -> None:
    padded = X.copy()
    padded[1, 2:] = np.inf  # beyond an end anything may stand
    path = save(tmp_path, X=padded, y=["a", "b"], lengths=[3, 2], channels=["left", "right"])
    assert is_sequence_npz(path)
    data = read_npz(path)
    np.testing.assert_array_equal(data.train.series[0], [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(data.train.series[1], [[6, 8], [7, 9]])
    assert data.train.targets is not None
    assert (data.train.targets.to_list(), data.channels, data.target) == (["a", "b"], ("left", "right"), "y")
    assert data.test is None


def test_parts_one_channel_and_gaps(tmp_path: Path) -> None:
    gaps = np.array([[1, np.nan, 3], [4, 5, 6]], dtype=np.float32)
    path = save(tmp_path, X_train=gaps, y_train=[0.5, np.nan], X_test=np.ones((1, 4), int), y_test=[[2.5]])
    data = read_npz(path)
    assert data.test is not None
    assert data.train.targets is not None
    assert data.test.targets is not None
    np.testing.assert_array_equal(data.train.series[0], [[1, np.nan, 3]])
    assert (data.train.targets.to_list(), data.test.targets.to_list()) == ([0.5, None], [2.5])
    assert (data.test.lengths.tolist(), data.channels) == ([4], ("channel 1",))


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"X": X, "lengths": [3, 3]}, True),
        ({"X": X}, True),  # numbers beyond those of pixels
        ({"X_train": X - 1}, True),
        ({"X": np.full((2, 3, 2), np.nan)}, True),
        ({"X": X / 20}, False),
        ({"X": X.astype(np.uint8)}, False),
        ({"X": X[0]}, False),
        ({"X": X[..., None]}, False),
        ({"images": X}, False),
        ({"a": [1]}, False),
    ],
)
def test_what_is_a_file_of_series(tmp_path: Path, arrays: dict[str, Any], expected: bool) -> None:
    assert is_sequence_npz(save(tmp_path, **arrays)) is expected


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"X": X, "lengths": [3]}, r"lengths.npy of int64 and shape \(1,\), expected 2 whole numbers"),
        ({"X": X, "lengths": [3.0, 2.0]}, "lengths.npy of float64"),
        ({"X": X, "lengths": [3, 0]}, "lengths.npy 0 in row 1, expected 1 to the 3 steps"),
        ({"X": X, "lengths": [4, 3]}, "lengths.npy 4 in row 0"),
        ({"X": X, "y": [1]}, r"y.npy of int64 and shape \(1,\), expected 2 labels"),
        ({"X": X, "y": [1j, 2]}, "y.npy of complex128"),
        ({"X": X, "channels": ["a"]}, "expected 2 different names"),
        ({"X": X, "channels": ["a", "a"]}, "expected 2 different names"),
        ({"X": np.full((1, 2, 1), np.inf)}, r"has inf at \(0, 0, 0\) of X"),
        ({"X": np.full((2, 2, 1), np.nan)}, "has no value at all in row 0 of X"),
        ({"X": np.array([["a"]])}, "X.npy of <U1"),
        ({"X": np.zeros((2, 0, 1))}, "X.npy of float64 and shape"),
        ({"X": np.zeros(3)}, "X.npy of float64 and shape"),
        ({"X": np.array([[None]], dtype=object)}, "X.npy of object"),
        ({"z": X}, "has the arrays z, expected X"),
        ({"X": X, "X_test": X[..., :1]}, "X_test of 1 channels and 2 to train on"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, arrays: dict[str, Any], told: str) -> None:
    path = save(tmp_path, **arrays)
    with pytest.raises(DataError, match=told) as error:
        read_npz(path)
    assert str(error.value).startswith(str(path))


def test_more_than_the_memory_takes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, X=np.zeros((10, 10, 10), dtype=np.int8), lengths=[10] * 10)
    monkeypatch.setattr(memory, "available_bytes", lambda: 10_000)
    with pytest.raises(CapacityError, match="X"):
        read_npz(path)
