"""The header of a ``.ts`` file: its tags, in any case, and what they say of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shoal.data.notes import tell
from shoal.data.targets.task import CLASSIFICATION, REGRESSION
from shoal.errors import DataError

_TRUTHS = {"true": True, "false": False}
_TASKS = {"classlabel": CLASSIFICATION, "targetlabel": REGRESSION}


@dataclass
class Header:
    """What the tags of a file say; None where they say nothing. ``first`` is the place of its first row."""

    path: Path
    stamped: bool | None = None
    missing: bool | None = None
    univariate: bool | None = None
    equal: bool | None = None
    channels: int | None = None
    steps: int | None = None
    task: str | None = None
    labels: tuple[str, ...] = ()
    unlabelled: bool = False
    """Whether it says that rows have no label."""
    first: int = 0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether the file has a header at all."""
        return bool(self.tags)


def read_header(lines: Sequence[str], path: Path, strict: bool) -> Header:
    """Return what the tags before the rows say; what they leave out is a note, or an error if ``strict``.

    Raises ``DataError``, which names the line, for a tag whose value is none, or that is stated twice.
    """
    header = Header(path)
    unknown: list[str] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        if not words[0].startswith("@"):
            header.first = number - 1
            if header.is_there:
                tell(f"{path} has no @data before its first row, line {number}", "add that line", strict)
            return header
        name, values = words[0][1:].lower().replace("_", ""), words[1:]
        if name == "data":
            header.first = number
            break
        stated = " ".join(values)
        if header.tags.setdefault(name, stated) != stated and name in _READERS:
            raise _wrong(path, number, f"states @{name} again, as {stated!r}; leave one of them out")
        reader = _READERS.get(name)
        if reader is None:
            unknown += [words[0]] if name not in _WITHOUT_MEANING else []
        elif not values:
            raise _wrong(path, number, f"has {words[0]} without a value; add it, or leave the line out")
        else:
            reader(header, name, values, number)
    else:
        raise DataError(f"{path} has a header and no rows; expected @data and a series on each line after it")
    if unknown:
        tell(f"{path} has tags that have no meaning here, such as {unknown[0]}", "leave them out", strict)
    return header


def _truth(header: Header, name: str, values: Sequence[str], number: int) -> bool:
    truth = _TRUTHS.get(values[0].lower())
    if truth is None:
        raise _wrong(header.path, number, f"has @{name} {values[0]}, expected true or false; write one")
    return truth


def _count(header: Header, name: str, values: Sequence[str], number: int) -> int:
    if not (values[0].isascii() and values[0].isdigit() and int(values[0][:18]) > 0 and len(values[0]) < 18):
        raise _wrong(header.path, number, f"has @{name} {values[0]}, expected a whole number; write one")
    return int(values[0])


def _sets(field: str, read: Callable[[Header, str, Sequence[str], int], object]) -> _Reader:
    return lambda header, *line: setattr(header, field, read(header, *line))


def _label(header: Header, name: str, values: Sequence[str], number: int) -> None:
    if not _truth(header, name, values, number):
        header.unlabelled = header.task is None
        return
    if header.task not in (None, _TASKS[name]):
        raise _wrong(
            header.path, number, "states @targetLabel and @classLabel; rows have one label, not both"
        )
    header.task, header.unlabelled = _TASKS[name], False
    if name == "classlabel":
        header.labels = tuple(values[1:])


_Reader = Callable[[Header, str, Sequence[str], int], None]
_WITHOUT_MEANING = ("problemname", "relation")
_READERS: dict[str, _Reader] = {
    "timestamps": _sets("stamped", _truth),
    "missing": _sets("missing", _truth),
    "univariate": _sets("univariate", _truth),
    "equallength": _sets("equal", _truth),
    "dimension": _sets("channels", _count),
    "dimensions": _sets("channels", _count),
    "serieslength": _sets("steps", _count),
    "classlabel": _label,
    "targetlabel": _label,
}


def _wrong(path: Path, number: int, what: str) -> DataError:
    return DataError(f"{path}: line {number} {what}")
