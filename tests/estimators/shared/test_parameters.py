"""Which values of parameters scikit-learn's check lets through: at the borders, where they are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

from shoal.activations import ACTIVATIONS, Tanh
from shoal.estimators.shared.parameters import (
    CLASSIFIER,
    COMMON,
    FULL_BATCH_SOLVERS,
    REGRESSOR,
    STOCHASTIC_SOLVERS,
)
from shoal.losses import Huber
from shoal.solvers import SOLVERS


def passes(name: str, value: Any, constraints: dict[str, list[Any]] = COMMON) -> bool:
    try:
        validate_parameter_constraints({name: constraints[name]}, {name: value}, caller_name="It")
    except InvalidParameterError:
        return False
    return True


@pytest.mark.parametrize(
    ("names", "good", "bad"),
    [
        (("alpha", "tol", "power_t"), (0, 1e-9, 7), (-1e-9, np.nan, "0")),
        (("learning_rate_init", "epsilon"), (1e-12, 3), (0, -1)),
        (("validation_fraction", "beta_1", "beta_2", "dropout"), (0, 0.999), (1, -0.1)),
        (("momentum",), (0, 1), (1.01, -0.01)),
        (("max_iter", "max_fun", "n_starts"), (1, np.int64(3)), (0, 1.0, None)),
        (("n_iter_no_change",), (1, np.inf), (0, 2.5)),
        (("batch_size",), ("auto", 1), (0, "all", 2.0)),
        (("hidden_layer_sizes",), (1, (3, 2), [4], ()), (0, 1.5, None)),
        (("learning_rate",), ("constant", "invscaling", "adaptive"), ("optimal", 0.1)),
        (("combine_starts",), ("best", "ensemble"), ("mean", None)),
        (("preprocessing",), ("table", None), ("standard",)),
        (("dtype",), ("float32", "float64", None), ("float16",)),
        (("n_jobs",), (None, -1, 0, 2), (1.5, "all")),
        (("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"), (True, np.False_), (None, "yes")),
        (("activation",), ("logistic", Tanh(), ["relu", "tanh"], *ACTIVATIONS), ("no such", None)),
        (("solver",), (*FULL_BATCH_SOLVERS, *STOCHASTIC_SOLVERS), ("newton", None)),
    ],
)
def test_what_is_let_through_and_what_is_not(names: tuple[str, ...], good: Any, bad: Any) -> None:
    for name in names:
        assert [value for value in good if not passes(name, value)] == [], name
        assert [value for value in bad if passes(name, value)] == [], name


def test_only_classifiers_weigh_classes_and_only_regressors_choose_a_loss() -> None:
    assert CLASSIFIER.keys() - COMMON.keys() == {"class_weight"}
    assert REGRESSOR.keys() - COMMON.keys() == {"loss"}
    assert all(passes("class_weight", value, CLASSIFIER) for value in (None, "balanced", {0: 2.0}))
    assert not passes("class_weight", [2.0], CLASSIFIER)
    losses = ("squared_error", "poisson", "absolute_error", "huber", Huber(2.0))
    assert all(passes("loss", value, REGRESSOR) for value in losses)
    assert not passes("loss", "log_loss", REGRESSOR)


def test_the_engine_knows_every_solver() -> None:
    for name in (*FULL_BATCH_SOLVERS, *STOCHASTIC_SOLVERS):
        full_batch = name in FULL_BATCH_SOLVERS
        assert SOLVERS[name].full_batch is full_batch, name
