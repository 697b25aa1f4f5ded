"""The compiled engine: the whole training loop in C++, at the speed of the machine's vector instructions.

Only what this file knows by its exact class runs there: a subclass, or somebody's own activation, may do
anything, and is left to the reference engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from shoal.engines.base import Training
from shoal.engines.compiled import module
from shoal.engines.compiled.architecture import described, knows, unknown_layer, unknown_over_time
from shoal.engines.compiled.module import native, unknown_instruction_set
from shoal.engines.overflow import within_double
from shoal.engines.turns import InTurn, one_at_a_time
from shoal.engines.wire import course_fields, problem_fields, recipe_fields, whole_numbers
from shoal.errors import DataError
from shoal.interruption import checkpoint
from shoal.losses import LOSSES
from shoal.networks.chain import Chain
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers import SOLVERS
from shoal.training.augmentation import Augmentation
from shoal.training.history import History
from shoal.training.problem import GivenOrders, Problem, Snapshot
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Reason, Watch

MOST_PARAMETERS = 500
"""Of networks whose Gauss-Newton Hessians are made here, as many at once as a register has lanes.

Beyond, a lone one, which has one lane, is slower than by LAPACK; and two triangles, 64 D² bytes for each
thread, leave the caches."""


@lru_cache(maxsize=256)
def architecture(network: Chain) -> Any:
    """Return the network as the compiled module holds it. It is kept: every prediction asks for it again."""
    return native.Architecture(described(network))


class NativeEngine:
    """C++ on any number of threads, in ``shoal.engines.compiled.module.INSTRUCTION_SET``."""

    name: ClassVar[str] = "native"
    has_threads: ClassVar[bool] = True

    @property
    def label(self) -> str:
        return f"native ({module.INSTRUCTION_SET})"

    def lacks(self, network: Chain, recipe: Recipe | None = None) -> str | None:
        unknown = unknown_instruction_set() or unknown_layer(network)
        if unknown is not None or recipe is None:
            return unknown
        if not knows(network.criterion, "loss", LOSSES):
            return f"the loss {network.criterion!r}"
        if not knows(recipe.rule, "solver", SOLVERS):
            return f"the solver {recipe.rule!r}"
        if recipe.rule.squares and network.n_parameters > MOST_PARAMETERS:
            return (
                f"{recipe.rule.name} of {network.n_parameters} parameters, of which {MOST_PARAMETERS} at "
                "most will do: Hessians of as many networks as a register has lanes lie side by side"
            )
        if recipe.penalties:
            return f"the penalty {next(iter(recipe.further_penalties))!r}"
        if recipe.augmentation is not None and type(recipe.augmentation) is not Augmentation:
            return f"the augmentation {recipe.augmentation!r}"
        return None

    def lacks_lengths(self, network: Chain) -> str | None:
        return unknown_over_time(network)

    def begin(
        self, network: Chain, theta: Array, keys: npt.NDArray[np.uint64], problem: Problem, recipe: Recipe
    ) -> Training:
        return NativeTraining(network, theta, keys, problem, recipe)

    def outputs(
        self, network: Chain, theta: Array, X: Array, threads: int, lengths: IntArray | None = None
    ) -> Array:
        return _outputs(network, theta, X, threads, lengths)[0]

    def finite_outputs(self, network: Chain, theta: Array, X: Array, threads: int) -> Array | None:
        z, finite = _outputs(network, theta, X, threads)
        return z if finite else None


def _outputs(
    network: Chain, theta: Array, X: Array, threads: int, lengths: IntArray | None = None
) -> tuple[Array, bool]:
    """Return z (P, K, N), and whether X is finite."""

    def wide(theta: Array, X: Array, lengths: IntArray | None) -> Array:
        return _forward(network, theta, X, threads, lengths)[0]

    z, finite = _forward(network, theta, X, threads, lengths)
    return within_double(z, wide, theta, X, lengths), finite


def _forward(
    network: Chain, theta: Array, X: Array, threads: int, lengths: IntArray | None
) -> tuple[Array, bool]:
    """Return z (P, K, N) as the kernels leave it, and whether X is finite."""
    z = np.empty((len(theta), network.n_outputs, len(X)), theta.dtype)
    finite = native.outputs(
        module.INSTRUCTION_SET,
        architecture(network),
        np.ascontiguousarray(theta),
        X if lengths is None and X.flags.f_contiguous else np.ascontiguousarray(X),
        whole_numbers(lengths, network.layers[0]),
        threads,
        z,
    )
    return z, finite


class NativeTraining(InTurn):
    """A training by the compiled engine, as ``shoal.engines.base.Training`` says what one is.

    The compiled half reads and writes the arrays that are made here: theta, the history, the strengths.
    """

    def __init__(
        self, network: Chain, theta: Array, keys: npt.NDArray[np.uint64], problem: Problem, recipe: Recipe
    ) -> None:
        if len(problem.train) >= 2**32:
            raise DataError("the compiled engine takes less than 2³² samples; use engine='reference'")
        super().__init__()
        validated = problem.validation is not None
        self.epoch = self.step = 0
        self.theta = np.array(theta, order="C")
        rates = problem.strengths["learning_rate"]
        self.history = History.empty(len(theta), recipe.epochs, validated, rates, recipe.rule.tells)
        self.penalty = np.full(len(theta), np.nan)
        self.watch = Watch.of(recipe.plateau, len(theta))
        self._recipe, self._n_samples = recipe, len(problem.train)
        self._strengths = np.array([problem.strengths[name] for name in STRENGTHS])
        kind = native.TrainingFloat if theta.dtype == np.float32 else native.TrainingDouble
        self._compiled = kind(
            module.INSTRUCTION_SET,
            architecture(network),
            self.theta,
            np.ascontiguousarray(keys),
            problem_fields(problem, self._strengths, network.layers[0]),
            recipe_fields(recipe, network.input_shape, len(problem.train)),
            course_fields(self.history, self.penalty, self.watch),
        )

    @property
    def active(self) -> BoolArray:
        """Which members train on (P,)."""
        on: BoolArray = np.equal(self.history.stopped, Reason.EPOCHS)
        return on if self.epoch < self._recipe.epochs else np.zeros_like(on)

    def advance(self, epochs: int, threads: int = 1, orders: GivenOrders | None = None) -> None:
        """Train as many epochs, if the plan has so many left."""
        self._train(epochs, threads, orders, to_the_end=False)

    def finish(self, threads: int = 1) -> None:
        """Train to the end of the plan."""
        self._train(self._recipe.epochs, threads, None, to_the_end=True)

    @one_at_a_time
    def _train(self, epochs: int, threads: int, orders: GivenOrders | None, to_the_end: bool) -> None:
        epochs = min(epochs, self._recipe.epochs - self.epoch)
        if not epochs or not self.active.any():
            return
        drawn = None if orders is None else (np.ascontiguousarray(orders.rows[:epochs]), orders.which)
        with self.history.kept_whole(self.epoch, self.theta):
            self._compiled.advance(self.epoch, epochs, self.step, drawn, threads, to_the_end, checkpoint())
        ran = int(self.history.epochs.max()) - self.epoch  # fewer where the last members have ended
        n = self._n_samples if orders is None else orders.rows.shape[2]
        self.step += ran * self._recipe.batches(n)
        self.epoch += ran

    @one_at_a_time
    def end(self, members: BoolArray, reason: Reason) -> None:
        """Let ``members`` (P,) train no more."""
        self.history.stopped[members & np.equal(self.history.stopped, Reason.EPOCHS)] = reason
        self._compiled.advance(self.epoch, 0, self.step, None, 1, False, None)  # hands their parameters back

    @one_at_a_time
    def set(self, strengths: Mapping[str, Array]) -> None:
        """Go on with other strengths, each (P,)."""
        for name, values in strengths.items():
            self._strengths[STRENGTHS.index(name)] = values
        solver = self._recipe.rule
        if not solver.takes_learning_rate:  # what it remembers is of another function
            self._remember(solver.start(self.theta))

    @one_at_a_time
    def snapshot(self, losses: bool = True) -> Snapshot:
        """Return where the training stands, as arrays of its own; without ``losses`` those are (P, 0)."""
        vectors, numbers = self._compiled.memory()
        best_loss = numbers.pop("best_loss")[:, 0]
        best_theta = vectors.pop("best_theta", self.theta)
        D = self.theta.shape[1]
        memory = {name: values.reshape(len(values), -1, D) for name, values in vectors.items()}
        return Snapshot(
            self.epoch,
            self.step,
            self.theta.copy(),
            best_theta.copy(),
            best_loss,
            memory | numbers,
            self.history.copy(losses),
            self.penalty.copy(),
            None if self.watch is None else self.watch.copy(),
            dict(zip(STRENGTHS, self._strengths.copy(), strict=True)),
        )

    @one_at_a_time
    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where a training of the same members stood."""
        self.epoch, self.step = snapshot.epoch, snapshot.step
        self.theta[...] = snapshot.theta
        self.history.take(snapshot.history)
        self.penalty[...] = snapshot.penalty
        if self.watch is not None and snapshot.watch is not None:
            self.watch.best[...], self.watch.count[...] = snapshot.watch.best, snapshot.watch.count
        self._strengths[...] = [snapshot.strengths[name] for name in STRENGTHS]
        best = {"best_theta": snapshot.best_theta, "best_loss": snapshot.best_loss}
        self._remember({**snapshot.memory, **best})

    def _remember(self, memory: Mapping[str, Array]) -> None:
        """Go on from here with what is named of the solver's memory."""
        vectors, numbers = self._compiled.memory()
        for name, array in (*vectors.items(), *numbers.items()):
            if name in memory:
                array[...] = memory[name].reshape(array.shape)
        self._compiled.restore(vectors, numbers, self.epoch)
