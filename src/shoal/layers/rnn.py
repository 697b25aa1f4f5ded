"""The plain recurrent layer: a state that sees the input and itself one step before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.activations import Activation
from shoal.layers.base import Cache, Parameters
from shoal.layers.recurrent import Recurrent
from shoal.layers.walk import State
from shoal.layers.weighted import Activated
from shoal.shapes import Array


@dataclass(frozen=True)
class RNN(Recurrent, Activated):
    """Elman's layer of ``units`` neurons over the steps of a sequence (C, T); the last state is its output.

    Forward, t = 1 … T, and backward, from ∂J/∂h_T or from ∂J/∂h_t of every step::

        h_t = g(z_t + R h_(t−1))         z_t = W x_t + b         h_0 = 0
        δ_t = (∂J/∂h_t + Rᵀ δ_(t+1)) · g'
        ∂J/∂W = Σ_t δ_t x_tᵀ    ∂J/∂R = Σ_t δ_t h_(t−1)ᵀ    ∂J/∂b = Σ_t δ_t    ∂J/∂x_t = Wᵀ δ_t

    W: (P, m, C)   R: (P, m, m)   b: (P, m, 1)   x_t: (P, C, N)   h_t, z_t, δ_t: (P, m, N). The gradient of a
    step k steps back has k factors Rᵀ·g′: it vanishes or explodes unless R keeps lengths, so R begins
    orthogonal. W begins as Glorot has it. ``recurrent_dropout`` is on h_(t−1), one mask for a sequence.

    ``return_sequences``, ``reverse``, ``initial_state``, ``layer_norm`` and ``truncate`` are what they are to
    every recurrent layer: ``shoal.layers.recurrent.Recurrent``.

    Raises ``ConfigurationError`` for impossible settings, ``UnknownNameError`` for unknown names.

    Source: Elman 1990, "Finding structure in time"; Werbos 1990, "Backpropagation through time"; the dropout
    is that of Gal & Ghahramani 2016.

    >>> RNN(8).parameter_shapes((2, 50))
    {'W': (8, 2), 'R': (8, 8), 'b': (8, 1)}
    """

    name: ClassVar[str] = "rnn"
    gates: ClassVar[int] = 1
    masks_state: ClassVar[bool] = True
    activation: Activation | str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.resolve_names()

    def step(
        self, parameters: Parameters, z: Array, u: Array, state: State, mask: Array | None
    ) -> tuple[State, Cache]:
        total = z + u
        h = self.g.forward(total)
        return (h,), (total, h)

    def step_back(
        self, parameters: Parameters, cache: Cache, grads: State, gradients: Parameters
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        delta: Array = grads[0] * self.g.derivative(*cache)
        return delta, delta, (None,)
