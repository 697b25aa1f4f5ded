"""NPZ files of images and labels, as ``numpy.savez`` writes: never unpickled, bounded before unpacking."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from shoal.data.images.image_set import ImageData, ImageSet, require_room
from shoal.data.memory import require_memory
from shoal.errors import DataError
from shoal.shapes import Array

_IMAGES, _LABELS = ("x", "images"), ("y", "labels")
_PARTS = {"": "train", "_train": "train", "_test": "test", "_valid": "validation", "_val": "validation"}


@dataclass(frozen=True)
class _Stated:
    """What the header of an array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def is_image_npz(path: Path) -> bool:
    """Return whether an NPZ file holds an array of three or four dimensions, by its headers alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(len(_stated(archive, name).shape) in (3, 4) for name in _members(archive).values())
    except (zipfile.BadZipFile, OSError, ValueError, zlib.error, EOFError):
        return False


def read_npz(path: Path, labelled: bool = True) -> ImageData:
    """Return the images ``X`` (or ``images``) and labels ``y`` (or ``labels``) of an NPZ file.

    ``X`` is (N, H, W) or (N, H, W, C) with 1 or 3 channels: uint8, booleans, uint16, or floats from 0 to 1.
    ``X_train``, ``X_test``, ``X_val`` and their labels are parts.

    Raises ``DataError`` for other arrays, and ``CapacityError`` for some that do not fit in memory, before
    they are unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path, labelled)
    except (zipfile.BadZipFile, ValueError, EOFError, zlib.error, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} cannot be read as NPZ ({error}); save it again with numpy.savez") from None


def _read(archive: zipfile.ZipFile, path: Path, labelled: bool) -> ImageData:
    members = _members(archive)
    sets: dict[str, ImageSet] = {}
    for suffix, part in _PARTS.items():
        images = _named(members, _IMAGES, suffix)
        if images is None or part in sets:
            continue
        pixels = _pixels(archive, images, path)
        labels = _named(members, _LABELS, suffix)
        if labels is None and labelled:
            raise DataError(f"{path} has the images {images} and no labels y{suffix}; add that array")
        texts = None if labels is None or not labelled else _texts(archive, labels, len(pixels), path)
        sets[part] = ImageSet(pixels, tuple(map(str, range(len(pixels)))), texts)
    if "train" not in sets:
        raise DataError(
            f"{path} has the arrays {', '.join(members) or 'none'}, expected X (N, H, W) or (N, H, W, C) and "
            "labels y (N,); rename them"
        )
    return ImageData(**sets)


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the entries of an archive by the names of their arrays in lower case."""
    return {name.removesuffix(".npy").lower(): name for name in archive.namelist() if name.endswith(".npy")}


def _named(members: Mapping[str, str], names: tuple[str, ...], suffix: str) -> str | None:
    return next((members[name + suffix] for name in names if name + suffix in members), None)


def _stated(archive: zipfile.ZipFile, name: str) -> _Stated:
    with archive.open(name) as file:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    return _Stated(shape, dtype)


def _load(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """Return an array whose header promised no more than the archive says that it holds."""
    stated = _stated(archive, name)
    if stated.dtype.hasobject:
        raise ValueError(f"{name} holds Python objects, which are never unpickled")
    promised, held = math.prod(stated.shape) * stated.dtype.itemsize, archive.getinfo(name).file_size
    if promised > held:
        raise ValueError(f"{name} promises {promised:,} bytes and holds {held:,}")
    require_memory(2 * held, f"the array {name}", "use a part of it or a larger machine")
    with archive.open(name) as file:
        array: npt.NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


def _pixels(archive: zipfile.ZipFile, name: str, path: Path) -> Array:
    shape = _stated(archive, name).shape
    if len(shape) not in (3, 4) or not all(shape) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DataError(
            f"{path} has the array {name} of shape {shape}, expected (N, H, W), or (N, H, W, C) with 1 or 3 "
            "channels last; transpose or reshape it"
        )
    require_room(shape[0], (shape[1], shape[2]), shape[3] if len(shape) == 4 else 1, str(path))
    array = _load(archive, name)
    return _scaled(array if array.ndim == 4 else array[..., None], f"{path} has the array {name}")


def _scaled(array: npt.NDArray[Any], what: str) -> Array:
    """Return pixels in uint8, or in float32 from 0 to 1."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return (array / np.float32(65535)).astype(np.float32)
    low, high = (array.min(), array.max()) if array.dtype.kind in "iuf" else (np.nan, np.nan)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and low >= 0 and high <= 255:
        return array.astype(np.uint8)
    raise DataError(
        f"{what} of {array.dtype} from {low} to {high}, expected whole numbers from 0 to 255 or floats from "
        "0 to 1; rescale it"
    )


def _texts(archive: zipfile.ZipFile, name: str, count: int, path: Path) -> tuple[str, ...]:
    labels = _load(archive, name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,) or labels.dtype.kind not in "iubUS":
        raise DataError(
            f"{path} has the labels {name} of {labels.dtype} and shape {labels.shape}, expected {count} "
            "whole numbers or texts, one an image; convert them"
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, errors="backslashreplace")
    return tuple(map(str, labels.tolist()))
