"""A folder with a folder for each class, ``cat/7.png`` and ``dog/8.jpg``, or such folders for each part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shoal.errors import DataError

MOST_FILES = 2**20
"""Files of a folder at most, before any of them is opened."""
PARTS = {
    "train": "train",
    "test": "test",
    "valid": "validation",
    "val": "validation",
    "validation": "validation",
}
"""Names of folders that hold parts, each with its own class folders, and not classes."""
_NAMED = 3


@dataclass(frozen=True)
class FolderEntry:
    """A file, its path within the folder as text, and its class or None."""

    path: Path
    name: str
    label: str | None


@dataclass(frozen=True)
class ClassFolders:
    """Lists the files of some ``suffixes``, called ``noun`` in the plural; ``note`` hears what is left out.

    ``note`` takes what was decided, and what the user can do about it.
    """

    suffixes: tuple[str, ...]
    noun: str
    note: Callable[[str, str], None]

    def parts(self, folder: Path) -> dict[str, list[FolderEntry]]:
        """Return the files of a folder with their classes, by part: all of them train where it has none.

        Raises ``DataError`` for fewer than two classes, for a class that training lacks, and for no training.
        """
        entries = {PARTS.get(part, part): self._classes(place) for part, place in _parts(folder).items()}
        if "train" not in entries:
            raise DataError(f"{folder} holds {' and '.join(sorted(entries))} but no train; add that folder")
        known = {entry.label for entry in entries["train"]}
        if len(known) < 2:
            raise DataError(
                f"{folder} holds {len(known)} class folder{'s' * (len(known) != 1)} with {self.noun}, "
                "expected two at least, each named as its class"
            )
        for part, listed in entries.items():
            strangers = sorted({str(entry.label) for entry in listed} - {str(label) for label in known})
            if strangers:
                raise DataError(
                    f"{folder} has the class {strangers[0]!r} in {part} and not in train; add it there"
                )
        return entries

    def all_of(self, source: Path) -> list[FolderEntry]:
        """Return the files in a folder and in the folders in it, or the one file, without classes."""
        if source.is_file():
            entries = [FolderEntry(source, source.name, None)]
        else:
            entries = self._entries(source, source, None)
            for place in sorted(path for path in source.iterdir() if path.is_dir() and not _hidden(path)):
                entries += self._entries(source, place, None)
        if not entries:
            raise DataError(
                f"{source} holds no {self.noun}, expected files {', '.join(self.suffixes)}; name another "
                "folder"
            )
        return entries

    def require_none(self, refused: Sequence[tuple[FolderEntry, str]], total: int, folder: Path) -> None:
        """Raise ``DataError`` where files cannot be used: why the first cannot, and how many there are."""
        if not refused:
            return
        entry, reason = refused[0]
        message = f"{entry.path if folder.is_file() else folder / entry.name} {reason}"
        if len(refused) > 1:
            names = ", ".join(other.name for other, _ in refused[1 : 1 + _NAMED])
            more = ", …" if len(refused) > 1 + _NAMED else ""
            message += f" ({len(refused)} of {total:,} {self.noun} cannot be used, also {names}{more})"
        raise DataError(message)

    def _classes(self, folder: Path) -> list[FolderEntry]:
        places = sorted(path for path in folder.iterdir() if not _hidden(path))
        loose = [path for path in places if not path.is_dir()]
        if loose:
            self.note(
                f"{len(loose)} file{'s' * (len(loose) > 1)} in {folder} beside the class folders, such as "
                f"{_printable(loose[0].name)}, belong to no class and are left out",
                "move them into a class folder, or away",
            )
        entries: list[FolderEntry] = []
        for place in places:
            if place.is_dir():
                found = self._entries(folder, place, _printable(place.name))
                if not found:
                    self.note(
                        f"the class folder {place} holds no {self.noun} and is left out", "fill or remove it"
                    )
                entries += found
            if len(entries) > MOST_FILES:
                raise DataError(
                    f"{folder} holds more than {MOST_FILES:,} {self.noun}, which is too many; use a part"
                )
        return entries

    def _entries(self, root: Path, place: Path, label: str | None) -> list[FolderEntry]:
        """Return the files directly in ``place``, in the order of their names; note what is none."""
        with os.scandir(place) as scan:
            files = sorted(entry.name for entry in scan if label is None or not entry.name.startswith("."))
        found = [name for name in files if name.lower().endswith(self.suffixes) and not name.startswith(".")]
        strange = sorted(set(files) - set(found)) if label is not None else []
        if strange:
            self.note(
                f"{len(strange)} of {len(files)} entries in {place}, such as {_printable(strange[0])}, are "
                f"no {self.noun} by their names ({', '.join(self.suffixes)}) and are left out",
                "convert or remove them",
            )
        return [
            FolderEntry(place / name, _printable((place / name).relative_to(root).as_posix()), label)
            for name in found
        ]


def _parts(folder: Path) -> dict[str, Path]:
    """Return the folders with class folders by part; a folder without parts is all for training."""
    inner = {path.name.lower(): path for path in folder.iterdir() if path.is_dir() and not _hidden(path)}
    nested = any(path.is_dir() for place in inner.values() for path in place.iterdir())
    return inner if inner and nested and set(inner) <= set(PARTS) else {"train": folder}


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))


def _printable(name: str) -> str:
    """Return a file's name as text that can be written, whatever bytes the system allowed in it."""
    return os.fsencode(name).decode(errors="backslashreplace")
