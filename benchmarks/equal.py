"""As low as a peer: the fewest iterations after which a solver's networks have its losses on the average."""

from __future__ import annotations

from collections.abc import Callable

LONGER = 16
"""So many times the iterations of the peer may be tried."""


def fewest(mean_loss: Callable[[int], float], aim: float, iterations: int) -> int | None:
    """Return the fewest iterations whose mean loss is at most the ``aim``, None where no number tried is.

    Solvers that search lower J in every iteration, so that numbers between too few and enough are halved.

    >>> fewest(lambda n: 1 / n, 0.01, 500)
    100
    """
    short, enough = 0, 1
    while not mean_loss(enough) <= aim:  # of networks that diverged it is no number
        if enough >= LONGER * iterations:
            return None
        short, enough = enough, min(2 * enough, LONGER * iterations)
    while enough - short > 1:
        middle = (short + enough) // 2
        if mean_loss(middle) <= aim:
            enough = middle
        else:
            short = middle
    return enough
