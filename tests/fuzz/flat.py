"""Damage of rows of text, of pictures and of numbers behind a header."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from random import Random

from tests.fuzz.bounds import BOMB
from tests.fuzz.plain import of_bytes

CELLS = [
    *("", "NaN", "inf", "-1e400", "9" * 400, '"', '"a', "a\nb", "\x00", "1,5", "2024-13-45", "é" * 40),
    *("1_000", "0x1F", "-0", "?", "{1 2", "{99999999 1}", "99:1", "1:nan", "4294967296:1", "[1]", '{"a": 1}'),
]
_SPECIAL = [0, 1, 2, 3, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1]


def of_rows(content: bytes, rng: Random) -> bytes:
    """Change cells, rows, columns or quotes of delimited text."""
    text = content.decode()
    mark = max(",;\t", key=text.count)
    rows = [line.split(mark) for line in text.splitlines()]
    row = rng.choice([rows[0], rng.choice(rows)])
    place = rng.randrange(len(row))
    how = rng.randrange(9)
    if how <= 2:
        row[place] = rng.choice(CELLS)
    elif how == 3:
        for each in rows[1:]:
            if place < len(each):
                each[place] = rng.choice(CELLS)
    elif how == 4:
        del row[place]
    elif how == 5:
        row[place:place] = row[place : place + 1] * rng.choice([1, 3, 2000])
    elif how == 6:
        rows = rows[: rng.randrange(4)]
    elif how == 7:
        rows[0] = rng.choice([rows[1], rows[0][:1] * len(rows[0]), [""] * len(rows[0]), ["target"]])
    else:
        mark = rng.choice([";", "\t", "|", " ", "\x1f", mark * 2])
    return rng.choice(["\n", "\r\n", "\r", "\n\n"]).join(map(mark.join, rows)).encode()


def of_gzip(content: bytes, rng: Random, of: Callable[[bytes, Random], bytes]) -> bytes:
    """Change what is packed, or what follows it."""
    inner = of(gzip.decompress(content), rng)
    if rng.randrange(60) == 0:
        unit = rng.choice([b"0", b"\n", b"1,", b"a,b\n"])
        inner += unit * (BOMB // len(unit))
    packed = gzip.compress(inner, compresslevel=1, mtime=0)
    return packed + rng.choice([b"", b"", b"\x00" * 9, b"rest", packed[:900]])


def of_idx(content: bytes, rng: Random) -> bytes:
    """Change what the header says of type and extents."""
    data, how = bytearray(content), rng.randrange(3)
    place = rng.randrange(4 + 4 * data[3])
    if how:
        data[place] = rng.choice([0, 1, 2, 3, 8, 9, 11, 12, 13, 14, 127, 255])
    for axis in range(data[3] if how != 1 else 0):
        if rng.random() < 0.5:
            data[4 + 4 * axis : 8 + 4 * axis] = struct.pack(">I", rng.choice(_SPECIAL))
    return bytes(data)


def of_tiff(content: bytes, rng: Random) -> bytes:
    """Change entries of the first directory: their tag, type, count or value."""
    data = bytearray(content)
    order = "<" if content[:2] == b"II" else ">"
    (first,) = struct.unpack(f"{order}I", content[4:8])
    (count,) = struct.unpack(f"{order}H", content[first : first + 2])
    for _ in range(rng.choice([1, 1, 2])):
        place = first + 2 + 12 * rng.randrange(count)
        field, kind = rng.choice([(0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I")])
        value = rng.choice(_SPECIAL[:6] if kind == "H" else _SPECIAL)
        data[place + field : place + field + struct.calcsize(kind)] = struct.pack(f"{order}{kind}", value)
    return bytes(data)


def of_png(content: bytes, rng: Random) -> bytes:
    """Change a chunk, with a checksum that is right."""
    chunks, place = [], 8
    while place < len(content):
        length = struct.unpack(">I", content[place : place + 4])[0]
        chunks.append([content[place + 4 : place + 8], content[place + 8 : place + 8 + length]])
        place += 12 + length
    chunk = rng.choice(chunks)
    how = rng.randrange(4)
    if how <= 1:
        chunk[1] = of_bytes(chunk[1], rng)
    elif how == 2:
        chunks.insert(rng.randrange(len(chunks)), list(chunk))
    else:
        chunk[0] = rng.choice([b"IDAT", b"tEXt", b"zTXt", b"PLTE", b"acTL", b"iCCP", b"eXIf"])
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return content[:8] + body
