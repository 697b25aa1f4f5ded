"""A loss that the package never heard of: trained by the reference engine, predicted by any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from shoal import Dense, Network, check_gradients, train
from shoal.losses import LOSSES, Loss
from shoal.shapes import Array


@dataclass(frozen=True)
class LogCosh(Loss):
    """ln cosh(z − y): squared near the target, absolute far from it."""

    name: ClassVar[str] = "log_cosh"

    def value(self, z: Array, y: Array) -> Array:
        r = np.abs(z - y)
        losses: Array = (r + np.log1p(np.exp(-2 * r)) - np.log(2)).sum(axis=-2)
        return losses.astype(z.dtype)

    def delta(self, z: Array, y: Array) -> Array:
        delta: Array = np.tanh(z - y).astype(z.dtype)
        return delta


def test_a_loss_of_the_user_s_trains_and_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, LogCosh.name, LogCosh)
    X = np.linspace(-1, 1, 40)[:, None]
    network = Network(1, [Dense(4, "tanh"), Dense(1)], LogCosh())
    result = train(network, X, X[:, 0] ** 2, starts=3, solver="lbfgs", epochs=60)
    assert check_gradients(network, X, X[:, 0] ** 2).relative_error < 1e-6
    predicted = result.population.predict(X)
    losses = LogCosh().value(predicted.swapaxes(1, 2), X.T**2).mean(axis=1)
    np.testing.assert_allclose(losses, np.nanmin(result.history.loss, axis=1), rtol=0, atol=1e-6)
    assert np.abs(predicted.mean(axis=0) - X**2).max() < 0.1
