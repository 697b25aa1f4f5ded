"""The gated recurrent unit: a state of which a gate says how much is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import sigmoid
from shoal.draws import Constant, Draw
from shoal.errors import ConfigurationError
from shoal.layers.base import Cache, Parameters
from shoal.layers.recurrent import Recurrent
from shoal.layers.walk import State
from shoal.shapes import Array, is_finite_number


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent units over the steps of a sequence (C, T), r after R; the last state is the output.

    Forward, with rows of W, R and b for the gates r, z, n in this order, and c (m, 1) a bias of n's own::

        r = σ(W_r x_t + b_r + R_r h_(t−1))         z = σ(W_z x_t + b_z + R_z h_(t−1))
        n = tanh(W_n x_t + b_n + r·(R_n h_(t−1) + c))
        h_t = (1 − z)·n + z·h_(t−1)                h_0 = 0

    Backward, with d = ∂J/∂h_t, from above and from step t + 1::

        δ_n = d (1 − z) (1 − n²)     δ_r = δ_n (R_n h_(t−1) + c) r (1 − r)     δ_z = d (h_(t−1) − n) z (1 − z)
        ∂J/∂h_(t−1) = z d + R_rᵀ δ_r + R_zᵀ δ_z + R_nᵀ (r δ_n)         ∂J/∂c = Σ_t r δ_n

    W: (P, 3m, C)   R: (P, 3m, m)   b: (P, 3m, 1)   c: (P, m, 1)   all else (P, m, N). Where z is near 1 the
    gradient passes by R: ``update_bias`` is z's first bias, 1. W begins as Glorot has it and R orthogonal,
    gate by gate. ``recurrent_dropout`` is on n, so that what is remembered is not erased.

    The form in which r comes before R, R_n (r·h_(t−1)), of the first paper and of Keras with
    ``reset_after=False``, is another layer, and not this one.

    ``return_sequences``, ``reverse``, ``initial_state``, ``layer_norm`` and ``truncate`` are what they are to
    every recurrent layer: ``shoal.layers.recurrent.Recurrent``.

    Raises ``ConfigurationError`` for impossible settings, ``UnknownNameError`` for unknown names.

    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder", with r
    as in cuDNN and PyTorch; the dropout is that of Semeniuta et al. 2016.

    >>> GRU(8).parameter_shapes((2, 50))
    {'W': (24, 2), 'R': (24, 8), 'b': (24, 1), 'c': (8, 1)}
    """

    name: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
    update_bias: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_finite_number(self.update_bias):
            raise ConfigurationError(f"the update_bias of gru is a finite number, got {self.update_bias!r}")

    def own_draws(self) -> dict[str, Draw]:
        return {"c": Constant(0.0)}

    def first_biases(self) -> tuple[float, ...]:
        return 0.0, self.update_bias, 0.0

    def step(
        self, parameters: Parameters, z: Array, u: Array, state: State, mask: Array | None
    ) -> tuple[State, Cache]:
        m, h = self.units, state[0]
        both = sigmoid(z[:, : 2 * m] + u[:, : 2 * m])
        reset, update = both[:, :m], both[:, m:]
        inner = u[:, 2 * m :] + parameters["c"]
        n = np.tanh(z[:, 2 * m :] + reset * inner)
        seen = n if mask is None else n * mask
        return ((1 - update) * seen + update * h,), (reset, update, inner, n, seen, mask, h)

    def step_back(
        self, parameters: Parameters, cache: Cache, grads: State, gradients: Parameters
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        reset, update, inner, n, seen, mask, h = cache
        d = grads[0]
        delta_n = d * (1 - update)
        if mask is not None:
            delta_n *= mask
        delta_n *= 1 - n**2
        delta_u = reset * delta_n
        delta_r = delta_u * inner * (1 - reset)
        delta_z = d * (h - seen) * update * (1 - update)
        gradients["c"][...] += delta_u.sum(axis=-1, keepdims=True)
        return (
            np.concatenate([delta_r, delta_z, delta_n], axis=1),
            np.concatenate([delta_r, delta_z, delta_u], axis=1),
            (d * update,),
        )
