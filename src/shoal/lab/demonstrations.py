"""The two demonstrations beside the shoal: images, and sequences; at most one of them is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from shoal.lab.digits import Digits
    from shoal.lab.spelling import Spelling


@dataclass(frozen=True, kw_only=True)
class OpenDigits:
    """Look at images, through the network of that name."""

    network: str = "shared"


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Draw a digit: 8 × 8 pixels from 0 to 16, row after row."""

    pixels: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Example:
    """Take a digit of the set, by its number."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Shift the drawing so many pixels right and down from where it was drawn."""

    across: int
    down: int


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """Turn the drawing clockwise about its middle, by so many degrees from how it was drawn."""

    degrees: float


@dataclass(frozen=True, kw_only=True)
class Look:
    """Look at a unit of a layer's maps: the layer from 1, its map, row and column from 0."""

    layer: int
    map: int
    row: int
    column: int


@dataclass(frozen=True, kw_only=True)
class OpenSpelling:
    """Look at sequences, through a recurrent network of that cell."""

    cell: str = "rnn"


@dataclass(frozen=True, kw_only=True)
class Spell:
    """Type a word."""

    word: str


@dataclass(frozen=True, kw_only=True)
class Leave:
    """Go back to the shoal."""


Demonstrate = OpenDigits | Draw | Example | Shift | Rotate | Look | OpenSpelling | Spell | Leave
DEMONSTRATIONS: dict[str, type[Any]] = {
    "digits": OpenDigits,
    "draw": Draw,
    "example": Example,
    "shift": Shift,
    "rotate": Rotate,
    "look": Look,
    "spelling": OpenSpelling,
    "spell": Spell,
    "leave": Leave,
}
Shown: TypeAlias = "Digits | Spelling | None"


def demonstrated(shown: Shown, command: Demonstrate) -> Shown:
    """Return what is shown after a command; raise ``ConfigurationError`` for one of what is not open.

    >>> demonstrated(None, OpenSpelling(cell="gru"))
    Spelling(cell='gru', word='examination')
    """
    from shoal.lab.digits import Digits, Place  # which load layers and explanations that no shoal has use for
    from shoal.lab.spelling import Spelling

    match command:
        case OpenDigits():
            opened = shown if isinstance(shown, Digits) else Digits().example(0)
            return replace(opened, network=command.network, place=None)
        case OpenSpelling():
            return replace(shown if isinstance(shown, Spelling) else Spelling(), cell=command.cell)
        case Leave():
            return None
        case Draw() if isinstance(shown, Digits):
            return shown.drawn(command.pixels)
        case Example() if isinstance(shown, Digits):
            return shown.example(command.number)
        case Shift() if isinstance(shown, Digits):
            return replace(shown, across=command.across, down=command.down)
        case Rotate() if isinstance(shown, Digits):
            return replace(shown, degrees=command.degrees)
        case Look() if isinstance(shown, Digits):
            return shown.looked_at(Place(command.layer, command.map, command.row, command.column))
        case Spell() if isinstance(shown, Spelling):
            return replace(shown, word=command.word)
    raise ConfigurationError("open the images or the sequences first")
