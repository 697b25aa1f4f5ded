"""Every study of the lecture, in the order of its slides."""

from __future__ import annotations

from typing import Any

from shoal.lecture.backprop import Backprop
from shoal.lecture.capacity import Capacity
from shoal.lecture.data_efficiency import DataEfficiency
from shoal.lecture.decision_boundary import DecisionBoundary
from shoal.lecture.deep import Deep
from shoal.lecture.generalization import Generalization
from shoal.lecture.invariance import Invariance
from shoal.lecture.log_evidence import LogEvidence
from shoal.lecture.numpy_demo import NumpyDemo
from shoal.lecture.parameters import Parameters
from shoal.lecture.prior import Prior
from shoal.lecture.regularization import Regularization
from shoal.lecture.remembering import Remembering
from shoal.lecture.representation import Representation
from shoal.lecture.shallow_vs_deep import ShallowVsDeep
from shoal.lecture.sharing_in_time import SharingInTime
from shoal.lecture.starts import Starts
from shoal.lecture.study import Study
from shoal.lecture.vanishing import Vanishing
from shoal.lecture.weight_decay import WeightDecay
from shoal.registry import family

STUDIES: dict[str, type[Study[Any]]] = family(
    Backprop,
    NumpyDemo,
    Generalization,
    Capacity,
    Starts,
    WeightDecay,
    Prior,
    LogEvidence,
    Regularization,
    DecisionBoundary,
    Deep,
    ShallowVsDeep,
    Representation,
    Parameters,
    DataEfficiency,
    Invariance,
    Vanishing,
    Remembering,
    SharingInTime,
)
"""Name -> study; a new one is a file and a line here."""
