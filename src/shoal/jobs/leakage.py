"""Leakage: parts of a job that share a group, or that are not later than those before them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from shoal.data.database_names import is_duckdb
from shoal.data.frames import Frame, as_frame, pl, quoted
from shoal.data.readers.workbooks import sheet_of
from shoal.data.roles import Floats, Roles
from shoal.errors import DataError, ShoalWarning
from shoal.selection.samples.attributes import Attributes
from shoal.selection.samples.splits import of_one_class
from shoal.words import plural, setting

if TYPE_CHECKING:
    from shoal.jobs.division import Division
    from shoal.jobs.request import FitRequest
    from shoal.shapes import IntArray


def tell_of_division(
    attributes: Attributes, roles: Roles, rows: Division, labels: IntArray | None, classes: tuple[str, ...]
) -> None:
    """Warn of how rows were divided where that is not at random, and of classes that only the future has.

    Raises ``DataError`` where all rows to train on, or those of a fold, are of one class.
    """
    if attributes.groups is not None:
        _tell(
            f"no two parts share one of the {plural(np.unique(attributes.groups).size, 'group')} of "
            f"{quoted(roles.group or '')}"
        )
    if attributes.times is not None:
        _tell(
            f"parts are in the order of {quoted(roles.time_order or '')}: what validates is later than what "
            "trains, and what tests is the latest"
        )
    if roles.weight is not None:
        _tell(f"rows count for their {quoted(roles.weight)}, in training, in choosing, and in the test")
    if labels is None or (attributes.groups is None and attributes.times is None):
        return
    known = np.unique(labels[rows.train])
    if known.size < 2:
        raise DataError(
            f"all {plural(len(rows.train), 'row')} to train on are {quoted(classes[int(known[0])])}, once "
            f"they are divided by {quoted(roles.group or roles.time_order or '')}; give rows of two "
            "classes in several groups, or early enough"
        )
    _tell_of_folds(labels[rows.train], rows, roles, classes)
    lost = [quoted(name) for code, name in enumerate(classes) if code not in set(known.tolist())]
    if lost:
        _tell(
            f"no row to train on is {' or '.join(lost[:5])}, which no model can learn from them; the test "
            "has rows that are"
        )


def _tell_of_folds(labels: IntArray, rows: Division, roles: Roles, classes: tuple[str, ...]) -> None:
    """Warn of classes that only what a fold holds out has, by the ``labels`` of what trains or is held out.

    Raises ``DataError`` where a fold has one class alone to train on.
    """
    column, all_folds = quoted(roles.group or roles.time_order or ""), plural(len(rows.splits), "fold")
    if alone := of_one_class(rows.splits, labels):
        raise DataError(
            f"in {alone} of {all_folds} all rows to train on are of one class, once they are divided by "
            f"{column}; give rows of two classes in several groups, or early enough, or choose by one share "
            "of the rows instead of folds"
        )
    missed = [np.setdiff1d(labels[held], labels[train]) for train, held in rows.splits]
    unknown = np.unique(np.concatenate(missed)) if missed else ()
    if len(unknown):
        names = " or ".join(quoted(classes[code]) for code in unknown[:5])
        count = sum(len(codes) > 0 for codes in missed)
        _tell(
            f"in {count} of {all_folds} no row to train on is {names}, while rows held out are, by {column}: "
            "networks of these folds cannot know them"
        )


def tell_of_one_file(request: FitRequest) -> None:
    """Warn (``ShoalWarning``) of rows brought along that are those of the table, or of each other."""
    known = [("the table itself, so that its rows are trained on", request.table)]
    for option in ("valid", "test"):
        path = getattr(request, option)
        if path is None:
            continue
        for what, other in known:
            if _is_one_table(path, other):
                _tell(f"{setting(option, path)} is {what}: what they tell is not what new rows would")
                break
        known.append((f"{setting(option)}, too, so that its rows were chosen by", path))


def _is_one_table(one: str, other: str) -> bool:
    """Tell whether two sources are one, by whatever names and links; a file may hold several."""
    if one == other or is_duckdb(one) or is_duckdb(other):
        return one == other
    (file, sheet), (other_file, other_sheet) = sheet_of(one), sheet_of(other)
    try:
        return sheet == other_sheet and Path(file).samefile(other_file)
    except (OSError, ValueError):  # reading it says what is wrong
        return False


@dataclass(frozen=True)
class Identified:
    """What the samples of one source are told apart from others by."""

    whose: str
    """How the source is called."""
    groups: frozenset[str] | None
    times: Floats | None
    numbered: bool
    """Whether times are numbers, not dates."""

    @classmethod
    def of(cls, whose: str, frame: Frame, roles: Roles) -> Self:
        groups = roles.groups(frame)
        return cls(
            whose,
            None if groups is None else frozenset(groups.to_list()),
            roles.times(frame),
            roles.has_numbered_times(frame),
        )


def tell_what_is_unknown(option: str, path: str, given: Frame, roles: Roles) -> None:
    """Warn (``ShoalWarning``) of columns by which rows brought along do not say what they are."""
    for column, name in roles.of_columns.items():
        if column not in given.columns:
            what = "all count alike" if name == "weight" else "nobody can tell whether they are apart"
            _tell(
                f"{setting(option, path)} has no column {quoted(column)} ({setting(name)}), so of its rows "
                f"{what}"
            )


def require_apart(given: Identified, others: Iterable[Identified], roles: Roles) -> None:
    """Raise ``DataError`` where rows brought along share a group with others, or are not later than they."""
    for other in others:
        shared = (given.groups or frozenset()) & (other.groups or frozenset())
        if shared:
            raise groups_are_shared(len(shared), min(shared), other.whose, roles)
        if given.times is None or other.times is None:
            continue
        if given.numbered != other.numbered:
            raise times_are_others(given.numbered, other.whose, roles)
        early = int((given.times <= other.times.max()).sum())
        if early:
            raise rows_are_early(early, other.whose, roles)


def groups_are_shared(count: int, first: str, whose: str, roles: Roles) -> DataError:
    """Return what to raise where rows brought along are of so many groups of others."""
    return DataError(
        f"it shares {plural(count, 'group')} of {quoted(roles.group or '')} with {whose}, the first of them "
        f"{quoted(first)}; leave their rows out of one of them"
    )


def times_are_others(numbered: bool, whose: str, roles: Roles) -> DataError:
    """Return what to raise where rows brought along have numbers for times and others dates, or dates."""
    mine, theirs = ("numbers", "dates") if numbered else ("dates", "numbers")
    return DataError(
        f"{quoted(roles.time_order or '')} has {mine} where {whose} has {theirs}, so nobody can tell what is "
        "later; write both in one way"
    )


def rows_are_early(early: int, whose: str, roles: Roles) -> DataError:
    """Return what to raise where so many rows brought along are not later than others."""
    return DataError(
        f"{plural(early, 'row')} of it {'is' if early == 1 else 'are'} not later than all of {whose}, by "
        f"{quoted(roles.time_order or '')}; leave out what is not"
    )


def require_parts_apart(parts: Mapping[str, pl.DataFrame | None], roles: Roles) -> None:
    """Raise ``DataError`` where a source is not apart from one before it; warn of one that does not say.

    ``parts`` are what is known beside the samples of each source, by what it is called; the first is what the
    samples to train on come from, and knows all that is asked.
    """
    earlier = list[Identified]()
    for whose, metadata in parts.items() if roles.of_columns else ():
        assert metadata is not None
        for column, name in roles.of_columns.items():
            if column not in metadata.columns:
                what = "all of it counts alike"
                if name != "weight":
                    what = "nobody can tell whether what it holds is apart"
                _tell(f"{whose} has no {quoted(column)} ({setting(name)}), so {what}")
        if not metadata.width:
            continue
        try:
            own = Identified.of(whose, as_frame(metadata), roles)
            require_apart(own, earlier, roles)
        except DataError as error:
            raise DataError(f"{whose}: {error}") from None
        earlier.append(own)


def require_known(metadata: pl.DataFrame, roles: Roles, source: str) -> None:
    """Raise ``DataError`` where samples to train on do not say what is asked of them."""
    for column, name in roles.of_columns.items():
        if column not in metadata.columns:
            raise DataError(f"{source} has no {quoted(column)}, which {setting(name)} names; add it")


def _tell(text: str) -> None:
    warnings.warn(text, ShoalWarning, stacklevel=3)
