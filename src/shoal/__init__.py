"""shoal trains a whole shoal of neural networks at once and keeps the one that generalises."""

from shoal._version import __version__
from shoal.explain.gradient_check import GradientCheck, check_gradients
from shoal.layers import Dense, Dropout
from shoal.network import Network
from shoal.population import Population
from shoal.selection.study import CapacityStudy
from shoal.trainer import TrainingResult, train

__all__ = [
    "CapacityStudy",
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
