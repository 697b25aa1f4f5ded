"""What candidates cost, in operations, so that a budget means the same on every machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shoal.forecasting.frames import Frame
from shoal.forecasting.linear import STRENGTHS
from shoal.forecasting.networks import Networks, batch_size
from shoal.forecasting.panel import Panel

BACKWARD = 3
"""Times the operations of going forward that a step of training takes."""
STEP = 5e5
"""Operations' worth of time that a step of the series takes in an update over time."""
DECOMPOSING = 10.0
"""Times n³ that the eigenvectors of n features take."""


@dataclass(frozen=True)
class Costs:
    """The operations that candidates take on a panel."""

    panel: Panel
    horizon: int

    def windows(self, window: int) -> int:
        """Return how many windows there are, with what follows them."""
        each = [int(series.shape[1]) - window - self.horizon + 1 for series in self.panel.series]
        return sum(max(count, 0) for count in each) * self.panel.channels

    def features(self, frame: Frame) -> int:
        """Return the numbers that a model is given."""
        return frame.window + self.panel.columns * (self.horizon + 1)

    def linear(self, frame: Frame) -> float:
        """Return the operations of a linear map: sums of products over all windows, and their solution."""
        n = self.features(frame)
        sums = 2.0 * self.windows(frame.window) * n * (n + self.horizon)
        return sums + self.solving(frame, len(STRENGTHS))

    def solving(self, frame: Frame, strengths: int) -> float:
        """Return the operations of solving one map for so many penalties."""
        n = self.features(frame)
        return DECOMPOSING * n**3 + strengths * 2.0 * n**2 * self.horizon

    def networks(self, networks: Networks, refits: int) -> float:
        """Return the operations of training networks for all refits, and for all steps."""
        features = self.features(networks.frame)
        windows = max(self.windows(networks.frame.window) // networks.stride, 1)
        members = (refits + 1) * networks.starts
        operations = float(networks.network(features, self.horizon).operations)
        epoch = BACKWARD * operations * windows * members
        if networks.kind != "dense":
            epoch += math.ceil(windows / batch_size(windows)) * features * STEP
        return epoch * networks.epochs
