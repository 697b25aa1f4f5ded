"""Damage of archives: their members, what they declare of them, and how little they are packed into."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import zipfile
from random import Random

from tests.fuzz.bounds import BOMB
from tests.fuzz.plain import of_bytes

_DIRECTORY, _ENTRY = b"PK\x01\x02", b"PK\x03\x04"
_EXTENTS = ["1", "0", "-1", "255", "16384", "1048576", "4294967296", "9" * 30, "", "x", "A1", "XFD1048576"]
_SHAPES = ["()", "(24,)", "(-1,)", "(0, 3)", "(2**40,)", "(9999999999999,)", "(48, 1)", "(True,)", "(0, 2)"]
_KINDS = [
    *("|O", "<M8[s]", "<M8", "<f2", "<c16", "|V8", "<U9999", ">f8", "|b1", "<i8", "|S0", "<U0", "<m8[D]"),
    "[('a', '<f8')]",
]


def of_zip(content: bytes, rng: Random) -> bytes:
    """Change members of an archive, their names and how they are packed, with checksums that are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    i = rng.randrange(len(members))
    name, data = members[i]
    how = rng.randrange(24)
    if how < 13:
        members[i] = name, _of_member(name, data, rng)
    elif how < 16:
        members[i] = rng.choice(["", "y.npy", "x", "../x.npy", "X_test.npy", name.upper()]), data
    elif how < 19:
        members.append((rng.choice([name, "new.npy", "y_test.npy"]), rng.choice([data, b"", members[0][1]])))
    elif how < 22:
        del members[i]
    elif how == 22:
        members[i] = name, data[: rng.choice([0, 128, len(data)])] + bytes(BOMB)
    packing = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    packed = _packed(members, zipfile.ZIP_DEFLATED if how == 22 else packing)
    return _of_declared(packed, rng) if how == 23 else packed


def _of_member(name: str, data: bytes, rng: Random) -> bytes:
    if rng.random() < 0.7:
        if name.endswith(".npy"):
            return of_array(data, rng)
        if name.endswith(".xml"):
            return of_xml(data, rng)
    return of_bytes(data, rng)


def _packed(members: list[tuple[str, bytes]], packing: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in members:
            with contextlib.suppress(UnicodeEncodeError):
                archive.writestr(zipfile.ZipInfo(name), data, packing, compresslevel=1)
    return buffer.getvalue()


def _of_declared(content: bytes, rng: Random) -> bytes:
    """Change a flag, a method, a checksum or a size in the directory or before an entry."""
    data = bytearray(content)
    mark, fields = rng.choice([(_DIRECTORY, (8, 10, 16, 20, 24, 28, 42)), (_ENTRY, (6, 8, 14, 18, 22, 26))])
    places = [match.start() for match in re.finditer(re.escape(mark), content)]
    if places:
        place = rng.choice(places) + rng.choice(fields)
        value = rng.choice([0, 1, 8, 99, 2**16 - 1, 2**31 - 1, 2**32 - 2, 2**32 - 1])
        data[place : place + 4] = struct.pack("<I", value)
    return bytes(data)


def of_array(content: bytes, rng: Random) -> bytes:
    """Change what the header of an array says, and leave its numbers."""
    end = content.find(b"\n") + 1
    header = content[10:end].decode("latin-1")
    with_shape = re.sub(r"\(.*?\)", rng.choice(_SHAPES), header, count=1)
    header = rng.choice(
        [
            with_shape,
            re.sub(r"'descr': '[^']*'", f"'descr': '{rng.choice(_KINDS)}'", rng.choice([header, with_shape])),
            header.replace("False", "True"),
            header.replace("descr", "desc"),
            "{" * 300,
        ]
    )
    return content[:8] + struct.pack("<H", len(header)) + header.encode() + content[end:]


def of_xml(content: bytes, rng: Random) -> bytes:
    """Change the value of an attribute, a text or a tag, and leave the rest well formed."""
    text = content.decode()
    found = list(re.finditer(r'(?<==")[^"]*(?=")|(?<=>)[^<>]+(?=<)', text))
    if not found or rng.randrange(6) == 0:
        tags = sorted(set(re.findall(r"<([\w:]+)", text)))
        return text.replace(*rng.sample([*tags, "x"], 2)).encode()
    for match in [rng.choice(found), *found[: rng.choice([0, 0, 3])]]:
        text = text[: match.start()] + rng.choice(_EXTENTS)[: len(match[0]) + 40] + text[match.end() :]
    return text.encode()
