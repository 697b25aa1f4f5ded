"""The boxed formulas of the slides, written out literally in NumPy for the three-layer network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.shapes import Array

BOXED = {
    "∂L/∂W₃": "(a₃ − y) a₂ᵀ",
    "∂L/∂b₃": "(a₃ − y)",
    "∂L/∂W₂": "W₃ᵀ (a₃ − y) ∘ g′(z₂) a₁ᵀ",
    "∂L/∂b₂": "W₃ᵀ (a₃ − y) ∘ g′(z₂)",
    "∂L/∂W₁": "W₂ᵀ (W₃ᵀ (a₃ − y) ∘ g′(z₂)) ∘ g′(z₁) xᵀ",
    "∂L/∂b₁": "W₂ᵀ (W₃ᵀ (a₃ − y) ∘ g′(z₂)) ∘ g′(z₁)",
}
"""Every formula as the slides derive it, in their order, for one sample; ∘ is entry by entry."""


def g(z: Array) -> Array:
    """Return the sigmoid of ``z``, as the slides write it."""
    return np.asarray(1 / (1 + np.exp(-z)))


def g_prime(z: Array) -> Array:
    """Return g′(z) = g(z) (1 − g(z))."""
    return np.asarray(g(z) * (1 - g(z)))


def boxed(W: Sequence[Array], b: Sequence[Array], x: Array, y: Array) -> dict[str, Array]:
    """Return the value of every formula, averaged over the m samples in the columns of x (n, m) and y (1, m).

    A product with a row of ones sums the samples of a bias, as a product with aᵀ does those of a weight.

    >>> W, b = [np.ones((1, 1))] * 3, [np.zeros((1, 1))] * 3
    >>> boxed(W, b, np.zeros((1, 2)), np.array([[0.0, 1.0]]))["∂L/∂b₃"].round(4)
    array([[0.1508]])
    """
    (W1, W2, W3), (b1, b2, b3) = W, b
    z1 = W1 @ x + b1
    a1 = g(z1)
    z2 = W2 @ a1 + b2
    a2 = g(z2)
    z3 = W3 @ a2 + b3
    a3 = g(z3)
    m = x.shape[1]
    ones = np.ones((m, 1))
    return {
        "∂L/∂W₃": (a3 - y) @ a2.T / m,
        "∂L/∂b₃": (a3 - y) @ ones / m,
        "∂L/∂W₂": (W3.T @ (a3 - y) * g_prime(z2)) @ a1.T / m,
        "∂L/∂b₂": (W3.T @ (a3 - y) * g_prime(z2)) @ ones / m,
        "∂L/∂W₁": (W2.T @ (W3.T @ (a3 - y) * g_prime(z2)) * g_prime(z1)) @ x.T / m,
        "∂L/∂b₁": (W2.T @ (W3.T @ (a3 - y) * g_prime(z2)) * g_prime(z1)) @ ones / m,
    }
