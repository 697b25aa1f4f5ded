from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from shoal.data import class_folders, memory
from shoal.data.images import folders
from shoal.data.images.folders import read_folder, read_pictures
from shoal.data.images.image_set import Wish
from shoal.errors import CapacityError, DataError, ShoalWarning

Colours = Callable[..., npt.NDArray[Any]]
Png = Callable[..., bytes]
Write = Callable[..., Path]
STRICT = Wish(strict=True)


def grey(path: Path, rows: int = 6, columns: int = 5, shade: int = 7) -> None:
    Image.new("L", (columns, rows), shade).save(path)


def test_classes_are_the_names_of_folders(colours: Colours, write_classes: Write, tmp_path: Path) -> None:
    images = read_folder(write_classes(tmp_path / "pets"), STRICT).train
    assert images.labels == ("cat",) * 3 + ("dog",) * 3
    assert images.names == ("cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png", "dog/2.png")
    np.testing.assert_array_equal(images.pixels[4], colours(seed=11))


def test_parts_have_folders_of_their_own(write_classes: Write, tmp_path: Path) -> None:
    for part, count in {"train": 4, "VAL": 2, "test": 3}.items():
        write_classes(tmp_path / part, count)
    data = read_folder(tmp_path, STRICT)
    assert data.validation is not None
    assert data.test is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 4, 6)
    np.testing.assert_array_equal(data.test.pixels, data.train.pixels[[0, 1, 2, 4, 5, 6]])


def test_train_and_test_may_be_classes(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        grey(tmp_path / name / "a.png")
    assert read_folder(tmp_path, STRICT).train.labels == ("test", "train")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"test": ("cat", "dog")}, "holds test but no train; add that folder"),
        ({"train": ("cat", "dog"), "test": ("cow",)}, "has the class 'cow' in test and not in train"),
        ({"train": ("cat",), "test": ("cat",)}, "holds 1 class folder with pictures, expected two at least"),
        ({}, "holds 0 class folders with pictures"),
    ],
    ids=str,
)
def test_parts_that_do_not_fit(tmp_path: Path, parts: dict[str, tuple[str, ...]], message: str) -> None:
    for part, labels in parts.items():
        (tmp_path / part).mkdir()
        for label in labels:
            (tmp_path / part / label).mkdir()
            grey(tmp_path / part / label / "a.png")
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))} {message}"):
        read_folder(tmp_path, STRICT)


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        (lambda f: (f / "cow").mkdir(), "the class folder .*cow holds no pictures and is left out; fill or"),
        (
            lambda f: (f / "notes.txt").touch(),
            "1 file in .* beside the class folders, such as notes.txt",
        ),
        (
            lambda f: (f / "cat/Thumbs.db").touch(),
            "1 of 4 entries in .*cat, such as Thumbs.db, are no",
        ),
        (lambda f: (f / "cat/more").mkdir(), "1 of 4 entries in .*cat, such as more, are no pictures"),
        (
            lambda f: grey(f / "dog/0.png", 60, 50),
            "have 2 sizes, 6×5 to 60×50 pixels .* resized to 6×5",
        ),
        (
            lambda f: Image.new("RGBA", (5, 6), (1, 2, 3, 4)).save(f / "dog/0.png"),
            "1 of 6 pictures in .* are partly transparent, and are laid on white; convert them",
        ),
    ],
)
def test_a_decision_is_a_note_or_refused(
    write_classes: Write, tmp_path: Path, spoil: Callable[[Path], None], note: str
) -> None:
    folder = write_classes(tmp_path / "pets")
    spoil(folder)
    with pytest.warns(ShoalWarning, match=note):
        images = read_folder(folder, Wish()).train
    assert images.pixels.shape == (6, 6, 5, 3)
    with pytest.raises(DataError, match=", and strict was given; "):
        read_folder(folder, STRICT)


