from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.study import Study
from shoal.lecture.vanishing import starts

Computed = Callable[[str], tuple[Study[Any], Any]]


def ends(computed: Computed) -> dict[tuple[str, str], float]:
    study, found = computed("vanishing")
    assert found.shape == (13, study.steps)
    assert (found[:, 0] == 1).all()
    every = starts(study.units)
    return dict(zip([(start.cell, start.name) for start in every], found[:, -1], strict=True))


def test_a_plain_network_forgets_or_explodes_by_its_recurrent_weights(computed: Computed) -> None:
    end = ends(computed)
    assert end["RNN", "uniform ±1/√H"] < 1e-15
    assert end["RNN", "N(0, 0.1)"] < 1e-10
    assert 1e-9 < end["RNN", "orthogonal"] < 1e-2
    assert 0.1 < end["RNN", "identity"] < 1
    assert end["RNN", "1.5 × orthogonal"] > 3


def test_the_more_a_gate_keeps_the_farther_a_gradient_reaches(computed: Computed) -> None:
    end = ends(computed)
    lstm = [end["LSTM", f"orthogonal, f-bias {bias}"] for bias in range(3)]
    gru = [end["GRU", f"orthogonal, z-bias {bias}"] for bias in range(4)]
    assert (np.diff(lstm) > 0).all()
    assert (np.diff(gru) > 0).all()
    assert lstm[0] < 1e-9 < 1e-4 < lstm[1]
    assert gru[0] < 1e-9 < 1e-3 < gru[3]


def test_every_gate_begins_with_its_own_draw(computed: Computed) -> None:
    end = ends(computed)
    assert end["LSTM", "uniform ±1/√H, f-bias 0"] < 1e-3 * end["LSTM", "orthogonal, f-bias 0"]
