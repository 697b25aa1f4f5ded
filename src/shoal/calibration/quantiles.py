"""Quantiles of the normal and of Student's distribution, for the ends of intervals."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

MANY = 1000
"""Degrees of freedom from which on four terms of the expansion are all that a double holds."""
CLOSE = 1e-15


def normal_quantile(p: float) -> float:
    """Return the z that a standard normal number stays below with probability ``p``, 0 < p < 1.

    Source: Wichura 1988, "The percentage points of the normal distribution", AS 241, as Python has it.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    return NormalDist().inv_cdf(p)


def student_quantile(p: float, freedom: int) -> float:
    """Return the t that Student's t of so many degrees of ``freedom`` stays below with probability ``p``.

    0.5 ≤ p < 1. Few degrees of freedom: Newton's method on the finite sum for whole ones; many: the expansion
    in 1/ν around the normal quantile.

    Source: Abramowitz & Stegun 1964, 26.7.3 to 26.7.5.

    >>> [round(student_quantile(0.975, freedom), 3) for freedom in (1, 10, 5000)]
    [12.706, 2.228, 1.96]
    """
    if freedom < 3:
        return _of_one(p) if freedom == 1 else _of_two(p)
    t = _expanded(normal_quantile(p), freedom)
    if freedom >= MANY:
        return t
    for _ in range(50):
        step = (_cumulative(t, freedom) - p) / _density(t, freedom)
        t -= step
        if abs(step) <= CLOSE * abs(t):
            break
    return t


def _of_one(p: float) -> float:
    return math.tan(math.pi * (p - 0.5))


def _of_two(p: float) -> float:
    return (2 * p - 1) / math.sqrt(2 * p * (1 - p))


def _expanded(z: float, freedom: int) -> float:
    v, s = float(freedom), z * z
    terms = (
        z * (s + 1) / 4,
        z * ((5 * s + 16) * s + 3) / 96,
        z * (((3 * s + 19) * s + 17) * s - 15) / 384,
        z * ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / 92160,
    )
    return z + math.fsum(term / v ** (k + 1) for k, term in enumerate(terms))


def _cumulative(t: float, freedom: int) -> float:
    """Return P(T ≤ t): with θ = arctan(t/√ν) a sum of so many powers of cos θ as half the degrees."""
    theta = math.atan2(t, math.sqrt(freedom))
    cosine, odd = math.cos(theta), freedom % 2
    k = np.arange(1, (freedom - odd) // 2)
    ratios = (2 * k - 1 + odd) / (2 * k + odd) * cosine**2
    inner = math.sin(theta) * float(1 + np.cumprod(ratios).sum())
    both = 2 / math.pi * (theta + cosine * inner) if odd else inner
    return 0.5 + both / 2


def _density(t: float, freedom: int) -> float:
    v = float(freedom)
    log_scale = math.lgamma((v + 1) / 2) - math.lgamma(v / 2) - math.log(v * math.pi) / 2
    return math.exp(log_scale - (v + 1) / 2 * math.log1p(t * t / v))
