"""The walk over time that recurrent layers share: one step after the other there, and back again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from shoal.draws import Constant, Draw, Joined
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS, Initializer
from shoal.layers import walk
from shoal.layers.base import Cache, Context, Layer, Parameters, Role
from shoal.layers.layer_norm import normalise, normalise_back
from shoal.layers.walk import State, Steps, at
from shoal.registry import resolve
from shoal.shapes import Array, IntArray, Shape, is_number, whole_number

EPSILON = 1e-5
"""What layer normalisation adds to a variance."""

BEGINNINGS = ("zeros", "learnt")


class Kept(NamedTuple):
    """What ``forward`` keeps: series of what the matrices multiply, and of every step its cell's cache.

    ``x`` are the inputs and ``h`` the states that R multiplies; ``x_norm`` and ``h_norms`` (one a step) what
    layer normalisation keeps of W x and of R h.
    """

    steps: Steps
    T: int
    x: Array
    h: Array
    x_norm: tuple[Array, Array] | None
    h_norms: dict[int, tuple[Array, Array]]
    cells: dict[int, Cache]
    mask: Array | None


class StepBack(NamedTuple):
    """A step that the gradient goes back over: ∂J/∂(state ``after`` it) and ∂J/∂(state ``before`` it).

    ``z`` and ``u`` (P, g·m, N) are ∂J/∂z_t and ∂J/∂(R h_(t−1)) of step ``t``. A sequence that has ended
    before it hands on what it is given.
    """

    t: int
    after: State
    before: State
    z: Array
    u: Array


@dataclass(frozen=True)
class Recurrent(Layer):
    """A cell that is taken over the steps of a sequence (C, T) and hands its state on: what cells share.

    With the g gates of a cell one below the other in W (g·m, C), R (g·m, m) and b (g·m, 1), before its
    activations::

        z_t = W x_t + b            of all steps at once, in front of the loop
        u_t = R h_(t−1)            in the loop; the cell makes its state of z_t, u_t and the state before

    Backward, the cell gives ∂J/∂z_t and ∂J/∂u_t from ∂J/∂(state), and the recursion is::

        ∂J/∂h_(t−1) = (from above)_(t−1) + Rᵀ ∂J/∂u_t + (what the cell hands on directly)
        ∂J/∂W = Σ_t ∂J/∂z_t x_tᵀ   ∂J/∂R = Σ_t ∂J/∂u_t h_(t−1)ᵀ   ∂J/∂b = Σ_t ∂J/∂z_t   after the loop

    A state stays as it is beyond a sequence's end; ``reverse`` begins at its last valid step. Outputs are
    the last state (m,), or with ``return_sequences`` those of all steps (m, T), in the order of the input.

    - ``initial_state="learnt"``: the state in front of the first step is a parameter, h0, instead of zeros.
    - ``recurrent_dropout``: one mask for a sequence; a cell says on what.
    - ``layer_norm``: W x and R h are each brought to mean 0 and variance 1 over their g·m numbers, and
      scaled: z = γ_W·LN(W x) + b, u = γ_R·LN(R h).
    - ``truncate=k``: no gradient goes back over a step whose number, from the sequence's own start, is a
      multiple of k. Solvers that search along the gradient (scg, lbfgs) refuse it.
    """

    roles: ClassVar[Mapping[str, Role]] = {
        "W": Role.WEIGHT,
        "R": Role.WEIGHT,
        **dict.fromkeys(("b", "c", "gamma_W", "gamma_R", "gamma_c", "beta_c", "h0", "c0"), Role.OFFSET),
    }
    gates: ClassVar[int]
    """How many times m rows W and R have."""
    states: ClassVar[tuple[str, ...]] = ("h",)
    """What is handed on from step to step, the output first."""
    epsilon: ClassVar[float] = EPSILON
    masks_state: ClassVar[bool] = False
    """Whether recurrent dropout is on the h that R multiplies; otherwise the cell has it elsewhere."""

    units: int
    _: KW_ONLY
    return_sequences: bool = False
    reverse: bool = False
    initial_state: str = "zeros"
    recurrent_dropout: float = 0.0
    layer_norm: bool = False
    truncate: int | None = None
    initializer: Initializer | str = "glorot"
    recurrent_initializer: Initializer | str = "orthogonal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", whole_number(self.units, f"the units of {self.name}"))
        for name in "return_sequences", "reverse", "layer_norm":
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise ConfigurationError(
                    f"{name} of {self.name} is True or False, got {getattr(self, name)!r}"
                )
            object.__setattr__(self, name, bool(getattr(self, name)))
        if self.initial_state not in BEGINNINGS:
            raise ConfigurationError(
                f'the initial_state of {self.name} is "zeros" or "learnt", got {self.initial_state!r}'
            )
        if not is_number(self.recurrent_dropout) or not 0 <= self.recurrent_dropout < 1:
            raise ConfigurationError(
                f"the recurrent_dropout of {self.name} is a number ≥ 0 and below 1, "
                f"got {self.recurrent_dropout!r}"
            )
        if self.truncate is not None:
            object.__setattr__(self, "truncate", whole_number(self.truncate, f"truncate of {self.name}"))
        for name in "initializer", "recurrent_initializer":
            object.__setattr__(self, name, resolve("initializer", getattr(self, name), INITIALIZERS))

    @abstractmethod
    def step(
        self, parameters: Parameters, z: Array, u: Array, state: State, mask: Array | None
    ) -> tuple[State, Cache]:
        """Return the state after a step, from z and u (P, g·m, N) and the state before, and a cache."""

    @abstractmethod
    def step_back(
        self, parameters: Parameters, cache: Cache, grads: State, gradients: Parameters
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        """Return ∂J/∂z, ∂J/∂u (P, g·m, N), and what of ∂J/∂(state before) passes by R; None is nothing.

        Parameters of the cell's own add to their ``gradients``, which begin at 0.
        """

    @property
    def random(self) -> bool:
        return self.recurrent_dropout > 0

    @property
    def exact(self) -> bool:
        return self.truncate is None

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ConfigurationError(
                f"{self.name} takes sequences, samples of shape (C, T), got {shape}; give the network such "
                "inputs, and return_sequences=True to a recurrent layer below"
            )
        return (self.units, shape[1]) if self.return_sequences else (self.units,)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        rows, m = self.gates * self.units, self.units
        shapes: dict[str, Shape] = {"W": (rows, shape[0]), "R": (rows, m), "b": (rows, 1)}
        shapes |= dict.fromkeys(self.own_draws(), (m, 1))
        if self.layer_norm:
            shapes |= {"gamma_W": (rows, 1), "gamma_R": (rows, 1)}
        if self.initial_state == "learnt":
            shapes |= {f"{name}0": (m, 1) for name in self.states}
        return shapes

    def draws(self, shape: Shape) -> dict[str, Draw]:
        m, inputs = self.units, resolve("initializer", self.initializer, INITIALIZERS)
        recurrent = resolve("initializer", self.recurrent_initializer, INITIALIZERS)
        drawn: dict[str, Draw] = {
            "W": Joined((inputs.draws(m, shape[0])["W"],) * self.gates),
            "R": Joined((recurrent.draws(m, m)["W"],) * self.gates),
            "b": Joined(tuple(map(Constant, self.first_biases()))),
            **self.own_draws(),
        }
        if self.layer_norm:
            drawn |= {"gamma_W": Constant(1.0), "gamma_R": Constant(1.0)}
        if self.initial_state == "learnt":
            drawn |= {f"{name}0": Constant(0.0) for name in self.states}
        return drawn

    def own_draws(self) -> dict[str, Draw]:
        """Return how the parameters (m, 1) begin that this kind of cell alone has."""
        return {}

    def first_biases(self) -> tuple[float, ...]:
        """Return the first bias of each gate."""
        return (0.0,) * self.gates

    def operations(self, shape: Shape) -> int:
        return shape[1] * super().operations(shape)

    def kept(self, shape: Shape) -> int:
        of_norms = 2 * self.gates + len(self.states) - 1 if self.layer_norm else 0
        return shape[1] * (shape[0] + (self.gates + 3 + of_norms) * self.units)  # of every step

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths if self.return_sequences else None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        steps = Steps.of(a.shape[2], context.lengths, self.reverse, self.truncate)
        count, P, N = len(steps.order), len(parameters["R"]), a.shape[-1]
        x, h = walk.in_blocks(a, count), walk.empty(count, P, self.units, N, a.dtype)
        z, x_norm = self._input_part(parameters, x)
        kept = Kept(steps, a.shape[2], x, h, x_norm, {}, {}, self._mask(context, N, a.dtype))
        state = self._beginning(parameters, P, N, a.dtype)
        out = np.zeros((P, self.units, a.shape[2], N), a.dtype) if self.return_sequences else None
        for t in steps.order:
            at(h, t)[...] = self._seen(state[0], kept.mask)
            u = np.matmul(parameters["R"], at(h, t))
            if self.layer_norm:
                kept.h_norms[t] = normalise(u, EPSILON)
                u = parameters["gamma_R"] * kept.h_norms[t][0]
            new, kept.cells[t] = self.step(parameters, at(z, t), u, state, kept.mask)
            state = tuple(steps.valid_or(t, n, old) for n, old in zip(new, state, strict=True))
            if out is not None:
                out[:, :, t] = steps.valid_or(t, state[0], 0.0)
        return (state[0] if out is None else out), kept

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        kept: Kept = cache
        for name in gradients:
            gradients[name][...] = 0
        shape = (len(grad_a), self.gates * self.units, grad_a.shape[-1], grad_a.dtype)
        grad_z, grad_u = (walk.empty(len(kept.steps.order), *shape) for _ in range(2))
        state: State = ()
        for step in self.steps_back(parameters, kept, grad_a, gradients):
            at(grad_z, step.t)[...], at(grad_u, step.t)[...], state = step.z, step.u, step.before
        if self.initial_state == "learnt":
            for name, grad in zip(self.states, state, strict=True):
                np.sum(grad, axis=-1, keepdims=True, out=gradients[f"{name}0"])
        return self._matrices(parameters, kept, grad_z, grad_u, gradients, propagate)

    def steps_back(
        self, parameters: Parameters, kept: Kept, grad_a: Array, gradients: Parameters
    ) -> Iterator[StepBack]:
        """Yield the steps that ``forward`` has ``kept``, the last one first, from ``grad_a``, ∂J/∂(output).

        Gradients that are no sums over z and u add to ``gradients`` on the way.
        """
        after: State = tuple(
            np.zeros((len(grad_a), self.units, grad_a.shape[-1]), grad_a.dtype) for _ in self.states
        )
        if not self.return_sequences:
            after = (grad_a, *after[1:])
        for t in reversed(kept.steps.order):
            if self.return_sequences:
                after = (after[0] + kept.steps.valid_or(t, grad_a[:, :, t], 0.0), *after[1:])
            inside = tuple(kept.steps.valid_or(t, grad, 0.0) for grad in after)
            grad_z, own, direct = self.step_back(parameters, kept.cells[t], inside, gradients)
            grad_u = self._through_norm(parameters, kept, t, own, gradients)
            before = tuple(
                kept.steps.valid_or(t, kept.steps.uncut(t, new), old)
                for new, old in zip(self._before(parameters, kept, grad_u, direct), after, strict=True)
            )
            yield StepBack(t, after, before, grad_z, grad_u)
            after = before

    def _input_part(self, parameters: Parameters, x: Array) -> tuple[Array, tuple[Array, Array] | None]:
        """Return z of all steps as a series, and what layer normalisation keeps of it."""
        z, norm = walk.times(parameters["W"], x), None
        if self.layer_norm:
            norm = normalise_series(z)
            z = parameters["gamma_W"][..., None] * norm[0]
        z += parameters["b"][..., None]
        return z, norm

    def _beginning(self, parameters: Parameters, P: int, N: int, dtype: np.dtype[Any]) -> State:
        shape = (P, self.units, N)
        if self.initial_state == "learnt":
            return tuple(np.broadcast_to(parameters[f"{name}0"], shape) for name in self.states)
        return tuple(np.zeros(shape, dtype) for _ in self.states)

    def _mask(self, context: Context, N: int, dtype: np.dtype[Any]) -> Array | None:
        """Return what recurrent dropout multiplies by (P, m, N), or None where there is none."""
        if context.noise is None or not self.random:
            return None
        keep = 1 - self.recurrent_dropout
        mask: Array = context.noise.keep(keep, (self.units, N)).astype(dtype)
        mask /= keep
        return mask

    def _seen(self, h: Array, mask: Array | None) -> Array:
        return h if mask is None or not self.masks_state else h * mask

    def _through_norm(
        self, parameters: Parameters, kept: Kept, t: int, grad: Array, gradients: Parameters
    ) -> Array:
        """Return ∂J/∂(R h) of step t from ∂J/∂u."""
        if not self.layer_norm:
            return grad
        u_hat, scale = kept.h_norms[t]
        gradients["gamma_R"][...] += (grad * u_hat).sum(axis=-1, keepdims=True)
        return normalise_back(parameters["gamma_R"] * grad, u_hat, scale)

    def _before(
        self, parameters: Parameters, kept: Kept, grad_u: Array, direct: tuple[Array | None, ...]
    ) -> State:
        """Return ∂J/∂(state before a step)."""
        handed = self._seen(np.matmul(parameters["R"].swapaxes(-1, -2), grad_u), kept.mask)
        first = handed if direct[0] is None else handed + direct[0]
        return (first, *(grad for grad in direct[1:] if grad is not None))

    def _matrices(
        self,
        parameters: Parameters,
        kept: Kept,
        grad_z: Array,
        grad_u: Array,
        gradients: Parameters,
        propagate: bool,
    ) -> Array | None:
        """Fill in the gradients that sum over steps, and return ∂J/∂(input) if it is asked for."""
        walk.total(grad_z, gradients["b"])
        if kept.x_norm is not None:
            z_hat, scale = kept.x_norm
            walk.total(grad_z * z_hat, gradients["gamma_W"])
            grad_z = normalise_series_back(parameters["gamma_W"][..., None] * grad_z, z_hat, scale)
        walk.outer(grad_z, kept.x, gradients["W"])
        walk.outer(grad_u, kept.h, gradients["R"])
        if not propagate:
            return None
        return walk.in_line(walk.times(parameters["W"].swapaxes(-1, -2), grad_z), kept.T)


def normalise_series(series: Array) -> tuple[Array, Array]:
    """Return every step of a series (B, P, n, BLOCK, N) at mean 0 and variance 1, and the scales."""
    normal, scale = normalise(_by_column(series), EPSILON)
    return normal.reshape(series.shape), scale


def normalise_series_back(grad_hat: Array, hat: Array, scale: Array) -> Array:
    """Return what ``normalise_series`` makes of a gradient."""
    return normalise_back(_by_column(grad_hat), _by_column(hat), scale).reshape(hat.shape)


def _by_column(series: Array) -> Array:
    B, P, n, *_ = series.shape
    return series.reshape(B * P, n, -1)
