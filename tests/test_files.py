from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from shoal.errors import OutputError
from shoal.files import (
    as_json,
    clear,
    leftovers,
    read_regular,
    remove_leftovers,
    require_new,
    strangers,
    write_atomically,
    write_new,
)


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
    def killed(*_: object, **__: object) -> None:
        raise KilledError

    theirs = [".notes.tmp", ".shoal-1.tmp", ".shoal-notes.tmp", "notes.tmp"]
    for name in theirs:
        (tmp_path / name).write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        patched.setattr("shoal.files._discard", killed)  # the dead do not tidy up
        with pytest.raises(KilledError):
            write_atomically(tmp_path / "a.bin", b"new")
    (left,) = leftovers(tmp_path)
    assert left.read_bytes() == b"new"
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == theirs


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.bin", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_name_that_is_taken_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / f".shoal-{'0' * 16}.tmp"
    theirs.write_text("mine")
    monkeypatch.setattr("shoal.files.secrets.token_hex", lambda n: "00" * n)
    with pytest.raises(OutputError, match="File exists"):
        write_atomically(tmp_path / "a.bin", b"new")
    assert theirs.read_text() == "mine"


def test_a_file_gets_the_rights_that_the_user_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a.bin", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OutputError, match="is a device or a pipe, and no file"):
            write_atomically(tmp_path / name, b"new")
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(OutputError, match="embedded null byte"):
        write_atomically(f"{tmp_path}/a\0b", b"new")


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    write_new(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "theirs").read_text() == "mine"
    assert (tmp_path / "link").read_bytes() == b"new"


def test_a_new_file_is_written_where_none_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "not there")
    write_new(tmp_path / "new", b"new")
    for name in ("old", "nowhere", "new"):
        with pytest.raises(OutputError, match=f"{name} exists already; .*overwrite=True"):
            write_new(tmp_path / name, b"other")
    assert [(tmp_path / name).read_text() for name in ("old", "new")] == ["mine", "new"]


@pytest.mark.parametrize("make", ["same", "symlink", "hardlink", "roundabout"])
def test_what_is_read_is_not_written_by_any_name(tmp_path: Path, make: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text("mine")
    path = {"same": source, "roundabout": tmp_path / "a" / ".." / "in.csv"}.get(make, tmp_path / "out.csv")
    (tmp_path / "a").mkdir()
    if make == "symlink":
        path.symlink_to(source)
    if make == "hardlink":
        path.hardlink_to(source)
    with pytest.raises(OutputError, match=r"is the same file as .*in\.csv, which is read; name another"):
        require_new(path, overwrite=True, read=["builtin:iris", source])


def test_nothing_is_written_into_the_folder_of_a_model(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "study").mkdir(parents=True)
    (tmp_path / "link").symlink_to(model)
    for path in (model / "p.csv", model / "study" / "p.csv", tmp_path / "link" / "p.csv"):
        with pytest.raises(OutputError, match="lies in the folder of the model; name a place outside"):
            require_new(path, overwrite=True, model=model)
    require_new(tmp_path / "p.csv", model=model)


def test_what_a_folder_holds_is_told_by_name(tmp_path: Path) -> None:
    contents = {r"a\.json": None, "study": {r"\d+\.bin": None}}
    (tmp_path / "study" / "1.bin").mkdir(parents=True)  # a folder with a file's name
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "3.bin").write_text("mine")
    for name in ("a.json", "b.json", "study/2.bin", "study/2.bin.bak"):
        (tmp_path / name).write_text("x")
    theirs = [tmp_path / name for name in ("b.json", "elsewhere", "study/1.bin", "study/2.bin.bak")]
    assert strangers(tmp_path, contents) == theirs
    clear(tmp_path, contents)
    assert strangers(tmp_path, contents) == theirs
    assert not (tmp_path / "a.json").exists()
    assert not (tmp_path / "study" / "2.bin").exists()
    for name in ("1.bin", "2.bin.bak"):
        path = tmp_path / "study" / name
        path.rmdir() if path.is_dir() else path.unlink()
    clear(tmp_path, contents)
    assert not (tmp_path / "study").exists()
    (tmp_path / "study").symlink_to(tmp_path / "elsewhere")
    clear(tmp_path, contents | {"study": {r"\d+\.bin": None}})
    assert (tmp_path / "elsewhere" / "3.bin").exists()


def test_json_is_for_people_and_takes_names_that_are_no_text() -> None:
    value = {"λ": [1, 0.1, None], "path": "a\udcff\n"}
    assert "λ" in as_json(value).decode()
    assert json.loads(as_json(value)) == value
    with pytest.raises(ValueError, match="JSON"):
        as_json({"loss": float("nan")})


def test_a_file_that_no_memory_holds_is_an_error_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise MemoryError

    path = tmp_path / "holes"
    with path.open("wb") as file:
        file.truncate(2**43)  # a file of nothing, which takes no room
    monkeypatch.setattr(Path, "read_bytes", fail)  # where systems promise all memory, it would be taken
    with pytest.raises(OSError, match="it has 8,796,093,022,208 bytes, more than fit in memory"):
        read_regular(path)
