from __future__ import annotations

import numpy as np
import pytest

from shoal.formulas.evaluation import evaluate
from shoal.formulas.links import EXPONENTIAL, IDENTITY, SIGMOID, Link


@pytest.mark.parametrize("link", [IDENTITY, SIGMOID, EXPONENTIAL], ids=lambda link: link.name)
def test_the_derivative_is_the_slope_of_the_formula(link: Link) -> None:
    z, step = np.linspace(-3, 3, 13), 1e-5
    ends = [evaluate(link.formula, {"z": z + by}) for by in (-step, step)]
    slope = (ends[1] - ends[0]) / (2 * step)
    found = evaluate(link.derivative_formula, {"z": z, "a": evaluate(link.formula, {"z": z})})
    np.testing.assert_allclose(np.broadcast_to(found, z.shape), slope, rtol=1e-8)
