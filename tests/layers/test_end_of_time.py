from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ShoalError
from shoal.layers import GlobalMaxPool1D, LastStep
from shoal.layers.base import Context
from shoal.layers.end_of_time import EndOfTime


@pytest.mark.parametrize("layer", [LastStep(), GlobalMaxPool1D()], ids=lambda layer: layer.name)
def test_time_ends_and_one_step_of_every_channel_takes_the_gradient(layer: EndOfTime) -> None:
    assert layer.output_shape((2, 4)) == (2,)
    assert layer.lengths_after(np.array([4, 2])) is None
    a = np.array([[1.0, 5.0, 2.0, 3.0], [9.0, 0.0, 1.0, 4.0]]).reshape(1, 2, 4, 1)
    out, cache = layer.forward({}, a, Context())
    grad = layer.backward({}, cache, np.array([7.0, 8.0]).reshape(1, 2, 1), {}, propagate=True)
    assert grad is not None
    picked = grad.reshape(2, 4) != 0
    assert picked.sum(axis=1).tolist() == [1, 1]
    assert a.reshape(2, 4)[picked].tolist() == out.ravel().tolist()
    assert grad.sum(axis=2).ravel().tolist() == [7, 8]


def test_what_is_no_sequence_has_no_end() -> None:
    with pytest.raises(ShoalError, match="last_step"):
        LastStep().output_shape((4,))
