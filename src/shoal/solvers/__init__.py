"""The registry of solvers."""

from shoal.registry import family
from shoal.solvers.adam import Adam
from shoal.solvers.adamw import AdamW
from shoal.solvers.base import Solver
from shoal.solvers.gradient_descent import GradientDescent
from shoal.solvers.lbfgs import LBFGS
from shoal.solvers.rmsprop import RMSprop
from shoal.solvers.scaled_conjugate_gradient import ScaledConjugateGradient
from shoal.solvers.sgd import SGD

SOLVERS: dict[str, type[Solver]] = family(
    GradientDescent, SGD, Adam, AdamW, RMSprop, ScaledConjugateGradient, LBFGS
)
