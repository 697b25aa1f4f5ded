from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("shoal._native")
from benchmarks import kernels


def test_every_kernel_is_measured_in_both_precisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "SIZES", (8,))
    monkeypatch.setattr(kernels, "LEAST_SECONDS", 1e-4)
    found = kernels.measure_kernels(lambda line: None, repeats=2)
    assert [(k.dtype, k.name, k.size) for k in found] == [
        (dtype, name, size)
        for dtype in ("float32", "float64")
        for name, size in (("product", 8), ("exp", 4096), ("tanh", 4096), ("sigmoid", 4096))
    ]
    assert all(min(k.speed, k.numpy, k.peak) > 0 for k in found)


def test_numpys_functions_are_those_of_the_engine() -> None:
    x = np.linspace(-5, 5, 64)
    for name, f in kernels.FUNCTIONS.items():
        ours, numpys = np.empty_like(x), np.empty_like(x)
        kernels._native.apply(kernels.INSTRUCTION_SET, name, x, ours)
        f(x, out=numpys)
        np.testing.assert_allclose(ours, numpys, rtol=1e-13)
