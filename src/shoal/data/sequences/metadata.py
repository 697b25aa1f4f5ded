"""Metadata of series: whose each is, when it was, what it counts for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from shoal.data.cells.values import text
from shoal.data.frames import as_series, pl, quoted
from shoal.data.readers.npz import opened_npz
from shoal.data.roles import Roles
from shoal.errors import ConfigurationError, DataError
from shoal.words import setting


def metadata_in_table(table: pl.DataFrame, id: str, roles: Roles, names: Sequence[str]) -> pl.DataFrame:  # noqa: A002
    """Return what a long table says of the series of these ``names``: a row each, the columns of the roles.

    Those that it has not are left out. Raises ``DataError`` where a row names no group, and where two rows of
    a series say different things.
    """
    table = table.filter(table[id].is_not_null())
    ids, found = text(table[id]).to_list(), {}
    for column, role in roles.of_columns.items():
        if column not in table.columns:
            continue
        groups = roles.groups(table) if role == "group" else None
        values = table[column] if groups is None else groups
        first: dict[str, int] = {}
        told = text(values).fill_null("").to_list()
        for row, name in enumerate(ids):
            if told[first.setdefault(name, row)] != told[row]:
                one, other = quoted(told[first[name]]), quoted(told[row])
                raise DataError(
                    f"the series {quoted(name)} has the {role.replace('_', ' ')}s {one} and {other} in "
                    f"{quoted(column)}, expected one for all of its rows; correct it"
                )
        found[column] = values.gather([first[name] for name in names])
    return pl.DataFrame(found)


def metadata_in_npz(path: Path, roles: Roles, rows: Sequence[int], suffixes: Sequence[str]) -> pl.DataFrame:
    """Return what arrays (N,) of an NPZ file say of its N samples, a column each, by the roles' names.

    ``rows`` are their numbers, in the order asked for. An array may have a suffix; those that there are not
    are left out. Raises ``DataError`` for another shape.
    """
    found = {}
    with opened_npz(path) as arrays:
        for column in roles.of_columns:
            known = [f"{column}{suffix}".lower() for suffix in suffixes]
            name = next((arrays.members[each] for each in known if each in arrays.members), None)
            if name is None:
                continue
            values = arrays.load(name)
            if values.shape != (len(rows),):
                raise DataError(
                    f"{path} has {name} of the shape {values.shape}, expected an entry for each of its "
                    f"{len(rows)} samples; correct it"
                )
            found[column] = as_series(values).gather(list(rows))
    return pl.DataFrame(found)


def metadata_in_names(names: Sequence[str], roles: Roles) -> pl.DataFrame:
    """Return whose files are, as ``roles.group`` finds it in their names; they have nothing else beside."""
    require_groups_alone(roles, "files")
    return pl.DataFrame({roles.group: groups_in_names(names, roles.group)} if roles.group else {})


def require_groups_alone(roles: Roles, source: str) -> None:
    """Raise ``ConfigurationError`` for times and weights of what has no place for them."""
    for column, role in roles.of_columns.items():
        if role != "group":
            raise ConfigurationError(
                f"{source} have no place for {setting(role, column)}; leave it out, or give them as NPZ"
            )


def groups_in_names(names: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return what a regular expression finds in the names of files: its first (…), or all that it matches.

    Raises ``ConfigurationError`` for what is no such pattern, ``DataError`` for names that it is not in.

    >>> groups_in_names(["7/7_jackson_32.wav", "7/7_nicolas_4.wav"], "_(.+)_")
    ('jackson', 'nicolas')
    """
    try:
        sought = re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(
            f"{setting('group', pattern)} is no regular expression ({error}); write one whose (…) is found "
            "in the name of each file, as in '_(.+)_'"
        ) from None
    matches = (sought.search(PurePosixPath(name).name) for name in names)
    found = [match and match[min(sought.groups, 1)] for match in matches]
    without = [name for name, group in zip(names, found, strict=True) if not group]
    if without:
        raise DataError(
            f"{setting('group', pattern)} finds nothing in the names of {len(without):,} of {len(names):,} "
            f"files, such as {without[0]}; write what is in each of them"
        )
    return tuple(group for group in found if group)
