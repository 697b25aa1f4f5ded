"""How files are damaged whatever they hold, and as their formats invite: structure kept, sense lost."""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import json
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

SHARED = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""Where files are in memory and cost no disk, if there is such a place."""

TOKENS = [
    *(b"NaN", b"Infinity", b"1e999", b"-1", b"null", b"9" * 30, b"\x00", b"\xff" * 8, b"\x7f" * 4, b"\r\n"),
    *(
        b'"',
        b",",
        b"{}",
        b"[" * 50_000,
        b'{"a":' * 5000,
        b"\xf0\x9f\x90\x9f",
        b"\xed\xa0\x80",
        b"../x",
        b"%s",
    ),
]
NUMBERS = [0, -1, 1, 2, 3, 2**31, 2**63, -(2**70), 10**400, 0.0, -0.0, 0.5, -1.5, 1e-320, 1e300]
VALUES: list[Any] = [
    *(None, True, False, *NUMBERS, float("nan"), float("inf"), float("-inf")),
    *("", "a", "NaN", "\ud800", "\x1b[31m", "x" * 3000, [], [[]], [1, 2], ["a"], {}, {"name": "dense"}),
]
CELLS = [
    *(
        "",
        "NaN",
        "inf",
        "-1e400",
        "9" * 400,
        '"',
        '"a',
        "a\nb",
        "\x00",
        "1,5",
        "2024-13-45",
        "é" * 40,
        "1_000",
    ),
    *("0x1F", "-0"),
]


def of_bytes(content: bytes, rng: Random) -> bytes:
    """Flip, cut, copy, insert, remove or repeat some bytes."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        b = min(b, a + rng.choice([1, 4, 16, 400]))
        how = rng.randrange(8)
        if how == 0 and data:
            for _ in range(rng.choice([1, 1, 3, 9])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif how == 1:
            del data[a:]
        elif how == 2:
            del data[a:b]
        elif how == 3:
            data[a:a] = data[a:b] * rng.choice([1, 2, 50])
        elif how == 4:
            data[a:b] = bytes(b - a)
        elif how == 5:
            data[a:a] = rng.choice(TOKENS)
        elif how == 6:
            token = rng.choice(TOKENS)
            data[a : a + len(token)] = token
        else:
            data[a:b] = rng.randbytes(b - a)
    return bytes(data)


def of_json(content: bytes, rng: Random) -> bytes:
    """Change some values or keys of JSON."""
    value = json.loads(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        value = of_value(value, rng)
    return json.dumps(value, indent=1).encode()


def of_value(value: Any, rng: Random) -> Any:
    """Replace, remove, rename, repeat, swap or bury one place of plain data."""
    places = list(_places(value))
    if not places:
        return rng.choice(VALUES)
    parent, key = rng.choice(places)
    how = rng.randrange(8)
    if how <= 3:
        parent[key] = copy.deepcopy(rng.choice(VALUES)) if how < 3 else _near(parent[key], rng)
    elif how == 4:
        del parent[key]
    elif how == 5 and isinstance(parent, dict):
        parent[rng.choice(["", "name", str(key).upper(), "\ud800"])] = parent.pop(key)
    elif how == 6:
        other, its_key = rng.choice(places)
        parent[key] = copy.deepcopy(other[its_key])
    elif isinstance(parent, list):
        parent[key:key] = copy.deepcopy(parent[: rng.choice([1, 2, 100])])
    else:
        buried: Any = parent[key]
        for _ in range(rng.choice([1, 5, 150])):
            buried = [buried]
        parent[key] = buried
    return value


def _places(value: Any) -> Any:
    """Yield every place in nested lists and dictionaries: what holds it, and its key there."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(inner)


def _near(value: Any, rng: Random) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return rng.choice([value + 1, value - 1, -value, value * 2, value * 10**6])
    if isinstance(value, str):
        return value[: len(value) // 2] + rng.choice(["", "x", "é"]) + value[len(value) // 2 + 1 :]
    return value[:-1] if isinstance(value, list) else value


def of_safetensors(content: bytes, rng: Random) -> bytes:
    """Change the header, its size, or numbers."""
    length = struct.unpack("<Q", content[:8])[0]
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    how = rng.randrange(5)
    if how == 0:
        size = rng.choice([0, 1, length - 1, length + 1, 2**31, 2**63, 2**64 - 1])
        return struct.pack("<Q", size) + content[8:]
    if how == 1:
        special = struct.pack("<f", rng.choice([float("nan"), float("inf"), 3e38, 1e-45]))
        place = rng.randrange(max(len(body) // 4, 1)) * 4
        body = body[:place] + special + body[place + 4 :]
    elif how == 2:
        entry = rng.choice([entry for name, entry in header.items() if name != "__metadata__"])
        entry["dtype"] = rng.choice(["F16", "BF16", "F64", "I8", "I64", "U8", "BOOL", "F8_E4M3", "X9", 7])
    elif how == 3:
        entry = rng.choice(list(header.values()))
        total = 1
        for extent in entry.get("shape", []):
            total *= extent
        entry["shape"] = rng.choice(
            [[], [total], [1, total], [total, 1], [1, 1, total], [0], [-1], [2**40, 2**40]]
        )
    else:
        header = of_value(header, rng)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def of_sqlite(content: bytes, rng: Random) -> bytes:
    """Change rows, columns or tables of a database, by SQL."""
    with tempfile.TemporaryDirectory(dir=SHARED) as place:
        path = Path(place) / "trials.sqlite"
        path.write_bytes(content)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for _ in range(rng.choice([1, 1, 2])):
                (table,) = rng.choice(tables)
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                if names:  # else it was renamed or dropped a moment ago
                    with contextlib.suppress(sqlite3.Error):  # constraints, and tables that are gone
                        _change(database, table, names, rng)
        return path.read_bytes()


def _change(database: sqlite3.Connection, table: str, names: list[str], rng: Random) -> None:
    name = rng.choice(names)
    some, most = rng.choice(["1", "cohort % 2 = 0"]), rng.choice([1, 1, 3, 100])
    where = f"rowid IN (SELECT rowid FROM {table} WHERE {some} LIMIT {most})"  # noqa: S608
    listed = ", ".join(names[1:] or names)
    how = rng.randrange(10)
    if how <= 4:
        values = [None, 0, -1, 1, 2**62, 1e308, float("inf"), -0.5, "", "x", "nan", b"\xff\xfe", "[" * 2000]
        database.execute(f"UPDATE {table} SET {name} = ? WHERE {where}", (rng.choice(values),))  # noqa: S608
    elif how == 5:
        database.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608
    elif how == 6:
        database.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {table}")  # noqa: S608
    elif how <= 8:
        statements = [
            f"DROP TABLE {table}",
            f"ALTER TABLE {table} RENAME COLUMN {name} TO z",
            f"ALTER TABLE {table} DROP COLUMN {name}",
            f"ALTER TABLE {table} RENAME TO z",
            "CREATE TABLE more (a)",
            "PRAGMA user_version = 9",
            "PRAGMA journal_mode = WAL",
            f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",  # noqa: S608
            "UPDATE cohorts SET cohort = cohort + 1000",
        ]
        database.execute(rng.choice(statements))
    elif text := database.execute("SELECT settings FROM study").fetchone():
        settings = json.dumps(of_value(json.loads(text[0]), rng))
        database.execute("UPDATE study SET settings = ?", (settings,))


def of_zip(content: bytes, rng: Random) -> bytes:
    """Change members of an archive, their names and how they are packed, with checksums that are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    i = rng.randrange(len(members))
    name, data = members[i]
    how = rng.randrange(6)
    if how <= 2:
        data = of_array(data, rng) if name.endswith(".npy") and how else of_bytes(data, rng)
        members[i] = name, data
    elif how == 3:
        members[i] = rng.choice(["", "y.npy", "x", "../x.npy", "X_test.npy", name.upper()]), data
    elif how == 4:
        members.append((rng.choice([name, "new.npy", "y_test.npy"]), rng.choice([data, b"", members[0][1]])))
    else:
        del members[i]
    buffer = io.BytesIO()
    packing = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in members:
            with contextlib.suppress(UnicodeEncodeError):
                archive.writestr(zipfile.ZipInfo(name), data, packing)
    return buffer.getvalue()


def of_array(content: bytes, rng: Random) -> bytes:
    """Change what the header of an array says, and leave its numbers."""
    end = content.find(b"\n") + 1
    header = content[10:end].decode("latin-1")
    shape = rng.choice(
        ["()", "(24,)", "(-1,)", "(0, 3)", "(2**40,)", "(9999999999999,)", "(48, 1)", "(True,)"]
    )
    kind = rng.choice(
        ["|O", "<M8[s]", "<f2", "<c16", "|V8", "<U9999", ">f8", "|b1", "<i8", "|S0", "[('a', '<f8')]"]
    )
    header = rng.choice(
        [
            re.sub(r"\(.*?\)", shape, header, count=1),
            re.sub(r"'descr': '[^']*'", f"'descr': '{kind}'", header),
            header.replace("False", "True"),
            header.replace("descr", "desc"),
            "{" * 300,
        ]
    )
    return content[:8] + struct.pack("<H", len(header)) + header.encode() + content[end:]


def of_rows(content: bytes, rng: Random) -> bytes:
    """Change cells, rows, columns or quotes of delimited text."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = content.decode(encoding)
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
    return rng.choice(["\n", "\r\n", "\r", "\n\n"]).join(map(mark.join, rows)).encode(encoding)


def of_gzip(content: bytes, rng: Random) -> bytes:
    """Change what is packed, or what follows it."""
    inner = of_rows(gzip.decompress(content), rng)
    return gzip.compress(inner, mtime=0) + rng.choice([b"", b"", b"\x00" * 9, b"rest", gzip.compress(inner)])


def of_idx(content: bytes, rng: Random) -> bytes:
    """Change what the header says of type and extents."""
    data = bytearray(content)
    place = rng.randrange(4 + 4 * data[3])
    data[place] = rng.choice([0, 1, 2, 3, 8, 9, 13, 14, 127, 255])
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


BY_ENDING: dict[str, Callable[[bytes, Random], bytes]] = {
    ".json": of_json, ".safetensors": of_safetensors, ".sqlite": of_sqlite, ".npz": of_zip, ".xlsx": of_zip,
    ".csv": of_rows, ".svm": of_rows, ".arff": of_rows, ".jsonl": of_rows, ".gz": of_gzip, ".png": of_png,
    "-ubyte": of_idx,
}  # fmt: skip


def damaged(name: str, content: bytes, rng: Random) -> bytes:
    """Return the content of a file, damaged: in half of all cases as its format invites."""
    structural = next((of for ending, of in BY_ENDING.items() if name.endswith(ending)), of_bytes)
    return (structural if rng.random() < 0.6 else of_bytes)(content, rng)
