from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.tables import read_table
from shoal.errors import DataError


def save(folder: Path, **arrays: Any) -> Path:
    with (folder / "t.npz").open("wb") as file:
        np.savez(file, **arrays)
    return folder / "t.npz"


@pytest.mark.parametrize("dtype", ["<f2", ">f4", ">f8", "longdouble", ">i2", "<u4", "i1"])
def test_numbers_of_every_size_and_byte_order(dtype: str, tmp_path: Path) -> None:
    values = np.array([1, 2, 96]).astype(dtype)
    assert [float(value) for value in read_table(save(tmp_path, x=values))["x"]] == [1, 2, 96]


@pytest.mark.parametrize("unit", ["D", "h", "s", "ms", "us", "ns"])
def test_dates_of_every_unit(unit: str, tmp_path: Path) -> None:
    days = np.array(["2024-02-29", "NaT"], f"datetime64[{unit}]")
    assert read_table(save(tmp_path, x=days))["x"].to_list() == [datetime(2024, 2, 29), None]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("arrays", "fragments"),
    [
        ({"x": np.array(3.0)}, ["'x' of shape ()", "expected (N,) or (N, n)"]),
        ({"X": np.ones((2, 2)), "feature_names": np.array("a")}, ["feature_names of <U1 and shape ()"]),
        ({"X": np.ones((2, 2)), "feature_names": np.ones(2)}, ["feature_names of float64"]),
        ({"X": np.ones((2, 2)), "feature_names": ["a", "a"]}, ["more than one column named 'a'"]),
        ({"X": np.ones((2, 2)), "X0": np.ones(2)}, ["more than one column named 'X0'"]),
        ({"x": np.ones(2, complex)}, ["complex numbers in 'x'"]),
        ({"x": np.ones(2), "y": np.ones(3)}, ["different lengths", "'x': 2", "'y': 3"]),
        ({"x": np.ones(0)}, ["no rows"]),
        ({"x": np.array([10**15], "M8[D]")}, ["too far away to be counted in microseconds"]),
        ({"x": np.array([10**15], "m8[D]")}, ["too far away to be counted in microseconds"]),
        ({"x": np.array([0, 10**7], "M8[D]")}, ["column 'x'", "in data row 2 that is not in the years 1 to"]),
    ],
)  # fmt: skip
def test_arrays_that_make_no_table(
    arrays: dict[str, Any], fragments: list[str], tmp_path: Path, refuses: Any
) -> None:
    with refuses(DataError, "t.npz", *fragments):
        read_table(save(tmp_path, **arrays))
