from __future__ import annotations

import numpy as np

from shoal.mixtures.any_length import of_any_length
from shoal.selection.candidates.architectures import Recurrent
from shoal.sequences import Sequences


def test_a_network_over_time_says_the_same_of_a_series_however_far_it_is_padded() -> None:
    networks = Recurrent((1, 5)).network((2,), 5, 1, "log_loss").population(3)
    series = np.random.default_rng(0).normal(size=(1, 4))
    short, long = Sequences.of([series]), Sequences.of([series, np.zeros((1, 9))])
    alone = of_any_length(networks, short).predict(short)
    beside = of_any_length(networks, long).predict(long)
    np.testing.assert_array_equal(np.asarray(alone)[:, 0], np.asarray(beside)[:, 0])
    assert networks.network.inputs == (1, 5)
