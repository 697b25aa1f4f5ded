"""A saved model, of whatever kind, read from its folder: see ``shoal.jobs.saved.files`` for its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from shoal.errors import ConfigurationError, ModelFolderError
from shoal.jobs.kinds import KINDS, TABLE
from shoal.jobs.saved.files import read_saved
from shoal.jobs.saved.layout import PREPROCESSING

if TYPE_CHECKING:
    from shoal.jobs.model import TableModel


def load_model(folder: Path) -> Any:
    """Read a model that ``shoal fit`` wrote, of any kind of data.

    Raises ``ModelFolderError`` if a file is missing, truncated, altered, or of a newer format.
    """
    saved = read_saved(folder)
    named = str(saved.preprocessing.get("kind", TABLE))
    kind = KINDS.get(named)
    if kind is None:
        raise ModelFolderError(
            f"{folder / PREPROCESSING} is of the kind {named!r}, this version of shoal knows "
            f"{', '.join(KINDS)}; install a newer shoal"
        )
    return kind.restore(saved)


def load_table_model(folder: Path) -> TableModel:
    """Read a model of a table; one of another kind is a ``ConfigurationError``."""
    model = load_model(folder)
    if model.kind != TABLE:
        noun = KINDS[model.kind].noun
        raise ConfigurationError(
            f"{folder} holds a model of {noun}, expected one of a table; predictions, the report and "
            f"gradient checks are what there is for {noun}"
        )
    return cast("TableModel", model)
