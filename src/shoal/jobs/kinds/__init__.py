"""The kinds of data that there are, one to a file; nobody else asks what kind something is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from shoal.errors import ConfigurationError
from shoal.jobs.kinds.base import Kind, KindFindings, StudyKind
from shoal.jobs.kinds.forecasts import Forecasts
from shoal.jobs.kinds.images import Images
from shoal.jobs.kinds.sequences import SequencesKind
from shoal.jobs.kinds.tables import Tables
from shoal.jobs.kinds.texts import Texts
from shoal.jobs.settings import require_settings_of

if TYPE_CHECKING:
    from shoal.jobs.prepared import Prepared
    from shoal.jobs.request import FitRequest

__all__ = ["KINDS", "TABLE", "Kind", "KindFindings", "StudyKind", "kind_of", "prepare"]

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Texts(), Forecasts(), SequencesKind(), Images(), Tables())
}
"""Every kind, in the order in which they are asked; the last one takes what no other reads."""
TABLE = Tables.name
"""What a model is of that was saved before there were other kinds."""


def kind_of(request: FitRequest) -> Kind:
    """Return the kind of data that is asked about.

    Raises ``ConfigurationError`` for settings that are for other kinds alone, and ``DataError`` where nobody
    can tell for whom they are, as there are no such data.

    >>> from shoal.jobs.request import FitRequest
    >>> [kind_of(FitRequest(name)).name for name in ("t10k-images-idx3-ubyte.gz", "a.ts", "adult.csv")]
    ['images', 'sequences', 'table']
    """
    found = next(kind for kind in KINDS.values() if kind.reads(request))
    try:
        require_settings_of(found.name, found.noun, request)
    except ConfigurationError:
        if found.name == TABLE and not os.path.lexists(request.table):
            from shoal.data.tables import read_table

            read_table(request.table)  # which says so of what is not there, and may know it otherwise
        raise
    return found


def prepare(request: FitRequest) -> Prepared:
    """Read what a study is asked to work on, of whatever kind it is, and divide it."""
    kind: Any = kind_of(request)
    prepared: Prepared = kind.prepare(request)
    return prepared
