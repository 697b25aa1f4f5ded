"""Where images come from: which reader a path asks for, and images of arrays brought to a wished size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shoal.data.database_names import is_duckdb
from shoal.data.images.folders import read_folder, read_pictures
from shoal.data.images.idx import is_idx, read_idx, read_idx_images
from shoal.data.images.image_set import ImageData, ImageSet, Size, Wish, require_room, shown, within
from shoal.data.images.npz import is_image_npz, read_npz
from shoal.data.images.picture import SUFFIXES, is_grey, require_pillow, resized
from shoal.data.places import place
from shoal.data.readers.folders import is_table_folder
from shoal.errors import DataError, reason
from shoal.shapes import Array
from shoal.words import setting


def holds_images(source: str | Path) -> bool:
    """Return whether a path is read as images: folders without tables, IDX files, NPZ files with a stack.

    >>> holds_images("train-images-idx3-ubyte.gz"), holds_images("adult.csv")
    (True, False)
    """
    if is_duckdb(source):
        return False
    path = Path(source)
    if path.is_dir():
        return not is_table_folder(path)
    if is_idx(path) or path.suffix.lower() in SUFFIXES:
        return True
    return path.suffix.lower() == ".npz" and path.is_file() and is_image_npz(path)


def read_images(source: str | Path, wish: Wish = Wish()) -> ImageData:  # noqa: B008
    """Return the labelled images of a folder of class folders, IDX files, or an NPZ file.

    Raises ``DataError`` for what cannot be used, ``CapacityError`` for what does not fit in memory, and
    ``MissingDependencyError`` where Pillow is needed and not installed.
    """
    path = place(source, "images")
    try:
        if path.is_dir() and not is_idx(path):
            return read_folder(path, wish)
        if path.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{path} is one picture, expected a folder with a folder for each class; name that"
            )
        data = read_idx(path) if is_idx(path) else read_npz(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check it") from None
    size = wish.size or within(_size(data.train))
    channels = wish.channels or data.train.pixels.shape[3]
    parts = {name: part for name, part in vars(data).items() if part is not None}
    return ImageData(**{name: _fitted(part, size, channels, path, wish) for name, part in parts.items()})


def read_unlabelled(source: str | Path, wish: Wish) -> ImageSet:
    """Return the images of a source whatever their labels: the pictures in a folder, or those of arrays.

    Of a source with several parts it returns the first, the training part. Raises what ``read_images`` does.
    """
    path = place(source, "images")
    try:
        if is_idx(path):
            images = read_idx(path).train if path.is_dir() else read_idx_images(path)
        elif path.is_dir() or path.suffix.lower() in SUFFIXES:
            return read_pictures(path, wish)
        else:
            images = read_npz(path, labelled=False).train
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check it") from None
    size, channels = wish.size or within(_size(images)), wish.channels or images.pixels.shape[3]
    return _fitted(images, size, channels, path, wish)


def _size(images: ImageSet) -> Size:
    return images.pixels.shape[1], images.pixels.shape[2]


def _fitted(images: ImageSet, size: Size, channels: int, path: Path, wish: Wish) -> ImageSet:
    """Return images in the size and the channels that are wished for."""
    pixels = images.pixels
    if channels == 1 and pixels.shape[3] == 3 and is_grey(pixels):
        pixels = pixels[..., :1]
    if pixels.shape[3] != channels:
        what = "grey and are given three equal channels" if channels == 3 else "coloured and become grey"
        wish.note(f"the images in {path} are {what}", "give such as the rest")
        pixels = np.repeat(pixels, 3, axis=3) if channels == 3 else _grey(pixels)
    if _size(images) != size:
        wish.note(
            f"the images in {path} have {shown(_size(images))} pixels and are resized to {shown(size)}",
            f"resize them, or ask for another {setting('image_size')}",
        )
        require_room(len(pixels), size, channels, str(path))
        pixels = _resized(pixels, size)
    return ImageSet(pixels, images.names, images.labels)


def _grey(pixels: Array) -> Array:
    """Return the brightness of colours, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as Pillow has it."""
    grey = pixels @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
    return np.rint(grey).astype(np.uint8) if pixels.dtype == np.uint8 else grey


def _resized(pixels: Array, size: Size) -> Array:
    pillow = require_pillow()
    result = np.empty((len(pixels), *size, pixels.shape[3]), dtype=pixels.dtype)
    for row, channel in np.ndindex(len(pixels), pixels.shape[3]):
        plane = pillow.fromarray(np.ascontiguousarray(pixels[row, :, :, channel]))
        result[row, :, :, channel] = np.asarray(resized(plane, size))
    return result
