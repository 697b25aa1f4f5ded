"""Runs that somebody has begun, as a lab shows them: trained on, turned and looked at, where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import ConfigurationError
from shoal.lab import commands, frames, material
from shoal.lab.course import Each, in_turn
from shoal.lab.design import require_between
from shoal.lab.notebook import looks
from shoal.lab.notebook.past import KNOBS, Past
from shoal.lab.notebook.samples import WITHOUT_PICTURE, material_of
from shoal.lab.playing import MOST_PACE, Player
from shoal.layers import Dense
from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.training.problem import Samples
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.jobs.model import Model
    from shoal.lab.inspector import InspectedNetwork

SIDES = "AB"


class Runs(Player):
    """Runs of as many members each, on the same samples: a column a run, a network a member.

    They are the very runs that were given: what is trained here is trained in them. Networks are compared by
    their validation loss, or where there is no validation data by the objective that they train on.

    After a fork they are its side A, and side B are runs that stood where they did, under another λ. Where B
    is kept, those that were given are brought to where B stands.

    Raises ``ConfigurationError`` for runs that cannot stand beside each other.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        _require_alike(self.runs)
        self.starts = self.runs[0].population.size
        self.data = material_of(self.runs[0])
        self.picked, self.note = 0, ""
        self.inspecting: commands.Inspect | None = None
        self.pasts = [Past(self.runs)]  # a side each

    @property
    def epoch(self) -> int:
        """The epochs behind the run that has gone farthest."""
        return max(run.epoch for run in self.runs)

    @property
    def work(self) -> int:
        """What an epoch takes: parameters times samples, of all networks together."""
        return sum(run.population.theta.size * len(run.problem.train.y[0]) for run in self._all)

    @property
    def done(self) -> bool:
        """Whether no network trains on."""
        return all(run.done for run in self._all)

    @property
    def _all(self) -> list[Run]:
        return [run for past in self.pasts for run in past.runs]

    def do(self, command: commands.Command, each: Each = in_turn) -> None:
        """Do what a command says; raise ``ConfigurationError`` for what these runs do not do."""
        self.note = ""
        if type(command) not in DO:
            raise ConfigurationError(
                "a widget trains, steps, pauses, goes back, forks, turns strengths, picks and looks inside; "
                "for all else there is shoal lab"
            )
        DO[type(command)](self, command, each)
        if self.inspecting is not None:
            from shoal.lab import inspector

            self.inspecting = inspector.nearest(self._subject, self.inspecting)

    def train(self, epochs: int, each: Each = in_turn) -> None:
        """Train all runs on; where no network trains on, the playing ends."""
        for past in self.pasts:
            past.advance(epochs, each)
        if self.done:
            self.playing = False
            self.note = f"this is epoch {self.epoch:,}, at which the last network has ended"

    def frame(self) -> bytes:
        """Return all that is drawn at this epoch."""
        return frames.write(
            [
                block
                for side, past in enumerate(self.pasts)
                for block in looks.blocks(past.runs, self.data, side, self.picked)
            ]
        )

    def state(self) -> dict[str, Any]:
        """Return everything else that a widget shows, as plain values for JSON."""
        first = self.pasts[0]
        return {
            "title": f"{plural(len(self.runs) * self.starts, 'network')} in training",
            "note": self.note,
            "picked": self.picked,
            "inspectable": self.data.kind != WITHOUT_PICTURE,
            "inspected": self._inspected(),
            "design": {"hidden": _labels(self.runs), "starts": self.starts},
            "sizes": "hidden units",
            "error": "validation loss" if looks.validated(self.runs) else "objective",
            "words": self._words(),
            "sides": [{"choice": looks.choice(past.runs), "l2": past.knobs["l2"]} for past in self.pasts],
            "material": material.told(self.data),
            "parameters": [run.population.network.n_parameters for run in self.runs],
            "training": {
                "playing": self.playing,
                "pace": self.pace,
                "epoch": self.epoch,
                "epochs": max(run.recipe.epochs for run in self.runs),
                "active": int(sum(np.count_nonzero(run.active) for run in self._all)),
                "ended": self.done,
                "rated": all(run.recipe.rule.takes_learning_rate for run in self.runs),
                "first": max(past.first for past in self.pasts),
                "furthest": min(past.furthest for past in self.pasts),
                "goes_back": all(past.goes_back for past in self.pasts),
                "journal": [{"epoch": at, **turned} for at, turned in sorted(first.journal.items())],
                **first.knobs,
            },
        }

    def network(self) -> Population:
        """Return the picked network alone, as it predicts."""
        return looks.member(self.runs, self.picked)

    def model(self) -> Model | None:
        """Return None: a run knows nothing of the table that its samples came from."""
        return None

    @property
    def _subject(self) -> InspectedNetwork:
        from shoal.lab.notebook.inside import subject  # which loads all that explains

        column, member = divmod(self.picked, self.starts)
        return subject(self.runs[column], member, self.network(), self.data.train)

    def _inspected(self) -> dict[str, Any] | None:
        if self.inspecting is None:
            return None
        from shoal.lab.inspector import inspected

        return inspected(self._subject, self.inspecting)

    def _words(self) -> list[str]:
        if len(self.pasts) == 1:
            return looks.in_words(self.runs)
        told = zip(SIDES, self.pasts, strict=True)
        return [f"{side}: {words}" for side, past in told for words in looks.in_words(past.runs)]

    def _start(self, command: commands.Start, each: Each) -> None:
        if self.done:
            raise ConfigurationError(f"no network trains on: the run has ended, at epoch {self.epoch:,}")
        self.playing = True

    def _turn(self, command: commands.Turn, each: Each) -> None:
        changes = commands.asked(command)
        side = changes.pop("side", None)
        if side is not None:
            self._require_side(side)
        for name in changes:
            if name not in KNOBS:
                raise ConfigurationError(
                    f"{name} is what the run has begun with; {', '.join(KNOBS)} may be turned while it trains"
                )
        for past in self.pasts if side is None else [self.pasts[side]]:
            past.turn(changes)
        if side is not None:  # and what had come after this epoch is forgotten on both
            for past in self.pasts:
                past.forget()

    def _seek(self, command: commands.Seek, each: Each) -> None:
        for past in self.pasts:
            past.require(command.epoch)
        self.playing = False
        for past in self.pasts:
            past.seek(command.epoch, each)

    def _fork(self, command: commands.Fork, each: Each) -> None:
        if len(self.pasts) > 1:
            raise ConfigurationError("there is a fork already; keep one of its sides first")
        twin = self.pasts[0].fork()
        twin.turn({"l2": command.l2})
        self.pasts[0].forget()  # so that both know the same epochs from here on
        self.pasts.append(twin)

    def _join(self, command: commands.Join, each: Each) -> None:
        self._require_side(command.side)
        self.pasts = [self.pasts[command.side].moved_to(self.runs)]

    def _require_side(self, side: int) -> None:
        require_between("side", side, 0, len(self.pasts) - 1, whole=True)

    def _pick(self, command: commands.Pick, each: Each) -> None:
        require_between("network", command.network, 0, len(self.runs) * self.starts - 1, whole=True)
        self.picked = command.network

    def _inspect(self, command: commands.Inspect, each: Each) -> None:
        if self.data.kind == WITHOUT_PICTURE:
            raise ConfigurationError(
                "the inspector looks at networks of rows of numbers with one output or some classes, and "
                "these are others; shoal.explain writes out their chain rule"
            )
        from shoal.lab import inspector

        inspector.require_edge(self._subject, command)
        self.inspecting = command

    def _close_inspector(self, command: commands.CloseInspector, each: Each) -> None:
        self.inspecting = None

    def _pace(self, command: commands.Pace, each: Each) -> None:
        require_between("the pace", command.epochs, 0, MOST_PACE, whole=True)
        self.pace = command.epochs


