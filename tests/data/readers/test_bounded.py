"""Workbooks whose cells are counted before they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from shoal.data.readers import bounded
from shoal.data.readers.bounded import bounded_workbook
from shoal.errors import CapacityError, DataError


def workbook(path: Path, sheet: str, **others: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/sheet1.xml", sheet)
        for name, content in others.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("sheet", "cells"),
    [
        ('<s><row r="2"><c r="B2"><v>1</v></c></row></s>', 4),
        ('<s><row><c><v>1</v></c><c><v>1</v></c></row><row><c><v>1</v></c></row></s>', 4),
        ('<s><row><c r="AA1"><v>1</v></c></row></s>', 27),
        ('<s><row r="9"><c r="Z9"/></row></s>', 0),  # nothing stands there
        ('<x:s xmlns:x="u"><x:row><x:c r="C1"><x:is/></x:c></x:row></x:s>', 3),
        ('<table><table-row number-rows-repeated="5"><table-cell number-columns-repeated="3" '
         'value-type="float"/></table-row></table>', 15),
        ('<s><table><table-row><table-cell formula="=1"/></table-row></table>'
         '<table><table-row><table-cell/><table-cell><p/></table-cell></table-row></table></s>', 3),
    ],
)  # fmt: skip
def test_the_rectangle_of_each_table_is_counted(sheet: str, cells: int) -> None:
    assert bounded._Cells(sheet.encode()).total == cells


def test_only_xml_goes_on_to_the_reader(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", "<s/>", **{"mimetype": "m", "macro.bin": "x", "a.rels": "<r/>"})
    with zipfile.ZipFile(bounded_workbook(path)) as archive:
        assert sorted(archive.namelist()) == ["a.rels", "mimetype", "xl/sheet1.xml"]


def test_a_cell_in_the_last_corner_does_not_fit(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", '<s><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></s>')
    with pytest.raises(CapacityError, match=r"t.xlsx needs .* of memory"):
        bounded_workbook(path)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("<!DOCTYPE s [<!ENTITY a 'b'>]><s>&a;</s>", "declares a document type of its own"),
        ('<s><row><c r="1A"><v>1</v></c></row></s>', "a cell is named '1A'"),
        ("<s>", "cannot be read as a workbook"),
    ],
)
def test_what_no_program_writes_is_refused(sheet: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        bounded_workbook(workbook(tmp_path / "t.xlsx", sheet))


def test_old_and_protected_workbooks_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0rest")
    with pytest.raises(DataError, match=r"is protected by a password, or an old \.xls file"):
        bounded_workbook(path)
