from __future__ import annotations

import numpy as np
import pytest

from shoal.lecture.numpy_demo import NumpyDemo


@pytest.mark.parametrize("seed", [0, 1])
def test_plain_numpy_agrees_with_the_engine(seed: int) -> None:
    found = NumpyDemo(seed=seed, updates=1000).compute()
    np.testing.assert_allclose(found.plain, found.engine, rtol=0, atol=1e-12)
    assert found.parameter_difference < 1e-12
    assert found.plain[-1] < 0.9 * found.plain[0]  # of networks that did learn something
