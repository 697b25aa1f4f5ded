"""Long short-term memory: beside the state a cell that is added to, which gates write, keep and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import sigmoid
from shoal.draws import Constant, Draw
from shoal.errors import ConfigurationError
from shoal.layers.base import Cache, Parameters
from shoal.layers.layer_norm import normalise, normalise_back
from shoal.layers.recurrent import EPSILON, Recurrent
from shoal.layers.walk import State
from shoal.shapes import Array, is_finite_number


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory over the steps of a sequence (C, T), no peepholes; the last h is the output.

    Forward, with rows of W, R and b for the gates i, f, g, o in this order::

        i, f, o = σ(W x_t + b + R h_(t−1))         g = tanh(W_g x_t + b_g + R_g h_(t−1))
        c_t = f·c_(t−1) + i·g                      h_t = o·tanh(c_t)               h_0 = c_0 = 0

    Backward, with d = ∂J/∂h_t from above and from step t + 1, and e = ∂J/∂c_t::

        δ_o = d tanh(c_t) o (1 − o)                e = f_(t+1) e_(t+1) + d o (1 − tanh²(c_t))
        δ_i = e g i (1 − i)     δ_f = e c_(t−1) f (1 − f)     δ_g = e i (1 − g²)     ∂J/∂h_(t−1) = Rᵀ δ

    W: (P, 4m, C)   R: (P, 4m, m)   b: (P, 4m, 1)   all else (P, m, N). From cell to cell the gradient is
    multiplied by f alone: ``forget_bias`` is f's first bias, 1, so that a new network remembers. W begins as
    Glorot has it and R orthogonal, gate by gate. ``recurrent_dropout`` is on g, so that what is remembered is
    not erased. With ``layer_norm`` the output is h_t = o·tanh(γ_c·LN(c_t) + β_c), beside what all cells have.

    ``return_sequences``, ``reverse``, ``initial_state`` and ``truncate`` are what they are to every recurrent
    layer: ``shoal.layers.recurrent.Recurrent``.

    Raises ``ConfigurationError`` for impossible settings, ``UnknownNameError`` for unknown names.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory"; Gers, Schmidhuber & Cummins 2000 for f;
    Jozefowicz, Zaremba & Sutskever 2015 for its bias; Semeniuta et al. 2016 for the dropout; Ba, Kiros &
    Hinton 2016, supplement, equations 20 to 22, for the norms.

    >>> LSTM(8).parameter_shapes((2, 50))
    {'W': (32, 2), 'R': (32, 8), 'b': (32, 1)}
    """

    name: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4
    states: ClassVar[tuple[str, ...]] = ("h", "c")
    forget_bias: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_finite_number(self.forget_bias):
            raise ConfigurationError(f"the forget_bias of lstm is a finite number, got {self.forget_bias!r}")

    def own_draws(self) -> dict[str, Draw]:
        return {"gamma_c": Constant(1.0), "beta_c": Constant(0.0)} if self.layer_norm else {}

    def first_biases(self) -> tuple[float, ...]:
        return 0.0, self.forget_bias, 0.0, 0.0

    def step(
        self, parameters: Parameters, z: Array, u: Array, state: State, mask: Array | None
    ) -> tuple[State, Cache]:
        m, before = self.units, state[1]
        s = z + u
        both, g, o = sigmoid(s[:, : 2 * m]), np.tanh(s[:, 2 * m : 3 * m]), sigmoid(s[:, 3 * m :])
        i, f = both[:, :m], both[:, m:]
        seen = g if mask is None else g * mask
        c = f * before + i * seen
        read, norm = c, None
        if self.layer_norm:
            norm = normalise(c, EPSILON)
            read = parameters["gamma_c"] * norm[0] + parameters["beta_c"]
        y = np.tanh(read)
        return (o * y, c), (i, f, g, o, seen, mask, before, norm, y)

    def step_back(
        self, parameters: Parameters, cache: Cache, grads: State, gradients: Parameters
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        i, f, g, o, seen, mask, before, norm, y = cache
        d, e = grads
        grad_read = d * o * (1 - y**2)
        if norm is not None:
            c_hat, scale = norm
            gradients["gamma_c"][...] += (grad_read * c_hat).sum(axis=-1, keepdims=True)
            gradients["beta_c"][...] += grad_read.sum(axis=-1, keepdims=True)
            grad_read = normalise_back(parameters["gamma_c"] * grad_read, c_hat, scale)
        e = e + grad_read
        delta_g = e * i * (1 - g**2)
        if mask is not None:
            delta_g *= mask
        delta = np.concatenate(
            [e * seen * i * (1 - i), e * before * f * (1 - f), delta_g, d * y * o * (1 - o)], axis=1
        )
        return delta, delta, (None, e * f)
