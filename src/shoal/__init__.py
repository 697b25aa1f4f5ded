"""shoal trains a whole shoal of neural networks at once and keeps the one that generalises."""

from shoal.explain.gradient_check import GradientCheck, check_gradients
from shoal.layers import Dense, Dropout
from shoal.network import Network
from shoal.population import Population
from shoal.trainer import TrainingResult, train

__version__ = "0.1.0"

__all__ = [
    "Dense",
    "Dropout",
    "GradientCheck",
    "Network",
    "Population",
    "TrainingResult",
    "__version__",
    "check_gradients",
    "train",
]
