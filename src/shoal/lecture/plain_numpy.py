"""The lecture's network in plain NumPy: three layers, sigmoid, log loss, gradient descent.

Run this file and watch the loss fall. Nothing is hidden: every line is an equation of the slides.
Samples are columns: x is (2, m) and y is (1, m), so that z1 = W1 @ x + b1 is what the slides write.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Parameters = dict[str, Array]  # W1, b1, W2, b2, W3, b3


def g(z: Array) -> Array:
    """The sigmoid."""
    return 1 / (1 + np.exp(-z))


def initial(inputs: int, hidden: int, rng: np.random.Generator) -> Parameters:
    """Small random numbers, N(0, 0.1), for every weight and bias."""
    sizes = {1: (hidden, inputs), 2: (hidden, hidden), 3: (1, hidden)}
    weights = {f"W{i}": rng.normal(0, 0.1, size) for i, size in sizes.items()}
    biases = {f"b{i}": rng.normal(0, 0.1, (size[0], 1)) for i, size in sizes.items()}
    return weights | biases


def forward(p: Parameters, x: Array) -> tuple[Array, Array, Array]:
    """From the inputs to the prediction a3, layer by layer."""
    z1 = p["W1"] @ x + p["b1"]
    a1 = g(z1)
    z2 = p["W2"] @ a1 + p["b2"]
    a2 = g(z2)
    z3 = p["W3"] @ a2 + p["b3"]
    a3 = g(z3)
    return a1, a2, a3


def log_loss(a3: Array, y: Array) -> float:
    """L = −[(1 − y) log(1 − a3) + y log a3], averaged over the samples."""
    return float(np.mean(-((1 - y) * np.log(1 - a3) + y * np.log(a3))))


def backward(p: Parameters, x: Array, y: Array) -> Parameters:
    """The six boxed formulas, each averaged over the m samples.

    The product of delta (units, m) and aᵀ (m, inputs) sums over the samples: that is where the transpose
    comes from. W3ᵀ carries what the output wanted back to the units that it came from.
    """
    a1, a2, a3 = forward(p, x)
    m = x.shape[1]
    delta3 = a3 - y  # ∂L/∂z3: the sigmoid's derivative cancels with the log loss's
    delta2 = p["W3"].T @ delta3 * a2 * (1 - a2)  # g′(z2) = a2 (1 − a2)
    delta1 = p["W2"].T @ delta2 * a1 * (1 - a1)
    return {
        "W3": delta3 @ a2.T / m,
        "b3": delta3.sum(axis=1, keepdims=True) / m,
        "W2": delta2 @ a1.T / m,
        "b2": delta2.sum(axis=1, keepdims=True) / m,
        "W1": delta1 @ x.T / m,
        "b1": delta1.sum(axis=1, keepdims=True) / m,
    }


def train(p: Parameters, x: Array, y: Array, alpha: float, updates: int) -> tuple[Parameters, list[float]]:
    """Repeat w ← w − α ∂L/∂w; return the parameters, and the loss before every update."""
    losses = []
    for _ in range(updates):
        losses.append(log_loss(forward(p, x)[2], y))
        gradient = backward(p, x, y)
        p = {name: value - alpha * gradient[name] for name, value in p.items()}
    return p, losses


def two_moons(m: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two interleaved half circles with a little noise: x (2, m), y (1, m)."""
    y = np.arange(m) % 2
    angle = rng.uniform(0, np.pi, m)
    upper, lower = (np.cos(angle), np.sin(angle)), (1 - np.cos(angle), 0.5 - np.sin(angle))
    x = np.where(y == 0, upper, lower) + rng.normal(0, 0.15, (2, m))
    return x, y[None, :].astype(np.float64)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, y = two_moons(80, rng)
    p, losses = train(initial(2, 5, rng), x, y, alpha=0.5, updates=8000)
    for update in (0, 500, 1000, 2000, 4000, 7999):
        print(f"after {update:4d} updates: log loss {losses[update]:.4f}")
    right = (forward(p, x)[2] > 0.5) == (y > 0.5)
    print(f"{right.sum()} of {right.size} samples on the right side")
