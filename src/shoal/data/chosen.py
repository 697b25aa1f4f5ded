"""Which columns of a table are used, as asked: all but some, some alone, and numbers that are codes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self, TypeAlias

from shoal.data.frames import quoted
from shoal.data.names import meant, names_shown
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.words import setting

Texts: TypeAlias = Sequence[str] | None
"""Names of columns, several in one text if commas separate them; None for nothing asked."""


@dataclass(frozen=True)
class ChosenColumns:
    """What becomes of a table's columns: those left out, and those said to hold categories, in its order."""

    dropped: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    @classmethod
    def settle(
        cls,
        known: Sequence[str],
        target: str,
        drop: Texts,
        columns: Texts,
        categorical: Texts,
        roles: Mapping[str, str] = MappingProxyType({}),
    ) -> Self:
        """Return what is asked of a table whose columns are ``known``.

        ``drop`` leaves columns out, ``columns`` all others but the target. Those with one of the ``roles``,
        the settings that name them, are no features and left out as well. Warns (``ShoalWarning``) of what
        else is left out.

        Raises ``DataError`` for a column that is not there, with the nearest names, and
        ``ConfigurationError`` for the target, a column that is asked for and left out, and where none is
        left.
        """
        asked = {
            name: None if texts is None else columns_in(texts, known, name)
            for name, texts in (("drop", drop), ("columns", columns), ("categorical", categorical))
        }
        for name, found in asked.items():
            if target in (found or ()):
                raise ConfigurationError(
                    f"{setting(name)} names {quoted(target)}, the target, which is predicted from the other "
                    "columns; leave it out" + _CLASSES.get(name, "")
                )
        for name in ("columns", "categorical"):
            if both := [column for column in asked[name] or () if column in roles]:
                raise ConfigurationError(
                    f"{setting(name)} names {quoted(both[0])}, and {setting(roles[both[0]])} makes it no "
                    "feature; name it once"
                )
        dropped, only = set(asked["drop"] or ()) - set(roles), asked["columns"]
        for name in ("columns", "categorical"):
            if both := [column for column in asked[name] or () if column in dropped]:
                raise ConfigurationError(
                    f"{setting('drop')} leaves {names_shown(both)} out, and {setting(name)} asks for it; "
                    "name it once"
                )
        if only is not None:
            dropped |= set(known) - {target, *only, *roles}
        codes = asked["categorical"] or ()
        if lost := [column for column in codes if column in dropped]:
            raise ConfigurationError(
                f"{setting('categorical')} names {names_shown(lost)}, which {setting('columns')} leaves out; "
                "name it in both"
            )
        if dropped | set(roles) >= set(known) - {target} != set():
            by = "drop" if dropped else next(iter(roles.values()), "drop")
            raise ConfigurationError(
                f"{setting(by)} leaves no column to predict {quoted(target)} from; keep one at least"
            )
        if dropped:
            left_out = [column for column in known if column in dropped]
            warnings.warn(
                f"{len(dropped)} of {len(known) - 1} columns are left out, as asked: {names_shown(left_out)}",
                ShoalWarning,
                stacklevel=2,
            )
        out = dropped | set(roles)
        return cls(tuple(c for c in known if c in out), tuple(c for c in known if c in codes))


_CLASSES = {"categorical": ", and ask for a classification to predict classes"}


def columns_in(texts: Sequence[str], known: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the columns that the texts of the setting ``name`` are about, each once.

    A text that is a column's name is that column, whatever commas are in it; else commas separate names,
    some of which may have commas themselves.

    Raises ``DataError`` for a column that is not there, ``ConfigurationError`` for a text that can be read
    in two ways.

    >>> columns_in(["age, city"], ["age", "city", "rent, cold"], "drop")
    ('age', 'city')
    >>> columns_in(["city,rent, cold"], ["age", "city", "rent, cold"], "drop")
    ('city', 'rent, cold')
    """
    found = (column for text in texts for column in _columns_of(text, known, name))
    return tuple(dict.fromkeys(found))


def _columns_of(text: str, known: Sequence[str], name: str) -> list[str]:
    """Read one text from left to right, keeping for each comma the number of ways to get there, and one."""
    names = set(known)
    if text in names:
        return [text]
    parts = text.split(",")
    most = max((column.count(",") for column in known), default=0) + 1
    ways, steps = [1] + [0] * len(parts), [(0, "")] * (len(parts) + 1)
    for end in range(1, len(parts) + 1):
        for start in range(max(0, end - most), end):
            piece = ",".join(parts[start:end])
            column = piece if piece in names else piece.strip()
            if ways[start] and column in names:
                ways[end] += ways[start]
                steps[end] = (start, column)
    if ways[-1] > 1:
        raise ConfigurationError(
            f"{setting(name)} {text!r} can be read in {ways[-1]} ways, since names of columns have commas in "
            f"them; give each column a {setting(name)} of its own"
        )
    if not ways[-1]:
        stuck = parts[max(place for place, number in enumerate(ways) if number)].strip()
        raise DataError(
            f"the table has no column {stuck!r}, which {setting(name)} names; {meant(stuck, known)}"
        )
    found, end = [], len(parts)
    while end:
        end, column = steps[end]
        found.append(column)
    return found[::-1]


def require_one_target(target: str, known: Sequence[str]) -> None:
    """Raise ``ConfigurationError`` for the names of several columns: a model predicts one."""
    if target in known or "," not in target:
        return
    try:
        several = columns_in([target], known, "target")
    except (ConfigurationError, DataError):
        return  # no columns of this table: the one that is not there is told
    raise ConfigurationError(several_targets(several))


def several_targets(names: Sequence[str]) -> str:
    """Return what there is to say to somebody who asks for several targets."""
    return (
        f"{setting('target')} names {names_shown(names)}, and a model predicts one column; fit once for "
        f"each, with the others in {setting('drop')}"
    )
