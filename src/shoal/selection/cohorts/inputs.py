"""What the members of a cohort are given of the inputs: some of them, each times a scale of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal.populations.network import Network

if TYPE_CHECKING:
    from shoal.networks.chain import Chain
    from shoal.populations.population import Population
    from shoal.sequences import Rows
    from shoal.shapes import Array, IntArray


@dataclass(frozen=True)
class Inputs:
    """The ``columns`` (q,) of X that members see, each times its ``scale``, of which all of X have one, (n,).

    None is all columns, as they are. What was trained on them is handed out as a network of all inputs x::

        W x' = W diag(s) x         x': the inputs times their scale s

    with a weight of 0 for every column that was not given.
    """

    columns: IntArray | None = None
    scale: Array | None = None

    def network(self, whole: Chain) -> Chain:
        """Return the network of what is given: as wide as there are columns."""
        if self.columns is None or len(self.columns) == whole.n_inputs:
            return whole
        return Network(len(self.columns), whole.layers, whole.loss)

    def rows(self, X: Rows, rows: IntArray) -> Rows:
        """Return what members see of these rows of X (N, n)."""
        columns = self.columns
        if columns is not None and len(columns) == np.shape(X)[1]:
            columns = None
        if columns is None and self.scale is None:
            return X[rows]
        given: Array = np.asarray(X)[rows] if columns is None else np.asarray(X)[np.ix_(rows, columns)]
        return given if self.scale is None else given * self._scales(given)

    def seen(self, X: Array) -> Array:
        """Return what members see of all rows of X (N, n)."""
        given = X if self.columns is None else X[:, self.columns]
        return given if self.scale is None else given * self._scales(given)

    def widened(self, population: Population, whole: Chain) -> Array:
        """Return the parameters (P, D) of the same functions as networks of all inputs, unscaled."""
        if self.columns is None and self.scale is None:
            return population.theta
        theta = np.zeros((population.size, whole.n_parameters), population.theta.dtype)
        narrow = population.network.views(population.theta)
        for number, (wide_layer, layer) in enumerate(zip(whole.views(theta), narrow, strict=True)):
            for name, values in layer.items():
                wide = wide_layer[name]
                place = ... if wide.shape == values.shape else (..., self.columns)
                of_inputs = number == 0 and name == "W" and self.scale is not None
                wide[place] = values * self._scales(values) if of_inputs else values
        return theta

    def _scales(self, like: Array) -> Array:
        """Return the scales of the columns given, as exact as what they scale."""
        assert self.scale is not None
        scale = self.scale if self.columns is None else self.scale[self.columns]
        return scale.astype(like.dtype)
