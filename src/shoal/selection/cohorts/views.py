"""How the networks of a study differ in what they are given of the inputs, as the user says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ConfigurationError
from shoal.selection.cohorts.planning import ScalingPart
from shoal.sequences import Rows, Sequences, width

if TYPE_CHECKING:
    from shoal.shapes import IntArray


@dataclass(frozen=True, kw_only=True)
class Views:
    """``views`` of the inputs, the ``sources`` of these, and whether the study is ``sparing``.

    What they mean is told by ``CapacityStudy``.
    """

    views: Sequence[Sequence[int]] = ()
    sources: Sequence[object] = ()
    sparing: bool = False

    def part(self, start: int) -> ScalingPart:
        """Return the part of a start, where the study scales inputs."""
        return ScalingPart.of(start, max(len(self.views), 1))


def checked_sources(sources: Sequence[object], X: Rows) -> IntArray | None:
    """Return a number from 0 on for the source of each input; None where there are fewer than two of them.

    Raises ``ConfigurationError`` unless every input of rows has one.

    >>> checked_sources(["size", "size", "age"], np.zeros((1, 3)))
    array([0, 0, 1])
    """
    if not len(sources):
        return None
    if isinstance(X, Sequences) or np.ndim(X) != 2 or len(sources) != width(X):
        raise ConfigurationError(
            f"sources name the column that each input of rows comes from, got {len(sources)} of them for "
            f"samples of the shape {np.shape(X)[1:]}; give one for each input, or leave them out"
        )
    numbers = {source: number for number, source in enumerate(dict.fromkeys(sources))}
    return np.array([numbers[source] for source in sources]) if len(numbers) > 1 else None


def checked_views(views: Sequence[Sequence[int]], X: Rows) -> tuple[IntArray, ...]:
    """Return the columns of each view in rising order.

    Raises ``ConfigurationError`` for others than 0 … n − 1, and for sequences, which have none.
    """
    if len(views) and isinstance(X, Sequences):
        raise ConfigurationError(
            f"views are columns of rows, got {len(views)} with Sequences; leave them out"
        )
    n_inputs = width(X)
    known = set(range(n_inputs))
    for view in views:
        if not len(view) or not known.issuperset(view):
            raise ConfigurationError(
                f"a view is a list of input columns, 0 to {n_inputs - 1}, got {list(view)!r}"
            )
    return tuple(np.unique(np.asarray(view, dtype=np.intp)) for view in views)
