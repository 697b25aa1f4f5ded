"""Made tables, whose answer is known: Friedman's functions, parity, steps, and what has heavy tails.

The noise of numbers is told by the ratio of signal to noise, of their standard deviations. Useless columns
are drawn as the useful ones are, and play no part.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Made: TypeAlias = tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]

ROWS = 4000
TRAINING = 1000
"""Rows of a made table, and of them those that train; the others test."""
LEVELS = "abcdef"
FLIPPED = 0.05
"""Of the classes, those that are the other one."""


def friedman(n: int, useless: int, noise: float, seed: int) -> tuple[Numbers, Numbers]:
    """Return X (n, 5 + useless), uniform, and Friedman's first function of the first five with normal noise::

        y = 10 sin(π x₁ x₂) + 20 (x₃ - ½)² + 10 x₄ + 5 x₅

    Source: Friedman 1991, "Multivariate adaptive regression splines", (61).
    """
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, 5 + useless))
    return X, friedman1(X) + noise * rng.normal(size=n)


def friedman1(X: Numbers) -> Numbers:
    """Return Friedman's first function, of the first five columns."""
    x = X.T
    value: Numbers = 10 * np.sin(np.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    return value


def friedman2(X: Numbers) -> Numbers:
    """Return Friedman's second function, the impedance √(R² + (ωL - 1/(ωC))²) of a circuit, in ohms.

    Its parts are scaled to (0, 1): R up to 100 Ω, ω/2π of 20 to 280 Hz, L up to 1 H, C of 1 to 11 µF.
    """
    r, omega, inductance, capacity = _circuit(X)
    return np.sqrt(r**2 + (omega * inductance - 1 / (omega * capacity)) ** 2)


def friedman3(X: Numbers) -> Numbers:
    """Return Friedman's third function, the phase atan((ωL - 1/(ωC)) / R) of the same circuit."""
    r, omega, inductance, capacity = _circuit(X)
    return np.arctan((omega * inductance - 1 / (omega * capacity)) / r)


def _circuit(X: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    x = X.T
    return 100 * x[0], 2 * np.pi * (20 + 260 * x[1]), x[2], 1e-6 * (1 + 10 * x[3])


def steps(X: Numbers) -> Numbers:
    """Return 4 [x₁ > 0.3] + 2 [x₂ > 0.7] [x₁ ≤ 0.3] + ⌊4 x₃⌋, constant but for its leaps."""
    x = X.T
    value: Numbers = 4.0 * (x[0] > 0.3) + 2.0 * ((x[1] > 0.7) & (x[0] <= 0.3)) + np.floor(4 * x[2])
    return value


def noisy(
    function: Callable[[Numbers], Numbers], useful: int, useless: int, ratio: float
) -> Callable[[np.random.Generator], Made]:
    """Return a maker of uniform columns and a function of the useful ones, with so much signal to noise."""

    def make(rng: np.random.Generator) -> Made:
        X = rng.uniform(size=(ROWS, useful + useless))
        signal = function(X)
        return X, signal + signal.std() / ratio * rng.normal(size=ROWS)

    return make


def parity(of: int, useless: int) -> Callable[[np.random.Generator], Made]:
    """Return a maker of categories: whether an odd number of the first are a, b or c, for most rows."""

    def make(rng: np.random.Generator) -> Made:
        codes = rng.integers(len(LEVELS), size=(ROWS, of + useless))
        odd = (codes[:, :of] < len(LEVELS) // 2).sum(axis=1) % 2 == 1
        odd ^= rng.uniform(size=ROWS) < FLIPPED
        return np.array(list(LEVELS))[codes], np.where(odd, "odd", "even")

    return make


def heavy_noise(rng: np.random.Generator) -> Made:
    """Return Friedman's first function with noise of Student's t: 1.5 degrees of freedom, no variance."""
    X = rng.uniform(size=(ROWS, 10))
    return X, friedman1(X) + rng.standard_t(1.5, size=ROWS)


def heavy_target(rng: np.random.Generator) -> Made:
    """Return exp(z), z of Friedman's first function standardised, twice: most are near 0, some large."""
    X = rng.uniform(size=(ROWS, 10))
    signal = friedman1(X)
    z = (signal - signal.mean()) / signal.std()
    return X, np.exp(2 * z + 0.3 * rng.normal(size=ROWS))


def heavy_columns(rng: np.random.Generator) -> Made:
    """Return a smooth function of columns that are Cauchy distributed: of where they stand, not how far."""
    X = rng.standard_cauchy(size=(ROWS, 6))
    x = np.arctan(X).T / np.pi + 0.5
    signal = np.sin(2 * np.pi * x[0]) + 2 * x[1] * x[2] + x[3]
    return X, signal + signal.std() / 3 * rng.normal(size=ROWS)


MADE: dict[str, Callable[[np.random.Generator], Made]] = {
    **{
        f"friedman1_{useless}_{ratio:g}": noisy(friedman1, 5, useless, ratio)
        for useless in (0, 20, 100)
        for ratio in (0.3, 3.0)
    },
    **{
        f"{function.__name__}_{useless}_3": noisy(function, 4, useless, 3.0)
        for function in (friedman2, friedman3)
        for useless in (0, 20)
    },
    "parity2_8": parity(2, 8),
    "parity3_3": parity(3, 3),
    "steps_0": noisy(steps, 3, 0, 3.0),
    "steps_20": noisy(steps, 3, 20, 3.0),
    "heavy_noise": heavy_noise,
    "heavy_target": heavy_target,
    "heavy_columns": heavy_columns,
}
"""By name: function, useless columns, signal to noise."""
CLASSES = ("parity2_8", "parity3_3")


def lines_of(name: str) -> list[list[str]]:
    """Return a made table as the fields of a file: a header, then rows with the target last."""
    X, y = MADE[name](np.random.default_rng(zlib.crc32(name.encode())))
    header = [*(f"x{j + 1}" for j in range(X.shape[1])), "y"]
    rows = zip(X.tolist(), y.tolist(), strict=True)
    return [header, *([*map(str, features), str(target)] for features, target in rows)]
