"""Solvers, one to a file; a new one is registered here, and imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.lazy import front_door
from shoal.registry import LazyFamily

if TYPE_CHECKING:
    from shoal.solvers.base import Solver

SOLVERS: LazyFamily[Solver] = LazyFamily(
    {"lm": "levenberg_marquardt", "br": "bayesian_regularization"},
    gradient_descent="shoal.solvers.gradient_descent:GradientDescent",
    sgd="shoal.solvers.sgd:SGD",
    adam="shoal.solvers.adam:Adam",
    adamw="shoal.solvers.adamw:AdamW",
    rmsprop="shoal.solvers.rmsprop:RMSprop",
    scg="shoal.solvers.scaled_conjugate_gradient:ScaledConjugateGradient",
    lbfgs="shoal.solvers.lbfgs:LBFGS",
    bfgs="shoal.solvers.bfgs:BFGS",
    levenberg_marquardt="shoal.solvers.levenberg_marquardt:LevenbergMarquardt",
    bayesian_regularization="shoal.solvers.bayesian_regularization:BayesianRegularization",
)
"""Solvers by the names that they are registered, saved and asked for by."""

__getattr__, __dir__ = front_door(__name__, SOLVERS.homes)
