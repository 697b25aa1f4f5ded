"""Whose each series is, such as who speaks: from a column, from an array, or from the names of files."""

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

Groups = tuple[str, ...]


def groups_in_table(table: pl.DataFrame, id: str, by: str, names: Sequence[str]) -> Groups | None:  # noqa: A002
    """Return what the column ``by`` of a long table says of the series of these ``names``.

    None without that column. Raises ``DataError`` where a row says nothing, or a series has two groups.
    """
    if by not in table.columns:
        return None
    table = table.filter(table[id].is_not_null())
    groups = Roles(group=by).groups(table)
    assert groups is not None
    found = dict.fromkeys(zip(text(table[id]).to_list(), groups.to_list(), strict=True))
    of_series: dict[str, str] = {}
    for name, group in found:
        if of_series.setdefault(name, group) != group:
            raise DataError(
                f"the series {quoted(name)} has the groups {quoted(of_series[name])} and {quoted(group)} in "
                f"{quoted(by)}, expected one for all of its rows; correct it"
            )
    return tuple(of_series[name] for name in names)


def groups_in_npz(path: Path, by: str, rows: Sequence[int], suffixes: Sequence[str]) -> Groups | None:
    """Return what the array ``by`` (N,) of an NPZ file, or ``by`` with a suffix, says of some of its rows.

    None without such an array. Raises ``DataError`` for another shape, and where a group is missing.
    """
    with opened_npz(path) as arrays:
        names = [f"{by}{suffix}".lower() for suffix in suffixes]
        name = next((arrays.members[name] for name in names if name in arrays.members), None)
        if name is None:
            return None
        found = arrays.load(name)
    if found.ndim != 1 or len(found) <= max(rows):
        raise DataError(
            f"{path} has {name} of the shape {found.shape}, expected a group for each series; correct it"
        )
    groups = Roles(group=by).groups(pl.DataFrame({by: as_series(found)}))
    assert groups is not None
    return tuple(groups.gather(list(rows)).to_list())


def groups_in_names(names: Sequence[str], pattern: str) -> Groups:
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
