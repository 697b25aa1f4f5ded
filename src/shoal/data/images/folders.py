"""A folder of class folders, ``cat/7.png`` and ``dog/8.jpg``, or a folder of pictures without classes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.data.images.image_set import ImageData, ImageSet, Size, Wish, require_room, shown, within
from shoal.data.images.picture import SUFFIXES, Header, Picture, careful, read_header, read_picture
from shoal.errors import DataError
from shoal.shapes import Array

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
_THREADS, _NAMED = 8, 3


@dataclass(frozen=True)
class _Entry:
    path: Path
    name: str
    label: str | None


def read_folder(folder: Path, wish: Wish) -> ImageData:
    """Return the images of a folder of class folders, or of ``train`` and ``test`` folders with such.

    All get one size and one number of channels: those wished for, or else one channel if no picture has
    colours, and the common size, the median of different ones, ``LONGEST_SIDE`` pixels at most.

    Raises ``DataError`` for a folder with fewer than two classes, and for pictures that cannot be used, all
    of them counted; ``CapacityError`` where they do not fit in memory. What is decided becomes a note.
    """
    entries = {PARTS.get(part, part): _class_entries(place, wish) for part, place in _parts(folder).items()}
    if "train" not in entries:
        raise DataError(f"{folder} holds {' and '.join(sorted(entries))} but no train; add that folder")
    known = {entry.label for entry in entries["train"]}
    if len(known) < 2:
        raise DataError(
            f"{folder} holds {len(known)} class folder{'s' * (len(known) != 1)} with pictures, expected two "
            "at least, each named as its class"
        )
    for part, listed in entries.items():
        strangers = sorted({str(entry.label) for entry in listed} - {str(label) for label in known})
        if strangers:
            raise DataError(
                f"{folder} has the class {strangers[0]!r} in {part} and not in train; add it there"
            )
    everything = [entry for listed in entries.values() for entry in listed]
    pixels = _pixels(everything, _headers(everything, folder), folder, wish)
    sets, first = {}, 0
    for part, listed in entries.items():
        sets[part] = _image_set(listed, pixels[first : first + len(listed)])
        first += len(listed)
    return ImageData(**sets)


def read_pictures(source: Path, wish: Wish) -> ImageSet:
    """Return the pictures in a folder and in the folders in it, or the one in a file, without classes.

    Raises what ``read_folder`` does; names are paths within the folder.
    """
    if source.is_file():
        entries = [_Entry(source, source.name, None)]
    else:
        entries = _entries(source, source, None, wish)
        for place in sorted(path for path in source.iterdir() if path.is_dir() and not _hidden(path)):
            entries += _entries(source, place, None, wish)
    if not entries:
        raise DataError(
            f"{source} holds no pictures, expected files {', '.join(SUFFIXES)}; name another folder"
        )
    return _image_set(entries, _pixels(entries, _headers(entries, source), source, wish))


def _parts(folder: Path) -> dict[str, Path]:
    """Return the folders with class folders by part; a folder without parts is all for training."""
    inner = {path.name.lower(): path for path in folder.iterdir() if path.is_dir() and not _hidden(path)}
    nested = any(path.is_dir() for place in inner.values() for path in place.iterdir())
    return inner if inner and nested and set(inner) <= set(PARTS) else {"train": folder}


def _class_entries(folder: Path, wish: Wish) -> list[_Entry]:
    places = sorted(path for path in folder.iterdir() if not _hidden(path))
    loose = [path for path in places if not path.is_dir()]
    if loose:
        wish.note(
            f"{len(loose)} file{'s' * (len(loose) > 1)} in {folder} beside the class folders, such as "
            f"{_printable(loose[0].name)}, belong to no class and are left out",
            "move them into a class folder, or away",
        )
    entries: list[_Entry] = []
    for place in places:
        if place.is_dir():
            found = _entries(folder, place, _printable(place.name), wish)
            if not found:
                wish.note(f"the class folder {place} holds no pictures and is left out", "fill or remove it")
            entries += found
        if len(entries) > MOST_FILES:
            raise DataError(
                f"{folder} holds more than {MOST_FILES:,} pictures, which is too many; use a part"
            )
    return entries


def _entries(root: Path, place: Path, label: str | None, wish: Wish) -> list[_Entry]:
    """Return the pictures directly in ``place``, in the order of their names; note what is not a picture."""
    with os.scandir(place) as scan:
        files = sorted(entry.name for entry in scan if label is None or not entry.name.startswith("."))
    pictures = [name for name in files if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    strange = sorted(set(files) - set(pictures)) if label is not None else []
    if strange:
        wish.note(
            f"{len(strange)} of {len(files)} entries in {place}, such as {_printable(strange[0])}, are no "
            f"pictures by their names ({', '.join(SUFFIXES)}) and are left out",
            "convert or remove them",
        )
    return [
        _Entry(place / name, _printable((place / name).relative_to(root).as_posix()), label)
        for name in pictures
    ]


def _headers(entries: Sequence[_Entry], folder: Path) -> list[Header]:
    """Return every header; what is wrong with any picture is told before one is decoded."""
    headers, refused = [], []
    with careful():
        for entry in entries:
            try:
                headers.append(read_header(entry.path))
            except DataError as error:
                refused.append((entry, str(error)))
    _require_none(refused, len(entries), folder)
    return headers


def _pixels(entries: Sequence[_Entry], headers: Sequence[Header], folder: Path, wish: Wish) -> Array:
    """Return the pixels (N, H, W, C) of all pictures, decoded by several threads."""
    size = _common_size(headers, folder, wish)
    channels = wish.channels or (1 if all(header.grey for header in headers) else 3)
    require_room(len(entries), size, channels, str(folder))
    pixels = np.empty((len(entries), *size, channels), dtype=np.uint8)
    refused, losses = [], Counter[str]()
    with careful():
        for row, got in enumerate(_decoded(entries, size, channels)):
            if isinstance(got, DataError):
                refused.append((entries[row], str(got)))
            else:
                pixels[row] = got.pixels
                losses.update(got.losses)
    _require_none(refused, len(entries), folder)
    for loss, count in losses.items():
        wish.note(
            f"{count:,} of {len(entries):,} pictures in {folder} {loss}", "convert them if that matters"
        )
    if wish.channels is None and channels == 3 and _is_grey(pixels):
        return np.ascontiguousarray(pixels[..., :1])
    if wish.channels == 1 and not all(header.grey for header in headers):
        coloured = sum(not header.grey for header in headers)
        wish.note(
            f"{coloured:,} pictures in {folder} have colours and become grey", "as the model was fitted"
        )
    return pixels


def _decoded(entries: Sequence[_Entry], size: Size, channels: int) -> Iterator[Picture | DataError]:
    def decode(entry: _Entry) -> Picture | DataError:
        try:
            return read_picture(entry.path, size, channels)
        except DataError as error:
            return error

    pool = ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1))
    try:
        yield from pool.map(decode, entries)
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt does not wait for the rest


def _common_size(headers: Sequence[Header], folder: Path, wish: Wish) -> Size:
    sizes = Counter(header.size for header in headers)
    middle = np.median([header.size for header in headers], axis=0)
    size = wish.size or within((round(float(middle[0])), round(float(middle[1]))))
    if set(sizes) != {size}:
        smallest, largest = min(sizes, key=np.prod), max(sizes, key=np.prod)
        found = shown(smallest) if len(sizes) == 1 else f"{shown(smallest)} to {shown(largest)}"
        several = f"{len(sizes)} sizes, " if len(sizes) > 1 else ""
        wish.note(
            f"the pictures in {folder} have {several}{found} pixels (rows × columns), and all are resized to "
            f"{shown(size)}, stretched where their shape is another",
            "resize them, or ask for another --image-size",
        )
    return size


def _is_grey(pixels: Array) -> bool:
    return all(np.array_equal(pixels[..., 0], pixels[..., channel]) for channel in (1, 2))


def _require_none(refused: Sequence[tuple[_Entry, str]], total: int, folder: Path) -> None:
    if not refused:
        return
    entry, reason = refused[0]
    message = f"{entry.path if folder.is_file() else folder / entry.name} {reason}"
    if len(refused) > 1:
        names = ", ".join(other.name for other, _ in refused[1 : 1 + _NAMED])
        more = ", …" if len(refused) > 1 + _NAMED else ""
        message += f" ({len(refused)} of {total:,} pictures cannot be used, also {names}{more})"
    raise DataError(message)


def _image_set(entries: Sequence[_Entry], pixels: Array) -> ImageSet:
    labels = tuple(str(entry.label) for entry in entries) if entries[0].label is not None else None
    return ImageSet(pixels, tuple(entry.name for entry in entries), labels)


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))


def _printable(name: str) -> str:
    """Return a file's name as text that can be written, whatever bytes the system allowed in it."""
    return os.fsencode(name).decode(errors="backslashreplace")
