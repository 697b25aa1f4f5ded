from __future__ import annotations

import gzip
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences.recognised import is_ts
from shoal.data.sequences.ts import read_one, read_ts
from shoal.data.targets.labels import classes_of
from shoal.errors import DataError, ShoalWarning

HEAD = "@problemName p\n@timeStamps false\n@univariate {one}\n{more}@classLabel true a B\n@data\n"
UNIVARIATE = HEAD.format(one="true", more="")
TWO = HEAD.format(one="false", more="")


def write(folder: Path, text: str, name: str = "x.ts") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def quiet(path: Path) -> list[str]:
    """Return the notes of reading a file, and that it can be read strictly if there are none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_one(path)
    if not caught:
        read_one(path, strict=True)
    else:
        with pytest.raises(DataError, match="strict was given"):
            read_one(path, strict=True)
    assert all(issubclass(each.category, ShoalWarning) for each in caught)
    return [str(each.message) for each in caught]


def test_channels_lengths_labels_and_gaps(tmp_path: Path) -> None:
    path = write(tmp_path, TWO + "1,?,3:4,5,NaN:a\n\n# a comment\n 7 , -8E-1 :9,1e3: B \n")
    data = read_one(path)
    np.testing.assert_array_equal(data.train.series[0], [[1, np.nan, 3], [4, 5, np.nan]])
    np.testing.assert_array_equal(data.train.series[1], [[7, -0.8], [9, 1000]])
    assert data.train.lengths.tolist() == [3, 2]
    assert data.train.targets is not None
    assert data.train.targets.to_list() == ["a", "B"]
    assert data.channels == ("channel 1", "channel 2")
    assert data.train.names == ("line 6", "line 9")
    assert (data.target, data.task) == ("class", "classification")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_tags_of_any_case_and_lines_of_any_end(
    tmp_path: Path, end: str, change: Callable[[str], str]
) -> None:
    tags = ["@timestamps false", "@missing false", "@univariate true", "@equallength true", "@serieslength 2"]
    text = end.join(
        [*(change(tag) for tag in tags), f"{change('@targetlabel')} TRUE", change("@data"), "1,2:0.5"]
    )
    data = read_one(write(tmp_path, text), strict=True)
    assert data.train.targets is not None
    assert data.train.targets.to_list() == [0.5]
    assert (data.target, data.task) == ("target", "regression")


def test_comments_of_other_encodings_a_mark_of_order_and_gzip(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf# caf\xe9\n%\xff\n" + UNIVARIATE.encode() + "1,2:é\n".encode()
    path = tmp_path / "x.TS.gz"
    path.write_bytes(gzip.compress(content))
    assert is_ts(path)
    with pytest.warns(ShoalWarning, match="lists the classes 'a', 'B' in its header, and rows have 'é'"):
        assert read_one(path).train.targets is not None


def test_without_a_header_every_row_ends_with_a_label(tmp_path: Path) -> None:
    path = write(tmp_path, "1,2:3,4:cat\n5:6: dog\n")
    (note,) = quiet(path)
    assert "has no header; what stands after the last colon of every row is taken for its label" in note
    with pytest.warns(ShoalWarning):
        data = read_one(path)
    assert data.train.targets is not None
    assert data.train.targets.to_list() == ["cat", "dog"]
    assert [each.shape for each in data.train.series] == [(2, 2), (2, 1)]
    assert data.task is None


def test_a_header_that_says_nothing_of_labels(tmp_path: Path) -> None:
    labelled = write(tmp_path, "@univariate true\n@data\n1,2:yes\n3,4:no\n")
    assert "does not say that rows have labels" in quiet(labelled)[0]
    two = write(tmp_path, "@dimensions 2\n@data\n1:2\n3:4\n", "two.ts")
    assert quiet(two) == []
    data = read_one(two)
    assert data.train.targets is None
    assert len(data.channels) == 2
    without = write(tmp_path, "@classLabel false\n@data\n1:2\n3:4\n", "none.ts")
    assert read_one(without, strict=True).train.targets is None


def test_labels_that_are_not_known(tmp_path: Path) -> None:
    data = read_one(write(tmp_path, UNIVARIATE + "1,2:?\n3,4:a\n"), strict=True)
    assert data.train.targets is not None
    assert data.train.targets.to_list() == [None, "a"]


def test_labels_that_are_declared_are_texts(tmp_path: Path) -> None:
    """As numbers 3.1 and 3.10 would be one class."""
    text = UNIVARIATE.replace("true a B", "true 3.1 3.10 07") + "1,2:3.10\n3,4:3.1\n5,6:?\n"
    targets = read_one(write(tmp_path, text, "n.ts"), strict=True).train.targets
    assert targets is not None
    assert targets.to_list() == ["3.10", "3.1", None]
    assert classes_of(targets.drop_nulls()).labels == ("3.1", "3.10")


def test_the_test_part_beside(tmp_path: Path) -> None:
    write(tmp_path, UNIVARIATE + "5,6,7:B\n", "Gun_TEST.ts")
    train = write(tmp_path, UNIVARIATE + "1,2:a\n", "Gun_TRAIN.ts")
    test = read_ts(train).test
    assert test is not None
    np.testing.assert_array_equal(test.series[0], [[5, 6, 7]])
    assert read_one(train).test is None
    assert read_ts(tmp_path / "Gun_TEST.ts").test is None
    write(tmp_path, TWO + "5:6:B\n", "Gun_TEST.ts")
    with pytest.raises(DataError, match=r"Gun_TEST\.ts has 2 channels and .*Gun_TRAIN\.ts 1"):
        read_ts(train)


def test_time_stamps(tmp_path: Path) -> None:
    head = "@timeStamps True\n@classLabel true a b\n@data\n"
    row = "(2020-01-01 00:02:00,3.5),(2020-01-01 00:00:00,1),(2020-01-01 00:01:00,?)"
    path = write(tmp_path, f"{head}{row}:a\n(1,5),(2,6),(5,7):b\n")
    first, second = quiet(path)
    assert "1 of 2 series out of the order of time" in first
    assert "1 of 2 series with steps of unequal time" in second
    with pytest.warns(ShoalWarning):
        series = read_one(path).train.series
    np.testing.assert_array_equal(series[0], [[1, np.nan, 3.5]])
    even = write(tmp_path, f"{head}(0,1),(1,2),(2,3):a\n(2020-01,4),(2020-02,5),(2020-03,6):b\n", "even.ts")
    assert quiet(even) == []
    unsaid = write(tmp_path, "@classLabel true a\n@data\n(0,1),(1,2):a\n", "unsaid.ts")
    assert "without saying so" in quiet(unsaid)[0]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("(1,2),(1,3):a", "line 4 has the time '1' twice in channel 1"),
        ("(1,2),(x,3):a", "line 4 channel 1: the time 'stamp' has"),
        ("(1,2),(2,3)(4:a", "line 4 has in channel 1 other than pairs"),
        ("(1,2),3:a", "line 4 has in channel 1 other than pairs"),
        ("(1,2,3):a", r"line 4 has \(1,2,3\) in channel 1 as value 1, expected \(time,value\)"),
        ("(1,2),(2,x):a", "line 4 has 'x' in channel 1 as value 2"),
        ("(1,2),(2,3):(4,4),(3,5):a", "line 4 has other time stamps in channel 2"),
        (":a", "line 4 has no value in channel 1"),
    ],
)
def test_wrong_time_stamps(tmp_path: Path, rows: str, told: str) -> None:
    path = write(tmp_path, f"@timeStamps true\n@classLabel true a\n@data\n{rows}\n")
    with pytest.raises(DataError, match=f"x.ts: {told}"):
        read_one(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("# nothing\n\n", "is empty"),
        ("@data\n", "has no series"),
        (UNIVARIATE, "has no series"),
        ("@univariate true\n", "a header and no rows"),
        (UNIVARIATE + "1,2x:a\n", "line 6 has '2x' in channel 1 as value 2"),
        (UNIVARIATE + "1,,3:a\n", "line 6 has nothing in channel 1 as value 2; write [?]"),
        (UNIVARIATE + "1,2,:a\n", "line 6 has nothing in channel 1 as value 3"),
        (UNIVARIATE + "1 2 3:a\n", "line 6 has '1 2 3' in channel 1 as value 1.*separate values by commas"),
        (UNIVARIATE + "1,inf:a\n", "line 6 has 'inf' in channel 1 as value 2"),
        (UNIVARIATE + "1,1e999:a\n", "line 6 has '1e999'"),
        (UNIVARIATE + "1_0,2:a\n", "line 6 has '1_0'"),
        (UNIVARIATE + "１,2:a\n", "line 6 has '１'"),
        (UNIVARIATE + "1,2:a\n3,4\n", "line 7 has no label"),
        (UNIVARIATE + "1,2: \n", "line 6 has an empty label"),
        (UNIVARIATE + "?,NaN:a\n", "line 6 holds no value at all"),
        (UNIVARIATE + "1,2:3,4:a\n", "line 6 has 2 channels where the header says @univariate true"),
        (
            TWO + "1,2:3,4:a\n1,2:a\n",
            "line 7 has 1 channel where the first row has 2; give every series",
        ),
        (TWO + "1,2:3:a\n", "line 6 has 1 values in channel 2 and 2 in channel 1"),
        (
            HEAD.format(one="false", more="@dimensions 3\n") + "1:2:a\n",
            "has 2 channels where the header says 3",
        ),
        (HEAD.format(one="maybe", more="") + "1:a\n", "line 3 has @univariate maybe, expected true or false"),
        (HEAD.format(one="true", more="@dimensions x\n") + "1:a\n", "line 4 has @dimensions x"),
        (
            HEAD.format(one="true", more="@seriesLength\n") + "1:a\n",
            "line 4 has @seriesLength without a value",
        ),
        (HEAD.format(one="true", more="@univariate false\n") + "1:a\n", "line 4 states @univariate again"),
        (HEAD.format(one="true", more="@targetLabel true\n") + "1:a\n", "line 5 states @targetLabel and"),
        ("@targetLabel true\n@data\n1,2:1\n1,2:x\n", "line 4 has the target 'x', expected a finite number"),
        ("@targetLabel true\n@data\n1,2:1e400\n", "line 3 has the target '1e400'"),
        ("1,2,3\n4,5,6\n", "line 1 has no label after a last colon, and the file has no header"),
        ("1,2:a\n4,5,6\n", "line 2 has no label after a last colon"),
        ("PK\x03\x04\x00\x00", "is not a text table"),
    ],
)
def test_what_is_wrong_is_told_by_file_line_and_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told) as error:
        read_one(write(tmp_path, text))
    assert str(error.value).startswith(str(tmp_path / "x.ts"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (HEAD.format(one="true", more="@equalLength true\n") + "1,2:a\n1,2,3:B\n", "line 8 has 3 steps"),
        (
            HEAD.format(one="true", more="@seriesLength 3\n") + "1,2:a\n",
            "says @seriesLength 3, and line 7 has 2",
        ),
        (HEAD.format(one="true", more="@missing false\n") + "1,?,2:a\n", "says @missing false, and 1 of 1"),
        (HEAD.format(one="true", more="@colour red\n") + "1,2:a\n", "has tags that have no meaning here"),
        (UNIVARIATE + "1,2:b\n", "rows have 'b'"),
        ("@classLabel true\n@data\n1,2:b\n", "lists no classes in its header, and rows have 'b'"),
        ("@classLabel true a\n1,2:a\n", "has no @data before its first row, line 2"),
    ],
)
def test_what_contradicts_the_header_is_a_note(tmp_path: Path, text: str, note: str) -> None:
    (told,) = quiet(write(tmp_path, text))
    assert note in told


def test_missing_values_at_the_end_are_padding_where_lengths_are_unequal(tmp_path: Path) -> None:
    padded = HEAD.format(one="true", more="@equalLength false\n") + "1,NaN,3,NaN:a\n1,2,3,4:B\n"
    path = write(tmp_path, padded)
    assert "1 of 2 series with missing values up to their ends" in quiet(path)[0]
    with pytest.warns(ShoalWarning):
        assert read_one(path).train.lengths.tolist() == [3, 4]
    for more in ("@equalLength true\n", "@equalLength false\n@missing true\n", ""):
        path = write(tmp_path, HEAD.format(one="true", more=more) + "1,NaN,3,NaN:a\n1,2,3,4:B\n")
        assert quiet(path) == []
        assert read_one(path).train.lengths.tolist() == [4, 4]


@pytest.mark.parametrize(
    ("name", "train", "test", "channels", "lengths", "classes"),
    [
        ("GunPoint", 50, 150, 1, (150, 150), 2),
        ("ArrowHead", 36, 175, 1, (251, 251), 3),
        ("JapaneseVowels", 270, 370, 12, (7, 26), 9),
        ("PickupGestureWiimoteZ", 50, 50, 1, (29, 361), 10),
        ("BasicMotionsMissing", 40, 40, 6, (100, 100), 4),
        ("CardanoSentiment", 74, 33, 2, (24, 24), 0),
        ("Tecator", 172, 43, 1, (100, 100), 0),
        ("UnitTest", 20, 22, 1, (24, 24), 2),
    ],
)
def test_sets_of_the_archive_are_read_without_a_word(
    real_data: Callable[[str], Path], name: str, train: int, test: int, channels: int,
    lengths: tuple[int, int], classes: int,
) -> None:  # fmt: skip
    data = read_ts(real_data(f"sequences/ts/{name}/{name}_TRAIN.ts"), strict=True)
    assert data.test is not None
    assert data.train.targets is not None
    assert (len(data.train), len(data.test), len(data.channels)) == (train, test, channels)
    assert (data.train.lengths.min(), data.train.lengths.max()) == lengths
    assert data.task == ("classification" if classes else "regression")
    assert not classes or data.train.targets.n_unique() == classes
