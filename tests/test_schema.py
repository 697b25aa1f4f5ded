from __future__ import annotations

import functools
import json
import typing
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from shoal.schema import DEEPEST, MismatchError, parse_json, require, require_type


class Maybe(TypedDict, total=False):
    note: str


class Entry(Maybe):
    mark: NotRequired[str | None]
    count: int
    share: float
    kind: Literal["a", "b"]


@dataclass
class Settings:
    sizes: tuple[tuple[int, ...], ...]
    side: tuple[int, int] | None = None
    loud: bool = False


ENTRY = {"count": 1, "share": 0.5, "kind": "a"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (ENTRY, Entry),
        (ENTRY | {"note": "x", "more": object}, Entry),
        (ENTRY | {"share": 1}, Entry),
        (ENTRY | {"mark": None}, Entry),
        ([ENTRY], list[Entry]),
        ({"sizes": [[1], [2, 3]], "side": [1, 2], "loud": True}, Settings),
        ({"side": None}, Settings),
        ({"x": [1, 2]}, dict[str, list[int]]),
        ([[], "x", None], object),
        ([[], "x", None], list[Any]),
    ],
)
def test_what_follows_its_type(value: object, kind: Any) -> None:
    require_type(value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (3, Entry, "it is 3, expected an object"),
        (ENTRY | {"mark": 3}, Entry, "mark is 3, expected a string"),
        ({"share": 0.5, "kind": "a"}, Entry, "count is missing"),
        ({"x": False}, dict[str, Literal[0]], "x is false, expected 0"),
        ({"x": 0.0}, dict[str, Literal[0]], "x is 0.0, expected 0"),
        (ENTRY | {"count": True}, Entry, "count is true, expected an integer"),
        (ENTRY | {"count": 1.0}, Entry, "count is 1.0, expected an integer"),
        (ENTRY | {"share": float("inf")}, Entry, "share is Infinity, expected a finite number"),
        (ENTRY | {"share": 10**400}, Entry, "expected a finite number"),
        (ENTRY | {"share": False}, Entry, "share is false, expected a finite number"),
        (ENTRY | {"kind": ["a"]}, Entry, """kind is ["a"], expected 'a' or 'b'"""),
        (ENTRY | {"note": None}, Entry, "note is null, expected a string"),
        ([ENTRY, ENTRY | {"count": "1"}], list[Entry], '[1].count is "1", expected an integer'),
        ({"sizes": [[1], [2, "3"]]}, Settings, 'sizes[1][1] is "3", expected an integer'),
        ({"sizes": [1]}, Settings, "sizes[0] is 1, expected a list"),
        ({"side": [1]}, Settings, "side is [1], expected 2 values"),
        ({"loud": 1}, Settings, "loud is 1, expected true or false"),
        ({"x": {"y": [None]}}, dict[str, dict[str, list[int]]], "x.y[0] is null, expected an integer"),
        ("x" * 99, int, f'it is "{"x" * 38}…, expected an integer'),
    ],
)
def test_what_does_not_is_named_with_its_place(value: object, kind: Any, told: str) -> None:
    with pytest.raises(MismatchError) as refused:
        require_type(value, kind)
    assert str(refused.value).endswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "it is not valid JSON (Expecting value"),
        (b"{", "it is not valid JSON (Expecting property name"),
        (b"\xff\xfe\x00", "it is not valid JSON ("),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[1e999]", "1e999 is more than a number can be"),
        (b"[18446744073709551616]", "18446744073709551616 is more than a whole number can be"),
        (b"[" + b"9" * 5000 + b"]", "is more than a whole number can be"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' comes twice"),
        (b"[" * 100_000, "it is not valid JSON ("),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), f"it has more than {DEEPEST} levels"),
        (b'{"a":' * DEEPEST + b"{}" + b"}" * DEEPEST, f"it has more than {DEEPEST} levels"),
    ],
)
def test_json_that_nothing_of_ours_has_written(text: bytes, told: str) -> None:
    with pytest.raises(MismatchError) as refused:
        parse_json(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_json_that_is_sound() -> None:
    value = {"a": [1, -0.5, 1e300, 2**64 - 1, None, True, "λ\n"], "b": {"a": {}}}
    assert parse_json(json.dumps(value).encode()) == value
    deep = b"[" * DEEPEST + b"]" * DEEPEST
    assert parse_json(deep) == json.loads(deep)
    assert parse_json(b'["\\ud800"]') == ["\ud800"]


def test_a_requirement_is_told_in_the_same_words() -> None:
    require(True, 1, "more", "a.b")
    with pytest.raises(MismatchError, match=r"^a\.b is 1, expected more$"):
        require(False, 1, "more", "a.b")


def test_types_are_read_once_for_all_items_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(TypedDict):
        count: int

    read: list[object] = []

    def hints(of: object) -> dict[str, Any]:
        read.append(of)
        return typing.get_type_hints(of)

    monkeypatch.setattr("shoal.schema._hints", functools.cache(hints))
    require_type([{"count": k} for k in range(9)], list[Row])
    assert read == [Row]


def test_an_item_of_another_type_is_named_among_many() -> None:
    with pytest.raises(MismatchError, match=r"^\[7\] is 0\.5, expected an integer$"):
        require_type([0] * 7 + [0.5] + [1] * 7, list[int])
