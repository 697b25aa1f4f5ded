"""What a study is sized by: the samples that its networks see, how often, and what a network is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.selection.candidates.architectures import Architecture, Hidden
from shoal.selection.cohorts.planning import Cost
from shoal.sequences import Rows, width
from shoal.shapes import Array
from shoal.training.recipe import Recipe


@dataclass(frozen=True)
class Workload:
    """The data that every network of the study sees: rows trained on and judged on, in how many folds."""

    X: Rows
    y: Array
    n_train: int
    n_judged: int
    folds: int
    n_outputs: int
    loss: str
    architecture: Architecture
    recipe: Recipe
    views: tuple[tuple[int, ...], ...] = ()
    by_evidence: bool = False
    finishing: float = 0.0
    """Seconds that what comes after the study takes, besides what every job does."""

    def network(self, hidden: Hidden, n_inputs: int | None = None) -> Network:
        """Return the network of a size, that of all inputs or of so many."""
        n_inputs = width(self.X) if n_inputs is None else n_inputs
        return self.architecture.network(hidden, n_inputs, self.n_outputs, self.loss)

    def bytes_a_network(self, network: Chain, epochs: int) -> int:
        """Return about what one member holds while it is trained."""
        itemsize = np.dtype(self.recipe.rule.dtype).itemsize
        batch, dense = self.recipe.batch_size, self.recipe.rule.dense
        cost = Cost(self.n_train, self.n_judged, epochs, batch, itemsize, 0, self.by_evidence, dense)
        return cost.bytes(network)

    @property
    def widths(self) -> list[int]:
        """How many inputs the networks of each view are given."""
        return [len(view) for view in self.views] or [width(self.X)]
