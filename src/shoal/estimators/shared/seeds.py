"""shoal's seeds from scikit-learn's ``random_state``."""

from __future__ import annotations

from typing import Any

from sklearn.utils import check_random_state


def drawn_seed(random_state: Any) -> int:
    """Return a seed below 2³¹ − 1, drawn from a ``random_state``: a number, a ``RandomState``, or None.

    >>> drawn_seed(3) == drawn_seed(3)
    True
    """
    return int(check_random_state(random_state).randint(2**31 - 1))
