"""Functions of C, called one by one: calendars of four hundred years, ends of pieces, and small sums."""

from __future__ import annotations

import ctypes
import datetime
import math
import subprocess
from typing import Any

import numpy as np
import pytest

from shoal.activations import Elu, Relu, Tanh
from shoal.export.c.activations import Precision
from shoal.export.c.functions import CALLS, TEXTS, Functions
from shoal.shapes import Array

DOUBLE = Precision(np.dtype(np.float64))
NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def library(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Compile every function, in double precision and for everybody to call."""
    functions = Functions(DOUBLE)
    for name in TEXTS:
        functions.need(name)
    for g in Tanh(), Relu(), Elu(0.5):
        functions.activation(g)
    written = "\n\n".join(functions.written.values()).replace("static ", "")
    folder = tmp_path_factory.mktemp("functions")
    (folder / "f.c").write_text(f"#include <math.h>\n#include <stdint.h>\ntypedef double real;\n{written}\n")
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *strict, "-o", folder / "f.so", folder / "f.c", "-lm"], check=True)
    return ctypes.CDLL(str(folder / "f.so"))


def of_numbers(library: ctypes.CDLL, name: str, *numbers: float) -> float:
    function = library[name]
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * len(numbers)
    return float(function(*numbers))


def doubles(values: Any) -> Any:
    flat = np.ravel(values).astype(float).tolist()
    return (ctypes.c_double * len(flat))(*flat)


def of_vectors(library: ctypes.CDLL, name: str, size: int, *arguments: Any) -> Array:
    """Call a function whose last argument is what it writes."""
    out = doubles(np.full(size, NAN))
    library[name](*arguments, out)
    return np.array(out)


def test_months_and_weekdays_are_those_of_the_calendar(library: ctypes.CDLL) -> None:
    """Every eleventh day of four hundred years, after which the calendar repeats, and all leap days."""
    first = datetime.date(1830, 1, 1)
    dates = [first + datetime.timedelta(days=11 * k) for k in range(146097 // 11)]
    dates += [
        datetime.date(year, 2, 28) + datetime.timedelta(days=k)
        for year in range(1896, 2108, 4)
        for k in (0, 1, 2)
    ]
    epoch = datetime.date(1970, 1, 1)
    for date in dates:
        days = float((date - epoch).days)
        assert of_numbers(library, "month", days + 0.75) == (date.month - 1) / 12, date
        assert of_numbers(library, "weekday", days + 0.75) == date.weekday() / 7, date


@pytest.mark.parametrize(("days", "hour"), [(0.0, 0.0), (10.25, 0.25), (-0.25, 0.75), (-3.0, 0.0)])
def test_an_hour_is_what_has_gone_of_its_day(library: ctypes.CDLL, days: float, hour: float) -> None:
    assert of_numbers(library, "hour", days) == hour


def test_a_remainder_has_the_sign_of_the_divisor(library: ctypes.CDLL) -> None:
    found = [of_numbers(library, "remainder_of", x, 7.0) for x in (-8.0, -7.0, -1.0, 0.0, 6.0, 7.0)]
    assert found == [6, 0, 6, 0, 6, 0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [(2.0, 0.0), (6.0, 1 / math.sqrt(1 + 1 / 9)), (NAN, 0.0), (INF, 3.0), (-INF, -3.0), (1e308, 3.0)],
)
def test_a_scaled_number_is_bent_and_bounded(library: ctypes.CDLL, x: float, expected: float) -> None:
    assert of_numbers(library, "scaled", x, 2.0, 4.0) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("x", "expected"), [(1.0, -0.5), (0.0, -0.5), (1.5, -0.25), (3.0, 0.5), (INF, 0.5)])
def test_a_piece_is_covered_from_its_low_to_its_high_end(
    library: ctypes.CDLL, x: float, expected: float
) -> None:
    assert of_numbers(library, "covered", x, 1.0, 3.0) == expected


def test_a_dense_layer_takes_its_weights_row_by_row(library: ctypes.CDLL) -> None:
    W, b, a = np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([0.5, -0.5]), np.array([1.0, 0, -1])
    found = of_vectors(library, "dense", 2, doubles(W), doubles(b), 2, 3, doubles(a))
    assert found.tolist() == (W @ a + b).tolist()
    bytes_ = (ctypes.c_int8 * 6)(1, 2, 3, -128, 5, 127)
    scale = np.array([0.5, 0.25])
    of_bytes = of_vectors(library, "dense_int8", 2, bytes_, doubles(scale), doubles(b), 2, 3, doubles(a))
    assert of_bytes.tolist() == (scale * (np.array([[1, 2, 3], [-128, 5, 127]]) @ a) + b).tolist()


def test_norms_are_worked_by_hand(library: ctypes.CDLL) -> None:
    a, scale, shift = np.array([1.0, 2, 6]), np.array([1.0, 2, -1]), np.array([0.0, 1, 2])
    plain = of_vectors(library, "scale_and_shift", 3, doubles(scale), doubles(shift), 3, doubles(a))
    assert plain.tolist() == [1, 5, -4]
    epsilon = ctypes.c_double(0.25)
    normed = of_vectors(library, "normalise", 3, doubles(scale), doubles(shift), epsilon, 3, doubles(a))
    deviation = math.sqrt(14 / 3 + 0.25)
    np.testing.assert_allclose(normed, (a - 3) / deviation * scale + shift, rtol=1e-15)


def test_a_softmax_does_not_overflow(library: ctypes.CDLL) -> None:
    found = of_vectors(library, "softmax", 3, 3, doubles([1000.0, 1000 + math.log(3), -1000.0]))
    np.testing.assert_allclose(found, [0.25, 0.75, 0], rtol=1e-13)


@pytest.mark.parametrize(("z", "expected"), [(0.0, 0.5), (40.0, 1.0), (math.log(3), 0.75), (-1e9, 0.0)])
def test_a_sigmoid_is_never_0(library: ctypes.CDLL, z: float, expected: float) -> None:
    found = of_numbers(library, "sigmoid", z)
    assert found == pytest.approx(expected, rel=1e-15, abs=1e-300)
    assert found > 0


@pytest.mark.parametrize("T", [0.5, 1.0, 2.0])
def test_probabilities_are_cooled(library: ctypes.CDLL, T: float) -> None:
    p = np.array([0.2, 0.3, 0.5])
    out = doubles(p)
    library["cool"](3, ctypes.c_double(T), out)
    np.testing.assert_allclose(np.array(out), p ** (1 / T) / (p ** (1 / T)).sum(), rtol=1e-14)


def test_activations_replace_numbers_in_their_place(library: ctypes.CDLL) -> None:
    given = np.array([-2.0, 0.5, 3.0])
    for name, expected in (
        ("tanh_0", np.tanh(given)),
        ("relu_1", np.maximum(given, 0)),
        ("elu_2", np.where(given > 0, given, 0.5 * np.expm1(given))),
    ):
        values = doubles(given)
        library[name](values, 3)
        np.testing.assert_allclose(np.array(values), expected, rtol=1e-14)


def test_what_a_function_calls_stands_above_it_once() -> None:
    functions = Functions(DOUBLE)
    asked = ["weekday", "hour", "month", "weekday"]
    assert [functions.need(name) for name in asked] == asked
    assert list(functions.written) == ["remainder_of", "weekday", "hour", "month"]
    called = {
        name: {other for other in TEXTS if f" {other}(" in f" {TEXTS[name]}"} - {name} for name in TEXTS
    }
    assert {name: set(others) for name, others in CALLS.items()} == {k: v for k, v in called.items() if v}


def test_an_activation_with_the_same_formula_is_written_once() -> None:
    functions = Functions(DOUBLE)
    names = [functions.activation(g) for g in (Elu(0.5), Tanh(), Elu(0.5), Elu(0.25))]
    assert names == ["elu_0", "tanh_1", "elu_0", "elu_2"]
    assert len(functions.written) == 3
