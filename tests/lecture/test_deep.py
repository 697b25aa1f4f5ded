from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.deep import RECIPES
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]
SIGMOID, TANH, GLOROT, HE = range(len(RECIPES))


def test_one_layer_is_not_enough_and_three_are(computed: Computed) -> None:
    _, found = computed("deep")
    share = np.median(found.share, axis=2)
    assert share[:, 0].min() > 0.8
    assert share[[TANH, GLOROT, HE], 1].max() < 0.3


def test_deep_ones_learn_from_weights_that_keep_the_signal(computed: Computed) -> None:
    _, found = computed("deep")
    share = np.median(found.share, axis=2)[:, 2]
    assert share[[GLOROT, HE]].max() < 0.3
    assert share[[SIGMOID, TANH]].min() > 0.5


def test_the_gradient_vanishes_downwards_from_small_weights_alone(computed: Computed) -> None:
    _, found = computed("deep")
    ratio = found.gradients[:, 0] / found.gradients[:, -1]
    assert ratio[SIGMOID] < 1e-10
    assert ratio[TANH] < 1e-4
    assert (ratio[[GLOROT, HE]] > 1e-2).all()


def test_a_network_has_as_many_layers_as_asked_for(computed: Computed) -> None:
    study, _ = computed("deep")
    assert [len(study.network("ReLU, He", depth).layers) for depth in (1, 2, 20)] == [1, 2, 20]
