from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from shoal.data.targets.losses import LOSSES, require_rates, scaling
from shoal.errors import DataError
from shoal.losses import LOSSES as OF_NETWORKS
from shoal.losses import Poisson
from shoal.words import as_option, spoken


def test_networks_have_every_loss() -> None:
    assert set(LOSSES) <= set(OF_NETWORKS)


def test_outliers_move_the_scale_of_the_squared_error_alone() -> None:
    y = np.arange(9.0)
    spoilt = np.where(y == 8, 1e6, y)
    for loss in ("absolute_error", "huber"):
        assert scaling(y, loss) == scaling(spoilt, loss) == (4.0, 4.0)
    assert scaling(y, "squared_error") == pytest.approx((4, np.sqrt(60 / 9)))
    assert scaling(spoilt, "squared_error")[1] > 3e5


def test_numbers_of_which_most_are_alike_have_a_scale() -> None:
    y = np.array([0.0] * 8 + [1.0, 3.0])
    assert scaling(y, "huber") == (0.0, pytest.approx(y.std()))


def test_counts_over_their_mean_have_the_same_best_rates() -> None:
    """Σ (e^z − y z) is least at z = ln of the mean, of scaled counts at ln 1: the mean, on their scale."""
    y, poisson = np.array([[0.0, 3.0, 9.0, 4.0]]), Poisson()
    centre, scale = scaling(y[0], "poisson")
    assert (centre, scale) == (0, 4)
    z = np.linspace(-1, 3, 41)[None, None].repeat(1, axis=0)
    for column in range(4):
        of_counts = poisson.value(z, np.full((1, 41), y[0, column]))
        scaled = poisson.value(z - np.log(scale), np.full((1, 41), y[0, column] / scale))
        assert_allclose(of_counts - of_counts[0, 0], scale * (scaled - scaled[0, 0]), atol=1e-12)


def test_a_negative_rate_is_told_with_its_row() -> None:
    require_rates(np.array([0.0, 2.5]), "sold")
    told = r"'sold' is -2 in data row 3 \(2 of 4 are negative\), and --loss poisson takes .* --loss huber"
    with spoken(as_option), pytest.raises(DataError, match=told):
        require_rates(np.array([1.0, 0.0, -2.0, -3.0]), "sold")
    with pytest.raises(DataError, match="loss='poisson' takes"):
        require_rates(np.array([-1.0]), "sold")
