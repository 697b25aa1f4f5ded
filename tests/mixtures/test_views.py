from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling, asked_for, below, temperature_of

TARGETS = Targets(np.array([0, 1, 0, 1]), 2)


def test_samples_held_out_are_those_of_all_folds_in_order() -> None:
    folds = [(np.array([0, 1]), np.array([3])), (np.array([0, 3]), np.array([1]))]
    assert Schooling(list("abcd"), TARGETS, folds, seed=0).held.tolist() == [1, 3]
    assert Schooling(list("abcd"), TARGETS, [], seed=0).held.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("asked", "error"), [(["trees"], UnknownNameError), ([], ConfigurationError)])
def test_kinds_that_are_none_and_no_kind_at_all_are_refused(asked: list[str], error: Any) -> None:
    with pytest.raises(error, match="linear"):
        asked_for(asked, ("linear", "networks"))
    assert asked_for(iter(["networks"]), ("linear", "networks")) == ("networks",)


def test_a_place_is_a_whole_word_of_a_name() -> None:
    arrays = {name: np.zeros(1) for name in ("1.W", "1.1.b", "11.W", "W")}
    assert sorted(below(arrays, 1)) == ["1.b", "W"]


def test_probabilities_that_are_too_sure_ask_for_a_temperature_above_one() -> None:
    sure = np.array([[0.99, 0.01], [0.99, 0.01], [0.99, 0.01], [0.01, 0.99]])
    assert temperature_of(sure, TARGETS) > 1
