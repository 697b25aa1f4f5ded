"""What an engine is given: the data, the objective's strengths, and how to minimise it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shoal.schedules import Schedule
from shoal.shapes import Array
from shoal.solvers.base import Solver
from shoal.stopping import Stopping


@dataclass(frozen=True)
class Samples:
    """Rows ``X`` (N, n), targets ``y`` (K, N) and sample weights ``s``: (1, N) shared, (P, N) per member."""

    X: Array
    y: Array
    s: Array

    def __len__(self) -> int:
        return len(self.X)


@dataclass(frozen=True)
class Problem:
    """The objective of every member p, and how fast it is followed::

        J_p = Σ_i s_pi · loss_i / Σ_i s_pi  +  l2_p/(2 m_p) Σ W²  +  l1_p/m_p Σ |W|,    m_p = Σ_i s_pi

    ``l2``, ``l1``, ``weight_decay`` and ``learning_rate`` are (P,). Biases are never penalised.
    """

    train: Samples
    validation: Samples | None
    l2: Array
    l1: Array
    weight_decay: Array
    learning_rate: Array


@dataclass(frozen=True)
class Method:
    """How the objective is minimised: all that is the same for every member of a population."""

    solver: Solver
    schedule: Schedule
    stopping: Stopping
    batch_size: int | None
    shared_order: bool
    order_seed: int
    clip_norm: float | None

    def batches(self, n_samples: int) -> int:
        """Return the number of updates in an epoch over ``n_samples``."""
        return 1 if self.batch_size is None else int(np.ceil(n_samples / self.batch_size))


@dataclass(frozen=True)
class Progress:
    """How far training is: epochs done, epochs at most, and members still training."""

    epoch: int
    epochs: int
    active: int


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch; returning True ends training there."""
