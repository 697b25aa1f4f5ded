"""B9: the kernels on one core, products beside the peak of multiply-adds, functions beside NumPy's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.task import Array
from shoal import _native
from shoal.engines.compiled.module import INSTRUCTION_SET
from shoal.errors import ConfigurationError

SIZES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
AIMED = (32, 128)
"""The sizes from and to which a product shall reach ``SHARE`` of the peak."""
SHARE = 0.6
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x, out: np.reciprocal(1 + np.exp(-x), out=out),
}
ELEMENTS, FEW = 4096, 64
LEAST_SECONDS = 0.01
"""A measurement repeats its kernel until it takes this long."""


@dataclass(frozen=True)
class Kernel:
    """A kernel's speed and NumPy's: GFLOP/s of a product, elements a nanosecond of a function."""

    name: str
    dtype: str
    size: int
    speed: float
    numpy: float
    peak: float
    """GFLOP/s of chains of multiply-adds."""


def measure_kernels(say: Callable[[str], None], repeats: int) -> list[Kernel]:
    """Return products of n × n matrices and functions of 4096 numbers, medians over interleaved repeats."""
    if not INSTRUCTION_SET:
        raise ConfigurationError("the kernels need the native engine, and this installation has none")
    kernels = []
    with threadpool_limits(1):
        for dtype in ("float32", "float64"):
            for name, size, work, ours, theirs in (*_products(dtype), *_functions(dtype)):
                peak, speed, numpy = _median_speeds(
                    [(1, _peak(dtype)), (work, ours), (work, theirs)], repeats
                )
                kernels.append(Kernel(name, dtype, size, speed, numpy, peak))
                say(f"  {dtype} {name} {size}: {speed:.3g}, NumPy {numpy:.3g}, peak {peak:.3g} GFLOP/s")
    return kernels


def speeds(dtype: str, repeats: int) -> tuple[float, float]:
    """Return the peak in operations a second, and the seconds of a tanh, the best of interleaved repeats.

    A tanh without the call from Python: by how much longer one of many numbers takes than one of few.
    """
    x = np.random.default_rng(0).normal(size=ELEMENTS).astype(dtype)
    few, many = (
        _times(_native.apply, INSTRUCTION_SET, "tanh", x[:n], np.empty_like(x[:n])) for n in (FEW, ELEMENTS)
    )
    with threadpool_limits(1):
        peaks, *calls = _speeds([(1, _peak(dtype)), (1, few), (1, many)], repeats)
    short, long = (1e-9 / max(found) for found in calls)
    return 1e9 * max(peaks), (long - short) / (ELEMENTS - FEW)


# A kernel called with a number of repeats, which returns by what its work is multiplied.
Repeated = Callable[[int], float]


def _peak(dtype: str) -> Repeated:
    total = np.zeros(1, dtype)
    return lambda repeats: 2 * _native.multiply_adds(INSTRUCTION_SET, 100 * repeats, total)


def _products(dtype: str) -> Iterator[tuple[str, int, float, Repeated, Repeated]]:
    rng = np.random.default_rng(0)
    for n in SIZES:
        W, a = rng.normal(size=(n, n)).astype(dtype), rng.normal(size=(n, n + -n % 16)).astype(dtype)
        z = np.empty_like(a)
        yield "product", n, 2 * W.size * a.shape[1], _product(W, a, z), _times(np.matmul, W, a, z)


def _product(W: Array, a: Array, z: Array) -> Repeated:
    def run(repeats: int) -> float:
        _native.product(INSTRUCTION_SET, W, a, z, repeats)
        return repeats

    return run


def _functions(dtype: str) -> Iterator[tuple[str, int, float, Repeated, Repeated]]:
    x = np.random.default_rng(0).normal(size=ELEMENTS).astype(dtype)
    out = np.empty_like(x)
    for name, f in FUNCTIONS.items():
        yield (
            name,
            ELEMENTS,
            ELEMENTS,
            _times(_native.apply, INSTRUCTION_SET, name, x, out),
            _times(f, x, out),
        )


def _times(f: Callable[..., Any], *arguments: Any) -> Repeated:
    def run(repeats: int) -> float:
        for _ in range(repeats):
            f(*arguments)
        return repeats

    return run


def _median_speeds(kernels: list[tuple[float, Repeated]], repeats: int) -> list[float]:
    """Return work done in a nanosecond by each kernel."""
    return [float(np.median(found)) for found in _speeds(kernels, repeats)]


def _speeds(kernels: list[tuple[float, Repeated]], repeats: int) -> list[list[float]]:
    """Return the same of each repeat: of this thread's time, whatever else the core does meanwhile."""
    counts = [_enough(run) for _, run in kernels]
    every: list[list[float]] = [[] for _ in kernels]
    for _ in range(repeats):
        for (work, run), count, found in zip(kernels, counts, every, strict=True):
            start = time.thread_time()
            done = run(count)
            found.append(work * done / (time.thread_time() - start) / 1e9)
    return every


def _enough(run: Repeated) -> int:
    count = 1
    while True:
        start = time.perf_counter()
        run(count)
        if time.perf_counter() - start >= LEAST_SECONDS:
            return count
        count *= 2
