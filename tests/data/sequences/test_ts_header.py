"""The tags alone; whole files are tested in test_ts.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoal.data.sequences.ts_header import Header, read_header
from shoal.errors import DataError


def read(*lines: str, strict: bool = True) -> Header:
    return read_header(lines, Path("a.ts"), strict)


def test_tags_are_read_in_any_case_and_spelling() -> None:
    header = read(
        "@problemName X",
        "",
        "@TimeStamps FALSE",
        "@equal_length true",
        "@classLabel true a b",
        "@DATA",
        "1:a",
    )
    assert (header.stamped, header.equal, header.labels, header.first) == (False, True, ("a", "b"), 6)
    assert (header.task, header.missing) == ("classification", None)


def test_a_label_that_is_none_leaves_the_task_open() -> None:
    header = read("@classLabel false", "@data")
    assert (header.unlabelled, header.task) == (True, None)
    header = read("@classLabel false", "@targetLabel true", "@data")
    assert (header.unlabelled, header.task) == (False, "regression")


def test_a_file_without_a_header_has_rows_from_the_first_line_on() -> None:
    header = read("1,2:a")
    assert (header.is_there, header.first) == (False, 0)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["@dimensions 2", "@dimensions 3"], "line 2 states @dimensions again"),
        (["@univariate yes"], "line 1 has @univariate yes, expected true or false"),
        (["@seriesLength 0"], "expected a whole number"),
        (["@seriesLength 9999999999999999999"], "expected a whole number"),
        (["@seriesLength ²"], "expected a whole number"),
        (["@missing"], "has @missing without a value"),
        (["@targetLabel true", "@classLabel true"], "one label, not both"),
        (["@missing true"], "has a header and no rows"),
        (["@missing true", "1,2"], "has no @data before its first row, line 2"),
        (["@colour blue", "@data"], "such as @colour"),
    ],
)
def test_tags_that_say_nothing_are_told(lines: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told):
        read(*lines)
