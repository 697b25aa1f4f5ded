from __future__ import annotations

import datetime
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.data import memory
from shoal.data.tables import read_table
from shoal.errors import CapacityError, DataError, MissingDependencyError, ShoalError, ShoalWarning

LEAP = datetime.datetime(2024, 2, 29)  # noqa: DTZ001
NOON = datetime.datetime(2024, 3, 1, 12)  # noqa: DTZ001
ROWS = [
    [" size ", "name", "yes", "when", "mixed", "gap"],
    [1, "a b", True, LEAP, 7, None],
    [2.5, None, False, NOON, "NA", None],
    [-3, "é<&>", True, LEAP, "x", None],
]
READ = {
    "size": [1, 2.5, -3],
    "name": ["a b", None, "é<&>"],
    "yes": [True, False, True],
    "when": [LEAP, NOON, LEAP],
    "mixed": ["7", None, "x"],
    "gap": [None, None, None],
}
Make = Callable[..., bytes]


@pytest.fixture(params=["xlsx", "ods"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest) -> Make:
    return request.getfixturevalue(kind)  # type: ignore[no-any-return]


def test_cells_keep_their_types(kind: str, make: Make, write_file: Any) -> None:
    table = read_table(write_file(f"t.{kind}", make({"Sheet1": ROWS})))
    assert table.to_dict(as_series=False) == READ


def test_the_first_sheet_is_read_and_the_others_are_told(kind: str, make: Make, write_file: Any) -> None:
    sheets = {"Empty": [], "One": [["a"], [1]], "The 2nd": [["b"], [2]], "Nothing": []}
    path = write_file(f"t.{kind}", make(sheets))
    with pytest.warns(
        ShoalWarning, match=rf"2 sheets, of which the first, 'One', is read.*t.{kind}#The 2nd'"
    ):
        assert read_table(path).columns == ["a"]
    assert read_table(f"{path}#The 2nd").to_dict(as_series=False) == {"b": [2]}
    assert read_table(Path(f"{path}#One")).columns == ["a"]


def test_a_file_of_the_whole_name_comes_before_a_sheet(kind: str, make: Make, write_file: Any) -> None:
    write_file(f"t.{kind}", make({"S": [["a"], [1]]}))
    path = write_file(f"t.{kind}#S.csv", b"c\n1\n")
    assert read_table(path).columns == ["c"]


def test_a_hidden_sheet_is_read_when_asked_for(xlsx: Make, write_file: Any) -> None:
    path = write_file("t.xlsx", xlsx({"H": [["h"], [1]], "V": [["v"], [1]]}, hidden=["H"]))
    assert read_table(path).columns == ["v"]
    assert read_table(f"{path}#H").columns == ["h"]


def test_odd_rows_and_columns(kind: str, make: Make, write_file: Any) -> None:
    rows = [[None, "a", "b", None], [0, 1, "x", None], [1, 2, "y", ""], [None] * 4, ["", "", None]]
    with pytest.warns(ShoalWarning, match="first column, which has no name, numbers the rows"):
        table = read_table(write_file(f"t.{kind}", make({"S": rows})))
    assert table.to_dict(as_series=False) == {"a": [1, 2], "b": ["x", "y"]}


BAD: dict[str, tuple[list[list[object]], str]] = {
    "empty": ([], "has no sheet with cells"),
    "header": ([["a", "b"]], "has a header and no rows"),
    "twice": ([["a", "a"], [1, 2]], "more than one column named 'a'"),
    "unnamed": ([["a", None], [1, 2]], "column 2 has no name"),
    "numbers": ([[1, 2], [3, 4]], "the first row holds numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_sheets_that_are_no_table(name: str, kind: str, make: Make, write_file: Any, refuses: Any) -> None:
    rows, told = BAD[name]
    with refuses(DataError, f"t.{kind}", told):
        read_table(write_file(f"t.{kind}", make({"S": rows})))


def test_a_sheet_that_is_not_there(kind: str, make: Make, write_file: Any, refuses: Any) -> None:
    path = write_file(f"t.{kind}", make({"S": [["a"], [1]]}))
    with refuses(DataError, f"t.{kind} has no sheet 'T'; it has 'S'"):
        read_table(f"{path}#T")
    with refuses(DataError, f"gone.{kind} does not exist"):
        read_table(path.with_name(f"gone.{kind}#T"))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_what_is_no_workbook(content: bytes, kind: str, write_file: Any, refuses: Any) -> None:
    with refuses(DataError, f"t.{kind}", "save it again as .xlsx, .ods or .csv"):
        read_table(write_file(f"t.{kind}", content))


def test_one_far_cell_is_refused_before_its_rectangle_is_made(
    xlsx: Make, write_file: Any, refuses: Any
) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>{far}</sheetData></worksheet>'
    for spelled in (
        sheet,
        sheet.replace("<c ", "<x:c ")
        .replace("</c>", "</x:c>")
        .replace("<worksheet>", '<worksheet xmlns:x="any">'),
    ):
        path = write_file("t.xlsx", xlsx({"S": [["a"], [1]]}, **{"xl/worksheets/sheet1.xml": spelled}))
        assert path.stat().st_size < 3000
        with refuses(CapacityError, "t.xlsx", "TiB of memory"):
            read_table(path)


def test_empty_cells_far_away_are_no_cells(xlsx: Make, write_file: Any) -> None:
    rows = '<row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
    styled = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    sheet = f"<worksheet><sheetData>{rows}{styled}</sheetData></worksheet>"
    path = write_file("t.xlsx", xlsx({"S": []}, **{"xl/worksheets/sheet1.xml": sheet}))
    assert read_table(path).to_dict(as_series=False) == {"a": [1]}


@pytest.mark.parametrize(
    "tables",
    [
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="16000"/></table:table-row>',
        '<table:table-row table:number-rows-repeated="1000000"/><table:table-row><table:table-cell '
        'table:number-columns-repeated="16000"/><table:table-cell><text:p>x</text:p></table:table-cell>'
        "</table:table-row>",
    ],
    ids=["filled", "far"],
)
def test_what_is_repeated_is_counted(tables: str, ods: Make, write_file: Any, refuses: Any) -> None:
    path = write_file("t.ods", ods({}, f'<table:table table:name="S">{tables}</table:table>'))
    with refuses(CapacityError, "t.ods", "TiB of memory"):
        read_table(path)


def test_a_bomb_is_refused_by_its_declared_size(
    kind: str, make: Make, write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(f"t.{kind}", make({"S": [["a"], ["x" * 3_000_000]]}))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(memory, "available_bytes", lambda: 6_000_000)
    with refuses(CapacityError, f"t.{kind}"):
        read_table(path)


def test_entities_are_not_expanded(xlsx: Make, write_file: Any, refuses: Any) -> None:
    sheet = '<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    with refuses(DataError, "t.xlsx", "document type of its own"):
        read_table(write_file("t.xlsx", xlsx({"S": []}, **{"xl/worksheets/sheet1.xml": sheet})))


def test_any_damage_is_a_table_or_an_error_of_one_line(kind: str, make: Make, write_file: Any) -> None:
    rng = random.Random(0)  # noqa: S311
    content = make({"Sheet1": ROWS, "Other": ROWS})

    def refusal() -> str | None:
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 2, 8])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            read_table(write_file(f"d.{kind}", bytes(damaged)))
        except ShoalError as error:
            return str(error)
        return None

    with pytest.warns(ShoalWarning):
        told = [damage for _ in range(150) if (damage := refusal())]
    assert len(told) > 50
    assert [message for message in told if "\n" in message or f"d.{kind}" not in message] == []


def test_the_extra_to_install_is_told(kind: str, make: Make, write_file: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingDependencyError, match=r"python-calamine.* pip install 'shoal\[excel\]'"):
        read_table(write_file(f"t.{kind}", make({"S": ROWS})))
