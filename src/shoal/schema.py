"""Plain data from files, held to the types that a format says, before anything is made of them."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, Union, cast

DEEPEST = 64
"""Levels of lists and objects in one another that a file of ours may have: no format needs a tenth."""
LARGEST = 2**64
"""Whole numbers are smaller: the keys of random streams are the largest that there are."""


class MismatchError(Exception):
    """A part that is not as the format says: where, what it is, and what was expected."""


def parse_json(content: bytes) -> object:
    """Return what JSON says, or raise ``MismatchError``.

    More is refused than the standard does: names that come twice, numbers that no float holds, NaN and
    infinities, and lists in lists without end.

    >>> parse_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    shoal.schema.MismatchError: it is not valid JSON ('a' comes twice)
    """
    try:
        value = json.loads(
            content,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_small,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError) as error:
        why = "too many levels" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise MismatchError(f"it is not valid JSON ({why})") from None
    _require_shallow(value)
    return value


def require(fits: bool, value: object, expected: str, where: str) -> None:
    """Raise ``MismatchError`` unless ``value``, which stands at ``where``, fits."""
    if not fits:
        raise MismatchError(f"{where or 'it'} is {described(value)}, expected {expected}")


def require_type(value: object, expected: Any, where: str = "") -> None:
    """Walk ``value`` along the type ``expected``; ``where`` is the path of keys that led to it.

    Types are ``TypedDict`` and dataclasses (objects; all fields of a dataclass may be missing), lists, tuples
    (lists, too), dictionaries by names, literals, unions with None, and scalars; ``object`` is anything.

    >>> require_type({"a": [1, None]}, dict[str, list[int]])
    Traceback (most recent call last):
    shoal.schema.MismatchError: a[1] is null, expected an integer
    """
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if expected in _SCALARS:
        fits, name = _SCALARS[expected]
        require(fits(value), value, name, where)
    elif typing.is_typeddict(expected) or dataclasses.is_dataclass(expected):
        _require_members(value, expected, where)
    elif origin is list or (origin is tuple and arguments[-1] is ...):
        require(isinstance(value, list), value, "a list", where)
        items, (fits, _) = cast("list[object]", value), _SCALARS.get(arguments[0], _NO_SCALAR)
        if not all(map(fits, items)):
            for i, item in enumerate(items):
                require_type(item, arguments[0], f"{where}[{i}]")
    elif origin is tuple:
        is_whole = isinstance(value, list) and len(value) == len(arguments)
        require(is_whole, value, f"{len(arguments)} values", where)
        for i, (item, kind) in enumerate(zip(cast("list[object]", value), arguments, strict=True)):
            require_type(item, kind, f"{where}[{i}]")
    elif origin is dict:
        require(isinstance(value, Mapping), value, "an object", where)
        for key, item in cast("Mapping[str, object]", value).items():
            require_type(item, arguments[1], _below(where, key))
    elif origin is Literal:
        known = any(type(value) is type(one) and value == one for one in arguments)  # true is not 1
        require(known, value, " or ".join(map(repr, arguments)), where)
    elif origin in (Union, types.UnionType) and value is not None:  # the formats' only unions are with null
        require_type(value, next(a for a in arguments if a is not type(None)), where)


def described(value: object) -> str:
    """Return a value in a few characters."""
    text = json.dumps(value, default=repr)
    return text if len(text) <= 40 else text[:39] + "…"


def _require_members(value: object, expected: Any, where: str) -> None:
    require(isinstance(value, Mapping), value, "an object", where)
    members = cast("Mapping[str, object]", value)
    needed = _needed(expected) if typing.is_typeddict(expected) else ()
    for key, kind in _hints(expected).items():
        if key in members:
            require_type(members[key], kind, _below(where, key))
        elif key in needed:
            raise MismatchError(f"{_below(where, key)} is missing")


_hints = functools.cache(typing.get_type_hints)  # which reads them anew each time: a list has one for all


@functools.cache
def _needed(expected: Any) -> frozenset[str]:
    """Return the keys that a ``TypedDict`` needs.

    It counts ``NotRequired`` ones itself where its annotations are texts, as ``annotations`` from
    ``__future__`` has them.
    """
    whole = typing.get_type_hints(expected, include_extras=True)
    spared = {key for key, kind in whole.items() if typing.get_origin(kind) is typing.NotRequired}
    return frozenset(expected.__required_keys__ - spared)


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _is_finite_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False


_SCALARS: dict[Any, tuple[Callable[[object], bool], str]] = {
    float: (_is_finite_number, "a finite number"),
    int: (lambda value: type(value) is int, "an integer"),
    bool: (lambda value: type(value) is bool, "true or false"),
    str: (lambda value: isinstance(value, str), "a string"),
    object: (lambda value: True, "anything"),
    Any: (lambda value: True, "anything"),
}
_NO_SCALAR: tuple[Callable[[object], bool], str] = (lambda value: False, "")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:40]} is more than a number can be")
    return value


def _small(text: str) -> int:
    if len(text) > len(str(LARGEST)) or abs(value := int(text)) >= LARGEST:
        raise ValueError(f"{text[:40]} is more than a whole number can be")
    return value


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"{key[:40]!r} comes twice")
        members[key] = value
    return members


def _require_shallow(value: object) -> None:
    """Raise ``MismatchError`` for data so deep that walking along it would end in a ``RecursionError``."""
    level = [value]
    for _ in range(DEEPEST):
        holders = [each for each in level if isinstance(each, list | dict)]
        level = [item for each in holders for item in (each if isinstance(each, list) else each.values())]
        if not level:
            return
    raise MismatchError(f"it has more than {DEEPEST} levels of lists and objects")
