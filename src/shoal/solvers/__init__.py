"""The registry of solvers."""

from shoal.registry import family
from shoal.solvers.adam import Adam
from shoal.solvers.base import Solver
from shoal.solvers.gradient_descent import GradientDescent

SOLVERS: dict[str, type[Solver]] = family(GradientDescent, Adam)
