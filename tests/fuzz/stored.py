"""Damage of what studies and models keep: tensors and a database, with structure kept and sense lost."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
import tempfile
from pathlib import Path
from random import Random

from tests.fuzz.plain import of_value

SHARED = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""Where files are in memory and cost no disk, if there is such a place."""


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
        with contextlib.suppress(TypeError, ValueError):  # what a change before has left may be no settings
            settings = json.dumps(of_value(json.loads(text[0]), rng))
            database.execute("UPDATE study SET settings = ?", (settings,))
