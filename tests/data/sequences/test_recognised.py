"""Which paths are series without being told so: by their names, and by what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences import recognised
from shoal.data.sequences.recognised import holds_series, holds_sounds, is_ts, is_tsf


def folder(path: Path, *names: str) -> Path:
    """Return a folder with empty files of these names."""
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    return path


@pytest.mark.parametrize(
    ("name", "series", "forecasts"),
    [
        ("a.ts", True, False),
        ("A.TS", True, False),
        ("a.Ts.gz", True, False),
        ("a.tsf", False, True),
        ("A.TSF.GZ", False, True),
        ("a.ts.csv", False, False),
        ("a.ts.zip", False, False),
        ("ats", False, False),
        ("ts", False, False),
        ("a.gz", False, False),
        ("ts.gz", False, False),
    ],
)
def test_names_tell_whatever_their_case(name: str, series: bool, forecasts: bool) -> None:
    assert (is_ts(Path(name)), is_tsf(Path(name))) == (series, forecasts)
    assert holds_series(f"somewhere/{name}") == series


@pytest.mark.parametrize(("name", "sound"), [("a.wav", True), ("A.WAVE", True), ("a.wav.gz", False)])
def test_a_sound_is_told_by_its_name(name: str, sound: bool) -> None:
    assert holds_sounds(Path(name)) == holds_series(name) == sound


def test_a_folder_holds_sounds_if_more_than_half_of_its_files_are(tmp_path: Path) -> None:
    assert not holds_sounds(tmp_path)  # of no files none is most
    assert not holds_sounds(folder(tmp_path / "half", "a.wav", "b.txt"))
    assert holds_series(folder(tmp_path / "most", "a.wav", "b.WAV", "c.txt"))


def test_hidden_files_and_folders_count_for_nothing(tmp_path: Path) -> None:
    named = folder(tmp_path, "a.wav", ".hidden", "__MACOSX/._a.wav", "__MACOSX/b", ".git/c", "__init__")
    assert holds_sounds(named)


def test_folders_of_a_part_and_a_class_are_looked_into_and_no_deeper(tmp_path: Path) -> None:
    assert holds_sounds(folder(tmp_path / "classes", "cat/a.wav"))
    assert holds_sounds(folder(tmp_path / "parts", "train/cat/a.wav"))
    assert not holds_sounds(folder(tmp_path / "deep", "a/b/c/a.wav"))


def test_the_first_files_decide_for_a_large_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognised, "_LOOKED_AT", 3)
    assert holds_sounds(folder(tmp_path, "a.wav", "b.wav", "c.txt", *(f"{k}.z" for k in "defgh")))


def test_folders_come_before_the_files_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognised, "_LOOKED_AT", 1)
    assert holds_sounds(folder(tmp_path, "about.txt", "cat/a.wav"))


def test_a_folder_that_cannot_be_read_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: Path) -> object:
        raise PermissionError(13, "no", str(path))

    named = folder(tmp_path, "a.wav")
    monkeypatch.setattr(recognised.os, "scandir", scandir)
    assert not holds_sounds(named)


@pytest.mark.parametrize(("values", "series"), [([0.0, 1.0], False), ([0.0, -1.5], True)])
def test_an_npz_file_is_told_by_what_it_holds(tmp_path: Path, values: list[float], series: bool) -> None:
    """Numbers (N, T, C) from 0 to 1 may be pixels."""
    path = tmp_path / "a.NPZ"
    with path.open("wb") as file:
        np.savez(file, X=np.reshape(values, (1, 2, 1)))
    assert holds_series(path) == holds_series(str(path)) == series
    assert not holds_series(tmp_path / "none.npz")


def test_a_file_that_is_there_is_told_by_its_name_as_well(tmp_path: Path) -> None:
    assert holds_series(folder(tmp_path, "a.ts") / "a.ts")
    assert not holds_series(folder(tmp_path, "b.npz/c.txt") / "b.npz")  # a folder, whatever its name
    assert holds_series(folder(tmp_path, "d.npz/c.wav") / "d.npz")


def test_what_duckdb_is_asked_for_is_a_table() -> None:
    assert not holds_series("duckdb:a.ts")
