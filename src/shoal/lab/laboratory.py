"""The laboratory: what there is to see, and what each command does to it, without pages and threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from shoal.activations import ACTIVATIONS
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab import addresses, choosing, commands, frames, material, repeating, views
from shoal.lab.course import Course, Each, in_turn
from shoal.lab.demonstrations import DEMONSTRATIONS, Demonstrate, Shown, demonstrated
from shoal.lab.design import INITIALS, NATURAL, Design, Knobs
from shoal.lab.lesson import Lesson, LessonReading
from shoal.lab.material import SETS, Sets
from shoal.lab.playing import MOST_PACE, Player
from shoal.lab.room import require_room
from shoal.lab.seals import Seals
from shoal.lab.teaching import Teaching
from shoal.populations.population import Population
from shoal.selection.rules import RULES
from shoal.solvers import SOLVERS

if TYPE_CHECKING:
    from shoal.jobs.model import Model
    from shoal.lab.inspector import InspectedNetwork

SIDES = "AB"


class Laboratory(Player):
    """One shoal, or the two sides of a fork, with a network picked, a rule of choice, and a sealed test.

    ``run`` grows with every new beginning, so that frames of an older one are known as such.

    >>> lab = Laboratory(Design(hidden=(2,), starts=3))
    >>> lab.do(commands.Step(epochs=5))
    >>> lab.state()["sides"][0]["epoch"]
    5
    """

    def __init__(
        self,
        design: Design | None = None,
        knobs: Knobs | None = None,
        sets: Sets = SETS,
        lesson: tuple[str, Lesson] | None = None,
    ) -> None:
        self.design, self.sets = design or Design(), sets
        self.run, self.picked = 1, 0
        self.rule = "best"
        self.note = ""
        self.inspecting: commands.Inspect | None = None
        self._seals, self.teaching = Seals(), Teaching(lesson)
        knobs = knobs or Knobs(**NATURAL[self.design.data])
        require_room(self.design, knobs, self.sets)
        self.sides = [Course(self.design, knobs, sets)]
        self.shown: Shown = None
        if lesson is not None:
            self.do(commands.OpenLesson(name=lesson[0]))

    def do(self, command: commands.Command, each: Each = in_turn) -> None:
        """Do what a command says; ``each`` trains the runs of a course.

        Raises ``ConfigurationError`` for what is out of range, and then nothing has changed.
        """
        self.note = ""
        DO[type(command)](self, command, each)
        if self.inspecting is not None:
            from shoal.lab import inspector

            self.inspecting = inspector.nearest(self._subject, self.inspecting)

    @property
    def work(self) -> int:
        """What an epoch takes: parameters times samples, of all networks together."""
        return sum(
            run.population.theta.size * len(side.material.train.y) for side in self.sides for run in side.runs
        )

    @property
    def epoch(self) -> int:
        """The epochs behind all networks."""
        return self.sides[0].epoch

    def train(self, epochs: int, each: Each = in_turn) -> None:
        """Train all sides on; at the last epoch of the design the playing ends."""
        for side in self.sides:
            side.advance(epochs, each)
        if self.epoch >= self.design.epochs:
            self.playing = False
            self.note = f"This is epoch {self.design.epochs:,}, the last of this run."

    def frame(self) -> bytes:
        """Return all that is drawn at this epoch."""
        blocks = [
            block
            for k, side in enumerate(self.sides)
            for block in views.blocks(side, self.run, k, self.picked)
        ]
        return frames.write(blocks)

    def state(self) -> dict[str, Any]:
        """Return everything else that a page shows, as plain values for JSON."""
        opened, reading = self._seals.of(self.design), self.reading
        return {
            "protocol": frames.PROTOCOL,
            "run": self.run,
            "playing": self.playing,
            "pace": self.pace,
            "picked": self.picked,
            "inspected": self._inspected(),
            "rule": self.rule,
            "note": self.note,
            "address": self._address,
            "design": asdict(self.design),
            "sides": [self._side(side) for side in self.sides],
            "material": material.told(self.sides[0].material),
            "parameters": [run.population.network.n_parameters for run in self.sides[0].runs],
            "test": None if opened is None else asdict(opened),
            "shown": self.shown and self.shown.state(),
            "lesson": reading and reading.told(),
            "lessons": self.teaching.listed(),
            "choices": CHOICES | {"data": list(self.sets)},
        }

    def network(self) -> Population:
        """Return the picked network alone, as it predicts."""
        return views.member(self.sides[0], self.picked)

    def model(self) -> Model | None:
        """Return the picked network with what leads from its table to it; None where there is no table."""
        of = self.sides[0].material.model
        return None if of is None else of(self.network())

    @property
    def reading(self) -> LessonReading | None:
        """The lesson that is open, at a step of it."""
        return self.teaching.reading

    @property
    def _address(self) -> str:
        """What the page's address ends in."""
        return addresses.address(self.design, self.sides[0].knobs, self.picked, self.teaching.known)

    @property
    def _subject(self) -> InspectedNetwork:
        from shoal.lab.inspector import InspectedNetwork

        return InspectedNetwork.of_course(self.sides[0], self.picked)

    def _inspected(self) -> dict[str, Any] | None:
        if self.inspecting is None:
            return None
        from shoal.lab.inspector import inspected

        return inspected(self._subject, self.inspecting)

    def _side(self, side: Course) -> dict[str, Any]:
        found = choosing.choice(side, self.rule)
        return {
            "knobs": asdict(side.knobs),
            "rate": side.knobs.strengths(self.design.solver).get("learning_rate"),
            "epoch": side.epoch,
            "furthest": side.furthest,
            "journal": [{"epoch": at, **asdict(knobs)} for at, knobs in sorted(side.journal.items())],
            "choice": choosing.told(side, found),
            "words": choosing.in_words(side, self.picked, found),
            "repeat": {
                "python": repeating.python_lines(side, self.picked),
                "command": repeating.command_line(side),
            },
        }

    def _start(self, command: commands.Start, each: Each) -> None:
        if self.epoch >= self.design.epochs:
            raise ConfigurationError(
                f"the run has reached its last epoch, {self.design.epochs:,}; go back in time or begin anew"
            )
        self.playing = True

    def _reset(self, command: commands.Reset, each: Each) -> None:
        self.sides = [Course(self.design, side.knobs, self.sets) for side in self.sides]
        self.run, self.playing = self.run + 1, False

    def _seek(self, command: commands.Seek, each: Each) -> None:
        furthest = self.sides[0].furthest
        if not 0 <= command.epoch <= furthest:
            raise ConfigurationError(
                f"epoch {command.epoch:,} has not come yet; go to one from 0 to {furthest:,}"
            )
        self.playing = False
        for side in self.sides:
            side.seek(command.epoch, each)

    def _turn(self, command: commands.Turn, each: Each) -> None:
        changes = commands.asked(command)
        side = changes.pop("side", None)
        if changes.pop("own_rate", False):
            changes["learning_rate"] = None
        if side is not None:
            self._require_side(side)
        shared = {name: value for name, value in changes.items() if name in ("samples", "noise", "dropout")}
        turned = [
            known.knobs.turned(changes if side in (None, k) else shared) for k, known in enumerate(self.sides)
        ]
        require_room(self.design, turned[0], self.sets)
        if all(knobs == known.knobs for known, knobs in zip(self.sides, turned, strict=True)):
            return
        for known, knobs in zip(self.sides, turned, strict=True):
            if knobs != known.knobs:
                known.turn(knobs)
            else:
                known.forget()  # so that all sides know the same epochs

    def _build(self, command: commands.Build, each: Each) -> None:
        design = replace(self.design, **commands.asked(command))
        knobs = self.sides[0].knobs
        if design.data != self.design.data:
            if design.data not in self.sets:
                raise UnknownNameError("data set", design.data, self.sets)
            knobs = replace(knobs, **NATURAL[design.data])
        self._begin(design, knobs)

    def _begin(self, design: Design, knobs: Knobs) -> None:
        if not SOLVERS[design.solver].takes_learning_rate:  # which has no use for these
            knobs = replace(knobs, learning_rate=None, weight_decay=0.0, dropout=0.0)
        require_room(design, knobs, self.sets)
        self.sides = [Course(design, knobs, self.sets)]
        self.design, self.playing, self.run = design, False, self.run + 1
        self.picked = min(self.picked, design.networks - 1)

    def _visit(self, command: commands.Visit, each: Each) -> None:
        asked = addresses.asked(command.text, self.teaching.lessons)
        if asked.lesson is not None:
            self.do(commands.OpenLesson(name=asked.lesson), each)
        else:
            own = {"data": "table"} if self.design.data == "table" else {}  # which no address names
            design = replace(Design(), **own | asked.design)
            knobs = replace(Knobs(**NATURAL[design.data]), **asked.knobs)
            self._begin(design, knobs)
            self.teaching.close()
            self.shown = None
            self.picked = min(asked.network or 0, design.networks - 1)
        self.note = "; ".join(asked.notes)

    def _table(self, command: commands.Table, each: Each) -> None:
        from shoal.lab.table import brought_table  # which loads all that reads tables

        known = self.sets
        self.sets = {"table": brought_table(command.name, command.text, command.target), **SETS}
        try:
            self._build(commands.Build(data="table", initial="unit"), each)
            self._seals.renew("table")
        except Exception:
            self.sets = known  # what cannot be trained on replaces nothing
            raise

    def _pick(self, command: commands.Pick, each: Each) -> None:
        if not 0 <= command.network < self.design.networks:
            raise ConfigurationError(
                f"networks are numbered 0 to {self.design.networks - 1:,}, got {command.network}"
            )
        self.picked = command.network

    def _inspect(self, command: commands.Inspect, each: Each) -> None:
        from shoal.lab import inspector  # which loads all that explains

        inspector.require_edge(self._subject, command)
        self.inspecting = command

    def _close_inspector(self, command: commands.CloseInspector, each: Each) -> None:
        self.inspecting = None

    def _pace(self, command: commands.Pace, each: Each) -> None:
        if not 0 <= command.epochs <= MOST_PACE:
            raise ConfigurationError(f"the pace is 0 to {MOST_PACE:,} epochs a picture, got {command.epochs}")
        self.pace = command.epochs

    def _fork(self, command: commands.Fork, each: Each) -> None:
        if len(self.sides) > 1:
            raise ConfigurationError("there is a fork already; keep one of its sides first")
        twin = self.sides[0].fork()
        twin.turn(twin.knobs.turned({"l2": command.l2}))
        self.sides[0].forget()  # so that both know the same epochs from here on
        self.sides = [self.sides[0], twin]

    def _join(self, command: commands.Join, each: Each) -> None:
        self._require_side(command.side)
        self.sides = [self.sides[command.side]]

    def _choose(self, command: commands.Rule, each: Each) -> None:
        if command.rule not in RULES[:2]:
            raise UnknownNameError("rule of choice", command.rule, RULES[:2])
        self.rule = command.rule

    def _open_test(self, command: commands.OpenTest, each: Each) -> None:
        self._seals.open(self.design, self.sides, self.rule)
        self.playing = False

    def _demonstrate(self, command: Demonstrate, each: Each) -> None:
        shown = demonstrated(self.shown, command)
        if shown is not None:
            self.playing = False
            shown.state()  # which learns what there is to learn, or says why not
        self.shown = shown

    def _open_lesson(self, command: commands.OpenLesson, each: Each) -> None:
        self._read(self.teaching.open(command.name), each)

    def _predict(self, command: commands.Predict, each: Each) -> None:
        self._set_up(self.teaching.predict(command.answer), each)

    def _page(self, command: commands.Page, each: Each) -> None:
        self._read(self.teaching.turn(command.step), each)

    def _close_lesson(self, command: commands.CloseLesson, each: Each) -> None:
        self.teaching.close()

    def _read(self, asked: tuple[commands.Command, ...], each: Each) -> None:
        """Come to a step of a lesson, and to what it sets up."""
        self.shown = None
        self._set_up(asked, each)

    def _set_up(self, asked: tuple[commands.Command, ...], each: Each) -> None:
        for command in asked:
            DO[type(command)](self, command, each)

    def _require_side(self, side: int) -> None:
        if not 0 <= side < len(self.sides):
            raise ConfigurationError(
                f"a side is one of {', '.join(SIDES[: len(self.sides)])}, got number {side}"
            )


