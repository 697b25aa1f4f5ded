"""A workbook whose size is known before it is read.

Workbooks are archives of XML. A few bytes can promise gigabytes: entries that unpack to much more, one cell
in the last row and column, a row that is repeated a million times. So every entry is unpacked here, with a
bound, its cells are counted, and what goes on to the reader is a copy that holds nothing else.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from xml.parsers import expat

from shoal.data.readers.contents import decoding, require_size
from shoal.errors import DataError

_REMEDY = "save it again as .xlsx, .ods or .csv"
_OLE = b"\xd0\xcf\x11\xe0"
_BYTES_OF_A_CELL = 64
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_WORDS = frozenset({"v", "is", "t", "f", "p"})  # that stand in a cell which is not empty
_PLACES = frozenset({"row", "c", "table-row", "table-cell", "covered-table-cell"})
_MOST_ENTRIES = 10_000


def bounded_workbook(path: Path) -> io.BytesIO:
    """Return the XML entries of a workbook as an archive in memory.

    Raises ``DataError`` for a damaged one, and ``CapacityError`` where its entries, or the rectangle of its
    cells, do not fit in memory.
    """
    require_size(path.stat().st_size, path)
    with path.open("rb") as file:
        if file.read(4) == _OLE:
            raise DataError(f"{path} is protected by a password, or an old .xls file; {_REMEDY}")
    result = io.BytesIO()
    with decoding(path, "a workbook", _REMEDY), zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if _is_xml(entry.filename)]
        if len(entries) > _MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
            raise DataError(f"{path} is no workbook as programs write them; {_REMEDY}")
        require_size(sum(entry.file_size for entry in entries), path)
        cells = 0
        with zipfile.ZipFile(result, "w") as copy:
            for entry in entries:
                content = archive.read(entry)
                if not entry.filename.endswith("mimetype"):
                    cells += _Cells(content).total
                    require_size(_BYTES_OF_A_CELL * cells, path)
                copy.writestr(entry.filename, content)
    result.seek(0)
    return result


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels")) or name == "mimetype"


class _Cells:
    """The cells of the rectangles that an entry's tables fill: ``total`` of them, empty ones included.

    Elements of both formats are looked for in every entry, by their names without a prefix: so no name space
    that is another here than to the reader hides a cell.
    """

    def __init__(self, content: bytes) -> None:
        self.total = 0
        self._rows = self._columns = 0  # of the rectangle so far
        self._row = self._column = 0  # where the last cell stands
        parser = expat.ParserCreate("UTF-8")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(content, True)
        self._close()

    def _refuse(self, *_: object) -> None:
        raise ValueError("it declares a document type of its own")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name in _WORDS:
            self._reach()
        elif name in _PLACES:
            self._move(name, {_local(key): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        if _local(tag) == "table":
            self._close()

    def _move(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif name == "c":
            self._row, self._column = self._place(attributes.get("r"))
        elif name == "table-row":
            self._row, self._column = self._row + int(attributes.get("number-rows-repeated", 1)), 0
        else:
            self._column += int(attributes.get("number-columns-repeated", 1))
            if "value-type" in attributes or "formula" in attributes:
                self._reach()

    def _place(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return max(self._row, 1), self._column + 1
        match = _PLACE.fullmatch(reference)
        if match is None:
            raise ValueError(f"a cell is named {reference!r}")
        column = 0
        for letter in match[1]:
            column = 26 * column + ord(letter) - ord("A") + 1
        return int(match[2]), column

    def _reach(self) -> None:
        self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)

    def _close(self) -> None:
        self.total += self._rows * self._columns
        self._rows = self._columns = self._row = self._column = 0


def _local(name: str) -> str:
    return name.rpartition(":")[2]
