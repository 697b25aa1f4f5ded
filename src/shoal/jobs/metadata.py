"""What samples have besides features and targets, from the columns that say so: groups, times and weights."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from shoal.data.frames import Frame, as_frame, pl, quoted
from shoal.data.row_numbers import keep_rows
from shoal.errors import ShoalWarning
from shoal.selection.samples.attributes import Attributes
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.data.roles import Roles
    from shoal.shapes import IntArray


def attributes_of(frame: Frame, roles: Roles, unit: float | None = None) -> Attributes:
    """Return the attributes of a table's rows, as far as it has columns for them.

    Weights are told in a ``unit``, for None that of their own mean: what they are to each other counts, so
    that weights in any unit make the same model. Rows without any count once.
    """
    groups, weights = roles.groups(frame), None
    if roles.weight is not None:
        found = roles.weights(frame)
        weights = np.ones(frame.height) if found is None else found / (unit or found.mean())
    codes = None if groups is None else np.unique(np.array(groups.to_list()), return_inverse=True)[1]
    return Attributes(codes, roles.times(frame), weights)


def attributes_from(
    metadata: pl.DataFrame | None, roles: Roles, n: int, unit: float | None = None
) -> Attributes:
    """Return the same of n samples that are no rows of a table, by their metadata."""
    if metadata is None or not metadata.width:
        return Attributes(weights=None if roles.weight is None else np.ones(n))
    return attributes_of(as_frame(metadata), roles, unit)


def unit_of(frame: Frame, roles: Roles) -> float | None:
    """Return the mean weight of a table's rows, None where they have none."""
    weights = roles.weights(frame)
    return None if weights is None else float(weights.mean())


def without_weightless(frame: Frame, roles: Roles) -> Frame:
    """Return the rows that count for something; warns (``ShoalWarning``) of how many do not."""
    counted = counting(frame, roles)
    if counted is None:
        return frame
    keep_rows(counted)
    return as_frame(frame[counted])


def counting(table: pl.DataFrame, roles: Roles) -> IntArray | None:
    """Return which rows count for something, None if all do; warns (``ShoalWarning``) of how many do not."""
    weights = roles.weights(table)
    if weights is None or weights.all():
        return None
    warnings.warn(
        f"{int((weights == 0).sum())} of {plural(len(weights), 'row')} count for nothing, by "
        f"{quoted(roles.weight or '')}, and are left out",
        ShoalWarning,
        stacklevel=3,
    )
    return np.flatnonzero(weights)
