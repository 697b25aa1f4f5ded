"""Activations as ONNX in their own digits, beside formulas far out and near 0; refused without a form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pytest

from shoal.activations import ACTIVATIONS, Activation, Elu, LeakyRelu, Selu, Sigmoid
from shoal.errors import ConfigurationError
from shoal.export.activations import ACTIVATION_FORMS, _scaled_erfc, add_activation
from shoal.export.graph import FLOAT_TYPES, Graph
from shoal.shapes import Array

DTYPES = ["float32", "float64"]
Z = np.array([-80.0, -20, -5, -1, -1e-3, -1e-6, 0, 1e-6, 1e-3, 0.5, 1, 5, 20, 80])


def said(g: Activation, z: Any, dtype: str) -> Array:
    """Return g(z) as ONNX Runtime computes it."""
    graph, kind = Graph(["z"], ["a"]), FLOAT_TYPES[dtype]
    graph.input("z", kind)
    graph.output(add_activation(graph, g, "z", np.dtype(dtype)), kind, ("rows",))
    session = onnxruntime.InferenceSession(
        graph.model("an activation").SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (a,) = session.run(None, {"z": np.array(z, dtype=dtype)})
    return np.asarray(a)


def worked(formula: Callable[[float], float], z: Any, dtype: str) -> Array:
    """Return a formula of each number as it is in that precision."""
    return np.array([formula(float(each)) for each in np.array(z, dtype=dtype)])


def alpha_elu(z: float, alpha: float) -> float:
    return z if z > 0 else alpha * math.expm1(z)


FORMULAS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: z * math.erfc(-z / math.sqrt(2)) / 2,
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
    "mish": lambda z: z * math.tanh(max(z, 0.0) + math.log1p(math.exp(-abs(z)))),
    "identity": lambda z: z,
}
GIVEN = [
    *(pytest.param(ACTIVATIONS[name](), formula, id=name) for name, formula in FORMULAS.items()),
    pytest.param(LeakyRelu(0.2), lambda z: z if z > 0 else 0.2 * z, id="leaky_relu"),
    pytest.param(Elu(1.7), lambda z: alpha_elu(z, 1.7), id="elu"),
    pytest.param(
        Selu(), lambda z: 1.0507009873554805 * alpha_elu(z, 1.6732632423543772), id="selu"
    ),  # Klambauer et al. 2017
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("g", "formula"), GIVEN)
def test_every_form_is_right_in_its_own_digits(
    g: Activation, formula: Callable[[float], float], dtype: str
) -> None:
    """Also where the value is small, which a rounding of 1 would swallow; far out it is a number."""
    found, far = np.split(said(g, [*Z, -1e18, 1e18], dtype), [len(Z)])
    assert found.dtype == dtype
    assert np.isfinite(far).all()
    expected = worked(formula, Z, dtype)
    # a rounding of z is one of e^z times z, which at ±80 is 80 roundings
    np.testing.assert_allclose(found, expected, rtol=200 * float(np.finfo(dtype).eps), atol=1e-37)


def test_every_activation_is_worked_here() -> None:
    names = {param.values[0].name for param in GIVEN}
    assert names == set(ACTIVATION_FORMS) == set(ACTIVATIONS)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sigmoid_is_never_0(dtype: str) -> None:
    found = said(Sigmoid(), [-1e30, -1e4, 1e30], dtype)
    assert 0 < found[0] == found[1] < 1e-37
    assert found[2] == 1


@pytest.mark.parametrize(("degree", "error"), [(10, 3e-7), (24, 2e-14)])
def test_the_polynomial_of_erfc_is_good_from_0_to_infinity(degree: int, error: float) -> None:
    from scipy.special import erfcx

    coefficients = _scaled_erfc(degree)
    assert len(coefficients) == degree + 1
    x = np.concatenate([np.linspace(0, 5, 101), np.geomspace(5, 1e6, 50)])
    t = 2 / (2 + x)
    found = t * np.polynomial.polynomial.polyval(2 * t - 1, coefficients)
    np.testing.assert_allclose(found, erfcx(x), rtol=error)
    at_infinity = np.polynomial.polynomial.polyval(-1.0, coefficients)
    assert at_infinity == pytest.approx(1 / (2 * math.sqrt(math.pi)), rel=error)


def test_an_activation_without_a_form_is_refused() -> None:
    @dataclass(frozen=True)
    class Cubed(Sigmoid):
        name = "cubed"

    with pytest.raises(ConfigurationError) as refused:
        said(Cubed(), [0.0], "float32")
    assert str(refused.value) == (
        "the activation 'cubed' has no ONNX form in shoal.export; use another, or write its form there"
    )
