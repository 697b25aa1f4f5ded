from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.format as npy
import pytest

from shoal.data.images.npz import is_image_npz, read_npz
from shoal.data.readers.npz import opened_npz
from shoal.data.tables import read_table
from shoal.errors import CapacityError, DataError, ShoalError

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(0, 256, (4, 3, 2), dtype=np.uint8), np.array([0, 1, 0, 1])


def header(shape: object, dtype: str = "|u1") -> bytes:
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    return b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    npy.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def archive(folder: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(folder / "t.npz", "w", method) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return folder / "t.npz"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("dtype", ["?", "<i2", ">i8", "<f4", ">f8", "<f2", "<U3", ">U3"])
def test_arrays_come_as_they_were_saved(dtype: str, method: int, tmp_path: Path) -> None:
    array = np.array([[0, 1], [1, 0]]).astype(dtype)
    with opened_npz(archive(tmp_path, method, a=npy_bytes(array))) as arrays:
        assert arrays.names == ("a.npy",)
        assert arrays.stated("a.npy").shape == (2, 2)
        np.testing.assert_array_equal(arrays.load("a.npy"), array)


def test_bytes_are_texts(tmp_path: Path) -> None:
    with opened_npz(archive(tmp_path, a=npy_bytes(np.array(["a", "é"], "U").astype("U1")),
                            b=npy_bytes(np.array([b"a", "é".encode()])))) as arrays:  # fmt: skip
        assert arrays.load("a.npy").tolist() == arrays.load("b.npy").tolist() == ["a", "é"]


DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cannot be read as NPZ"),
    "no array": (b"hello, this is text", "magic string is not correct"),
    "header cut": (header((3,))[:30], "EOF: reading array header"),
    "header no dictionary": (b"\x93NUMPY\x01\0\x05\0hello", "cannot be read as NPZ"),
    "header calls": (header((3,)).replace(b"False", b"f()  "), "cannot be read as NPZ"),
    "header of letters": (b"\x93NUMPY\x01\0\x08\0" + b"\xff" * 8, "cannot be read as NPZ"),
    "header nested": (b"\x93NUMPY\x01\0" + (9000).to_bytes(2, "little") + b"(" * 9000, "as NPZ"),
    "unknown version": (b"\x93NUMPY\x09\0" + header((3,))[8:], "cannot be read as NPZ"),
    "unknown type": (header((3,), "|q9") + bytes(3), "descr is not a valid dtype"),
    "negative shape": (header((-3,)) + bytes(3), "has the shape (-3,)"),
    "terabytes": (header((2**45,)) + bytes(3), "promises 35,184,372,088,832 bytes and holds"),
    "any number of nothing": (header((10**13,), "<U0"), "promises 10,000,000,000,000 bytes and holds"),
    "any number of no bytes": (header((10**13,), "|S0"), "promises 10,000,000,000,000 bytes and holds"),
    "more than numbers count": (header((2**63, 2**63)) + bytes(3), "promises"),
    "data cut": (npy_bytes(np.arange(9.0))[:-3], "EOF: reading array data"),
    "structures": (npy_bytes(np.zeros(3, [("a", "i4"), ("b", "f8")])), "holds values of"),
    "raw bytes": (npy_bytes(np.zeros(3, "V7")), "holds values of |V7"),
    "letters beyond Unicode": (header((1,), "<U1") + b"\xff\xff\xff\x7f", "none in Unicode"),
    "half a surrogate pair": (header((1,), "<U1") + b"\x00\xd8\0\0", "none in Unicode"),
    "bytes that are no text": (npy_bytes(np.array([b"\xff"])), "no UTF-8 text"),
    "objects": (header((1,), "|O") + b"cos\nsystem\n.", "Python objects, which are never unpickled"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_array_is_refused_in_one_line(name: str, tmp_path: Path, refuses: Any) -> None:
    content, told = DAMAGED[name]
    path = archive(tmp_path, x=npy_bytes([1, 2, 3]), y=content)
    with refuses(DataError, str(path), told, "numpy.savez"):
        read_table(path)
    path = archive(tmp_path, X=npy_bytes(IMAGES), y=content)
    with refuses(DataError, str(path), told, "numpy.savez"):
        read_npz(path)


def test_terabytes_that_are_declared_are_not_unpacked(tmp_path: Path, refuses: Any) -> None:
    """The archive, too, says that they are there."""
    path = archive(tmp_path, zipfile.ZIP_STORED, x=header((2**45,)) + bytes(3))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02") + 24  # the size in the directory
    content[at : at + 4] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(content)
    with refuses(DataError, "x.npy promises 35,184,372,088,832 bytes and holds 4,294,967,294"):
        read_table(path)


def flag_of(path: Path, offset: int, value: int) -> None:
    """Set two bytes of every header of an archive, in front of the entries and in the directory."""
    content = bytearray(path.read_bytes())
    for mark, first in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + first + offset : at + first + offset + 2] = value.to_bytes(2, "little")
            at = content.find(mark, at + 4)
    path.write_bytes(content)


@pytest.mark.parametrize(("offset", "value", "told"), [(0, 1, "encrypted"), (2, 97, "compression")])
def test_encrypted_and_strangely_packed_archives(
    offset: int, value: int, told: str, tmp_path: Path, refuses: Any
) -> None:
    path = archive(tmp_path, X=npy_bytes(IMAGES), y=npy_bytes(LABELS))
    flag_of(path, offset, value)
    assert not is_image_npz(path)
    for read in (read_table, read_npz):
        with refuses(DataError, f"{path} cannot be read as NPZ", told):
            read(path)


def test_what_is_no_array_is_named(tmp_path: Path, refuses: Any) -> None:
    path = archive(tmp_path, x=npy_bytes([1, 2]))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("readme.txt", "hello")
    with refuses(DataError, "holds 'readme.txt', which is no array (.npy)"):
        read_table(path)


def test_two_arrays_of_one_name(tmp_path: Path, refuses: Any) -> None:
    path = archive(tmp_path, x=npy_bytes([1, 2]))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as file:
        file.writestr("x.npy", npy_bytes([3, 4]))
    with refuses(DataError, "holds two arrays of one name"):
        read_table(path)


def mutated(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8])):
        damaged[rng.randrange(len(damaged))] = rng.choice([0, 255, 128, rng.randrange(256)])
    return bytes(damaged[: rng.randrange(len(damaged))] if rng.random() < 0.2 else damaged)


