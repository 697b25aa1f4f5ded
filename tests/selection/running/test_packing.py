from __future__ import annotations

import pickle

import numpy as np
import pytest

from shoal.selection.running.packing import Bits, pack, unpack
from shoal.selection.running.shipping import Freight
from shoal.selection.samples.splits import k_folds


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.intp])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 1000])
def test_rows_of_folds_come_back_as_they_were(n: int, dtype: type) -> None:
    splits = k_folds(n, 2, seed=0) if n > 1 else [(np.array([0]), np.array([], dtype=np.intp))]
    for rows in (rows.astype(dtype) for split in splits for rows in split):
        back = unpack(pack(rows))
        assert back.dtype == rows.dtype
        assert back.tolist() == rows.tolist()


@pytest.mark.parametrize(
    "array",
    [
        np.array([3, 1, 2]),
        np.array([1, 1, 2]),
        np.array([-1, 2, 3]),
        np.array([], dtype=np.intp),
        np.array([0, 10**12]),
        np.array([1.0, 2.0, 3.0]),
        np.array([1, 2, 3], dtype=np.uint8),
        np.arange(6).reshape(2, 3),
        np.array([False, True]),
        "text",
    ],
)
def test_what_is_no_list_of_rows_stays_as_it_is(array: object) -> None:
    assert pack(array) is array


def test_a_fold_takes_a_bit_a_row() -> None:
    train, held = k_folds(8000, 5, seed=0)[0]
    assert isinstance(pack(train), Bits)
    assert [pack(rows).packed.nbytes for rows in (train, held)] == [1000, 1000]
    loaded = pickle.loads(pickle.dumps(Freight("key", {0: train, 3: np.array([2.5])})))  # noqa: S301 (its own)
    assert loaded.key == "key"
    np.testing.assert_array_equal(loaded.arrays[0], train)
    assert loaded.arrays[3].tolist() == [2.5]
