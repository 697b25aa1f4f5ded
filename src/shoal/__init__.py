"""shoal trains a whole shoal of neural networks at once and keeps the one that generalises.

A public name is imported when it is first asked for (PEP 562), so that training a network waits for neither
the store of studies nor the frame libraries.
"""

from typing import TYPE_CHECKING

from shoal._version import __version__
from shoal.lazy import front_door

if TYPE_CHECKING:
    from shoal.estimators.automatic.classifier import ShoalClassifier
    from shoal.estimators.automatic.regressor import ShoalRegressor
    from shoal.estimators.conv_classifier import ConvClassifier
    from shoal.estimators.displays.capacity import CapacityDisplay
    from shoal.estimators.displays.intervals import IntervalsDisplay
    from shoal.estimators.displays.learning_curve import LearningCurveDisplay
    from shoal.estimators.displays.reliability import ReliabilityDisplay
    from shoal.estimators.mlp.classifier import MLPClassifier
    from shoal.estimators.mlp.regressor import MLPRegressor
    from shoal.estimators.search.capacity_study_cv import CapacityStudyCV
    from shoal.estimators.sequences.estimators import SequenceClassifier, SequenceRegressor
    from shoal.estimators.sequences.forecaster import Forecaster
    from shoal.estimators.sequences.tagger import SequenceTagger
    from shoal.estimators.text_estimators import TextClassifier, TextRegressor
    from shoal.explanation.explanation import Explanation, explain
    from shoal.explanation.gradient_check import GradientCheck, check_gradients
    from shoal.layers import (
        GRU,
        LSTM,
        RNN,
        AveragePool1D,
        AveragePool2D,
        BatchNorm,
        Bidirectional,
        Conv1D,
        Conv2D,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        GlobalAveragePool1D,
        GlobalAveragePool2D,
        GlobalMaxPool1D,
        LastStep,
        LayerNorm,
        LocallyConnected2D,
        MaxPool1D,
        MaxPool2D,
        Residual,
    )
    from shoal.populations.network import Network
    from shoal.populations.population import Population
    from shoal.populations.run import Run
    from shoal.populations.trainer import TrainingResult, begin, train
    from shoal.progress import ProgressLine
    from shoal.selection.by_optuna import search_with_optuna
    from shoal.selection.candidates.axes import Span
    from shoal.selection.study import CapacityStudy
    from shoal.sequences import Sequences
    from shoal.training.augmentation import Augmentation
    from shoal.training.recipe import Recipe
    from shoal.watching.mlflow import MLflow
    from shoal.watching.tensorboard import TensorBoard

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Augmentation",
    "AveragePool1D",
    "AveragePool2D",
    "BatchNorm",
    "Bidirectional",
    "CapacityDisplay",
    "CapacityStudy",
    "CapacityStudyCV",
    "Conv1D",
    "Conv2D",
    "ConvClassifier",
    "Dense",
    "Dropout",
    "Embedding",
    "Explanation",
    "Flatten",
    "Forecaster",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalMaxPool1D",
    "GradientCheck",
    "IntervalsDisplay",
    "LastStep",
    "LayerNorm",
    "LearningCurveDisplay",
    "LocallyConnected2D",
    "MLPClassifier",
    "MLPRegressor",
    "MLflow",
    "MaxPool1D",
    "MaxPool2D",
    "Network",
    "Population",
    "ProgressLine",
    "Recipe",
    "ReliabilityDisplay",
    "Residual",
    "Run",
    "SequenceClassifier",
    "SequenceRegressor",
    "SequenceTagger",
    "Sequences",
    "ShoalClassifier",
    "ShoalRegressor",
    "Span",
    "TensorBoard",
    "TextClassifier",
    "TextRegressor",
    "TrainingResult",
    "__version__",
    "begin",
    "check_gradients",
    "explain",
    "search_with_optuna",
    "train",
]

_HOMES = {
    "Augmentation": "shoal.training.augmentation",
    "AveragePool1D": "shoal.layers",
    "AveragePool2D": "shoal.layers",
    "BatchNorm": "shoal.layers",
    "Bidirectional": "shoal.layers",
    "CapacityDisplay": "shoal.estimators.displays.capacity",
    "CapacityStudy": "shoal.selection.study",
    "CapacityStudyCV": "shoal.estimators.search.capacity_study_cv",
    "ConvClassifier": "shoal.estimators.conv_classifier",
    "Conv1D": "shoal.layers",
    "Conv2D": "shoal.layers",
    "Dense": "shoal.layers",
    "Dropout": "shoal.layers",
    "Embedding": "shoal.layers",
    "Explanation": "shoal.explanation.explanation",
    "Flatten": "shoal.layers",
    "Forecaster": "shoal.estimators.sequences.forecaster",
    "GlobalAveragePool1D": "shoal.layers",
    "GlobalAveragePool2D": "shoal.layers",
    "GlobalMaxPool1D": "shoal.layers",
    "LastStep": "shoal.layers",
    "GRU": "shoal.layers",
    "GradientCheck": "shoal.explanation.gradient_check",
    "IntervalsDisplay": "shoal.estimators.displays.intervals",
    "LSTM": "shoal.layers",
    "LayerNorm": "shoal.layers",
    "LearningCurveDisplay": "shoal.estimators.displays.learning_curve",
    "LocallyConnected2D": "shoal.layers",
    "MLPClassifier": "shoal.estimators.mlp.classifier",
    "MLPRegressor": "shoal.estimators.mlp.regressor",
    "MLflow": "shoal.watching.mlflow",
    "MaxPool1D": "shoal.layers",
    "MaxPool2D": "shoal.layers",
    "Network": "shoal.populations.network",
    "Population": "shoal.populations.population",
    "ProgressLine": "shoal.progress",
    "RNN": "shoal.layers",
    "Recipe": "shoal.training.recipe",
    "ReliabilityDisplay": "shoal.estimators.displays.reliability",
    "Residual": "shoal.layers",
    "Run": "shoal.populations.run",
    "SequenceClassifier": "shoal.estimators.sequences.estimators",
    "SequenceRegressor": "shoal.estimators.sequences.estimators",
    "SequenceTagger": "shoal.estimators.sequences.tagger",
    "Sequences": "shoal.sequences",
    "ShoalClassifier": "shoal.estimators.automatic.classifier",
    "ShoalRegressor": "shoal.estimators.automatic.regressor",
    "Span": "shoal.selection.candidates.axes",
    "TensorBoard": "shoal.watching.tensorboard",
    "TextClassifier": "shoal.estimators.text_estimators",
    "TextRegressor": "shoal.estimators.text_estimators",
    "TrainingResult": "shoal.populations.trainer",
    "begin": "shoal.populations.trainer",
    "check_gradients": "shoal.explanation.gradient_check",
    "explain": "shoal.explanation.explanation",
    "search_with_optuna": "shoal.selection.by_optuna",
    "train": "shoal.populations.trainer",
}
"""The module of each public name: what the imports above say to whoever reads types."""

__getattr__, __dir__ = front_door(__name__, _HOMES)