@pytest.mark.parametrize("read", [read_table, read_npz, lambda path: read_npz(path, labelled=False)])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_any_damage_is_a_table_or_an_error_of_one_line(
    read: Callable[[Path], Any], method: int, tmp_path: Path
) -> None:
    rng = random.Random(method)  # noqa: S311

    def refusal(damaged: bytes) -> str | None:
        (tmp_path / "d.npz").write_bytes(damaged)
        is_image_npz(tmp_path / "d.npz")
        try:
            read(tmp_path / "d.npz")
        except ShoalError as error:
            return str(error)
        return None

    arrays = (
        {"X": IMAGES} if read is not read_table else {"x": IMAGES[:, 0, 0] / 3, "t": np.array(list("abcd"))}
    )
    content = archive(
        tmp_path, method, **{k: npy_bytes(v) for k, v in arrays.items()}, y=npy_bytes(LABELS)
    ).read_bytes()
    told = [damage for _ in range(150) if (damage := refusal(mutated(content, rng)))]
    assert len(told) > 75
    assert [message for message in told if "\n" in message or "d.npz" not in message] == []


def test_more_than_the_memory_takes_is_a_capacity_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise MemoryError

    path = archive(tmp_path, x=npy_bytes([1, 2]))
    monkeypatch.setattr(npy, "read_array", exhausted)
    with pytest.raises(CapacityError, match=r"t.npz needs more memory than there is"):
        read_table(path)
