"""A saved network, and the data that it is explained or checked by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shoal.errors import ModelFolderError
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved.folder import load_model

if TYPE_CHECKING:
    from shoal.jobs.subjects.subject import Subject


def saved_subject(folder: Path, table: str | None, row: int, batch: int, member: int) -> Subject:
    """Return a saved network and ``batch`` rows of a table, or images, from ``row`` on, counted from 1.

    ``table=None`` takes the data that the network was fitted to. ``member`` says which network of an
    ensemble. Raises ``DataError`` for a row that they do not have or a table without the target, and
    ``ConfigurationError`` for a member that is not there.
    """
    model = load_model(folder)
    return KINDS[model.kind].subject(model, table_of(folder, table), row, batch, member)


def table_of(folder: Path, table: str | None) -> str:
    """Return the table that is named, or else the one that a folder's model was fitted to."""
    if table is not None:
        return table
    from shoal.jobs.plan import load_plan  # which knows all that can be asked

    try:
        return str(load_plan(folder)["request"]["table"])
    except ModelFolderError:
        raise ModelFolderError(
            f"{folder} does not say which table it was fitted to; name one after the folder"
        ) from None
