"""What scaled inputs gain: the function with a known answer, the ensemble without scales, and the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.generalisation.made import friedman
from benchmarks.generalisation.scaling import document, without_scales
from shoal import ShoalRegressor


def test_friedman_s_function_knows_five_columns() -> None:
    X, y = friedman(2000, useless=3, noise=0.0, seed=0)
    assert X.shape == (2000, 8)
    x = X[7]
    by_hand = 10 * np.sin(np.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    assert y[7] == pytest.approx(by_hand)
    noisy = friedman(2000, useless=3, noise=3.0, seed=0)[1]
    assert np.std(noisy - y) == pytest.approx(3, rel=0.1)


def test_an_ensemble_without_scales_has_as_many_starts_of_which_none_is_scaled() -> None:
    X, y = friedman(60, useless=5, noise=1.0, seed=0)
    settings: dict[str, Any] = {"hidden_layer_sizes": 4, "max_iter": 3, "random_state": 0, "n_jobs": 1}
    before = without_scales(8, views=2, folds=5, sparing=False)
    found = ShoalRegressor(**settings, **before).fit(X, y).study_
    assert len(found.table) == 8 * 5
    assert not any(found.is_scaled(start) for start in set(found.table["start"].tolist()))
    assert without_scales(4, views=2, folds=5, sparing=True) == {"n_starts": 2}
    assert without_scales(2, views=2, folds=5, sparing=False) == {"n_starts": 2}


def test_the_table_has_means_of_sets_with_many_useless_columns_and_of_others() -> None:
    def run(name: str, useless: float, now: float) -> dict[str, Any]:
        whole = {"set": name, "split": 0, "rows": 9, "columns": 4, "starts": 4, "useless": useless}
        return {**whole, "before": {"error": 2.0, "seconds": 4.0}, "now": {"error": now, "seconds": 5.0}}

    page = document([run("a", 0.8, 1.0), run("b", 0.3, 0.25), run("c", 0.1, 2.0)])
    assert "| a | 9 | 4 | 80% | 4 | 2 | 1 | 0.500 | 1.25 |" in page
    assert "**many useless columns** (2) | | | | | | | 0.250 ± 0.693 | 1.25 |" in page
    assert "**others** (1) | | | | | | | 1.000 ± nan | 1.25 |" in page
