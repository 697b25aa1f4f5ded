"""Whether bytes are text at all: for CSV and every other format that people can read."""

from __future__ import annotations

from shoal.errors import DataError

_BOM = b"\xef\xbb\xbf"


def text_bytes(data: bytes, name: str) -> bytes:
    """Return ``data`` without its byte order mark; raise ``DataError`` unless it is UTF-8 text, and some."""
    if not data.removeprefix(_BOM).strip():
        raise DataError(f"{name} is empty; expected a header line and rows")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name} is UTF-16 text, expected UTF-8; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
    if b"\0" in data:
        at = data.index(b"\0")
        raise DataError(
            f"{name} is not a text table: byte {at} is zero; expected UTF-8 text (CSV, TSV), Parquet or NPZ"
        )
    try:
        data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        raise DataError(_encoding_message(data, error.start, name)) from None
    return data.removeprefix(_BOM)


def _encoding_message(data: bytes, at: int, name: str) -> str:
    control = sum(byte < 9 or 13 < byte < 32 for byte in data[:4096])
    if control > 0.02 * min(len(data), 4096):
        return f"{name} is not a text table: it begins like binary data; expected CSV, TSV, Parquet or NPZ"
    line = data.count(b"\n", 0, at) + 1
    return (
        f"{name} is not UTF-8 text: byte {at} (0x{data[at]:02x}, line {line}); "
        "save it as UTF-8 (from Latin-1: iconv -f LATIN1 -t UTF-8)"
    )