DO: dict[type[Any], Callable[[Laboratory, Any, Each], None]] = {
    commands.Start: Laboratory._start,
    commands.Pause: Laboratory._pause,
    commands.Step: Laboratory._step,
    commands.Reset: Laboratory._reset,
    commands.Seek: Laboratory._seek,
    commands.Turn: Laboratory._turn,
    commands.Build: Laboratory._build,
    commands.Visit: Laboratory._visit,
    commands.Table: Laboratory._table,
    commands.Pick: Laboratory._pick,
    commands.Inspect: Laboratory._inspect,
    commands.CloseInspector: Laboratory._close_inspector,
    commands.Pace: Laboratory._pace,
    commands.Fork: Laboratory._fork,
    commands.Join: Laboratory._join,
    commands.Rule: Laboratory._choose,
    commands.OpenTest: Laboratory._open_test,
    commands.OpenLesson: Laboratory._open_lesson,
    commands.Predict: Laboratory._predict,
    commands.Page: Laboratory._page,
    commands.CloseLesson: Laboratory._close_lesson,
    **dict.fromkeys(DEMONSTRATIONS.values(), Laboratory._demonstrate),
}

CHOICES: dict[str, list[str]] = {
    "activation": [name for name in ACTIVATIONS if name != "softmax"],
    "solver": list(SOLVERS),
    "rated": [name for name in SOLVERS if SOLVERS[name].takes_learning_rate],
    "initial": list(INITIALS),
    "rule": list(RULES[:2]),
}
