from __future__ import annotations

import numpy as np
import pytest

from shoal.selection.cohorts.inputs import Inputs

X = np.arange(12, dtype=np.float32).reshape(3, 4)
SCALE = np.array([1.0, 2.0, 0.5, 0.25])


@pytest.mark.parametrize("columns", [None, np.array([1, 3])])
@pytest.mark.parametrize("scale", [None, SCALE])
def test_all_rows_are_seen_as_some_of_them_are(columns: np.ndarray | None, scale: np.ndarray | None) -> None:
    inputs, rows = Inputs(columns, scale), np.array([2, 0])
    np.testing.assert_array_equal(inputs.seen(X)[rows], inputs.rows(X, rows))
    expected = X * (1 if scale is None else scale)
    np.testing.assert_array_equal(inputs.seen(X), expected if columns is None else expected[:, columns])
    np.testing.assert_array_equal(X, np.arange(12).reshape(3, 4))
