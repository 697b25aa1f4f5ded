"""The arrays of an NPZ file, one at a time: never unpickled, and bounded before they are unpacked."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from shoal.data.memory import require_memory
from shoal.data.readers.contents import decoding
from shoal.errors import DataError

_REMEDY = "save arrays of numbers or texts with numpy.savez"
_KINDS = "biufcmMUS"
_LARGEST_CODE, _SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)


@dataclass(frozen=True)
class Stated:
    """What the header of an array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Arrays:
    """The arrays of one file: ``names`` as their entries have them, such as ``X.npy``, in their order."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self.path = archive, path
        self.names = tuple(name for name in archive.namelist() if not name.endswith("/"))
        other = next((name for name in self.names if not name.endswith(".npy")), None)
        if other is not None:
            raise DataError(f"{path} holds {other!r}, which is no array (.npy); {_REMEDY}")
        if len(set(self.names)) < len(self.names):
            raise DataError(f"{path} holds two arrays of one name; {_REMEDY}")

    @property
    def members(self) -> dict[str, str]:
        """The entries by the names of their arrays in lower case."""
        return {name.removesuffix(".npy").lower(): name for name in self.names}

    def stated(self, name: str) -> Stated:
        """Return the shape and the type that an array's header states; nothing else is unpacked.

        Raises ``DataError`` for a header that is none, or that promises more than the archive says it holds.
        """
        with decoding(self.path, "NPZ", _REMEDY), self._archive.open(name) as file:
            version = npy.read_magic(file)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(file)
        if any(not isinstance(side, int) or side < 0 for side in shape):
            raise self._refused(f"{name} has the shape {shape}")
        # Values of no bytes count, too: an archive of a few could promise any number of them.
        promised, held = math.prod(shape) * max(dtype.itemsize, 1), self._archive.getinfo(name).file_size
        if promised > held and not dtype.hasobject:
            raise self._refused(f"{name} promises {promised:,} bytes and holds {held:,}")
        return Stated(shape, dtype)

    def load(self, name: str) -> npt.NDArray[Any]:
        """Return an array; texts in bytes are decoded.

        Raises ``DataError`` for Python objects, for structures and for texts that are none, and
        ``CapacityError`` for an array that does not fit in memory.
        """
        stated = self.stated(name)
        if stated.dtype.hasobject:
            raise self._refused(f"{name} holds Python objects, which are never unpickled")
        if stated.dtype.kind not in _KINDS:
            raise self._refused(f"{name} holds values of {stated.dtype}")
        held = self._archive.getinfo(name).file_size
        require_memory(2 * held, f"the array {name} of {self.path}", "use a part of it or a larger machine")
        with decoding(self.path, "NPZ", _REMEDY), self._archive.open(name) as file:
            array: npt.NDArray[Any] = npy.read_array(file, allow_pickle=False)
            file.read()  # to its end, where the checksum is
        return self._texts(name, array) if array.dtype.kind in "US" else array

    def _texts(self, name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        try:
            if array.dtype.kind == "S":
                return np.char.decode(array, "utf-8")
        except UnicodeDecodeError as error:
            raise self._refused(f"{name} holds bytes that are no UTF-8 text: {error.reason}") from None
        native = np.asarray(array, array.dtype.newbyteorder("="), order="C")
        codes = native.reshape(-1).view(np.uint32) if native.dtype.itemsize else np.zeros(0, np.uint32)
        low, high = _SURROGATES
        if ((codes > _LARGEST_CODE) | ((codes >= low) & (codes <= high))).any():
            raise self._refused(f"{name} holds texts with letters that are none in Unicode")
        return native

    def _refused(self, why: str) -> DataError:
        return DataError(f"{self.path} cannot be read as NPZ ({why}); {_REMEDY}")


@contextmanager
def opened_npz(path: Path) -> Iterator[Arrays]:
    """Open an NPZ file; raise ``DataError`` if it is none, or holds what is no array."""
    with decoding(path, "NPZ", _REMEDY):
        archive = zipfile.ZipFile(path)
    with archive:
        yield Arrays(archive, path)
