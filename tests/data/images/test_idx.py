from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shoal.data import memory
from shoal.data.images.idx import read_idx, read_idx_images
from shoal.errors import CapacityError, DataError

PIXELS = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


def idx(*shape: int, data: bytes, kind: int = 8) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + data


IMAGES, LABELS = idx(2, 4, 3, data=PIXELS.tobytes()), idx(2, data=b"\x07\x03")


def write(folder: Path, part: str, images: bytes = IMAGES, labels: bytes = LABELS, gz: bool = False) -> Path:
    pack, ending = (gzip.compress, ".gz") if gz else (bytes, "")
    (folder / f"{part}-images-idx3-ubyte{ending}").write_bytes(pack(images))
    (folder / f"{part}-labels-idx1-ubyte{ending}").write_bytes(pack(labels))
    return folder


@pytest.mark.parametrize("gz", [False, True])
def test_a_folder_with_the_names_of_mnist(tmp_path: Path, gz: bool) -> None:
    write(tmp_path, "train", gz=gz)
    assert read_idx(tmp_path).test is None
    write(tmp_path, "t10k", idx(1, 4, 3, data=PIXELS[1].tobytes()), idx(1, data=b"\x09"), gz)
    data = read_idx(tmp_path)
    np.testing.assert_array_equal(data.train.pixels, PIXELS[..., None])
    assert (data.train.labels, data.train.names) == (("7", "3"), ("0", "1"))
    assert data.test is not None
    np.testing.assert_array_equal(data.test.pixels, PIXELS[1:, ..., None])
    assert data.test.labels == ("9",)


def test_a_file_finds_its_labels(tmp_path: Path) -> None:
    write(tmp_path, "emnist-letters-train")
    path = tmp_path / "emnist-letters-train-images-idx3-ubyte"
    assert read_idx(path).train.labels == ("7", "3")
    assert read_idx_images(path).labels is None
    np.testing.assert_array_equal(read_idx_images(path).pixels[..., 0], PIXELS)
    labels = tmp_path / "emnist-letters-train-labels-idx1-ubyte"
    with pytest.raises(DataError, match="holds labels, expected images"):
        read_idx(labels)
    labels.unlink()
    with pytest.raises(DataError, match="has no labels beside it, expected emnist-letters-train-labels-idx1"):
        read_idx(path)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
@pytest.mark.parametrize("gz", [False, True])
def test_numbers_of_every_type(kind: int, dtype: str, gz: bool, tmp_path: Path) -> None:
    """Whole numbers are bytes of brightness, and floats are from 0 to 1; labels are whole numbers."""
    floats = "f" in dtype
    given = (PIXELS / 32 if floats else PIXELS).astype(dtype)
    labels = np.array([7, 100]).astype(dtype)
    images = idx(2, 4, 3, data=given.tobytes(), kind=kind)
    read = read_idx(write(tmp_path, "train", images, idx(2, data=labels.tobytes(), kind=kind), gz)).train
    assert read.pixels.dtype == (np.float32 if floats else np.uint8)
    np.testing.assert_array_equal(read.pixels[..., 0], given)
    assert read.labels == ("7", "100")


def test_names_that_tell_the_type(tmp_path: Path) -> None:
    images = idx(2, 4, 3, data=(PIXELS / 32).astype(">f4").tobytes(), kind=0x0D)
    (tmp_path / "train-images-idx3-float").write_bytes(images)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(LABELS)
    (tmp_path / "t10k-images-idx3-float").write_bytes(images)
    (tmp_path / "t10k-labels-idx1-int").write_bytes(idx(2, data=struct.pack(">2i", 3, 7), kind=0x0C))
    data = read_idx(tmp_path)
    assert data.test is not None
    assert (data.train.labels, data.test.labels) == (("7", "3"), ("3", "7"))


