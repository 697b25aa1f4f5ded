from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.sequences.groups import groups_in_names, groups_in_npz, groups_in_table
from shoal.data.sequences.origins import Files, LongTables, Sounds
from shoal.errors import ConfigurationError, DataError

STEPS = pl.DataFrame(
    {"id": ["b", "a", None, "b", "a", "c"], "t": [0, 0, 0, 1, 1, 0], "who": ["P", "Q", None, "P", "Q", "P"]}
)


def test_a_long_table_says_it_in_any_row_of_a_series() -> None:
    assert groups_in_table(STEPS, "id", "who", ("b", "a", "c")) == ("P", "Q", "P")
    assert groups_in_table(STEPS, "id", "who", ("a",)) == ("Q",)
    assert groups_in_table(STEPS, "id", "speaker", ("a",)) is None
    numbered = STEPS.with_columns(
        who=pl.Series([3.0, 7.0, None, 3.0, 7.0, 3.0]), id=pl.Series([1, 2, 3, 1, 2, 4])
    )
    assert groups_in_table(numbered.drop_nulls(), "id", "who", ("1", "2", "4")) == ("3", "7", "3")


def test_a_series_has_one_group() -> None:
    torn = STEPS.with_columns(who=pl.Series(["P", "Q", None, "R", "Q", "P"]))
    with pytest.raises(DataError, match="the series 'b' has the groups 'P' and 'R' in 'who', expected one"):
        groups_in_table(torn, "id", "who", ("a", "b"))
    with pytest.raises(DataError, match=r"'who' .* is missing in 1 of 5 rows"):
        groups_in_table(STEPS.with_columns(who=pl.Series(["P", None, None, *"PQP"])), "id", "who", ("a",))


def test_an_array_of_a_file_says_it_of_its_part(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, Speaker=np.array(["x", "y", "x"]), speaker_test=np.array([7, 8]), flat=np.zeros((3, 1)))
    origin = Files()
    assert origin.groups(str(path), "speaker", ("0", "2")) == ("x", "x")
    assert origin.groups(str(path), "Speaker", ("1",)) == ("y",)
    assert origin.groups(str(path), "speaker", ("0", "1"), test=True) == ("7", "8")
    assert groups_in_npz(path, "nobody", [0], [""]) is None
    with pytest.raises(
        DataError, match=r"has flat.npy of the shape \(3, 1\), expected a group for each series"
    ):
        origin.groups(str(path), "flat", ("0",))
    with pytest.raises(DataError, match=r"of the shape \(3,\), expected a group for each series"):
        origin.groups(str(path), "speaker", ("3",))


def test_a_file_without_a_place_for_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("@data\n1,2:a\n")
    with pytest.raises(ConfigurationError, match=r"a.ts has no place for whose a series is, and group='who'"):
        Files().groups(str(tmp_path / "a.ts"), "who", ("0",))


def test_names_of_sounds_say_it_by_a_pattern() -> None:
    names = ("7/7_jackson_32.wav", "7/7_nicolas_4.wav", "train/0/0_jackson_1.wav")
    assert Sounds(8000).groups("digits", "_(.+)_", names) == ("jackson", "nicolas", "jackson")
    assert groups_in_names(names, "^[0-9]_[a-z]+") == ("7_jackson", "7_nicolas", "0_jackson")
    with pytest.raises(DataError, match=r"finds nothing in the names of 1 of 3 files, such as 7/7_nicolas_4"):
        groups_in_names(names, "jackson")
    with pytest.raises(ConfigurationError, match=r"group='\(' is no regular expression"):
        groups_in_names(names, "(")


def test_a_table_is_asked_again_for_the_column(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("id,t,x,who\na,0,1,P\na,1,2,P\nb,0,3,Q\n")
    assert LongTables("id", "t", ("x",), "y").groups(str(path), "who", ("b", "a")) == ("Q", "P")


def test_a_name_whose_group_is_not_in_it_is_refused() -> None:
    with pytest.raises(DataError, match=r"finds nothing in the names of 1 of 2 files, such as b_\.wav"):
        groups_in_names(["a_x.wav", "b_.wav"], "_(x)?")
