"""Whether a table fits into the memory: told before it is read, and made plainer where it is too much."""

from __future__ import annotations

from typing import Any

from shoal.data.readers.glimpse import bytes_of, glimpse
from shoal.data.targets.task import CLASSIFICATION
from shoal.errors import ShoalError
from shoal.jobs.memory.footprint import NONE_BROUGHT, Allowance, Brought, Footprint, fitting, require_reading
from shoal.jobs.prepared import collected
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.described import Described, method_of, rule_of
from shoal.selection.rules import BY_EVIDENCE

WORTH_A_LOOK = 2**16
"""Bytes of a file that is brought along from which on it is looked at before it is read."""


def look(request: FitRequest, allowance: Allowance) -> None:
    """Raise ``CapacityError`` for tables whose first rows tell that they are too much for the memory."""
    seen = glimpse(request.table)
    if seen is not None and seen.head is None:
        require_reading(request.table, seen.reading, request, allowance)
    for source in filter(None, (request.valid, request.test)):
        require_reading(source, brought(source).reading, request, allowance)
    if seen is None or seen.head is None or request.target not in seen.head.columns:
        return
    try:
        with collected():
            head = Described.of(seen.head, request.target, request, least=1)
    except ShoalError:
        return  # all of the table may be otherwise, and will tell
    method = method_of(request, head.task.task, head.columns)
    fitting(footprint_of(head, request, seen.rows, seen.reading), request, method, allowance)


def as_fits(table: Described, request: FitRequest, allowance: Allowance) -> tuple[dict[str, Any], list[str]]:
    """Return what is plainer for the table to fit into memory, and what there is to say of it."""
    method = method_of(request, table.task.task, table.columns)
    footprint = footprint_of(table, request, len(table.frame))
    plainer, told = fitting(footprint, request, method, allowance)
    return plainer, [told] if told else []


def footprint_of(table: Described, request: FitRequest, rows: int, reading: int = 0) -> Footprint:
    """Return what decides the memory for so many rows like those of a table."""
    n_outputs = 1
    if table.task.task == CLASSIFICATION:
        classes = table.frame[table.name].n_unique()
        n_outputs = classes if classes > 2 else 1
    return Footprint(
        rows=rows,
        test_rows=int(request.test_share * rows) if request.test is None else 0,
        columns=table.columns,
        used=round(rows / len(table.frame) * bytes_of(table.frame)),
        n_outputs=n_outputs,
        reading=reading,
        copied=request.valid is not None or rule_of(request) not in ("ensemble", BY_EVIDENCE),
        validation=brought(request.valid),
        test=brought(request.test),
    )


def brought(source: str | None) -> Brought:
    """Return what a table that is brought along takes, by its first rows; nothing of a small one."""
    seen = None if source is None else glimpse(source, WORTH_A_LOOK)
    return NONE_BROUGHT if seen is None else Brought(seen.rows, seen.reading)
