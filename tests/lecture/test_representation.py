from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.representation import tiled
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_what_is_shown_is_what_the_network_saw(computed: Computed) -> None:
    _, found = computed("representation")
    assert found.outputs.argmax() == found.digit == 3
    assert np.isclose(found.outputs.sum(), 1)
    assert found.filters.shape[1:] == (3, 3)
    assert found.dense.shape[1:] == found.image.shape == (8, 8)
    assert [maps.shape[1:] for maps in found.maps.values()] == [(8, 8), (4, 4)]
    assert all(0 < share < 1 for share in found.silent.values())


def test_tiles_stand_in_reading_order() -> None:
    mosaic = tiled(np.arange(3.0)[:, None, None], across=2)
    np.testing.assert_array_equal(mosaic, [[0, np.nan, 1], [np.nan] * 3, [2, np.nan, np.nan]])