def test_files_with_dots_in_their_names(tmp_path: Path) -> None:
    (tmp_path / "train-images.idx3-ubyte").write_bytes(IMAGES)
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(LABELS)
    assert read_idx(tmp_path).train.labels == ("7", "3")


def test_a_folder_with_several_things_to_train_on(tmp_path: Path) -> None:
    write(write(tmp_path, "train"), "extra")
    with pytest.raises(DataError, match="images extra-images-idx3-ubyte, train-images-idx3-ubyte; expected"):
        read_idx(tmp_path)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (b"", LABELS, "begins with the bytes of an empty file, expected 00 00 08 03"),
        (
            b"\x89PNG" + bytes(12),
            LABELS,
            "the bytes 89 50 4e 47, expected 00 00 08 03 of an IDX file",
        ),
        (idx(2, 4, 3, data=PIXELS.tobytes(), kind=0x0A), LABELS, "begins with the bytes 00 00 0a 03"),
        (idx(2, 4, 3, data=PIXELS.tobytes(), kind=0x0D), LABELS, "promises 96 bytes of data and holds 24"),
        (
            IMAGES,
            idx(2, data=struct.pack(">2f", 7.5, 3), kind=0x0D),
            "holds labels such as 7.5, expected whole",
        ),
        (IMAGES, idx(2, data=struct.pack(">2d", 7, float("nan")), kind=0x0E), "holds labels such as nan"),
        (
            idx(1, 1, 1, data=struct.pack(">h", -1), kind=0x0B),
            LABELS[:-1],
            "images of .* from -1 to -1, expected",
        ),
        (IMAGES[:10], LABELS, "begins with the bytes 00 00 08 03, expected 00 00 08 03"),
        (IMAGES[:-1], LABELS, "promises 24 bytes of data and holds 23; fetch it again"),
        (IMAGES + b"\0", LABELS, "promises 24 bytes of data and holds more"),
        (idx(2, 0, 3, data=b""), LABELS, r"holds images of shape \(2, 0, 3\), which is nothing"),
        (IMAGES, LABELS[:-1], "promises 2 bytes of data and holds 1"),
        (IMAGES, idx(3, data=b"abc"), "holds 2 images and .* 3 labels; fetch both again"),
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_damaged_files(tmp_path: Path, images: bytes, labels: bytes, message: str, gz: bool) -> None:
    write(tmp_path, "train", images, labels, gz)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path)


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:12] + b"\xff\xff" + b[14:]])
def test_damaged_gzip(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write(tmp_path, "train", gz=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"gzip file .*; fetch it again"):
        read_idx(tmp_path)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    """400 terabytes, said in 16 bytes."""
    write(tmp_path, "train", idx(10**5, 2**16, 2**16, data=b""), gz=True)
    with pytest.raises(CapacityError, match="100,000 images of 65536×65536 pixels and 1 channel needs"):
        read_idx(tmp_path)


def test_a_bomb_behind_an_honest_header_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "train", IMAGES + bytes(10**7), gz=True)
    unpacked = []
    read = gzip.GzipFile.read

    def counted(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        content = read(self, size)
        unpacked.append(len(content))
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(DataError, match="promises 24 bytes of data and holds more"):
        read_idx(tmp_path)
    assert sum(unpacked) == 16 + 25


def test_labels_for_which_there_is_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "train", labels=idx(10**8, data=b""))
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**9)
    with pytest.raises(CapacityError, match="100,000,000 labels needs"):
        read_idx(tmp_path)


def test_mnist(real_data: Callable[[str], Path]) -> None:
    data = read_idx(real_data("mnist"))
    assert data.train.pixels.shape == (60000, 28, 28, 1)
    assert data.test is not None
    assert len(data.test) == 10000
    assert data.train.labels is not None
    assert data.train.labels[:5] == ("5", "0", "4", "1", "9")
    assert data.train.pixels.mean(dtype=float) / 255 == pytest.approx(0.1307, abs=5e-5)  # as widely quoted
