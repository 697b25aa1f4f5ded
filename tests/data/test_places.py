from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.data.places import place
from shoal.errors import DataError

LETTERS = ["a[1].csv", "*.csv", "?.csv", "{a,b}.csv", "a b.csv", "50%20.csv", "a#1.csv", "~", "~a.csv",
           "-a.csv", "--out", "k=1.csv", "é😀.csv", "a:b.csv", "$HOME.csv", "a\nb.csv"]  # fmt: skip


@pytest.mark.parametrize("name", LETTERS)
def test_a_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a1.csv").touch()
    Path(name).touch()
    assert place(name, "a table") == Path(name)


def test_a_file_whose_name_begins_as_an_address_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s3:/bucket").mkdir(parents=True)
    Path("s3:/bucket/t.csv").touch()
    assert place("s3://bucket/t.csv", "a table") == Path("s3:/bucket/t.csv")


@pytest.mark.parametrize(
    "name", ["s3://b/t.parquet", "http://h/t.csv", "https://h/t.csv.gz", "file:///t.csv", "gs:/b/t.npz"]
)
def test_nothing_is_fetched(name: str, refuses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with refuses(DataError, f"{name} is an address, expected a table on this machine; fetch it first"):
        place(name, "a table")


def test_symbolic_links_are_followed_and_may_lead_nowhere(tmp_path: Path, refuses: Any) -> None:
    (tmp_path / "t.csv").touch()
    (tmp_path / "good").symlink_to("t.csv")
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "round").symlink_to("round")
    assert place(tmp_path / "good", "a table") == tmp_path / "good"
    for name in ("gone", "round"):
        with refuses(DataError, f"{name} does not exist, expected a table"):
            place(tmp_path / name, "a table")


def test_standard_input_is_told_to_be_saved(refuses: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with refuses(DataError, "- does not exist, expected a table; save what a command writes as a file first"):
        place("-", "a table")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(("make", "kind"), [(pipe, "a pipe"), (listener, "a socket"), (device, "a device")])
def test_what_may_never_end_is_not_opened(
    make: Callable[[Path], None], kind: str, tmp_path: Path, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("t.csv"))
    with refuses(DataError, f"t.csv cannot be read (it is {kind}, which may never end: save what it gives"):
        place("t.csv", "a table")
