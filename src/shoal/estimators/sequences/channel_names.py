"""The names that channels have in frames of pandas: those of later frames go by the names of those fitted."""

from __future__ import annotations

from typing import Any

from shoal.data.names import names_shown
from shoal.data.notes import tell
from shoal.errors import DataError

Names = tuple[str, ...] | None
"""Of channels, in their order; None of what has none."""


def names_of(given: Any) -> Names:
    """Return what the columns of a frame are called; None for what has no texts for names, or one twice."""
    if not hasattr(given, "columns") or not hasattr(given, "iloc"):
        return None
    names = tuple(given.columns)
    return names if all(isinstance(name, str) for name in names) and len(set(names)) == len(names) else None


def ordered(given: Any, fitted: Names, name: str) -> Any:
    """Return a frame with its columns in the order of those ``fitted``; what has no names as it is.

    Another order is said with a ``ShoalWarning``. Raises ``DataError`` for columns of other names; how many
    there must be is not looked at.
    """
    names = names_of(given)
    if names is None or fitted is None or names == fitted or len(names) != len(fitted):
        return given
    if set(names) != set(fitted):
        raise DataError(
            f"{name} has the columns {names_shown(names)}, expected {names_shown(fitted)}; give "
            "those fitted, by their names"
        )
    tell(f"the columns of {name} stand in another order than those fitted", "they go by their names", False)
    return given[list(fitted)]