DO: dict[type[Any], Callable[[Runs, Any, Each], None]] = {
    commands.Start: Runs._start,
    commands.Pause: Runs._pause,
    commands.Step: Runs._step,
    commands.Turn: Runs._turn,
    commands.Seek: Runs._seek,
    commands.Fork: Runs._fork,
    commands.Join: Runs._join,
    commands.Pick: Runs._pick,
    commands.Inspect: Runs._inspect,
    commands.CloseInspector: Runs._close_inspector,
    commands.Pace: Runs._pace,
}


def _labels(runs: Sequence[Run]) -> list[int | str]:
    """Return what columns are called: by hidden units where these say all, else by number."""
    found: list[int | str] = []
    for place, run in enumerate(runs):
        hidden = _hidden(run.population.network)
        label: int | str = f"network {place + 1}"
        if hidden is not None:
            label = hidden[0] if len(hidden) == 1 else "x".join(map(str, hidden)) or "0"
        found.append(label if label not in found else f"{label} ({place + 1})")
    return found


def _hidden(network: Chain) -> list[int] | None:
    """Return the units of the hidden layers of a perceptron; None of another network."""
    layers = [layer for layer in network.layers if layer.name not in ("dropout", "batch_norm", "layer_norm")]
    if not all(isinstance(layer, Dense) for layer in layers):
        return None
    return [layer.units for layer in layers[:-1] if isinstance(layer, Dense)]


def _require_alike(runs: Sequence[Run]) -> None:
    """Raise ``ConfigurationError`` unless runs have as many members each, on the same samples."""
    if not runs or not all(isinstance(run, Run) for run in runs):
        kinds = ", ".join(sorted({type(run).__name__ for run in runs})) or "nothing"
        raise ConfigurationError(f"a widget shows runs, as shoal.begin returns them, got {kinds}")
    if len({id(run) for run in runs}) < len(runs):
        raise ConfigurationError("a run was given twice, and it can be trained on only once; give it once")
    first = runs[0]
    for k, run in enumerate(runs[1:], 2):
        if run.population.size != first.population.size:
            raise ConfigurationError(
                f"run {k} has {run.population.size} members and the first {first.population.size}; begin "
                "all with as many starts"
            )
        if run.epoch != first.epoch:
            raise ConfigurationError(
                f"run {k} is at epoch {run.epoch} and the first at {first.epoch}; advance all to the same"
            )
        if not all(
            (mine is None and other is None)
            or (mine is not None and other is not None and _same(mine, other))
            for mine, other in (
                (first.problem.train, run.problem.train),
                (first.problem.validation, run.problem.validation),
            )
        ):
            raise ConfigurationError(
                f"run {k} has other samples than the first; show it in a widget of its own"
            )


def _same(one: Samples, other: Samples) -> bool:
    """Return whether samples are the same, as far as 32 bits tell: solvers hold them in unlike precision."""
    nowhere = np.empty(0)
    mine, others = (
        (each.X, each.y, nowhere if each.lengths is None else each.lengths) for each in (one, other)
    )
    return all(
        np.array_equal(np.asarray(a, np.float32), np.asarray(b, np.float32))
        for a, b in zip(mine, others, strict=True)
    )
