"""Runs that somebody has begun, as a lab shows them: trained on, turned and looked at, where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.engines.evaluation import sample_losses
from shoal.errors import ConfigurationError
from shoal.lab import commands, frames, material, views
from shoal.lab.course import Each, in_turn
from shoal.lab.design import require_between, without_chance
from shoal.lab.frames import Block, Kind
from shoal.lab.notebook.past import KNOBS, Past
from shoal.lab.notebook.samples import WITHOUT_PICTURE, material_of
from shoal.lab.playing import MOST_PACE, Player
from shoal.layers import Dense
from shoal.networks.chain import Chain
from shoal.plots.text import number
from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.shapes import Array
from shoal.training.problem import Samples
from shoal.training.stopping import Reason
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.jobs.model import Model
    from shoal.lab.inspector import Subject

MOST_UNITS = 64
"""Hidden units whose answers are drawn."""
MOST_BARS = 5000
"""Parameters that are drawn one by one."""


class Runs(Player):
    """Runs of as many members each, on the same samples: a column a run, a network a member.

    They are the very runs that were given: what is trained here is trained in them. Networks are compared by
    their validation loss, or where there is no validation data by the objective that they train on.

    Raises ``ConfigurationError`` for runs that cannot stand beside each other.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        _require_alike(self.runs)
        self.starts = self.runs[0].population.size
        self.data = material_of(self.runs[0])
        self.picked, self.note = 0, ""
        self.inspecting: commands.Inspect | None = None
        self.past = Past(self.runs)

    @property
    def epoch(self) -> int:
        """The epochs behind the run that has gone farthest."""
        return max(run.epoch for run in self.runs)

    @property
    def work(self) -> int:
        """What an epoch takes: parameters times samples, of all networks together."""
        return sum(run.population.theta.size * len(run.problem.train.y[0]) for run in self.runs)

    @property
    def done(self) -> bool:
        """Whether no network trains on."""
        return all(run.done for run in self.runs)

    def do(self, command: commands.Command, each: Each = in_turn) -> None:
        """Do what a command says; raise ``ConfigurationError`` for what these runs do not do."""
        self.note = ""
        if type(command) not in DO:
            raise ConfigurationError(
                "a widget trains, steps, pauses, goes back, turns strengths, picks and looks inside; for all "
                "else there is shoal lab"
            )
        DO[type(command)](self, command, each)
        if self.inspecting is not None:
            from shoal.lab import inspector

            self.inspecting = inspector.nearest(self._subject, self.inspecting)

    def train(self, epochs: int, each: Each = in_turn) -> None:
        """Train all runs on; where no network trains on, the playing ends."""
        self.past.advance(epochs, each)
        if self.done:
            self.playing = False
            self.note = f"this is epoch {self.epoch:,}, at which the last network has ended"

    def frame(self) -> bytes:
        """Return all that is drawn at this epoch."""
        data, alone = self.data, self.network()
        scores = np.stack([*self._losses(), np.concatenate([run.history.stopped for run in self.runs])])
        blocks = [self._block(Kind.SCORES, scores), self._block(Kind.LOSSES, self._course())]
        if alone.network.n_parameters <= MOST_BARS:
            blocks.append(self._block(Kind.THETA, alone.theta.astype(np.float64)))
        if data.kind != WITHOUT_PICTURE:
            found = [views.predicted(_as_it_predicts(run), data.grid) for run in self.runs]
            blocks += [
                self._block(*views.functions(data, np.concatenate(found))),
                self._block(Kind.PICKED, views.predicted(alone, data.fine)[0], data.low, data.high),
            ]
            if (units := views.unit_outputs(alone, data.grid)).shape[0] > 0:
                blocks.append(self._block(Kind.UNITS, units[:MOST_UNITS], data.low, data.high))
        return frames.write(blocks)

    def state(self) -> dict[str, Any]:
        """Return everything else that a widget shows, as plain values for JSON."""
        return {
            "title": f"{plural(len(self.runs) * self.starts, 'network')} in training",
            "note": self.note,
            "picked": self.picked,
            "inspectable": self.data.kind != WITHOUT_PICTURE,
            "inspected": self._inspected(),
            "design": {"hidden": _labels(self.runs), "starts": self.starts},
            "sizes": "hidden units",
            "error": "validation loss" if self._validated else "objective",
            "words": self._words(),
            "sides": [{"choice": self._choice()}],
            "material": material.told(self.data),
            "parameters": [run.population.network.n_parameters for run in self.runs],
            "training": {
                "playing": self.playing,
                "pace": self.pace,
                "epoch": self.epoch,
                "epochs": max(run.recipe.epochs for run in self.runs),
                "active": int(sum(np.count_nonzero(run.active) for run in self.runs)),
                "ended": self.done,
                "rated": all(run.recipe.rule.takes_learning_rate for run in self.runs),
                "first": self.past.first,
                "furthest": self.past.furthest,
                "goes_back": self.past.goes_back,
                "journal": [{"epoch": at, **turned} for at, turned in sorted(self.past.journal.items())],
                **self.past.knobs,
            },
        }

    def network(self) -> Population:
        """Return the picked network alone, as it predicts."""
        column, member = divmod(self.picked, self.starts)
        population = _as_it_predicts(self.runs[column])
        return population.members(member)

    def model(self) -> Model | None:
        """Return None: a run knows nothing of the table that its samples came from."""
        return None

    @property
    def _subject(self) -> Subject:
        from shoal.lab.notebook.inside import subject  # which loads all that explains

        column, member = divmod(self.picked, self.starts)
        return subject(self.runs[column], member, self.network(), self.data.train)

    def _inspected(self) -> dict[str, Any] | None:
        if self.inspecting is None:
            return None
        from shoal.lab.inspector import inspected

        return inspected(self._subject, self.inspecting)

    @property
    def _validated(self) -> bool:
        return self.runs[0].problem.validation is not None

    def _start(self, command: commands.Start, each: Each) -> None:
        if self.done:
            raise ConfigurationError(f"no network trains on: the run has ended, at epoch {self.epoch:,}")
        self.playing = True

    def _turn(self, command: commands.Turn, each: Each) -> None:
        changes = commands.asked(command)
        for name in changes:
            if name not in KNOBS:
                raise ConfigurationError(
                    f"{name} is what the run has begun with; {', '.join(KNOBS)} may be turned while it trains"
                )
        self.past.turn(changes)

    def _seek(self, command: commands.Seek, each: Each) -> None:
        self.playing = False
        self.past.seek(command.epoch, each)

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

    def _block(self, kind: Kind, values: Array, low: float = 0.0, high: float = 1.0) -> Block:
        return Block(kind, 1, self.epoch, values, 0, low, high)

    def _losses(self) -> tuple[Array, Array]:
        """Return every network's objective and what it is compared by, as it stands (P,), (P,)."""
        train = np.concatenate([_latest(run, run.history.loss, run.problem.train) for run in self.runs])
        if not self._validated:
            return train, train
        found = []
        for run in self.runs:
            assert run.history.validation_loss is not None
            assert run.problem.validation is not None
            found.append(_latest(run, run.history.validation_loss, run.problem.validation))
        return train, np.concatenate(found)

    def _course(self) -> Array:
        """Return the objective and the validation loss of the picked network (2, columns) over its epochs."""
        column, member = divmod(self.picked, self.starts)
        run = self.runs[column]
        history, epochs = run.history, int(run.history.epochs[member])
        shown = views.shown_epochs(epochs)
        judged = history.validation_loss
        validation = np.full(len(shown), np.nan) if judged is None else judged[member, shown]
        return np.stack([history.loss[member, shown], validation])

    def _compared(self) -> Array:
        """Return what networks are compared by, infinite of those that diverged (P,)."""
        lost = np.concatenate([run.history.stopped for run in self.runs]) == Reason.DIVERGED
        losses = self._losses()[1].astype(np.float64)
        return np.where(lost | ~np.isfinite(losses), np.inf, losses)

    def _choice(self) -> dict[str, Any] | None:
        """Return which network has the smallest validation loss; None where nothing tells."""
        if not self._validated or not self.epoch:
            return None
        losses = self._compared()
        best = int(np.argmin(losses))
        return {"network": best, "threshold": None} if np.isfinite(losses[best]) else None

    def _words(self) -> list[str]:
        losses = self._compared()
        finite = losses[np.isfinite(losses)]
        if not finite.size:
            return ["Every network has diverged: turn the learning rate down, and begin anew."]
        name = "Validation loss" if self._validated else "Objective"
        words = [
            f"{name} {number(float(finite.min()), 3)} at the best, {number(float(np.median(finite)), 3)} at "
            f"the median, {number(float(finite.max()), 3)} at the worst of {plural(len(losses), 'network')}."
        ]
        if len(finite) < len(losses):
            words.append(f"{len(losses) - len(finite)} of them diverged.")
        if not self._validated:
            words.append("Without validation data nothing tells which of them generalises.")
        return words


DO: dict[type[Any], Callable[[Runs, Any, Each], None]] = {
    commands.Start: Runs._start,
    commands.Pause: Runs._pause,
    commands.Step: Runs._step,
    commands.Turn: Runs._turn,
    commands.Seek: Runs._seek,
    commands.Pick: Runs._pick,
    commands.Inspect: Runs._inspect,
    commands.CloseInspector: Runs._close_inspector,
    commands.Pace: Runs._pace,
}


def _as_it_predicts(run: Run) -> Population:
    population = run.population
    return Population(without_chance(population.network), population.theta, population.keys)


def _latest(run: Run, course: Array, samples: Samples) -> Array:
    """Return the last loss of every member (P,); before the first epoch that of its first parameters."""
    epochs = run.history.epochs
    if run.epoch:
        last: Array = course[np.arange(len(epochs)), np.maximum(epochs - 1, 0)]
        return last.astype(np.float64)
    with np.errstate(all="ignore"):
        losses = sample_losses(run.population.network, run.population.theta, samples)
        means: Array = (losses * samples.s).sum(axis=1) / samples.s.sum(axis=1)
    return means.astype(np.float64)


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
