from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.losses import AbsoluteError, Huber, Loss, MeanSquaredError, Poisson, SquaredError

R = np.array([-3.0, -1.0, 0.0, 0.5, 2.0])


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        (SquaredError(), [4.5, 0.5, 0, 0.125, 2]),
        (MeanSquaredError(), [9, 1, 0, 0.25, 4]),
        (AbsoluteError(), [3, 1, 0, 0.5, 2]),
        (Huber(1.0), [2.5, 0.5, 0, 0.125, 1.5]),
    ],
    ids=lambda each: each.name if isinstance(each, Loss) else "",
)
def test_each_has_the_value_of_its_formula(loss: Loss, values: list[float]) -> None:
    assert loss.value(R[None, None], np.zeros((1, 5))).tolist() == [values]


def test_outputs_are_added_up_but_for_their_mean() -> None:
    z, y = np.array([[[3.0], [4.0]]]), np.zeros((2, 1))
    assert SquaredError().value(z, y).item() == 12.5
    assert MeanSquaredError().value(z, y).item() == 12.5
    assert MeanSquaredError().delta(z, y).ravel().tolist() == [3, 4]


def test_targets_in_double_precision_leave_the_loss_in_single() -> None:
    z, y = np.ones((1, 1, 2), np.float32), np.zeros((1, 2))
    for loss in (SquaredError(), AbsoluteError(), Huber(), Poisson()):
        assert (loss.value(z, y).dtype, loss.delta(z, y).dtype) == (np.float32, np.float32)


def test_the_slope_of_an_outlier_is_bounded() -> None:
    assert Huber(2.0).delta(np.array([[[1e9, -1e9, 1.0]]]), np.zeros((1, 3))).ravel().tolist() == [2, -2, 1]
    with pytest.raises(ConfigurationError, match=r"threshold=-1\.0"):
        Huber(-1.0)


def test_counts_stay_finite_and_are_never_negative() -> None:
    loss = Poisson()
    huge = np.array([[[1e4]]])
    assert np.isfinite(loss.value(huge, np.zeros((1, 1)))).all()
    assert np.isfinite(loss.predict(huge.astype(np.float32))).all()
    with pytest.raises(DataError, match="y has the value -1, poisson takes counts"):
        loss.encode(np.array([2.0, -1.0]), 1)
