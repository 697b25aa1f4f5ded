"""AdamW: Adam with a weight decay that its scaling does not touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.solvers.adam import Adam


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam's step, with decoupled weight decay in proportion to the learning rate.

    theta ← theta − α m̂ / (√v̂ + ε) − α λ w, where w are the weights in theta and λ the ``weight_decay`` of the
    training; it is the training loop that subtracts α λ w, after this solver's step from the same theta.
    Without weight decay this is Adam.

    Source: Loshchilov & Hutter, *Decoupled weight decay regularization*, ICLR 2019, algorithm 2, line 12,
    with α in the decay as PyTorch has it, where the paper's schedule multiplier η alone stands.

    >>> AdamW.decay_times_rate, Adam.decay_times_rate
    (True, False)
    """

    name: ClassVar[str] = "adamw"
    decay_times_rate: ClassVar[bool] = True
