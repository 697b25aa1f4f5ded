from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from shoal.errors import OutputError
from shoal.files import as_json, leftovers, remove_leftovers, write_atomically


class KilledError(BaseException):
    """Stands for a kill: nothing in shoal catches it."""


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_atomically(path, b"one")
    write_atomically(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OutputError, match=r"a\.bin cannot be written \(No space left on device\); name a place"
    ):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "told"), [("nowhere/a.bin", "No such file or directory"), ("folder", "Is a directory")]
)
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=told):
        write_atomically(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_what_a_kill_leaves_is_found_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: int) -> None:
        raise KilledError

    (tmp_path / "notes.tmp").write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        with pytest.raises(KilledError):
            write_atomically(tmp_path / "a.bin", b"new")
    (left,) = leftovers(tmp_path)
    assert left.read_bytes() == b"new"
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.tmp"]


def test_json_is_for_people_and_takes_names_that_are_no_text() -> None:
    value = {"λ": [1, 0.1, None], "path": "a\udcff\n"}
    assert "λ" in as_json(value).decode()
    assert json.loads(as_json(value)) == value
    with pytest.raises(ValueError, match="JSON"):
        as_json({"loss": float("nan")})
