"""The tabular learners of pytabkit with their tuned defaults (TD), or the defaults of their authors (D).

Source: Holzmüller, Grinsztajn & Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted trees
on tabular data", and its package pytabkit, whose interface is that of scikit-learn.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.generalisation.scores import Score, cores, timed
from benchmarks.generalisation.sets import Rows, Table

NAMES = {
    "realmlp_td": "RealMLP_TD",
    "tabm_d": "TabM_D",
    "catboost_td": "CatBoost_TD",
    "lgbm_td": "LGBM_TD",
    "xgb_td": "XGB_TD",
    "xrfm_d": "XRFM_D",
}
"""The contestants, and what their classes are called before ``_Classifier`` and ``_Regressor``."""
REQUIRED = {
    "realmlp_td": ("torch",),
    "tabm_d": ("torch",),
    "catboost_td": ("catboost",),
    "lgbm_td": ("lightgbm",),
    "xgb_td": ("xgboost",),
    "xrfm_d": ("xrfm", "torch"),
}
"""What their figures depend on besides pytabkit."""


def fitted(name: str, table: Table, split: int) -> Score:
    """Fit a learner of pytabkit on all cores that the process has, and return its scores."""
    package = importlib.import_module("pytabkit")
    kind = "Classifier" if table.task == "classification" else "Regressor"
    learner = getattr(package, f"{NAMES[name]}_{kind}")(device="cpu", random_state=0, n_threads=cores())
    train, test = table.split(split)
    X, y = _frame(table, train), table.columns()[2]
    return timed(table, test, learner, (X.iloc[train], y[train]), X.iloc[test])


def _frame(table: Table, train: Rows) -> Any:
    """Return the features; its networks want no number missing, so such are the median of training rows."""
    import pandas as pd

    numbers, texts, _ = table.columns()
    known = ~np.isnan(numbers[train]).all(axis=0)
    numbers = numbers[:, known]
    numbers = np.where(np.isnan(numbers), np.nanmedian(numbers[train], axis=0), numbers)
    categories = pd.DataFrame(texts).add_prefix("c").astype("category")
    return pd.concat([pd.DataFrame(numbers).add_prefix("x"), categories], axis=1)


PYTABKIT: dict[str, Callable[[Table, int], Score]] = {name: partial(fitted, name) for name in NAMES}
