"""A folder of class folders with pictures, or a folder of pictures without classes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from shoal.data.class_folders import ClassFolders, FolderEntry
from shoal.data.images.image_set import ImageData, ImageSet, Size, Wish, require_room, shown, within
from shoal.data.images.picture import (
    COLOURED,
    SUFFIXES,
    Picture,
    PictureHeader,
    careful,
    is_grey,
    read_header,
    read_picture,
)
from shoal.errors import DataError
from shoal.shapes import Array
from shoal.words import setting

_THREADS = 8


def read_folder(folder: Path, wish: Wish) -> ImageData:
    """Return the images of a folder of class folders, or of ``train`` and ``test`` folders with such.

    All get one size and one number of channels: those wished for, or else one channel if no picture has
    colours, and the common size, the median of different ones, ``LONGEST_SIDE`` pixels at most.

    Raises ``DataError`` for a folder with fewer than two classes, and for pictures that cannot be used, all
    of them counted; ``CapacityError`` where they do not fit in memory. What is decided becomes a note.
    """
    entries = _pictures(wish).parts(folder)
    everything = [entry for listed in entries.values() for entry in listed]
    pixels = _pixels(everything, _headers(everything, folder, wish), folder, wish)
    sets, first = {}, 0
    for part, listed in entries.items():
        sets[part] = _image_set(listed, pixels[first : first + len(listed)])
        first += len(listed)
    return ImageData(**sets)


def read_pictures(source: Path, wish: Wish) -> ImageSet:
    """Return the pictures in a folder and in the folders in it, or the one in a file, without classes.

    Raises what ``read_folder`` does; names are paths within the folder.
    """
    entries = _pictures(wish).all_of(source)
    return _image_set(entries, _pixels(entries, _headers(entries, source, wish), source, wish))


def _pictures(wish: Wish) -> ClassFolders:
    return ClassFolders(SUFFIXES, "pictures", wish.note)


def _headers(entries: Sequence[FolderEntry], folder: Path, wish: Wish) -> list[PictureHeader]:
    """Return every header; what is wrong with any picture is told before one is decoded."""
    headers, refused = [], []
    with careful():
        for entry in entries:
            try:
                headers.append(read_header(entry.path))
            except DataError as error:
                refused.append((entry, str(error)))
    _pictures(wish).require_none(refused, len(entries), folder)
    return headers


def _pixels(
    entries: Sequence[FolderEntry], headers: Sequence[PictureHeader], folder: Path, wish: Wish
) -> Array:
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
    _pictures(wish).require_none(refused, len(entries), folder)
    for loss, count in losses.items():
        remedy = "as the model was fitted" if loss == COLOURED else "convert them if that matters"
        wish.note(f"{count:,} of {len(entries):,} pictures in {folder} {loss}", remedy)
    if wish.channels is None and channels == 3 and is_grey(pixels):
        return np.ascontiguousarray(pixels[..., :1])
    return pixels


def _decoded(entries: Sequence[FolderEntry], size: Size, channels: int) -> Iterator[Picture | DataError]:
    def decode(entry: FolderEntry) -> Picture | DataError:
        try:
            return read_picture(entry.path, size, channels)
        except DataError as error:
            return error

    pool = ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1))
    try:
        yield from pool.map(decode, entries)
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt does not wait for the rest


def _common_size(headers: Sequence[PictureHeader], folder: Path, wish: Wish) -> Size:
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
            f"resize them, or ask for another {setting('image_size')}",
        )
    return size


def _image_set(entries: Sequence[FolderEntry], pixels: Array) -> ImageSet:
    labels = tuple(str(entry.label) for entry in entries) if entries[0].label is not None else None
    return ImageSet(pixels, tuple(entry.name for entry in entries), labels)
