"""Texts of a report, piece by piece, and what each says for what the text is called."""

from __future__ import annotations

from typing import TypedDict


class Piece(TypedDict):
    """A part of a text: how much it says for what the text is called, and that over the most of its line."""

    text: str
    value: float
    depth: float


class Line(TypedDict):
    """What the pieces of a text say to somebody, by whose name it is called."""

    name: str
    pieces: list[Piece]


class TextExample(TypedDict):
    """A test text: what it is and what it is called (``right`` is null for numbers), and its pieces.

    ``joint`` stands between pieces, and ``cut`` says whether there are more than are shown.
    """

    actual: str
    called: str
    right: bool | None
    joint: str
    cut: bool
    lines: list[Line]
