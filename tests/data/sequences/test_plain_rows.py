from __future__ import annotations

import numpy as np
import pytest

from shoal.data.sequences import plain_rows
from shoal.data.sequences.plain_rows import PlainRows
from shoal.data.sequences.preprocessing import SequencePreprocessor

SERIES = [np.array([[0.0, 4.0, 2.0]]), np.array([[0.0, 2.0, np.nan]])]


def test_equal_series_are_laid_flat() -> None:
    channels = SequencePreprocessor.fit(SERIES)
    plain = PlainRows.of(channels, [3, 3])
    rows = plain.rows(SERIES)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, channels.transform(SERIES, dtype="float64").X.reshape(2, -1))


@pytest.mark.parametrize("most", [10_000, 5])
def test_others_are_told_by_statistics_of_each_channel(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(plain_rows, "MOST", most)
    channels = SequencePreprocessor.fit(SERIES)
    plain = PlainRows.of(channels, [3, 3] if most == 5 else [3, 2])
    assert not plain.flat
    x = (SERIES[0][0] - channels.mean[0]) / channels.deviation[0]
    expected = [x.mean(), 1, x.std(), 0, x.min(), 1, x.max(), 1, x[0], 1, x[-1], 1, 1]
    np.testing.assert_allclose(plain.rows(SERIES)[0], expected)
    assert plain.rows([np.array([[1.0]])])[0, -1] == pytest.approx(1 / 3)
