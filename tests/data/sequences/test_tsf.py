"""The format of the Monash archive: what is read, and which errors name file, line and field."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences.tsf import read_tsf
from shoal.errors import DataError, ShoalWarning

HEADER = """# a comment with a byte of another encoding: \\xe9
@Relation tiny
@attribute series_name string
@ATTRIBUTE start_timestamp Date
@frequency Monthly
@horizon 2
@missing true
@equalLength false

@data
"""
ROWS = "T1:1979-01-01 00-00-00:1,2.5,?,4\n\nT2:1981-11-01 00-00-00:10,20,30,40,50\n"


def write(folder: Path, text: str, name: str = "tiny.tsf") -> Path:
    path = folder / name
    path.write_bytes(text.replace("\\xe9", "\xe9").encode("latin-1"))
    return path


def test_a_file_as_the_archive_has_them(tmp_path: Path) -> None:
    data = read_tsf(write(tmp_path, HEADER + ROWS))
    assert data.names == ("T1", "T2")
    assert (data.identifier, data.time, data.horizon, data.channels) == ("series_name", "time", 2, ("value",))
    np.testing.assert_array_equal(data.series[0], [[1, 2.5, np.nan, 4]])
    np.testing.assert_array_equal(data.series[1], [[10, 20, 30, 40, 50]])
    assert data.stamps(0, 4, 2).to_list() == ["1979-05-01", "1979-06-01"]
    assert data.stamps(1, 1, 3).to_list() == ["1981-12-01", "1982-01-01", "1982-02-01"]


def test_packed_and_with_other_attributes(tmp_path: Path) -> None:
    header = "@attribute state string\n@attribute kind string\n@attribute height numeric\n@data\n"
    text = f"{header}a:x:3:1,2\na:y:4:5,6\n"
    path = tmp_path / "tiny.tsf.gz"
    path.write_bytes(gzip.compress(text.encode()))
    data = read_tsf(path)
    assert data.names == ("a x", "a y")
    assert (data.horizon, data.time) == (None, "step")
    assert data.stamps(1, 2, 2).to_list() == [3, 4]


def test_times_of_day_with_colons(tmp_path: Path) -> None:
    text = HEADER.replace("Monthly", "half_hourly") + "T1:1979-01-01 23:30:00:1,2\n"
    assert read_tsf(write(tmp_path, text)).stamps(0, 1, 1).to_list() == ["1979-01-02 00:00:00"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("@frequency Monthly\n", "", "has no @frequency"),
        ("@frequency Monthly", "@frequency often", "has @frequency often"),
        ("@missing true", "@missing false", "says @missing false, and 1 of 2 series lack values"),
        ("@equalLength false", "@equalLength true", "says @equallength true, and series have 4 to 5 values"),
        ("@horizon 2", "@horizons 2", "tags that have no meaning here, such as @horizons"),
    ],
)
def test_what_is_odd_is_a_note(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = write(tmp_path, (HEADER + ROWS).replace(old, new))
    with pytest.warns(ShoalWarning, match=told):
        read_tsf(path)
    with pytest.raises(DataError, match=f"{told}.*strict"):
        read_tsf(path, strict=True)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("2.5", "2.5x", r"line 11 has '2\.5x' as value 2, expected a finite number"),
        ("2.5", "", "line 11 has nothing as value 2, expected a finite number"),
        ("2.5", "inf", "line 11 has 'inf' as value 2"),
        ("2.5", "1_0", "line 11 has '1_0' as value 2"),
        ("10,20,30,40,50", "?,?", "line 13 holds no value at all"),
        ("T2:", "T1:", "line 13 is named 'T1', as line 11 is"),
        ("T2:", "", "line 13 has 1 fields before its values where the header declares 2 attributes"),
        ("T2:", ":", "line 13 has nothing in field 1, 'series_name'"),
        (
            "1981-11-01 00-00-00",
            "November",
            "line 13 has 'November' in field 2, 'start_timestamp', expected a date",
        ),
        ("1981-11-01", "1981-11-31", "line 13 has the date '1981-11-31 00-00-00', which no calendar has"),
        ("@horizon 2", "@horizon two", "line 6 has @horizon two, expected a whole number above 0"),
        ("@horizon 2", "@horizon", "line 6 has 0 values after @horizon, expected one"),
        ("@missing true", "@missing maybe", "line 7 has @missing maybe, expected true or false"),
        ("@missing true", "@horizon 2", "line 7 states @horizon again"),
        (
            "Date",
            "moment",
            "line 4 has 'start_timestamp moment' after @attribute, expected a name and one of",
        ),
        ("@data", "", "line 11 is no tag and stands before @data"),
        (HEADER + ROWS, HEADER, "has no series"),
        (HEADER + ROWS, "# nothing\n", "is empty"),
        (HEADER + ROWS, "@relation x\n", "has no @data"),
        (HEADER + ROWS, "@data\n1,2\n", "line 1 has no @attribute before it"),
    ],
)
def test_errors_name_file_line_and_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = write(tmp_path, (HEADER + ROWS).replace(old, new, 1))
    with pytest.raises(DataError, match=told) as refused:
        read_tsf(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
