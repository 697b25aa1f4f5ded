"""What activations and losses say of themselves, computed from what is said, against what they do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Activation
from shoal.formulas.evaluation import evaluate
from shoal.formulas.links import IDENTITY
from shoal.formulas.nodes import symbols
from shoal.losses import LOSSES, Loss
from shoal.registry import Named
from shoal.shapes import Array

RTOL = 1e-12
K, N = 3, 40
OTHER_PARAMETERS = {
    "leaky_relu": {"slope": 0.3},
    "elu": {"alpha": 1.7},
    "huber": {"threshold": 0.4},
    "step_cross_entropy": {"steps": 1},
}


def with_other_parameters(member: type[Named]) -> Named:
    """Return a member whose parameters are not the defaults, which a formula could have written down."""
    assert {field.name for field in dataclasses.fields(member)} == set(OTHER_PARAMETERS.get(member.name, {}))  # type: ignore[arg-type]
    return member(**OTHER_PARAMETERS.get(member.name, {}))


@pytest.fixture
def z() -> Array:
    return np.random.default_rng(0).normal(scale=2, size=(K, N))


def targets(loss: Loss) -> Array:
    rng = np.random.default_rng(1)
    if loss.name == "log_loss":
        return rng.integers(2, size=(K, N)).astype(float)
    if loss.name.endswith("cross_entropy"):
        return rng.dirichlet(np.ones(K), size=N).T
    return rng.poisson(2.0, size=(K, N)).astype(float)


@pytest.mark.parametrize("name", [*ACTIVATIONS, *LOSSES])
def test_every_class_says_its_own_formulas(name: str) -> None:
    member: type[Activation] | type[Loss] = (ACTIVATIONS | LOSSES)[name]
    assert {"formula", "derivative_formula"} <= vars(member).keys()
    letters = {symbol.name for symbol in (*symbols(member.formula), *symbols(member.derivative_formula))}
    parameters = {
        symbol.parameter
        for symbol in (*symbols(member.formula), *symbols(member.derivative_formula))
        if symbol.parameter
    }
    assert {field.name for field in dataclasses.fields(member)} <= parameters  # type: ignore[arg-type]
    assert letters - {"z", "a", "y", "K"} <= {"s", "α", "λ", "t", "T"}


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
def test_an_activation_computes_its_formulas(activation: type[Activation], z: Array) -> None:
    g = with_other_parameters(activation)
    assert isinstance(g, Activation)
    a = g.forward(z)
    np.testing.assert_allclose(evaluate(g.formula, {"z": z}, g), a, rtol=RTOL)
    slope = evaluate(g.derivative_formula, {"z": z, "a": a}, g)
    np.testing.assert_allclose(np.broadcast_to(slope, z.shape), g.derivative(z, a), rtol=RTOL, atol=1e-15)


@pytest.mark.parametrize("kind", LOSSES.values(), ids=list(LOSSES))
def test_a_loss_computes_its_formulas(kind: type[Loss], z: Array) -> None:
    loss = with_other_parameters(kind)
    assert isinstance(loss, Loss)
    y, a = targets(loss), loss.predict(z[None])[0]
    linked = evaluate(loss.link.formula, {"z": z})
    np.testing.assert_allclose(linked[:, 0] if loss.link.couples else linked, a, rtol=RTOL)
    terms = evaluate(loss.formula, {"a": a, "y": y, "K": np.array(K)}, loss)
    np.testing.assert_allclose(terms.sum(axis=0), loss.value(z[None], y)[0], rtol=RTOL)


@pytest.mark.parametrize("kind", LOSSES.values(), ids=list(LOSSES))
def test_every_step_of_a_cancellation_is_the_delta(kind: type[Loss], z: Array) -> None:
    loss = with_other_parameters(kind)
    assert isinstance(loss, Loss)
    y, a = targets(loss), loss.predict(z[None])[0]
    values = {"z": z, "a": a, "y": y, "K": np.array(K)}
    slope, link = (
        evaluate(loss.derivative_formula, values, loss),
        evaluate(loss.link.derivative_formula, values),
    )
    if loss.link.couples:
        steps = [np.einsum("kn,kjn->jn", slope, link)]
        steps += [evaluate(step, values, loss)[0] for step in loss.delta_formulas]
    else:
        steps = [slope * link, *(evaluate(step, values, loss) for step in loss.delta_formulas)]
    assert len(steps) >= 2
    for step in steps:
        np.testing.assert_allclose(step, loss.delta(z[None], y)[0], rtol=RTOL, atol=1e-14)


@pytest.mark.parametrize("kind", LOSSES.values(), ids=list(LOSSES))
def test_what_cancels_is_explained(kind: type[Loss]) -> None:
    assert kind.has_link == (kind.link is not IDENTITY) == bool(kind.cancellation)
