"""Damage that asks for no format: of bytes, and of plain data as JSON holds it."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

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
