"""What the benchmarks time does the work that it is said to do."""

from __future__ import annotations

import numpy as np
import pytest

native = pytest.importorskip("shoal._native")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("isa", native.instruction_sets())
class TestOnEveryInstructionSet:
    def test_multiply_adds_are_all_done(self, isa: str, dtype: type[np.floating]) -> None:
        total = np.zeros(1, dtype)
        per_step = native.multiply_adds(isa, 1, total)
        assert total[0] == 3.75 * per_step  # chains begin at 0 to 11, 5.5 in the mean
        assert native.multiply_adds(isa, 3, total) == 3 * per_step
        assert total[0] == (5.5 / 8 + 1.75) * per_step

    @pytest.mark.parametrize(("m", "n"), [(3, 5), (64, 64), (300, 260)])
    def test_a_product_is_numpys(self, isa: str, dtype: type[np.floating], m: int, n: int) -> None:
        rng = np.random.default_rng(0)
        W, a = rng.normal(size=(m, n)).astype(dtype), rng.normal(size=(n, 32)).astype(dtype)
        z = np.empty((m, 32), dtype)
        native.product(isa, W, a, z, 2)
        exact = W.astype(np.float64) @ a.astype(np.float64)
        np.testing.assert_allclose(z, exact, rtol=0, atol=n * np.finfo(dtype).eps * 10)

    def test_shapes_that_do_not_fit_are_refused(self, isa: str, dtype: type[np.floating]) -> None:
        W, a, z = np.ones((3, 2), dtype), np.ones((2, 32), dtype), np.ones((3, 16), dtype)
        with pytest.raises(ValueError, match="product takes W"):
            native.product(isa, W, a, z, 1)
