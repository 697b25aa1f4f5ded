"""How long training takes by counted operations: the pace of a machine, measured once for each release.

What a study is made of must not depend on what else its machine does, or the same command and seed would be
another model every time. So a budget of seconds is one of the machine whose figures stand here;
``python -m benchmarks.pace`` measures them again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shoal.networks.chain import Chain
from shoal.training.recipe import Recipe

CORES = 4
"""Of the machine that budgets of seconds are meant for, however many there are."""


@dataclass(frozen=True)
class Pace:
    """The seconds that one core takes for each of what training consists of.

    - ``operation``: a multiplication or an addition, going forward or back.
    - ``unit``: a number that comes out of a layer, with its activation and the way back.
    - ``row``: a sample of an epoch, however small the network.
    - ``parameter``, ``update``: a parameter of an update, and the update itself.
    """

    operation: float
    unit: float
    row: float
    parameter: float
    update: float

    def epoch(self, network: Chain, recipe: Recipe, n_train: int, n_judged: int) -> float:
        """Return the seconds that an epoch of one network takes: on rows to train on, and to judge by.

        >>> from shoal.layers import Dense
        >>> pace = Pace(operation=1.0, unit=10.0, row=0.0, parameter=0.0, update=0.0)
        >>> network = Chain(3, [Dense(2, "tanh"), Dense(1)])  # of 11 products, and 3 numbers that come out
        >>> pace.epoch(network, Recipe(batch_size=5), n_train=10, n_judged=0)
        960.0
        """
        train = _PASSES if recipe.rule.full_batch else 1
        updates = math.ceil(n_train / (recipe.batch_size or n_train))
        units = sum(math.prod(shape) for shape in network.shapes[1:])
        a_row = self.row + self.unit * units
        forward = 2 * self.operation * network.operations
        steps = updates * (self.update + self.parameter * network.n_parameters)
        return train * n_train * (a_row + 3 * forward) + steps + n_judged * (a_row + forward)


_PASSES = 2
"""Of a full-batch solver in an iteration: it looks along its step, and computes in double precision."""

RELEASED = Pace(operation=1.4e-11, unit=1.5e-9, row=3.5e-8, parameter=2.8e-9, update=1e-5)
"""One core of an AMD EPYC server, with AVX-512."""
