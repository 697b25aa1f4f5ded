"""The compiled engine's elementary functions against NumPy's wider floats, on every instruction set here."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from shoal.activations import exponent_limit
from shoal.shapes import Array

native = pytest.importorskip("shoal._native")

# The largest error allowed, in units in the last place of the exact result: float32, float64.
LARGEST_ERROR = {
    "exp": (1.1, 1.1),
    "log": (0.9, 0.9),
    "log1p": (1.5, 1.5),
    "expm1": (1.5, 1.5),
    "tanh": (2.1, 2.2),
    "sigmoid": (2.5, 2.5),
    "ndtr": (7.5, 10),
}
DTYPES = [np.float32, np.float64]
EDGES = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan]


@functools.cache
def numbers(dtype: type[np.floating]) -> Array:
    """Numbers of every magnitude and sign, densest where the functions bend, with all the edges."""
    bits = np.uint32 if dtype == np.float32 else np.uint64
    n_patterns = 2 ** (8 * np.dtype(dtype).itemsize)
    every_magnitude = (np.arange(100_003) * (n_patterns // 100_003)).astype(bits).view(dtype)
    limits = np.finfo(dtype)
    # The last exponents of a result that is finite, of one that is normal, and of one that is not 0.
    ends = [math.log(limits.max), math.log(limits.tiny), math.log(limits.smallest_subnormal)]
    near_ends = [end * (1 + k * limits.eps / 2) for end in ends for k in (-4, -2, -1, 0)]
    smallest = [limits.tiny, limits.smallest_subnormal, limits.max]
    near_minus_one = -1 + limits.eps * np.arange(-3, 4) / 2
    # Where intervals of tables may begin, and the numbers beside them.
    ends_of_intervals = np.outer(np.arange(1, 100) / 8, 1 + limits.eps * np.arange(-2, 3)).ravel()
    pieces = [
        *(np.linspace(-width, width, 20_001) for width in (1, 5, 40, 800)),
        1 + np.linspace(-0.5, 0.5, 20_001),
        near_ends,
        near_minus_one,
        ends_of_intervals,
        -ends_of_intervals,
        np.outer((1, -1), smallest).ravel(),
        EDGES,
    ]
    return np.concatenate([every_magnitude, *pieces], dtype=dtype, casting="same_kind")


def ndtr(x: Array) -> Array:
    """Φ(x): the series Σ x^(2k+1) / (2k+1)!! near 0, else the continued fraction of Mills' ratio."""
    t = np.abs(x)
    density = np.exp(-t * t / 2) / np.sqrt(8 * np.arctan(np.ones_like(t)))
    near = np.minimum(t, 2)
    term, total = near, near
    for k in range(1, 50):
        term = term * near * near / (2 * k + 1)
        total = total + term
    far = np.maximum(t, 2)
    ratio = far
    for k in range(120, 0, -1):
        ratio = far + k / ratio
    tail = np.where(t < 2, 0.5 - density * total, density / ratio)
    return np.where(x > 0, 1 - tail, tail)


@functools.cache
def exact(name: str, dtype: type[np.floating]) -> Array:
    """The function at all `numbers`, in NumPy's widest floats."""
    with np.errstate(all="ignore"):
        wide = numbers(dtype).astype(np.longdouble)
        if name == "sigmoid":
            return 1 / (1 + np.exp(np.minimum(-wide, dtype(exponent_limit(np.dtype(dtype))))))
        if name == "ndtr":
            return ndtr(wide)
        result: Array = getattr(np, name)(wide)
        return result


def errors(got: Array, wide: Array) -> Array:
    """|got − exact| in units in the last place; where either is not finite, 0 if they agree, else ∞."""
    with np.errstate(all="ignore"):
        rounded = wide.astype(got.dtype)
        distance = np.abs(got - wide) / np.spacing(np.abs(rounded))
    agree = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(np.isfinite(got) & np.isfinite(rounded), distance, np.where(agree, 0, math.inf))


def apply(isa: str, name: str, x: Array) -> Array:
    out = np.empty_like(x)
    native.apply(isa, name, x, out)
    return out


@pytest.mark.parametrize("name", LARGEST_ERROR)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", native.instruction_sets())
def test_the_last_places_are_right_for_every_magnitude(isa: str, dtype: type[np.floating], name: str) -> None:
    x = numbers(dtype)
    got = apply(isa, name, x)
    assert got.dtype == dtype
    error = errors(got, exact(name, dtype))
    worst = int(error.argmax())
    allowed = LARGEST_ERROR[name][DTYPES.index(dtype)]
    assert error[worst] <= allowed, f"{name}({x[worst]!r}) is {got[worst]!r}, {error[worst]:.2f} ulp off"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", native.instruction_sets())
def test_tanh_is_1_at_most_and_odd(isa: str, dtype: type[np.floating]) -> None:
    """Its derivative is taken as 1 − a², which must not be negative."""
    x = numbers(dtype)
    a = apply(isa, "tanh", x[~np.isnan(x)])
    assert np.abs(a).max() == 1
    np.testing.assert_array_equal(apply(isa, "tanh", -x[~np.isnan(x)]), -a)


@pytest.mark.parametrize("name", ["tanh", "expm1", "log1p"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", native.instruction_sets())
def test_a_function_through_the_origin_keeps_tiny_numbers(
    isa: str, dtype: type[np.floating], name: str
) -> None:
    limits = np.finfo(dtype)
    x = np.array([0.0, limits.smallest_subnormal, limits.tiny, limits.eps**2], dtype)
    x = np.concatenate([x, -x])
    got = apply(isa, name, x)
    np.testing.assert_array_equal(got, x)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(x))


@pytest.mark.parametrize("name", LARGEST_ERROR)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", native.instruction_sets())
def test_a_number_has_the_same_result_in_every_lane(isa: str, dtype: type[np.floating], name: str) -> None:
    x = np.concatenate([np.linspace(-3, 3, 50), EDGES]).astype(dtype)
    once = apply(isa, name, x)
    for shift in range(1, 17):
        np.testing.assert_array_equal(apply(isa, name, np.roll(x, shift)), np.roll(once, shift))
