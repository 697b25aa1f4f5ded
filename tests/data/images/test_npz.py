from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.format as npy
import pytest

from shoal.data import memory
from shoal.data.images.npz import is_image_npz, read_npz
from shoal.errors import CapacityError, DataError

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (4, 3, 2), dtype=np.uint8)
LABELS = np.array([1, 0, 1, 0])


def save(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def archive(folder: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return folder / "a.npz"


def header(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    buffer = io.BytesIO()
    npy.write_array_header_1_0(buffer, {"shape": shape, "fortran_order": False, "descr": dtype})
    return buffer.getvalue()


@pytest.mark.parametrize("names", [("X", "y"), ("images", "labels"), ("X_train", "y_train")])
def test_images_and_labels(tmp_path: Path, names: tuple[str, str]) -> None:
    path = save(tmp_path, **dict(zip(names, (BYTES, LABELS), strict=True)))
    assert is_image_npz(path)
    images = read_npz(path).train
    np.testing.assert_array_equal(images.pixels, BYTES[..., None])
    assert (images.labels, images.names) == (("1", "0", "1", "0"), ("0", "1", "2", "3"))


def test_parts_and_colours(tmp_path: Path) -> None:
    coloured = np.random.default_rng(1).integers(0, 256, (4, 3, 2, 3), dtype=np.uint8)
    texts = np.array(["cat", "dog", "cat", "dog"])
    given = {"x_train": coloured, "y_train": texts, "x_test": coloured[:1], "y_test": texts[:1, None]}
    data = read_npz(save(tmp_path, **given, X_val=coloured[:2], y_val=texts[:2].astype(bytes)))
    assert data.test is not None
    assert data.validation is not None
    np.testing.assert_array_equal(data.test.pixels, coloured[:1])
    assert (data.test.labels, data.validation.labels) == (("cat",), ("cat", "dog"))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (BYTES > 99, np.where(BYTES > 99, 255, 0).astype(np.uint8)),
        (BYTES.astype(np.int64), BYTES),
        (BYTES.astype(np.uint16) * np.uint16(257), (BYTES / 255).astype(np.float32)),
        (BYTES / 255, (BYTES / 255).astype(np.float32)),
    ],
)
def test_pixels_of_other_kinds(tmp_path: Path, array: Any, expected: Any) -> None:
    pixels = read_npz(save(tmp_path, X=array, y=LABELS)).train.pixels
    assert pixels.dtype == expected.dtype
    np.testing.assert_allclose(pixels[..., 0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": BYTES}, r"has the images X.npy and no labels y; add that array"),
        ({"Z": BYTES, "y": LABELS}, r"has the arrays z, y, expected X \(N, H, W\)"),
        (
            {"X": BYTES.astype(float), "y": LABELS},
            "X.npy of float64 from .* to .*, expected whole numbers",
        ),
        ({"X": np.full((4, 3, 2), np.nan), "y": LABELS}, "X.npy of float64 from nan to nan"),
        ({"X": BYTES - 300.0, "y": LABELS}, "X.npy of float64 from -"),
        ({"X": BYTES.astype(complex), "y": LABELS}, "X.npy of complex128 from nan"),
        ({"X": BYTES[:, :0], "y": LABELS}, r"X.npy of shape \(4, 0, 2\), expected \(N, H, W\)"),
        ({"X": BYTES[0], "y": LABELS}, r"X.npy of shape \(3, 2\), expected"),
        (
            {"X": np.zeros((4, 3, 2, 4), np.uint8), "y": LABELS},
            r"\(4, 3, 2, 4\).* 1 or 3 channels last",
        ),
        ({"X": BYTES, "y": LABELS[:3]}, r"labels y.npy of int64 and shape \(3,\), expected 4 whole numbers"),
        ({"X": BYTES, "y": LABELS / 2}, "labels y.npy of float64"),
        ({"X": BYTES.astype(object), "y": LABELS}, "X.npy holds Python objects, which are never unpickled"),
        ({"X": BYTES, "y": LABELS.astype(object)}, "y.npy holds Python objects, which are never unpickled"),
    ],
)
def test_arrays_that_cannot_be_used(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_npz(save(tmp_path, **arrays))


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    path = archive(tmp_path, X=header((10, 100, 100)) + bytes(9), y=header((10,)) + bytes(10))
    with pytest.raises(DataError, match=r"X.npy promises 100,000 bytes and holds"):
        read_npz(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = header((1000, 100, 100)) + bytes(10**7)
    path = archive(tmp_path, X=zeros, y=header((1000,)) + bytes(1000))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**7)
    monkeypatch.setattr(npy, "read_array", None)
    with pytest.raises(CapacityError, match=r"1,000 images of 100×100 pixels and 1 channel needs 38.1 MiB"):
        read_npz(path)
    path = archive(tmp_path, X=header((10, 9, 9)) + bytes(810), y=header((10,)) + bytes(10**7))
    monkeypatch.setattr(npy, "read_array", lambda file, allow_pickle: np.zeros((10, 9, 9), np.uint8))
    with pytest.raises(CapacityError, match=r"the array y.npy of .*a.npz needs 19.1 MiB"):
        read_npz(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"hello"])
def test_what_is_no_npz(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    assert not is_image_npz(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"a.npz cannot be read as NPZ \(.*\); save arrays"):
        read_npz(tmp_path / "a.npz")


def test_a_table_is_no_stack_of_images(tmp_path: Path) -> None:
    assert not is_image_npz(save(tmp_path, X=BYTES[0], y=LABELS))


def test_damaged_data(tmp_path: Path) -> None:
    path = save(tmp_path, X=BYTES, y=LABELS)
    content = bytearray(path.read_bytes())
    content[content.index(BYTES.tobytes()) + 5] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read as NPZ .*CRC"):
        read_npz(path)
