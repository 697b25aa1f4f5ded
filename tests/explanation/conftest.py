"""The lecture's network, explained."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.explanation import Explanation, explain
from shoal.layers import Dense
from shoal.populations.network import Network

HOSTILE = "<script>alert('x')</script> | $a$ & `b`"


@pytest.fixture(scope="session")
def lecture() -> Explanation:
    """Three layers of sigmoids with the log loss on four samples, one feature named by somebody hostile."""
    rng = np.random.default_rng(0)
    network = Network(2, [Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(1)], loss="log_loss")
    names = (HOSTILE, "age")
    return explain(network, rng.normal(size=(4, 2)), [0, 1, 1, 0], sample=1, feature_names=names)
