"""svmlight, which LIBSVM uses too: a target, and the features that are not zero, each after its number."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shoal.data.frames import pl
from shoal.data.readers.contents import decoding, file_bytes, require_size
from shoal.errors import DataError, ShoalWarning

TARGET = "target"
_FEATURE = re.compile(r"f\d+")
_BYTES_OF_A_COLUMN = 900
"""Beside its values: of a file with a large number of a feature nearly all."""


def read_svmlight(path: Path, expected: Sequence[str] = ()) -> pl.DataFrame:
    """Return the column ``target``, and ``f1``, ``f2``, … (or from ``f0`` on) as the file numbers features.

    A feature that no row has is no column, unless it lies below the last one or is among those ``expected``,
    in which case it is zero. Query numbers (``qid``) are left out, with a note.

    Raises ``DataError`` for anything else, and ``CapacityError`` where the zeros do not fit in memory.
    """
    from sklearn.datasets import load_svmlight_file

    content = file_bytes(path)
    with decoding(path, "svmlight", "expected lines such as '1 3:0.5 7:2', features in order"):
        X, y = load_svmlight_file(io.BytesIO(content), zero_based=True)
    if not len(y):
        raise DataError(f"{path} is empty; expected lines such as '1 3:0.5 7:2'")
    if b"qid:" in content:
        warnings.warn(f"the query numbers (qid) of {path} are left out", ShoalWarning, stacklevel=2)
    count, width = X.shape
    first = 0 if (X.indices == 0).any() else 1
    require_size((8 * count + _BYTES_OF_A_COLUMN) * (width + 1), path)  # before they have names
    names = [f"f{k}" for k in range(first, width)]
    known = set(names)
    absent = [name for name in dict.fromkeys(expected) if _FEATURE.fullmatch(name) and name not in known]
    require_size((8 * count + _BYTES_OF_A_COLUMN) * (width + len(absent) + 1), path)
    dense = np.asfortranarray(X[:, first:].toarray())
    columns = [pl.Series(name, dense[:, k]) for k, name in enumerate(names)]
    zeros = [pl.Series(name, np.zeros(count)) for name in absent]
    return pl.DataFrame([pl.Series(TARGET, y), *columns, *zeros])
