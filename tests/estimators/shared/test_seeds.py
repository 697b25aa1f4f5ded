from __future__ import annotations

import numpy as np
import pytest

from shoal.estimators.shared.seeds import drawn_seed


def test_a_number_is_one_seed_and_a_generator_goes_on() -> None:
    assert drawn_seed(0) == np.random.RandomState(0).randint(2**31 - 1) == 209652396
    random = np.random.RandomState(0)
    assert drawn_seed(random) == 209652396
    assert drawn_seed(random) == 398764591


def test_what_is_no_random_state() -> None:
    with pytest.raises(ValueError, match="cannot be used to seed"):
        drawn_seed("3")
