"""NPZ files of images and labels, as ``numpy.savez`` writes: never unpickled, bounded before unpacking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shoal.data.images.image_set import ImageData, ImageSet, require_room
from shoal.data.images.pixels import scaled
from shoal.data.readers.npz import Arrays, opened_npz
from shoal.errors import CapacityError, DataError
from shoal.shapes import Array

_IMAGES, _LABELS = ("x", "images"), ("y", "labels")
_PARTS = {"": "train", "_train": "train", "_test": "test", "_valid": "validation", "_val": "validation"}


def is_image_npz(path: Path) -> bool:
    """Return whether an NPZ file holds an array of three or four dimensions, by its headers alone."""
    try:
        with opened_npz(path) as arrays:
            return any(len(arrays.stated(name).shape) in (3, 4) for name in arrays.names)
    except (DataError, CapacityError, OSError):
        return False


def read_npz(path: Path, labelled: bool = True) -> ImageData:
    """Return the images ``X`` (or ``images``) and labels ``y`` (or ``labels``) of an NPZ file.

    ``X`` is (N, H, W) or (N, H, W, C) with 1 or 3 channels: uint8, booleans, uint16, or floats from 0 to 1.
    ``X_train``, ``X_test``, ``X_val`` and their labels are parts.

    Raises ``DataError`` for other arrays, and ``CapacityError`` for some that do not fit in memory, before
    they are unpacked.
    """
    with opened_npz(path) as arrays:
        return _read(arrays, labelled)


def _read(arrays: Arrays, labelled: bool) -> ImageData:
    path, members = arrays.path, arrays.members
    sets: dict[str, ImageSet] = {}
    for suffix, part in _PARTS.items():
        images = _named(members, _IMAGES, suffix)
        if images is None or part in sets:
            continue
        pixels = _pixels(arrays, images)
        labels = _named(members, _LABELS, suffix)
        if labels is None and labelled:
            raise DataError(f"{path} has the images {images} and no labels y{suffix}; add that array")
        texts = None if labels is None or not labelled else _texts(arrays, labels, len(pixels))
        sets[part] = ImageSet(pixels, tuple(map(str, range(len(pixels)))), texts)
    if "train" not in sets:
        raise DataError(
            f"{path} has the arrays {', '.join(members) or 'none'}, expected X (N, H, W) or (N, H, W, C) and "
            "labels y (N,); rename them"
        )
    return ImageData(**sets)


def _named(members: Mapping[str, str], names: tuple[str, ...], suffix: str) -> str | None:
    return next((members[name + suffix] for name in names if name + suffix in members), None)


def _pixels(arrays: Arrays, name: str) -> Array:
    path, shape = arrays.path, arrays.stated(name).shape
    if len(shape) not in (3, 4) or not all(shape) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DataError(
            f"{path} has the array {name} of shape {shape}, expected (N, H, W), or (N, H, W, C) with 1 or 3 "
            "channels last; transpose or reshape it"
        )
    require_room(shape[0], (shape[1], shape[2]), shape[3] if len(shape) == 4 else 1, str(path))
    array = arrays.load(name)
    return scaled(array if array.ndim == 4 else array[..., None], f"{path} has the array {name}")


def _texts(arrays: Arrays, name: str, count: int) -> tuple[str, ...]:
    labels = arrays.load(name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,) or labels.dtype.kind not in "iubU":
        raise DataError(
            f"{arrays.path} has the labels {name} of {labels.dtype} and shape {labels.shape}, expected "
            f"{count} whole numbers or texts, one an image; convert them"
        )
    return tuple(map(str, labels.tolist()))