def test_hidden_files_say_nothing(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets")
    for name in (".DS_Store", "cat/.hidden.png", "cat/._0.png"):
        (folder / name).touch()
    (folder / "__MACOSX").mkdir()
    assert len(read_folder(folder, STRICT).train) == 6


def test_large_pictures_become_smaller(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets", 1, (120, 192))
    with pytest.warns(ShoalWarning, match="have 120×192 pixels .* resized to 60×96"):
        assert read_folder(folder, Wish()).train.pixels.shape == (2, 60, 96, 3)
    with pytest.warns(ShoalWarning, match="resized to 12×10"):
        assert read_folder(folder, Wish((12, 10))).train.pixels.shape == (2, 12, 10, 3)
    assert read_folder(folder, Wish((120, 192), strict=True)).train.pixels.shape == (2, 120, 192, 3)


def test_colours_that_are_all_grey_are_one_channel(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets", channels=1)
    assert read_folder(folder, STRICT).train.pixels.shape == (6, 6, 5, 1)
    assert read_folder(folder, Wish(channels=3)).train.pixels.shape == (6, 6, 5, 3)
    shades = Image.open(folder / "cat/0.png").convert("RGB")
    shades.save(folder / "cat/0.png")
    assert read_folder(folder, STRICT).train.pixels.shape == (6, 6, 5, 1)
    shades.putpixel((0, 0), (9, 9, 10))
    shades.save(folder / "cat/0.png")
    assert read_folder(folder, STRICT).train.pixels.shape == (6, 6, 5, 3)
    with pytest.warns(ShoalWarning, match="1 of 6 pictures in .* have colours and become grey; as the model"):
        assert read_folder(folder, Wish(channels=1)).train.pixels.shape == (6, 6, 5, 1)


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA"])
def test_greys_that_are_kept_as_colours_do_not_become_grey(
    write_classes: Write, tmp_path: Path, mode: str
) -> None:
    """Predicting for what was fitted says nothing that fitting did not."""
    folder = write_classes(tmp_path / "pets", channels=1)
    plain = read_folder(folder, STRICT).train.pixels
    for path in folder.glob("*/*.png"):
        Image.open(path).convert(mode).save(path)
    for wish in (STRICT, Wish(channels=1, strict=True)):
        np.testing.assert_array_equal(read_folder(folder, wish).train.pixels, plain)


def test_bad_pictures_are_counted_and_the_first_are_named(
    write_classes: Write, chunked_png: Png, tmp_path: Path
) -> None:
    folder = write_classes(tmp_path / "pets", 6)
    for i in (1, 3, 4):
        (folder / f"cat/{i}.png").write_bytes(b"")
    for i in (0, 1):
        (folder / f"dog/{i}.png").write_bytes(chunked_png(10**5, 10**5))
    expected = (
        r"cat/1.png is empty, expected .* \(5 of 12 pictures cannot be used, also cat/3.png, cat/4.png, "
        r"dog/0.png, …\)$"
    )
    with pytest.raises(DataError, match=expected):
        read_folder(folder, Wish())


def test_pictures_that_end_too_early_are_told_after_all_are_tried(
    write_classes: Write, tmp_path: Path
) -> None:
    folder = write_classes(tmp_path / "pets")
    for name in ("cat/1.png", "dog/2.png"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-40])
    with pytest.raises(DataError, match=r"cat/1.png is damaged \(.*\); .* \(2 of 6 .* also dog/2.png\)$"):
        read_folder(folder, Wish())


def test_too_many_files_are_not_opened(
    write_classes: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_classes(tmp_path / "pets")
    (folder / "cat/0.png").write_bytes(b"")
    monkeypatch.setattr(class_folders, "MOST_FILES", 5)
    with pytest.raises(DataError, match="holds more than 5 pictures, which is too many; use a part"):
        read_folder(folder, Wish())


def test_more_than_the_memory_holds_is_not_decoded(
    write_classes: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_classes(tmp_path / "pets", 1, (90, 90))
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000)
    monkeypatch.setattr(folders, "read_picture", None)
    with pytest.raises(CapacityError, match=r"2 images of 90×90 pixels and 3 channels needs 189\.8 KiB"):
        read_folder(folder, Wish())


def test_names_are_printable_whatever_bytes_they_have(write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets")
    shutil.move(folder / "dog", os.fsdecode(os.fsencode(folder / "d") + b"\xff"))
    images = read_folder(folder, STRICT).train
    assert images.labels is not None
    assert images.labels[-1] == "d\\xff"
    assert images.names[-1] == "d\\xff/2.png"


def test_pictures_without_classes(colours: Colours, write_classes: Write, tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "pets")
    (folder / "notes.txt").touch()
    grey(folder / "z.png")
    images = read_pictures(folder, STRICT)
    assert images.labels is None
    assert images.names == ("z.png", *(f"{name}/{i}.png" for name in ("cat", "dog") for i in range(3)))
    one = read_pictures(folder / "dog/1.png", STRICT)
    assert one.names == ("1.png",)
    np.testing.assert_array_equal(one.pixels[0], colours(seed=11))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match=r"nothing holds no pictures, expected files \.png, "):
        read_pictures(tmp_path / "nothing", STRICT)
    (folder / "dog/1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"pets/dog/1.png is empty"):
        read_pictures(folder / "dog/1.png", STRICT)
