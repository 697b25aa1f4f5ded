"""What a page may ask for: one dataclass a command, held to its types and to nothing but its fields."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab.demonstrations import DEMONSTRATIONS, Demonstrate
from shoal.lab.frames import PROTOCOL
from shoal.schema import MismatchError, parse_json, require_type


@dataclass(frozen=True, kw_only=True)
class Start:
    """Train on."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Train no further."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Train so many epochs, and pause."""

    epochs: int = 1


@dataclass(frozen=True, kw_only=True)
class Reset:
    """Begin anew, from the same starts, under the knobs as they are."""


@dataclass(frozen=True, kw_only=True)
class Seek:
    """Go to an epoch that was reached before."""

    epoch: int


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Turn knobs, of one side of a fork or of all; ``own_rate`` gives the rate back to the solver."""

    side: int | None = None
    l2: float | None = None
    weight_decay: float | None = None
    learning_rate: float | None = None
    own_rate: bool | None = None
    dropout: float | None = None
    samples: int | None = None
    noise: float | None = None


@dataclass(frozen=True, kw_only=True)
class Build:
    """Begin another shoal; what is not named stays as in the design of this one."""

    data: str | None = None
    seed: int | None = None
    hidden: tuple[int, ...] | None = None
    starts: int | None = None
    depth: int | None = None
    activation: str | None = None
    initial: str | None = None
    solver: str | None = None
    epochs: int | None = None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Begin with what the end of an address says, behind its ``#``, as far as that means something."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """Begin with a table that somebody brought: its text, and the column to predict, or else its last one.

    ``name`` is only shown: no file of that name is looked for.
    """

    name: str
    text: str
    target: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Look at one network: its number, size after size, start after start."""

    network: int


@dataclass(frozen=True, kw_only=True)
class Inspect:
    """Look into the picked network: a training point, an edge, the h of differences, the rate of an update.

    Rows, units and inputs count from 0, layers from 1; without an ``input`` the edge is the unit's bias.
    Without a ``rate`` the update has that of the training.
    """

    row: int = 0
    layer: int = 1
    unit: int = 0
    input: int | None = 0
    h: float = 1e-5
    rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class CloseInspector:
    """Look into no network."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Train so many epochs between two pictures; 0 does not wait for pictures."""

    epochs: int


@dataclass(frozen=True, kw_only=True)
class Fork:
    """Go on twice from here, the second under another λ."""

    l2: float


@dataclass(frozen=True, kw_only=True)
class Join:
    """Keep one side of a fork."""

    side: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Choose by another rule."""

    rule: str


@dataclass(frozen=True, kw_only=True)
class OpenTest:
    """Open the sealed test: once."""


@dataclass(frozen=True, kw_only=True)
class OpenLesson:
    """Begin a lesson, of those that the lab has."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Answer what the lesson's step asks: the number of an answer, from 0."""

    answer: int


@dataclass(frozen=True, kw_only=True)
class Page:
    """Go to a step of the lesson, whose commands set the lab up anew."""

    step: int


@dataclass(frozen=True, kw_only=True)
class CloseLesson:
    """Leave the lesson; the lab stays as it is."""


LESSON_COMMANDS = (OpenLesson, Predict, Page, CloseLesson, Visit)
"""What a lesson itself cannot ask for."""
Command = (
    Start
    | Pause
    | Step
    | Reset
    | Seek
    | Turn
    | Build
    | Visit
    | Table
    | Pick
    | Inspect
    | CloseInspector
    | Pace
    | Fork
    | Join
    | Rule
    | OpenTest
    | OpenLesson
    | Predict
    | Page
    | CloseLesson
    | Demonstrate
)

COMMANDS: dict[str, type[Any]] = {
    "start": Start,
    "pause": Pause,
    "step": Step,
    "reset": Reset,
    "seek": Seek,
    "turn": Turn,
    "build": Build,
    "visit": Visit,
    "table": Table,
    "pick": Pick,
    "inspect": Inspect,
    "close_inspector": CloseInspector,
    "pace": Pace,
    "fork": Fork,
    "join": Join,
    "rule": Rule,
    "open_test": OpenTest,
    "lesson": OpenLesson,
    "predict": Predict,
    "page": Page,
    "close_lesson": CloseLesson,
    **DEMONSTRATIONS,
}


def read(message: str) -> tuple[int, dict[str, Any]]:
    """Return the number of a message, which its answer repeats, and what else it says.

    Raises ``ConfigurationError`` for what is no message at all.
    """
    try:
        said = parse_json(message.encode("utf-8", "replace"))
        require_type(said, dict[str, object])
        assert isinstance(said, dict)
        number = said.pop("id", 0)
        require_type(number, int, "id")
    except MismatchError as error:
        raise ConfigurationError(f"the page said what is no command: {error}; reload it") from None
    return number, said


def command(said: dict[str, Any]) -> Command:
    """Return what a message asks for.

    Raises ``ConfigurationError``, or ``UnknownNameError`` for a command that there is not.

    >>> command(read('{"v": 1, "id": 7, "do": "seek", "epoch": 40}')[1])
    Seek(epoch=40)
    """
    fields = dict(said)
    version, name = fields.pop("v", None), fields.pop("do", None)
    if version != PROTOCOL:
        raise ConfigurationError(
            f"the page speaks version {version!r} and this lab version {PROTOCOL}; reload it"
        )
    if not isinstance(name, str) or name not in COMMANDS:
        raise UnknownNameError("command", name, COMMANDS)
    return filled(name, fields)


def filled(name: str, said: dict[str, Any]) -> Command:
    """Return the command of that name with the settings given; raises ``ConfigurationError`` for others."""
    kind = COMMANDS[name]
    known = {field.name: field for field in dataclasses.fields(kind)}
    for key in said:
        if key not in known:
            raise UnknownNameError(f"setting of {name}", key, known)
    for key, field in known.items():
        if field.default is dataclasses.MISSING and key not in said:
            raise ConfigurationError(f"{name} needs {key}, which is missing")
    try:
        require_type(said, kind, name)
    except MismatchError as error:
        raise ConfigurationError(f"{error}") from None
    filled: Command = kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in said.items()})
    return filled


def asked(given: Turn | Build) -> dict[str, Any]:
    """Return the settings that a command names."""
    return {
        field.name: value
        for field in dataclasses.fields(given)
        if (value := getattr(given, field.name)) is not None
    }
