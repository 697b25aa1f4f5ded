"""Lessons: steps that set the lab up, say what there is to see, and ask for a prediction before it shows."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypedDict, get_type_hints

from shoal.errors import ConfigurationError, UnknownNameError, reason
from shoal.files import require_regular
from shoal.lab.commands import COMMANDS, LESSON_COMMANDS, Command, filled
from shoal.schema import MismatchError, parse_json, require_type

LARGEST_FILE = 2**20
"""Bytes that a lesson may have: a hundred times those that come with shoal."""
FOLDER = "lessons"


class AskFile(TypedDict):
    question: str
    answers: list[str]
    right: int


class SaidFile(TypedDict):
    say: str


class ThenFile(SaidFile, total=False):
    do: list[dict[str, object]]


class StepFile(ThenFile, total=False):
    ask: AskFile
    then: ThenFile


class LessonFile(TypedDict):
    title: str
    steps: list[StepFile]


@dataclass(frozen=True)
class Ask:
    """A prediction that is asked for: answers to pick from, and the number of the right one."""

    question: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class LessonStep:
    """What a step says and does; with ``ask`` also what it says and does once there is a prediction."""

    say: str
    do: tuple[Command, ...] = ()
    ask: Ask | None = None
    then: str = ""
    then_do: tuple[Command, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """Steps under a title.

    >>> read_lesson(b'{"title": "One", "steps": [{"say": "Look.", "do": [{"do": "pause"}]}]}').steps[0].do
    (Pause(),)
    """

    title: str
    steps: tuple[LessonStep, ...]


@dataclass(frozen=True)
class LessonReading:
    """A lesson that somebody is in: at which step, and what they predicted in each."""

    name: str
    lesson: Lesson
    at: int = 0
    predictions: dict[int, int] = field(default_factory=dict)

    @property
    def step(self) -> LessonStep:
        return self.lesson.steps[self.at]

    def predicted(self, answer: int) -> LessonReading:
        """Return the reading with a prediction; raises ``ConfigurationError`` where none is asked for."""
        ask = self.step.ask
        if ask is None or self.at in self.predictions:
            raise ConfigurationError("this step asks for no prediction; go on to the next")
        if not 0 <= answer < len(ask.answers):
            raise ConfigurationError(f"answers are numbered 0 to {len(ask.answers) - 1}, got {answer}")
        return replace(self, predictions=self.predictions | {self.at: answer})

    def turned(self, to: int) -> LessonReading:
        """Return the reading at another step; none is passed over whose question has no answer."""
        if not 0 <= to < len(self.lesson.steps):
            raise ConfigurationError(f"steps are numbered 0 to {len(self.lesson.steps) - 1}, got {to}")
        for at in range(to):
            if self.lesson.steps[at].ask is not None and at not in self.predictions:
                raise ConfigurationError("predict first: say what you expect to see")
        return replace(self, at=to)

    def told(self) -> dict[str, Any]:
        """Return the reading as a page shows it: what follows a question only once it has an answer."""
        step, given = self.step, self.predictions.get(self.at)
        ask = step.ask
        return {
            "name": self.name,
            "title": self.lesson.title,
            "at": self.at,
            "steps": len(self.lesson.steps),
            "say": step.say,
            "question": ask and ask.question,
            "answers": list(ask.answers) if ask else [],
            "predicted": given,
            "right": None if ask is None or given is None else ask.right,
            "then": "" if given is None else step.then,
        }


@cache
def lessons() -> dict[str, Lesson]:
    """Return the lessons that come with shoal, in the order of the lecture."""
    folder = resources.files("shoal.lab").joinpath(FOLDER)
    files = {file.name: file for file in folder.iterdir() if file.name.endswith(".json")}
    return {
        name.partition("-")[2].removesuffix(".json"): read_lesson(files[name].read_bytes())
        for name in sorted(files, key=lambda name: int(name.partition("-")[0]))
    }


def lesson_of(asked: str | os.PathLike[str]) -> tuple[str, Lesson]:
    """Return a lesson by its name, or one of somebody's own by the path of its file, with its name.

    Raises ``ConfigurationError`` for a file that is no lesson, ``UnknownNameError`` for an unknown name.
    """
    if Path(asked).suffix.lower() != ".json":
        known = lessons()
        if asked not in known:
            raise UnknownNameError("lesson", asked, [*known, "a file of your own, FILE.json"])
        return str(asked), known[str(asked)]
    try:
        require_regular(Path(asked))
        with Path(asked).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"the lesson {asked} cannot be read: {reason(error)}") from None
    if len(content) > LARGEST_FILE:
        raise ConfigurationError(f"the lesson {asked} has more than {LARGEST_FILE:,} bytes; make it shorter")
    try:
        return Path(asked).stem, read_lesson(content)
    except ConfigurationError as error:
        raise ConfigurationError(f"{asked}: {error}") from None


def read_lesson(content: bytes) -> Lesson:
    """Return the lesson that a JSON file holds.

    ``{"title": …, "steps": [{"say": …, "do": […], "ask": {"question": …, "answers": […], "right": 0},
    "then": {"say": …, "do": […]}}, …]}``, where ``do`` are commands as a page says them:
    ``{"do": "build", "hidden": [3]}``. Only ``say`` is needed; ``then`` follows an answer to ``ask``.

    Raises ``ConfigurationError`` for anything else.
    """
    try:
        said = parse_json(content)
        require_type(said, LessonFile)
        assert isinstance(said, dict)
        _require_known(said, LessonFile, "the lesson")
        if not said["steps"]:
            raise MismatchError("steps is empty, expected one step or more")
        return Lesson(
            said["title"], tuple(_step(step, f"steps[{k}]") for k, step in enumerate(said["steps"]))
        )
    except MismatchError as error:
        raise ConfigurationError(f"this is no lesson: {error}") from None


def _step(said: Any, where: str) -> LessonStep:
    _require_known(said, StepFile, where)
    if ("ask" in said) != ("then" in said):
        raise MismatchError(f"{where} has one of ask and then, expected both or none")
    do = _commands(said.get("do", []), where)
    if "ask" not in said:
        return LessonStep(said["say"], do)
    ask, then = said["ask"], said["then"]
    _require_known(ask, AskFile, f"{where}.ask")
    _require_known(then, ThenFile, f"{where}.then")
    if not 0 <= ask["right"] < len(ask["answers"]):
        raise MismatchError(f"{where}.ask.right is {ask['right']}, expected the number of an answer, from 0")
    answers = Ask(ask["question"], tuple(ask["answers"]), ask["right"])
    return LessonStep(said["say"], do, answers, then["say"], _commands(then.get("do", []), f"{where}.then"))


def _commands(said: list[dict[str, Any]], where: str) -> tuple[Command, ...]:
    made = []
    for k, one in enumerate(said):
        fields = dict(one)
        name = fields.pop("do", None)
        if not isinstance(name, str) or name not in COMMANDS or COMMANDS[name] in LESSON_COMMANDS:
            raise MismatchError(f"{where}.do[{k}].do is {name!r}, expected a command of the lab")
        try:
            made.append(filled(name, fields))
        except ConfigurationError as error:
            raise MismatchError(f"{where}.do[{k}]: {error}") from None
    return tuple(made)


def _require_known(said: dict[str, Any], form: Any, where: str) -> None:
    known = get_type_hints(form)
    for key in said:
        if key not in known:
            raise MismatchError(f"{where} has {key!r}, expected {', '.join(known)}")
