"""Whether bytes are text at all: for CSV and every other format that people can read."""

from __future__ import annotations

from shoal.errors import DataError

NEWLINE = b"\n"
_BOM = b"\xef\xbb\xbf"


def text_bytes(data: bytes, name: str, before: int = 0) -> bytes:
    """Return ``data`` without its byte order mark; raise ``DataError`` unless it is UTF-8 text, and some.

    So many lines are ``before`` it in the file.
    """
    if not data.removeprefix(_BOM).strip():
        raise DataError(f"{name} is empty; expected a header line and rows")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name} is UTF-16 text, expected UTF-8; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
    if b"\0" in data:
        at = data.index(b"\0")
        where = f"a byte in line {before + data.count(NEWLINE, 0, at) + 1}" if before else f"byte {at}"
        raise DataError(
            f"{name} is not a text table: {where} is zero; expected UTF-8 text (CSV, TSV), Parquet or NPZ"
        )
    try:
        data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        raise DataError(_encoding_message(data, error.start, name, before)) from None
    return data.removeprefix(_BOM)


def _encoding_message(data: bytes, at: int, name: str, before: int) -> str:
    control = sum(byte < 9 or 13 < byte < 32 for byte in data[:4096])
    if control > 0.02 * min(len(data), 4096):
        return f"{name} is not a text table: it begins like binary data; expected CSV, TSV, Parquet or NPZ"
    line = before + data.count(NEWLINE, 0, at) + 1
    where = "a byte" if before else f"byte {at}"
    return (
        f"{name} is not UTF-8 text: {where} (0x{data[at]:02x}, line {line}); "
        "save it as UTF-8 (from Latin-1: iconv -f LATIN1 -t UTF-8)"
    )
