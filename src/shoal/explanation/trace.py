"""The forward pass with everything kept: what backpropagation multiplies, layer by layer.

Layers are numbered as in the lecture: the first dense layer is 1, ``z_l = W_l a_(l−1) + b_l``,
``a_l = g(z_l)``, and a_0 is x. Dropout is off and has no number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.activations import Activation, Identity
from shoal.errors import ConfigurationError
from shoal.formulas.evaluation import evaluate
from shoal.formulas.nodes import Expression, in_layer, symbols
from shoal.layers import Dense, Dropout
from shoal.losses import Loss
from shoal.networks.chain import Chain
from shoal.shapes import Array


@dataclass(frozen=True)
class Gate:
    """What turns a layer's z into its a: an activation, or at the end the link of the loss."""

    name: str
    formula: Expression
    derivative_formula: Expression
    couples: bool = False
    owner: object = None

    def parameters(self) -> dict[str, float]:
        """Return the letters in the formulas that stand for hyper-parameters, with their values."""
        return parameters_of(self.owner, self.formula, self.derivative_formula)


@dataclass(frozen=True)
class DenseStep:
    """Layer l on a batch: ``a_in`` (n, N), ``W`` (m, n), ``b`` (m, 1), ``z`` and ``a`` (m, N).

    ``slope`` is ∂a/∂z: (m, N) elementwise, or the Jacobian ``slope[k, j] = ∂a_k/∂z_j`` (K, K, N) of a link
    in which every output depends on every z.
    """

    number: int
    gate: Gate
    a_in: Array
    W: Array
    b: Array
    z: Array
    a: Array
    slope: Array


@dataclass(frozen=True)
class Trace:
    """The layers in order, the targets y (K, N), ∂loss/∂a of the last layer (K, N), and the losses (N,)."""

    steps: tuple[DenseStep, ...]
    y: Array
    loss_slope: Array
    losses: Array


def trace(network: Chain, theta: Array, x: Array, y: Array) -> Trace:
    """Return every quantity of the forward pass of one network on a batch.

    ``theta`` (1, D), ``x`` (n, N), ``y`` (K, N), all in float64. Raises ``ConfigurationError`` for layers
    other than dense ones and dropout.

    >>> from shoal.populations.network import Network
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    >>> theta = network.population(1, dtype="float64").theta
    >>> [step.a.shape for step in trace(network, theta, np.ones((2, 5)), np.ones((1, 5))).steps]
    [(3, 5), (1, 5)]
    """
    steps: list[DenseStep] = []
    a = x
    dense = [index for index, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    for index, (layer, parameters) in enumerate(zip(network.layers, network.views(theta), strict=True)):
        if isinstance(layer, Dense):
            W, b = parameters["W"][0], parameters["b"][0]
            z = W @ a + b
            linked = network.criterion.has_link and index == dense[-1]
            gate, a_out, slope = _linked(network.criterion, z) if linked else _activated(layer.g, z)
            steps.append(DenseStep(len(steps) + 1, gate, a, W, b, z, a_out, slope))
            a = steps[-1].a
        elif not isinstance(layer, Dropout):
            raise ConfigurationError(
                f"the chain rule is explained for dense layers, got {layer!r}; check_gradients takes any"
            )
    loss = network.criterion
    letters = {"a": a, "y": y, "K": np.asarray(network.n_outputs)}
    with np.errstate(all="ignore"):  # a saturated ŷ divides by zero here, and nowhere in the engine
        loss_slope = np.broadcast_to(evaluate(loss.derivative_formula, letters, loss), a.shape)
    last = steps[-1].z if loss.has_link else a
    return Trace(tuple(steps), y, loss_slope, loss.value(last[None], y)[0])


def _activated(g: Activation, z: Array) -> tuple[Gate, Array, Array]:
    a = g.forward(z)
    return Gate(g.name, g.formula, g.derivative_formula, owner=g), a, g.derivative(z, a)


def _linked(loss: Loss, z: Array) -> tuple[Gate, Array, Array]:
    link, a = loss.link, loss.predict(z[None])[0]
    gate = Gate(link.name, link.formula, link.derivative_formula, link.couples)
    return gate, a, evaluate(link.derivative_formula, {"z": z, "a": a})


def is_identity(gate: Gate) -> bool:
    """Return whether a layer's a is its z."""
    return gate.name == Identity.name


def parameters_of(owner: object, *formulas: Expression) -> dict[str, float]:
    """Return the letters of ``owner``'s formulas that stand for its hyper-parameters, with their values."""
    letters = [symbol for formula in formulas for symbol in symbols(formula) if symbol.parameter]
    return {symbol.name: getattr(owner, symbol.parameter) for symbol in letters}


def formula_in(step: DenseStep) -> tuple[Expression, Expression]:
    """Return ``g(z)`` and ``g′(z)`` of a layer in its own letters, z₂ and a₂."""
    number = str(step.number)
    return in_layer(step.gate.formula, number), in_layer(step.gate.derivative_formula, number)
