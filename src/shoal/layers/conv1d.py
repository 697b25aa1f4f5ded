"""The convolution over time: one small filter, moved along the whole sequence, for each channel it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.initializers import Initializer
from shoal.layers import steps, walk
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.weighted import Weighted
from shoal.layers.window import Window, window_of
from shoal.shapes import Array, IntArray, Shape, whole_number


@dataclass(frozen=True)
class Conv1D(Weighted):
    """``channels`` of responses, each the sequence seen through one filter of ``kernel_size`` steps.

    As ``Conv2D`` along one axis, (C, T) becomes (m, T_out). Forward, with stride s, dilation d and p zeros
    before the sequence, as a cross-correlation (the filter is not turned)::

        z[f, t] = Σ_c Σ_i W[f, c, i] a_in[c, t·s + i·d − p] + b[f]
        a = g(z)

    which is matrix products over blocks of a member's steps, with what their windows see as columns A_t::

        z_t = W A_t + b           W: (P, m, C·k)   A_t: (P, C·k, N)   b: (P, m, 1)

    Backward, from ∂J/∂a::

        δ_t = ∂J/∂a_t · g'(z_t)   (P, m, N), element by element
        ∂J/∂W = Σ_t δ_t A_tᵀ      a shared weight's gradient is the sum over all steps where it is used
        ∂J/∂b = Σ_t δ_t
        ∂J/∂A_t = Wᵀ δ_t          added up for each step over the windows that see it

    With the extent e = (k − 1)·d + 1 of a window, T steps leave::

        valid:   T_out = ⌊(T − e) / s⌋ + 1     p = 0                  windows that lie within the sequence
        same:    T_out = ⌈T / s⌉               p = ⌊(e − 1) / 2⌋      the odd zero behind
        causal:  T_out = ⌈T / s⌉               p = e − 1              nothing is seen before it happens

    So p does not depend on T, and a sequence's results not on how far it is padded. Of unequal lengths each
    leaves as many steps as it would alone; one that is shorter than a window is seen by one window, with
    zeros after its end. With ``groups``, the channels before and after are cut into as many parts, and a
    filter sees its own part only. The initialiser's number of inputs is that of a filter, C/groups·k.

    Raises ``ConfigurationError`` for numbers below 1, an unknown padding, and groups that do not divide the
    channels; ``UnknownNameError`` for unknown names.

    Source: Waibel, Hanazawa, Hinton, Shikano & Lang 1989, "Phoneme recognition using time-delay neural
    networks", II; causal and dilated: van den Oord et al. 2016, "WaveNet", 2.1.

    >>> layer = Conv1D(8, 5, padding="same", activation="relu")
    >>> layer.output_shape((3, 100)), layer.parameter_shapes((3, 100))
    ((8, 100), {'W': (8, 3, 5), 'b': (8, 1)})
    """

    name: ClassVar[str] = "conv1d"
    channels: int
    kernel_size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"
    groups: int = 1
    activation: Activation | str = "identity"
    initializer: Initializer | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", whole_number(self.channels, "the channels of conv1d"))
        object.__setattr__(self, "groups", whole_number(self.groups, "the groups of conv1d"))
        window = self.window
        for name, extent in ("kernel_size", "size"), ("stride", "stride"), ("dilation", "dilation"):
            object.__setattr__(self, name, getattr(window, extent)[0])
        if self.channels % self.groups:
            raise ConfigurationError(
                f"the groups of conv1d must divide its channels, got {self.groups} groups of {self.channels}"
            )
        self.resolve_names()

    @property
    def window(self) -> Window:
        """What a filter sees of the steps."""
        return window_of(
            self.kernel_size, self.stride, self.name, self.dilation, self.padding, 1, "kernel_size"
        )

    def output_shape(self, shape: Shape) -> Shape:
        self.window.require_fit(shape, self.name)
        if shape[0] % self.groups:
            raise ConfigurationError(
                f"the groups of conv1d must divide the channels that it is given, got {self.groups} groups "
                f"of {shape[0]}"
            )
        return (self.channels, *self.window.output_extent(shape[1:]))

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"W": (self.channels, shape[0] // self.groups, self.kernel_size), "b": (self.channels, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return self.start.draws(self.channels, math.prod(self.parameter_shapes(shape)["W"][1:]))

    def operations(self, shape: Shape) -> int:
        return super().operations(shape) * self.output_shape(shape)[1]

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return self.window.lengths_after(lengths)

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        fields = self.window.gather(a)  # (P, C, k, T_out, N)
        T, lengths = fields.shape[3], context.lengths
        after = None if lengths is None else self.window.lengths_after(lengths)
        count = T if after is None else int(after.max())
        parts = fields.reshape(len(a), self.groups, -1, T, fields.shape[-1])
        seen = [walk.in_blocks(parts[:, group], count) for group in range(self.groups)]
        products = zip(self._by_group(parameters["W"]), seen, strict=True)
        z = np.concatenate([walk.in_line(walk.times(W, A), T) for W, A in products], axis=1)
        z += parameters["b"][..., None]
        a_out = steps.kept(self.g.forward(z), after)
        return a_out, (a.shape, lengths, count, seen, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        (_, C, T, N), lengths, count, seen, z, a_out = cache
        delta = walk.in_blocks(grad_a * self.g.derivative(z, a_out), count)
        walk.total(delta, gradients["b"])
        deltas = np.split(delta, self.groups, axis=2)
        for part, A, gradient in zip(deltas, seen, self._by_group(gradients["W"]), strict=True):
            walk.outer(part, A, gradient)
        if not propagate:
            return None
        products = zip(self._by_group(parameters["W"]), deltas, strict=True)
        grad_A = [walk.in_line(walk.times(W.swapaxes(-1, -2), part), z.shape[2]) for W, part in products]
        grad_fields = np.concatenate(grad_A, axis=1).reshape(len(z), C, self.kernel_size, -1, N)
        return steps.kept(self.window.scatter(grad_fields, (T,)), lengths)

    def _by_group(self, W: Array) -> list[Array]:
        """Return W (P, m, C/groups, k) as a matrix (P, m/groups, C/groups·k) for each group, views."""
        return np.split(W.reshape(*W.shape[:2], -1), self.groups, axis=1)
