from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shoal.data.images.image_set import Wish
from shoal.data.images.source import holds_images, read_images, read_unlabelled
from shoal.errors import DataError, MissingDependencyError, ShoalWarning

Write = Callable[..., Path]
STRICT = Wish(strict=True)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Ten images, half dark and half bright, of 4×6 pixels."""
    X = np.repeat([20, 200], 5)[:, None, None] * np.ones((1, 4, 6), int)
    np.savez(tmp_path / "a.npz", X=X.astype(np.uint8), y=np.repeat([0, 1], 5))
    return tmp_path / "a.npz"


def test_what_holds_images(npz: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "table.npz", X=np.zeros((3, 2)))
    assert holds_images(npz)
    assert holds_images(tmp_path)
    assert holds_images("somewhere/t10k-images-idx3-ubyte")
    assert holds_images("a.JPG")
    assert not holds_images(tmp_path / "table.npz")
    assert not holds_images("builtin:iris")
    assert not holds_images(tmp_path / "missing.npz")


def test_classes_of_any_name_are_images(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "eq")
    (folder / "cat").rename(folder / "a=b")
    assert holds_images(folder)


def test_every_source_has_its_reader(npz: Path, write_classes: Write, tmp_path: Path) -> None:
    assert read_images(npz, STRICT).train.labels == ("0",) * 5 + ("1",) * 5
    assert read_images(write_classes(tmp_path / "pets"), STRICT).train.labels == ("cat",) * 3 + ("dog",) * 3
    with pytest.raises(DataError, match=r"0.png is one picture, expected a folder"):
        read_images(tmp_path / "pets/cat/0.png", STRICT)
    with pytest.raises(DataError, match=r"gone-images-idx3-ubyte .*"):
        read_images(tmp_path / "gone-images-idx3-ubyte")
    with pytest.raises(DataError, match=r"gone.npz does not exist, expected images"):
        read_images(tmp_path / "gone.npz")


def test_images_without_their_labels(npz: Path, write_classes: Write, tmp_path: Path) -> None:
    assert read_unlabelled(npz, STRICT).labels is None
    assert len(read_unlabelled(npz, STRICT)) == 10
    folder = write_classes(tmp_path / "pets")
    assert len(read_unlabelled(folder, STRICT)) == 6
    assert len(read_unlabelled(folder / "cat/1.png", STRICT)) == 1
    with pytest.raises(DataError, match="does not exist, expected images"):
        read_unlabelled(tmp_path / "gone", STRICT)


def test_arrays_get_the_size_wished_for(npz: Path) -> None:
    with pytest.warns(ShoalWarning, match="a.npz have 4×6 pixels and are resized to 2×3"):
        images = read_images(npz, Wish((2, 3))).train
    assert images.pixels.shape == (10, 2, 3, 1)
    assert images.pixels[0].tolist() == [[[20]] * 3] * 2
    with pytest.raises(DataError, match="resized to 2×3, and strict was given; resize them"):
        read_images(npz, Wish((2, 3), strict=True))


def test_large_arrays_become_smaller(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.linspace(0, 1, 2 * 200 * 100).reshape(2, 200, 100), y=[0, 1])
    with pytest.warns(ShoalWarning, match="200×100 pixels and are resized to 96×48"):
        pixels = read_images(tmp_path / "a.npz").train.pixels
    assert pixels.dtype == np.float32
    assert pixels.mean() == pytest.approx(0.5, abs=1e-3)


def test_arrays_get_the_channels_wished_for(tmp_path: Path) -> None:
    red = np.zeros((2, 3, 3, 3), np.uint8)
    red[..., 0] = 100
    np.savez(tmp_path / "red.npz", X=red, y=[0, 1])
    np.savez(tmp_path / "grey.npz", X=red[..., 0], y=[0, 1])
    with pytest.warns(ShoalWarning, match="coloured and become grey"):
        assert (read_images(tmp_path / "red.npz", Wish(channels=1)).train.pixels == 30).all()
    with pytest.warns(ShoalWarning, match="grey and are given three equal channels"):
        assert (read_images(tmp_path / "grey.npz", Wish(channels=3)).train.pixels == 100).all()
    np.savez(tmp_path / "equal.npz", X=np.full((2, 3, 3, 3), 100, np.uint8), y=[0, 1])
    pixels = read_images(tmp_path / "equal.npz", Wish(channels=1, strict=True)).train.pixels
    assert pixels.shape == (2, 3, 3, 1)
    assert (pixels == 100).all()


def test_without_pillow_the_message_says_what_to_install(
    write_classes: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_classes(tmp_path / "pets")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[images\]'"):
        read_images(folder)


def test_a_file_that_must_not_be_read(npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("zipfile.ZipFile", refused)
    with pytest.raises(DataError, match=r"a.npz cannot be read \(Permission denied\)"):
        read_images(npz)


def test_an_unreadable_picture_in_a_folder(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets")
    (folder / "cat/0.png").unlink()
    (folder / "cat/0.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"pets/cat/0.png cannot be read \(.*No such file.*\)"):
        read_images(folder)


def test_what_may_never_end_is_no_image(npz: Path, write_classes: Write, tmp_path: Path) -> None:
    for name in ("p.npz", "p.png", "p-images-idx3-ubyte"):
        os.mkfifo(tmp_path / name)
        holds_images(tmp_path / name)
        for read in (read_images, lambda path: read_unlabelled(path, STRICT)):
            with pytest.raises(
                DataError, match=rf"{name} cannot be read \(it is a pipe, which may never end"
            ):
                read(tmp_path / name)
    folder = write_classes(tmp_path / "pets")
    os.mkfifo(folder / "cat/9.png")
    (folder / "dog/9.png").symlink_to("/dev/zero")
    with pytest.raises(DataError, match=r"cat/9.png cannot be read \(it is a pipe.*\(2 of 8 .*dog/9.png\)"):
        read_images(folder)
    (tmp_path / "digits").mkdir()
    os.mkfifo(tmp_path / "digits/train-images-idx3-ubyte")
    (tmp_path / "digits/train-labels-idx1-ubyte").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be read \(it is a pipe"):
        read_images(tmp_path / "digits")


def test_a_folder_of_any_name_is_that_folder(write_classes: Write, tmp_path: Path) -> None:
    write_classes(tmp_path / "run2", count=1)
    for name in ("run[2]", "run?", "*", "~", "a b%20", "#"):
        folder = write_classes(tmp_path / name, count=2)
        assert len(read_images(folder).train) == 4
        assert len(read_unlabelled(folder / "cat", STRICT)) == 2
