"""The compiled engine: the whole training loop in C++, at the speed of the machine's vector instructions.

Only what this file knows by its exact class runs there: a subclass, or somebody's own activation, may do
anything, and is left to the reference engine.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from shoal.augmentation import Augmentation
from shoal.compiled import module
from shoal.compiled.architecture import knows, layer_rows, parameter, parameters, unknown_layer
from shoal.compiled.module import native, unknown_instruction_set
from shoal.errors import DataError
from shoal.history import History
from shoal.interruption import checkpoint
from shoal.losses import LOSSES
from shoal.network import Network
from shoal.problem import Callback, Method, Problem, Progress, Reins, Samples
from shoal.schedules import Constant
from shoal.shapes import Array, Shape
from shoal.solvers import SOLVERS
from shoal.stopping import Reason

# The numbers of the enumerations in native/: losses.hpp and solvers.hpp.
_LOSSES = (
    "log_loss", "cross_entropy", "squared_error", "mean_squared_error", "absolute_error", "huber", "poisson",
)  # fmt: skip
_SOLVERS = ("gradient_descent", "sgd", "adam", "adamw", "rmsprop", "scg", "lbfgs")


class NativeEngine:
    """C++ on any number of threads, in the instruction set ``shoal.compiled.module.INSTRUCTION_SET``."""

    name: ClassVar[str] = "native"
    has_threads: ClassVar[bool] = True

    @property
    def label(self) -> str:
        return f"native ({module.INSTRUCTION_SET})"

    def lacks(self, network: Network, method: Method | None = None) -> str | None:
        unknown = unknown_instruction_set() or unknown_layer(network)
        if unknown is not None or method is None:
            return unknown
        if not knows(network.criterion, _LOSSES, LOSSES):
            return f"the loss {network.criterion!r}"
        if not knows(method.solver, _SOLVERS, SOLVERS):
            return f"the solver {method.solver!r}"
        if method.augmentation is not None and type(method.augmentation) is not Augmentation:
            return f"the augmentation {method.augmentation!r}"
        return None

    def train(
        self,
        network: Network,
        theta: Array,
        keys: npt.NDArray[np.uint64],
        problem: Problem,
        method: Method,
        callback: Callback | None,
        threads: int,
    ) -> History:
        if len(problem.train) >= 2**32:
            raise DataError("the compiled engine takes less than 2³² samples; use engine='reference'")
        validation = problem.validation
        stopping, solver = method.stopping, method.solver
        history = History.empty(len(theta), stopping.epochs, validation is not None, problem.learning_rate)
        trained = theta.copy()  # C-contiguous, and nothing is half-trained after a Ctrl-C
        strengths = np.stack([problem.l2, problem.l1, problem.weight_decay, problem.learning_rate])
        reins = None if method.reins is None else _Led(method.reins, trained, strengths[3], history)
        try:
            native.train(
                module.INSTRUCTION_SET,
                _described(network),
                trained,
                np.ascontiguousarray(keys),
                _arrays(problem.train),
                None if validation is None else _arrays(validation),
                strengths,
                (_SOLVERS.index(solver.name), parameters(solver), solver.full_batch, solver.decay_times_rate),
                _factors(method, len(problem.train)),
                stopping.epochs,
                method.batch_size or 0,
                stopping.tolerance,
                stopping.patience or 0,
                method.seed if method.shared_order else None,
                method.clip_norm or 0.0,
                _augmentation(network, method),
                problem.by_batch,
                None if reins is None else reins.arrays,
                threads,
                (history.loss, history.validation_loss, history.epochs, history.best_epoch, history.stopped),
                None if callback is None else _report(callback, stopping.epochs, reins),
                checkpoint(),
            )
        finally:
            if reins is not None:
                reins.show()
        if reins is not None:
            reins.keep_state()
        theta[...] = trained
        return history

    def outputs(self, network: Network, theta: Array, X: Array, threads: int) -> Array:
        z = np.empty((len(theta), network.n_outputs, len(X)), theta.dtype)
        native.outputs(
            module.INSTRUCTION_SET,
            layer_rows(network),
            np.ascontiguousarray(theta),
            np.ascontiguousarray(X),
            threads,
            z,
        )
        return z


def _described(network: Network) -> tuple[Array, Any, int, float, int, int]:
    """Return the architecture as numbers: see ``_native.pyi``."""
    loss = network.criterion
    return (
        layer_rows(network),
        network.weight_mask,
        _LOSSES.index(loss.name),
        parameter(loss),
        network.n_inputs,
        network.n_outputs,
    )


def _arrays(samples: Samples) -> tuple[Array, Array, Array]:
    X, y, s = (np.ascontiguousarray(array) for array in (samples.X, samples.y, samples.s))
    return X, y, s


def _augmentation(network: Network, method: Method) -> Any:
    """Return how images are deformed: see ``_native.pyi``."""
    if method.augmentation is None:
        return None
    return augmentation_arrays(method.augmentation, network.input_shape, method.seed)


def augmentation_arrays(augmentation: Augmentation, shape: Shape, seed: int) -> Any:
    """Return a deformation of images of ``shape`` (C, H, W) as ``_native.deform`` takes it."""
    fill = np.nan if augmentation.fill is None else augmentation.fill
    extents = [
        augmentation.translate,
        1 + augmentation.scale,
        np.deg2rad(augmentation.rotate),
        augmentation.elastic,
        fill,
    ]
    return *shape, extents, augmentation.taps, seed


def _factors(method: Method, n_samples: int) -> Array | None:
    """Return the factor of the learning rate at every update, or None where the rate stays."""
    if type(method.schedule) is Constant:
        return None
    n_steps = method.batches(n_samples) * method.stopping.epochs
    return np.array([method.schedule.factor(step, n_steps) for step in range(n_steps)])


def _report(callback: Callback, epochs: int, reins: _Led | None) -> Any:
    def report(epoch: int, active: int) -> bool:
        if reins is None:
            return bool(callback(Progress(epoch, epochs, active)))
        reins.show()
        ends = bool(callback(Progress(epoch, epochs, active)))
        reins.heed()
        return ends

    return report


class _Led:
    """A training in somebody's reins: what these hold, as arrays that the compiled loop reads and writes."""

    def __init__(self, reins: Reins, theta: Array, rate: Array, history: History) -> None:
        self.reins, self.rate, self.history = reins, rate, history
        self.arrays_of_state = [a for a in reins.state.values() if a.shape == theta.shape]
        self.scalars_of_state = [a for a in reins.state.values() if a.shape != theta.shape]
        self.memory = np.stack([np.zeros_like(theta), *self.arrays_of_state])[1:]
        self.scalars = np.stack([np.zeros(len(theta)), *(a[:, 0] for a in self.scalars_of_state)])[1:]
        watch = reins.watch
        self.arrays = (
            reins.orders,
            reins.which,
            reins.penalty,
            self.memory,
            self.scalars,
            reins.first_step,
            None if watch is None else (watch.tol, watch.patience, watch.best, watch.count),
        )
        reins.theta, reins.history = theta, history
        self.heed()

    def show(self) -> None:
        self.reins.ended[:] = self.history.stopped

    def heed(self) -> None:
        self.rate[:] = self.reins.rate
        ended = (self.reins.ended != Reason.EPOCHS) & (self.history.stopped == Reason.EPOCHS)
        self.history.stopped[ended] = self.reins.ended[ended]

    def keep_state(self) -> None:
        for array, values in zip(self.arrays_of_state, self.memory, strict=True):
            array[...] = values
        for array, values in zip(self.scalars_of_state, self.scalars, strict=True):
            array[:, 0] = values
