from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf, expit

from shoal.activations import ACTIVATIONS, Activation, Elu, Gelu, LeakyRelu, Selu, Sigmoid, Silu, Softplus
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS
from shoal.registry import from_config, to_config

LN2, LN3 = math.log(2), math.log(3)
SELU_PLATEAU = 1.0507009873554805 * 1.6732632423543772
NORMAL_CDF_1, NORMAL_PDF_1 = 0.8413447460685429, 0.24197072451914337

# name: (z, a, g'(z)), each from the equation by hand at a z that makes e^z a whole number or its inverse.
KNOWN = {
    "sigmoid": [(0.0, 0.5, 0.25), (LN3, 0.75, 0.1875), (-LN3, 0.25, 0.1875)],
    "tanh": [(0.0, 0.0, 1.0), (LN2, 0.6, 0.64), (-LN2, -0.6, 0.64)],
    "relu": [(-2.0, 0.0, 0.0), (3.0, 3.0, 1.0)],
    "leaky_relu": [(-2.0, -0.02, 0.01), (3.0, 3.0, 1.0)],
    "elu": [(-LN2, -0.5, 0.5), (3.0, 3.0, 1.0)],
    "selu": [(-LN2, -SELU_PLATEAU / 2, SELU_PLATEAU / 2), (2.0, 2.101401974710961, 1.0507009873554805)],
    "gelu": [
        (0.0, 0.0, 0.5),
        (1.0, NORMAL_CDF_1, NORMAL_CDF_1 + NORMAL_PDF_1),
        (-1.0, NORMAL_CDF_1 - 1, 1 - NORMAL_CDF_1 - NORMAL_PDF_1),
    ],
    "silu": [(0.0, 0.0, 0.5), (LN3, 0.75 * LN3, 0.75 + 0.1875 * LN3)],
    "mish": [(0.0, 0.0, 0.6), (LN2, 0.8 * LN2, 0.8 + 0.24 * LN2)],
    "softplus": [(0.0, LN2, 0.5), (LN3, 2 * LN2, 0.75)],
    "identity": [(-2.0, -2.0, 1.0), (3.0, 3.0, 1.0)],
}

# name: the textbook formula, naive where the library's is rearranged.
FORMULAS = {
    "sigmoid": lambda z: expit(z),
    "gelu": lambda z: z * (1 + erf(z / math.sqrt(2))) / 2,
    "silu": lambda z: z * expit(z),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "softplus": lambda z: np.logaddexp(0, z),
}

# name: (a, g') far to the left, (a / z, g') far to the right.
LIMITS = {
    "sigmoid": ((0, 0), (0, 0)),
    "tanh": ((-1, 0), (0, 0)),
    "relu": ((0, 0), (1, 1)),
    "leaky_relu": ((-100, 0.01), (1, 1)),
    "elu": ((-1, 0), (1, 1)),
    "selu": ((-SELU_PLATEAU, 0), (1.0507009873554805, 1.0507009873554805)),
    "gelu": ((0, 0), (1, 1)),
    "silu": ((0, 0), (1, 1)),
    "mish": ((0, 0), (1, 1)),
    "softplus": ((0, 0), (1, 1)),
    "identity": ((-1e4, 1), (1, 1)),
}

every_activation = pytest.mark.parametrize("name", sorted(ACTIVATIONS))
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
finite = st.floats(-1e4, 1e4)


