"""How networks of images are trained where nobody says: by how many images there are."""

from __future__ import annotations

import math

FIRST_FILTERS = 16
"""Of the first stage, doubled with each further one."""
RATE, DROPOUT, ACTIVATION = 0.005, 0.2, "mish"
"""The highest rate of one cycle, under Adam; mish has no units that never learn again, as ReLU may."""
CLIP = 1.0
"""The longest gradient: a large one at a high rate can undo all that was learnt, on noisy images for good."""
SHORTEST, USUAL, LONGEST = 15, 15, 100
"""Epochs: at least, for as many images as ``AT``, and at most."""
AT = 6000


def epochs_of_images(n: int) -> int:
    """Return the epochs that n images are worth: fewer images are seen more often, not as often in all.

    >>> [epochs_of_images(n) for n in (100, 1000, 6000, 60_000)]
    [100, 37, 15, 15]
    """
    return min(max(round(USUAL * math.sqrt(AT / n)), SHORTEST), LONGEST)


def batch_of_images(n: int) -> int:
    """Return the size of minibatches of n images.

    >>> [batch_of_images(n) for n in (1000, 6000, 60_000)]
    [32, 64, 128]
    """
    return 32 if n < 2000 else 64 if n < 20_000 else 128
