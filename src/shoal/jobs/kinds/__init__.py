"""The kinds of data that there are, one to a file; nobody else asks what kind something is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shoal.jobs.kinds.base import Findings, Kind
from shoal.jobs.kinds.images import Images
from shoal.jobs.kinds.tables import Tables

if TYPE_CHECKING:
    from shoal.jobs.prepared import Prepared
    from shoal.jobs.request import FitRequest

__all__ = ["KINDS", "Findings", "Kind", "kind_of", "prepare"]

KINDS: dict[str, Kind[Any, Any]] = {kind.name: kind for kind in (Images(), Tables())}
"""Every kind; the last one takes what no other reads."""


def kind_of(source: str) -> Kind[Any, Any]:
    """Return the kind of data that ``source`` holds.

    >>> kind_of("train-images-idx3-ubyte.gz").name, kind_of("adult.csv").name
    ('images', 'table')
    """
    return next(kind for kind in KINDS.values() if kind.reads(source))


def prepare(request: FitRequest) -> Prepared:
    """Read what a job is asked to work on, of whatever kind it is, and divide it."""
    prepared: Prepared = kind_of(request.table).prepare(request)
    return prepared
