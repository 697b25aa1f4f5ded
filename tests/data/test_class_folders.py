from __future__ import annotations

from pathlib import Path

import pytest

from shoal.data import class_folders as module
from shoal.data.class_folders import ClassFolders, FolderEntry
from shoal.errors import DataError


class Told(list[str]):
    """Folders of texts, and what is said of them."""

    def __init__(self) -> None:
        self.folders = ClassFolders((".txt",), "texts", lambda what, remedy: self.append(what))


@pytest.fixture
def told() -> Told:
    return Told()


def laid(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_a_folder_is_a_class_and_its_files_stand_in_the_order_of_their_names(
    tmp_path: Path, told: Told
) -> None:
    parts = told.folders.parts(laid(tmp_path, "b/2.txt", "b/1.TXT", "a/3.txt", ".git/x.txt", "a/.hidden.txt"))
    assert {part: [(e.name, e.label) for e in listed] for part, listed in parts.items()} == {
        "train": [("a/3.txt", "a"), ("b/1.TXT", "b"), ("b/2.txt", "b")]
    }
    assert told == []


def test_parts_have_folders_of_their_own(tmp_path: Path, told: Told) -> None:
    parts = told.folders.parts(
        laid(tmp_path, "train/a/1.txt", "train/b/1.txt", "Val/a/2.txt", "test/b/3.txt")
    )
    assert {part: len(listed) for part, listed in parts.items()} == {"train": 2, "validation": 1, "test": 1}


def test_classes_named_as_parts_are_classes(tmp_path: Path, told: Told) -> None:
    parts = told.folders.parts(laid(tmp_path, "train/1.txt", "test/2.txt"))
    assert [entry.label for entry in parts["train"]] == ["test", "train"]


def test_what_is_left_out_is_told(tmp_path: Path, told: Told) -> None:
    told.folders.parts(laid(tmp_path, "a/1.txt", "b/1.txt", "b/x.pdf", "readme.md", "c/y.pdf"))
    assert len(told) == 4
    assert told[0].startswith("1 file in")
    assert "no texts by their names (.txt)" in told[1]
    assert told[3].endswith("c holds no texts and is left out")


@pytest.mark.parametrize(
    ("files", "error"),
    [
        (("a/1.txt",), "holds 1 class folder with texts, expected two at least"),
        (("test/a/1.txt", "val/b/1.txt"), "holds test and validation but no train"),
        (("train/a/1.txt", "train/b/1.txt", "test/c/1.txt"), "has the class 'c' in test and not in train"),
    ],
)
def test_folders_that_are_none_of_classes_are_refused(
    files: tuple[str, ...], error: str, tmp_path: Path, told: Told
) -> None:
    with pytest.raises(DataError, match=error):
        told.folders.parts(laid(tmp_path, *files))


def test_too_many_files_are_refused_before_any_is_opened(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 1)
    with pytest.raises(DataError, match="more than 1 texts"):
        told.folders.parts(laid(tmp_path, "a/1.txt", "b/1.txt"))


def test_the_first_of_those_that_cannot_be_used_says_why(tmp_path: Path, told: Told) -> None:
    refused = [(FolderEntry(tmp_path / f"{n}.txt", f"{n}.txt", None), "is empty") for n in range(6)]
    with pytest.raises(
        DataError, match=r"0\.txt is empty \(6 of 9 texts cannot be used, also 1\.txt, 2\.txt, 3\.txt, …\)"
    ):
        told.folders.require_none(refused, 9, tmp_path)
    told.folders.require_none([], 9, tmp_path)
