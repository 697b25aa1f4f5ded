"""What scikit-learn checks the estimators' parameters against."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from shoal.activations import ACTIVATIONS, Activation
from shoal.losses import Loss

STOCHASTIC_SOLVERS = ("sgd", "adam")
FULL_BATCH_SOLVERS = ("lbfgs", "scg", "bfgs", "lm", "levenberg_marquardt", "br", "bayesian_regularization")
"""The first is SciPy's, as in scikit-learn; the others are the engine's, by its names for them."""

_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
POSITIVE = [Interval(Real, 0, None, closed="neither")]
_FRACTION = [Interval(Real, 0, 1, closed="left")]
COUNT = Interval(Integral, 1, None, closed="left")

COMMON: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", COUNT],
    "activation": [StrOptions({"logistic", *ACTIVATIONS}), "array-like", Activation],
    "solver": [StrOptions({*FULL_BATCH_SOLVERS, *STOCHASTIC_SOLVERS})],
    "alpha": _NOT_NEGATIVE,
    "batch_size": [StrOptions({"auto"}), COUNT],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": POSITIVE,
    "power_t": _NOT_NEGATIVE,
    "max_iter": [COUNT],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": _NOT_NEGATIVE,
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": _FRACTION,
    "beta_1": _FRACTION,
    "beta_2": _FRACTION,
    "epsilon": POSITIVE,
    "n_iter_no_change": [COUNT, Options(Real, {np.inf})],
    "max_fun": [COUNT],
    "dropout": _FRACTION,
    "n_starts": [COUNT],
    "combine_starts": [StrOptions({"best", "ensemble"})],
    "preprocessing": [StrOptions({"table"}), None],
    "dtype": [StrOptions({"float32", "float64"}), None],
    "n_jobs": [Integral, None],
}
CLASSIFIER = {**COMMON, "class_weight": [dict, StrOptions({"balanced"}), None]}
REGRESSOR = {
    **COMMON,
    "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber"}), Loss],
}
