"""IDX, the format of MNIST: a header of the shape, then the numbers; also compressed with gzip.

Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", file formats.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from shoal.data.images.image_set import ImageData, ImageSet, Size, require_room
from shoal.data.images.pixels import scaled
from shoal.data.memory import require_memory
from shoal.errors import DataError
from shoal.files import require_regular
from shoal.shapes import Array

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(
    r"(?P<part>.*?)[-.]?(?P<what>images|labels)[-.]idx\d([-.](u?byte|sbyte|short|int|float|double))?(\.gz)?",
    re.IGNORECASE,
)
_TESTS = ("test", "t10k")
_LARGEST = 2.0**53


def is_idx(path: Path) -> bool:
    """Return whether a file has a name as MNIST's files do, or a folder holds one that has.

    >>> is_idx(Path("train-images-idx3-ubyte.gz")), is_idx(Path("train.csv"))
    (True, False)
    """
    if path.is_dir():
        return any(_NAME.fullmatch(entry.name) for entry in path.iterdir())
    return _NAME.fullmatch(path.name) is not None


def read_idx(source: Path) -> ImageData:
    """Return the images and labels of a folder with MNIST's names, or of a file of images and its labels'.

    ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` train, those that begin with ``t10k`` or
    ``test`` test; each may end in ``.gz``.

    Raises ``DataError`` for files that are missing, damaged, or do not belong together, and
    ``CapacityError`` for more images than fit in memory, before they are unpacked.
    """
    if source.is_file():
        return ImageData(_read_pair(source, _labels_of(source)))
    files = {path: match for path in sorted(source.iterdir()) if (match := _NAME.fullmatch(path.name))}
    images = {
        match["part"].lower(): path for path, match in files.items() if match["what"].lower() == "images"
    }
    tests = [part for part in images if part.endswith(_TESTS)]
    trains = [part for part in images if part not in tests]
    if len(trains) != 1 or len(tests) > 1:
        found = ", ".join(path.name for path in images.values()) or "none"
        raise DataError(
            f"{source} holds the files of images {found}; expected one to train on, such as "
            "train-images-idx3-ubyte, and at most one t10k-images-idx3-ubyte to test on"
        )
    train = _read_pair(images[trains[0]], _labels_of(images[trains[0]]))
    if not tests:
        return ImageData(train)
    return ImageData(train, test=_read_pair(images[tests[0]], _labels_of(images[tests[0]])))


def read_idx_images(path: Path) -> ImageSet:
    """Return the images of one file, without labels."""
    pixels = _pixels(path)
    return ImageSet(pixels, tuple(map(str, range(len(pixels)))), None)


def _labels_of(images: Path) -> Path:
    match = _NAME.fullmatch(images.name)
    assert match is not None
    if match["what"].lower() != "images":
        raise DataError(f"{images} holds labels, expected images; name the file of the images")
    stem = (
        images.name[: match.start("what")] + "labels" + images.name[match.end("what") :].replace("3", "1", 1)
    )
    for name in (stem, stem.removesuffix(".gz"), f"{stem}.gz"):
        if (images.parent / name).is_file():
            return images.parent / name
    of_another_type = [path for path in sorted(images.parent.iterdir()) if _are_labels(path, match["part"])]
    if of_another_type:
        return of_another_type[0]
    raise DataError(f"{images} has no labels beside it, expected {stem}; put that file there")


def _are_labels(path: Path, part: str) -> bool:
    match = _NAME.fullmatch(path.name)
    return (
        match is not None and match["what"].lower() == "labels" and match["part"] == part and path.is_file()
    )


def _read_pair(images: Path, labels: Path) -> ImageSet:
    pixels, codes = _pixels(images), _codes(labels)
    if len(pixels) != len(codes):
        raise DataError(
            f"{images} holds {len(pixels):,} images and {labels} {len(codes):,} labels; fetch both again"
        )
    return ImageSet(pixels, tuple(map(str, range(len(pixels)))), tuple(map(str, codes.tolist())))


def _pixels(path: Path) -> Array:
    """Return images (N, H, W, 1) in uint8, or in float32 from 0 to 1."""
    return scaled(_read(path, 3)[..., None], f"{path} holds images")


def _codes(path: Path) -> Array:
    """Return labels (N,), whole numbers also where the file has floats."""
    codes = _read(path, 1)
    if codes.dtype.kind in "iu":
        return codes
    strange = ~(np.abs(codes) <= _LARGEST) | (np.trunc(codes) != codes)
    if strange.any():
        raise DataError(
            f"{path} holds labels such as {codes[strange][0]}, expected whole numbers; give those"
        )
    return codes.astype(np.int64)


def _read(path: Path, n_dimensions: int) -> Array:
    """Return the array in a file, of N images (N, H, W) or N labels (N,)."""
    require_regular(path)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            dtype, shape = _stated(file, path, n_dimensions)
            wanted = math.prod(shape) * dtype.itemsize
            content = file.read(wanted + 1)  # never more than was allowed, however much there is
    except EOFError:
        raise DataError(f"{path} is a gzip file that ends too early; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); fetch it again") from None
    if len(content) != wanted:
        least = f"{len(content):,}" if len(content) < wanted else "more"
        raise DataError(f"{path} promises {wanted:,} bytes of data and holds {least}; fetch it again")
    return np.frombuffer(content, dtype).reshape(shape)


def _stated(
    file: BinaryIO | gzip.GzipFile, path: Path, n_dimensions: int
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return the type and the shape that the header gives; raise unless they are known, and fit in memory."""
    header = file.read(4 + 4 * n_dimensions)
    kind = "images" if n_dimensions == 3 else "labels"
    whole = len(header) == 4 + 4 * n_dimensions
    if not whole or header[:2] != bytes(2) or header[2] not in _TYPES or header[3] != n_dimensions:
        raise DataError(
            f"{path} begins with the bytes {header[:4].hex(' ') or 'of an empty file'}, expected "
            f"00 00 08 {n_dimensions:02x} of an IDX file of {kind} in bytes (or 09, 0b to 0e for other "
            "numbers); give such a file"
        )
    dtype = np.dtype(_TYPES[header[2]])
    shape = struct.unpack(f">{n_dimensions}I", header[4:])
    if not all(shape):
        raise DataError(f"{path} holds {kind} of shape {shape}, which is nothing; fetch it again")
    if n_dimensions == 3:
        size: Size = (shape[1], shape[2])
        require_room(shape[0], size, 1, str(path))
        require_memory(math.prod(shape) * dtype.itemsize, f"the file {path}", "use fewer images")
    else:
        require_memory(64 * shape[0], f"{path}: {shape[0]:,} labels", "use fewer of them")
    return dtype, shape