@every_activation
def test_known_values(name: str) -> None:
    g = ACTIVATIONS[name]()
    z, expected_a, expected_slope = np.array(KNOWN[name]).T
    a = g.forward(z)
    np.testing.assert_allclose(a, expected_a, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(g.derivative(z, a), expected_slope, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_agrees_with_the_textbook_formula(name: str) -> None:
    z = np.linspace(-30, 30, 1201)
    np.testing.assert_allclose(ACTIVATIONS[name]().forward(z), FORMULAS[name](z), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    "g",
    [*(cls() for cls in ACTIVATIONS.values()), LeakyRelu(slope=0.3), LeakyRelu(slope=0.0), Elu(alpha=0.5)],
    ids=repr,
)
def test_derivative_equals_central_differences(g: Activation) -> None:
    # An even number of points around 0: the nearest to the kink is 0.005 away, 500 times the difference.
    z, h = np.linspace(-4, 4, 802), 1e-5
    numerical = (g.forward(z + h) - g.forward(z - h)) / (2 * h)
    np.testing.assert_allclose(g.derivative(z, g.forward(z)), numerical, rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu"])
def test_kinks_take_the_left_derivative(name: str) -> None:
    g = ACTIVATIONS[name]()
    z = np.array([0.0, -1e-12])
    slope = g.derivative(z, g.forward(z))
    assert slope[0] == pytest.approx(slope[1], rel=1e-11)


@every_activation
@both_dtypes
def test_keeps_shape_dtype_layout_and_arguments(name: str, dtype: type) -> None:
    g = ACTIVATIONS[name]()
    z = np.linspace(-3, 3, 30, dtype=dtype).reshape(2, 3, 5)
    a = g.forward(z)
    slope = g.derivative(z, a)
    for result in (a, slope):
        assert result.shape == z.shape
        assert result.dtype == dtype
        assert result.flags.c_contiguous
    np.testing.assert_array_equal(z, np.linspace(-3, 3, 30, dtype=dtype).reshape(2, 3, 5))
    np.testing.assert_array_equal(a, g.forward(z))


@every_activation
@both_dtypes
def test_extreme_inputs_reach_the_limits_without_warnings(name: str, dtype: type) -> None:
    g = ACTIVATIONS[name]()
    z = np.array([-1e4, 1e4], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        a = g.forward(z)
        slope = g.derivative(z, a)
    (left, left_slope), (right, right_slope) = LIMITS[name]
    np.testing.assert_allclose([a[0], a[1] / z[1]], [left, right], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(slope, [left_slope, right_slope], rtol=1e-6, atol=1e-15)


@every_activation
@both_dtypes
def test_every_magnitude_gives_finite_numbers(name: str, dtype: type) -> None:
    g = ACTIVATIONS[name]()
    size = np.concatenate(
        [np.geomspace(1e-30, 1e4, 500), np.linspace(0, 120, 500), np.linspace(650, 760, 200)]
    )
    z = np.concatenate([-size, size]).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        a = g.forward(z)
        assert np.isfinite(a).all()
        assert np.isfinite(g.derivative(z, a)).all()


@every_activation
def test_single_precision_is_double_precision_rounded(name: str) -> None:
    g = ACTIVATIONS[name]()
    z = np.linspace(-30, 30, 1201, dtype=np.float32)
    wide = z.astype(np.float64)
    np.testing.assert_allclose(g.forward(z), g.forward(wide), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        g.derivative(z, g.forward(z)), g.derivative(wide, g.forward(wide)), rtol=1e-6, atol=1e-6
    )


@every_activation
def test_nan_stays_visible(name: str) -> None:
    a = ACTIVATIONS[name]().forward(np.array([np.nan, 1.0]))
    assert np.isnan(a).tolist() == [True, False]


@every_activation
@both_dtypes
def test_a_member_does_not_depend_on_its_companions(name: str, dtype: type) -> None:
    g = ACTIVATIONS[name]()
    z = (3 * np.random.default_rng(0).standard_normal((7, 3, 13))).astype(dtype)
    together = g.derivative(z, g.forward(z)), g.forward(z)
    for p in range(7):
        alone = z[p : p + 1].copy()
        assert g.forward(alone).tobytes() == together[1][p].tobytes()
        assert g.derivative(alone, g.forward(alone)).tobytes() == together[0][p].tobytes()


@given(finite)
def test_sigmoid_is_point_symmetric_and_never_zero(z: float) -> None:
    left, right = Sigmoid().forward(np.array([-z, z]))
    assert min(left, right) > 0
    assert left + right == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("g", [Gelu(), Silu()], ids=repr)
@given(z=finite)
def test_gated_rectifiers_are_even_up_to_half_the_identity(g: Activation, z: float) -> None:
    # Φ(z) + Φ(−z) = σ(z) + σ(−z) = 1, so z Φ(z) − (−z) Φ(−z) = z.
    right, left = g.forward(np.array([z, -z]))
    assert right - left == pytest.approx(z, rel=1e-13, abs=1e-15)


@given(finite)
def test_softplus_lies_above_relu_and_splits_the_identity(z: float) -> None:
    right, left = Softplus().forward(np.array([z, -z]))
    assert right >= max(z, 0)
    assert right - left == pytest.approx(z, rel=1e-13, abs=1e-15)


def test_selu_keeps_mean_zero_and_variance_one() -> None:
    z, dz = np.linspace(-12, 12, 240_001, retstep=True)
    mass = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * dz
    a = Selu().forward(z)
    assert np.sum(a * mass) == pytest.approx(0, abs=1e-8)
    assert np.sum(a**2 * mass) == pytest.approx(1, abs=1e-8)


@every_activation
def test_recommends_an_initializer_that_exists(name: str) -> None:
    assert ACTIVATIONS[name].recommended_initializer in INITIALIZERS


@pytest.mark.parametrize("g", [Elu(alpha=0.5), LeakyRelu(slope=0.2), Sigmoid()], ids=repr)
def test_survives_its_config(g: Activation) -> None:
    assert from_config("activation", to_config(g), ACTIVATIONS) == g


@pytest.mark.parametrize("slope", [-0.1, 1.0, math.nan, math.inf])
def test_leaky_relu_refuses_a_slope_outside_0_to_1(slope: float) -> None:
    with pytest.raises(ConfigurationError, match=f"leaky_relu got slope={slope}, expected 0 ≤ slope < 1"):
        LeakyRelu(slope=slope)


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_elu_refuses_an_alpha_that_is_not_positive_and_finite(alpha: float) -> None:
    with pytest.raises(ConfigurationError, match=f"elu got alpha={alpha}, expected a finite number > 0"):
        Elu(alpha=alpha)
