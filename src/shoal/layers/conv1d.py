"""The convolution over time: one small filter, moved along the whole sequence, for each channel it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.initializers import Initializer
from shoal.layers import steps
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

    which is one matrix product for each step of a member, with what its window sees as columns A_t::

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
        return window_of(self.kernel_size, self.stride, self.name, self.dilation, self.padding, axes=1)

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
        A = steps.by_step(fields.reshape(len(a), self.groups, -1, *fields.shape[3:]))
        z = steps.by_sample(self._by_group(parameters["W"]) @ A)  # (P, groups, m/groups, T_out, N)
        z = z.reshape(len(z), self.channels, *z.shape[3:])
        z += parameters["b"][..., None]
        lengths = context.lengths
        after = None if lengths is None else self.lengths_after(lengths)
        a_out = steps.kept(self.g.forward(z), after)
        return a_out, (a.shape, lengths, A, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        (_, C, T, N), lengths, A, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        grouped = steps.by_step(delta.reshape(len(z), self.groups, -1, *z.shape[2:]))
        gradients["W"][...] = steps.outer(grouped, A).reshape(gradients["W"].shape)
        gradients["b"][...] = steps.total(delta.sum(axis=-1, keepdims=True))
        if not propagate:
            return None
        grad_A = steps.by_sample(self._by_group(parameters["W"]).swapaxes(-1, -2) @ grouped)
        grad_fields = grad_A.reshape(len(z), C, self.kernel_size, -1, N)
        return steps.kept(self.window.scatter(grad_fields, (T,)), lengths)

    def _by_group(self, W: Array) -> Array:
        """Return W (P, m, C/groups, k) for every step: (P, 1, groups, m/groups, C/groups·k)."""
        return W.reshape(len(W), 1, self.groups, self.channels // self.groups, -1)
