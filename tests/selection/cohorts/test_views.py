from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.cohorts.views import checked_sources, checked_views
from shoal.sequences import Sequences

X, SERIES = np.zeros((5, 4)), Sequences(np.zeros((2, 1, 3)), [3, 3])


def test_columns_of_a_view_stand_once_and_in_order() -> None:
    views = checked_views([[3, 0, 3], (1,)], X)
    assert [view.tolist() for view in views] == [[0, 3], [1]]
    assert checked_views([], SERIES) == ()


@pytest.mark.parametrize("view", [[], [4], [-1], [0, 9]])
def test_a_view_of_other_columns_is_refused(view: list[int]) -> None:
    with pytest.raises(ConfigurationError, match="input columns, 0 to 3, got"):
        checked_views([view], X)


def test_sequences_have_no_columns() -> None:
    with pytest.raises(ConfigurationError, match="got 1 with Sequences; leave them out"):
        checked_views([[0]], SERIES)
    with pytest.raises(ConfigurationError, match="sources name the column"):
        checked_sources(["a"], SERIES)


def test_sources_are_numbered_as_they_come() -> None:
    found = checked_sources(["b", "a", "b", 3], X)
    assert found is not None
    assert found.tolist() == [0, 1, 0, 2]
    assert checked_sources(["a"] * 4, X) is None
    assert checked_sources([], X) is None
    with pytest.raises(ConfigurationError, match="got 3 of them for samples"):
        checked_sources(["a"] * 3, X)
