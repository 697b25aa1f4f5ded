"""Groups by number: the name of each is hashed into one of many buckets, so that nobody holds all names."""

from __future__ import annotations

import hashlib

import numpy as np

from shoal.data.frames import as_frame, named, pl
from shoal.data.roles import Roles
from shoal.shapes import IntArray

BUCKETS = 2**16
_BYTES = 2


def buckets_of(rows: pl.DataFrame, roles: Roles, seed: int) -> IntArray | None:
    """Return the bucket of each row's group (N,), None where a table has no such column.

    Raises ``DataError`` where a group is missing.
    """
    if roles.group not in rows.columns:
        return None
    if not rows.height:
        return np.zeros(0, dtype=np.intp)
    groups = roles.groups(as_frame(named(rows, [roles.group])))
    assert groups is not None
    numbers = {name: _bucket(name, seed) for name in groups.unique().to_list()}
    return groups.replace_strict(numbers, return_dtype=pl.Int64).to_numpy().astype(np.intp)


def _bucket(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=_BYTES).digest())
