"""When a member's training ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from shoal.errors import ConfigurationError
from shoal.shapes import is_number, whole_number


class Reason(IntEnum):
    """Why a member stopped; ``str()`` gives the words that reports use."""

    EPOCHS = 0
    CONVERGED = 1
    EARLY_STOPPING = 2
    DIVERGED = 3
    INTERRUPTED = 4
    DEADLINE = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Stopping:
    """The rules that end training, each applied to every member by itself.

    - ``epochs``: at most this many passes over the data (iterations, for a full-batch solver).
    - ``tolerance``: a full-batch solver has converged when the largest entry of |∂J/∂θ| is at most this.
    - ``patience``: with validation data, stop after this many epochs without a lower validation loss and
      return the parameters of the best epoch; None never stops early and returns the last ones.
    - a loss or parameter that is no longer finite ends the member as *diverged*, with its last finite
      parameters.

    Raises ``ConfigurationError`` for anything else than whole numbers ≥ 1 and a tolerance ≥ 0.

    Source of early stopping: Prechelt 1998, "Early stopping – but when?".

    >>> Stopping(epochs=100, patience=10).patience
    10
    """

    epochs: int = 200
    tolerance: float = 1e-5
    patience: int | None = None

    def __post_init__(self) -> None:
        whole_number(self.epochs, "epochs")
        if not is_number(self.tolerance) or not self.tolerance >= 0:
            raise ConfigurationError(f"tolerance must be a number ≥ 0, got {self.tolerance!r}")
        if self.patience is not None:
            whole_number(self.patience, "patience")
