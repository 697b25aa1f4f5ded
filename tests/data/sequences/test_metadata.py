from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.roles import Roles
from shoal.data.sequences.metadata import (
    groups_in_names,
    metadata_in_names,
    metadata_in_npz,
    metadata_in_table,
)
from shoal.data.sequences.origins import Files, LongTables, Sounds
from shoal.errors import ConfigurationError, DataError

STEPS = pl.DataFrame(
    {"id": ["b", "a", None, "b", "a", "c"], "t": [0, 0, 0, 1, 1, 0], "who": ["P", "Q", None, "P", "Q", "P"]}
)

WHO = Roles(group="who")


def who(table: pl.DataFrame, names: tuple[str, ...]) -> list[str]:
    return metadata_in_table(table, "id", WHO, names)["who"].to_list()


def test_a_long_table_says_it_in_any_row_of_a_series() -> None:
    assert who(STEPS, ("b", "a", "c")) == ["P", "Q", "P"]
    assert who(STEPS, ("a",)) == ["Q"]
    assert metadata_in_table(STEPS, "id", Roles(group="speaker"), ("a",)).width == 0
    numbered = STEPS.with_columns(
        who=pl.Series([3.0, 7.0, None, 3.0, 7.0, 3.0]), id=pl.Series([1, 2, 3, 1, 2, 4])
    )
    assert who(numbered.drop_nulls(), ("1", "2", "4")) == ["3", "7", "3"]
    several = numbered.with_columns(day=pl.Series([5, 6, 0, 5, 6, 7]), w=pl.Series([0.5, 1, 1, 0.5, 1, 2]))
    roles = Roles(time_order="day", weight="w")
    found = metadata_in_table(several, "id", roles, ("4", "1"))
    assert found.to_dict(as_series=False) == {"day": [7, 5], "w": [2.0, 0.5]}
    with pytest.raises(DataError, match=r"the series '1' has the weights '0\.5' and '3'"):
        metadata_in_table(several.with_columns(w=pl.Series([0.5, 1, 1, 3, 1, 2])), "id", roles, ("1",))


def test_a_series_has_one_group() -> None:
    torn = STEPS.with_columns(who=pl.Series(["P", "Q", None, "R", "Q", "P"]))
    with pytest.raises(DataError, match="the series 'b' has the groups 'P' and 'R' in 'who', expected one"):
        who(torn, ("a", "b"))
    with pytest.raises(DataError, match=r"'who' .* is missing in 1 of 5 rows"):
        who(STEPS.with_columns(who=pl.Series(["P", None, None, *"PQP"])), ("a",))


def test_an_array_of_a_file_says_it_of_its_part(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, Speaker=np.array(["x", "y", "x"]), speaker_test=np.array([7, 8]), flat=np.zeros((3, 1)))

    def said(by: str, names: tuple[str, ...], test: bool = False) -> list[object]:
        return Files().metadata(str(path), Roles(group=by), names, test)[by].to_list()

    assert said("speaker", ("0", "1", "2")) == ["x", "y", "x"]
    assert said("Speaker", ("2", "1", "0")) == ["x", "y", "x"]
    assert said("speaker", ("0", "1"), test=True) == [7, 8]
    assert metadata_in_npz(path, Roles(weight="nothing"), [0], [""]).width == 0
    told = "expected an entry for each of its {} samples"
    with pytest.raises(DataError, match=rf"has flat.npy of the shape \(3, 1\), {told.format(3)}"):
        said("flat", ("0", "1", "2"))
    for names in (("0", "1"), ("0", "1", "2", "3")):  # one too many is as wrong as one too few
        with pytest.raises(DataError, match=rf"of the shape \(3,\), {told.format(len(names))}"):
            said("speaker", names)


def test_a_file_without_a_place_for_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("@data\n1,2:a\n")
    with pytest.raises(ConfigurationError, match=r"a.ts has no place for what group='who' names"):
        Files().metadata(str(tmp_path / "a.ts"), WHO, ("0",))


def test_names_of_sounds_say_it_by_a_pattern() -> None:
    names = ("7/7_jackson_32.wav", "7/7_nicolas_4.wav", "train/0/0_jackson_1.wav")
    found = Sounds(8000, 26).metadata("digits", Roles(group="_(.+)_"), names)
    assert found.to_series().to_list() == ["jackson", "nicolas", "jackson"]
    with pytest.raises(ConfigurationError, match="files have no place for weight='w'"):
        metadata_in_names(names, Roles(weight="w"))
    assert groups_in_names(names, "^[0-9]_[a-z]+") == ("7_jackson", "7_nicolas", "0_jackson")
    with pytest.raises(DataError, match=r"finds nothing in the names of 1 of 3 files, such as 7/7_nicolas_4"):
        groups_in_names(names, "jackson")
    with pytest.raises(ConfigurationError, match=r"group='\(' is no regular expression"):
        groups_in_names(names, "(")


def test_a_table_is_asked_again_for_the_column(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("id,t,x,who\na,0,1,P\na,1,2,P\nb,0,3,Q\n")
    found = LongTables("id", "t", ("x",), "y").metadata(str(path), WHO, ("b", "a"))
    assert found["who"].to_list() == ["Q", "P"]


def test_a_name_whose_group_is_not_in_it_is_refused() -> None:
    with pytest.raises(DataError, match=r"finds nothing in the names of 1 of 2 files, such as b_\.wav"):
        groups_in_names(["a_x.wav", "b_.wav"], "_(x)?")
