from __future__ import annotations

import numpy as np
import pytest

from shoal.data.sequences.known_ahead import divided
from shoal.errors import DataError, ShoalWarning

nan = np.nan


def test_a_series_ends_with_its_last_value_and_the_columns_before_their_first_gap() -> None:
    steps = np.array([[1.0, nan, 3.0, nan, nan, nan], [0, 1, 2, 3, nan, 5], [9, 8, 7, 6, 5, 4.0]])
    (values,), (ahead,) = divided(["a"], [steps], ["u", "v"], strict=True)
    assert values[0, [0, 2]].tolist() == [1, 3]
    assert np.isnan(values[0, 1])
    assert ahead.tolist() == [[0, 1, 2, 3], [9, 8, 7, 6]]


def test_a_gap_before_the_end_is_a_line_and_it_is_said() -> None:
    steps = np.array([[1.0, 2.0, 3.0, nan], [0, nan, 4.0, 5.0]])
    with pytest.warns(ShoalWarning, match="1 value of columns known ahead is missing: a line"):
        (_,), (ahead,) = divided(["a"], [steps], ["u"], strict=False)
    assert ahead.tolist() == [[0, 2, 4, 5]]
    with pytest.raises(DataError, match="fill them in"):
        divided(["a"], [steps], ["u"], strict=True)


def test_a_column_without_a_value_before_the_end_is_refused() -> None:
    with pytest.raises(DataError, match="'u', known ahead, has no value in the series 'b'"):
        divided(["b"], [np.array([[1.0, 2.0, nan], [nan, nan, 1.0]])], ["u"], strict=False)
