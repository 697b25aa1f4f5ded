"""A training that one steps: some epochs at a time, with a look and a change in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from shoal.engines.base import Training
from shoal.engines.running import finish
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.populations.population import Population
from shoal.shapes import BoolArray, whole_number
from shoal.training.history import History
from shoal.training.problem import Callback, Problem, Snapshot
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Reason


class Run:
    """Members between two epochs of their training: what ``shoal.begin`` returns.

    How many epochs are trained at a time changes no bit: a run that is stepped to its end is ``shoal.train``
    with the same arguments, for every solver, with minibatches, dropout and early stopping, in both engines.

    A run ends after the recipe's ``epochs``, to which its schedule refers. ``recipe`` is as it was given, and
    ``problem`` the samples and strengths that it began with; what ``set`` changed is in the snapshots.

    After an exception from ``advance`` (Ctrl-C) population and history are as they were before the call;
    ``restore`` a snapshot to go on from there. Threads that ask the same run for something take turns.
    """

    def __init__(
        self,
        population: Population,
        recipe: Recipe,
        problem: Problem,
        begin: Callable[[], Training],
        threads: int,
    ) -> None:
        self.recipe, self.problem = recipe, problem
        self._start, self._begin, self._threads = population, begin, threads
        self._training = begin()

    def __repr__(self) -> str:
        return f"{self._stands()}\n{self._start!r}\n{self.history.course()}"

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        facts = [("members", repr(self._start)), ("course", self.history.course())]
        return fragment(self._stands(), facts, self.history.member_table())

    def _stands(self) -> str:
        active = self.active
        training = f"{np.count_nonzero(active):,} of {active.size:,} train on"
        ended = f", ended: {self.history.ends(~active)}" if not active.all() else ""
        return f"Run at epoch {self.epoch:,} of {self.recipe.epochs:,}, {training}{ended}"

    @property
    def population(self) -> Population:
        """The members as they are now; of those that have ended, with ``patience``, the best parameters."""
        return replace(self._start, theta=self._training.theta.copy())

    @property
    def history(self) -> History:
        """The course of training so far; NaN where it has not come yet."""
        return self._training.history

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return self._training.epoch

    @property
    def step(self) -> int:
        """Updates made."""
        return self._training.step

    @property
    def active(self) -> BoolArray:
        """Which members train on (P,)."""
        return self._training.active

    @property
    def done(self) -> bool:
        """Whether no member trains on."""
        return not self.active.any()

    def advance(self, epochs: int = 1) -> None:
        """Train all active members that many epochs, if the recipe has so many left.

        Raises ``ConfigurationError`` for less than one epoch.
        """
        self._training.advance(whole_number(epochs, "epochs"), self._threads)

    def finish(self, callback: Callback | None = None) -> None:
        """Train to the end; ``callback(progress)`` hears of every epoch, and returning True ends it there."""
        if callback is None and self.epoch:
            self._training.advance(self.recipe.epochs, self._threads)
        else:
            finish(self._training, self.recipe.epochs, self._threads, callback)

    def stop(self, members: npt.ArrayLike) -> None:
        """Let ``members``, by number or by a mask (P,), train no more; their reason is "interrupted".

        Raises ``ConfigurationError`` for members that are not there.
        """
        ends = np.zeros(self._start.size, dtype=np.bool_)
        try:
            ends[np.atleast_1d(np.asarray(members))] = True
        except IndexError as error:
            raise ConfigurationError(
                f"members are chosen by number, 0 to {self._start.size - 1}, or by a mask of "
                f"{self._start.size}: {error}"
            ) from None
        self._training.end(ends, Reason.INTERRUPTED)

    def set(
        self,
        *,
        penalties: Mapping[str, npt.ArrayLike] | None = None,
        **strengths: npt.ArrayLike | None,
    ) -> None:
        """Go on with other strengths: one number, or one for each member (P,); what is None stays.

        They are ``l2``, ``l1``, ``weight_decay`` and ``learning_rate``; ``penalties`` are further ones by
        their names, of those that the recipe names. Solvers that find their own step length begin anew, on
        what is another function, and members that had converged, by their own tolerance or on a plateau,
        train on.

        Raises ``UnknownNameError`` for a setting that is no strength, and as ``shoal.Recipe`` does.
        """
        for name in strengths:
            if name not in STRENGTHS:
                raise UnknownNameError("strength of a run", name, STRENGTHS)
        changed = {name: value for name, value in strengths.items() if value is not None}
        further = dict(penalties or {})
        for name in further:
            if name not in self.recipe.further_penalties:
                raise ConfigurationError(
                    f"the run began without the penalty {name!r}, which cannot join it; begin it with "
                    f"penalties={{{name!r}: 0}}"
                )
        settings = changed | {"penalties": self.recipe.further_penalties | further}
        start = self._start
        known = Recipe.of(settings, self.recipe).strengths(start.size, start.theta.dtype)
        self._training.set({name: known[name] for name in (*changed, *further)})
        if self.history.converged.any():  # to the minimum of what was another function
            snapshot = self.snapshot()
            snapshot.history.stopped[snapshot.history.converged] = Reason.EPOCHS
            self.restore(snapshot)

    def fork(self) -> Run:
        """Return another run that stands where this one does, under the same strengths.

        What one of them is told, or trains, the other knows nothing of; left alone, both go on to the same
        bits.

        >>> import numpy as np
        >>> from shoal.layers import Dense
        >>> from shoal.populations.network import Network
        >>> from shoal.populations.trainer import begin
        >>> x = np.linspace(0, 1, 20)
        >>> run = begin(Network(1, [Dense(3, "tanh"), Dense(1)]), x, x**2, starts=5, epochs=100)
        >>> run.advance(50)
        >>> other = run.fork()
        >>> other.set(l2=0.1)
        >>> other.advance(50)
        >>> run.epoch, other.epoch
        (50, 100)
        """
        twin = Run(self._start, self.recipe, self.problem, self._begin, self._threads)
        twin.restore(self.snapshot())
        return twin

    def snapshot(self, losses: bool = True) -> Snapshot:
        """Return where the run stands, with all that its solver remembers; nothing changes it any more.

        Without ``losses`` the history's are (P, 0), which are the largest arrays of a long run: whoever keeps
        many snapshots puts those of the last one into the one to be restored.
        """
        return self._training.snapshot(losses)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or forward, to where a run of the same members and recipe stood: the same bits follow.

        Raises ``ConfigurationError`` for a snapshot of other members.
        """
        if snapshot.theta.shape != self._start.theta.shape or (
            snapshot.history.loss.shape != self.history.loss.shape
        ):
            raise ConfigurationError(
                f"the snapshot is of {snapshot.theta.shape} parameters and {snapshot.history.loss.shape[1]} "
                f"epochs, the run of {self._start.theta.shape} and {self.history.loss.shape[1]}; restore one "
                "of a run with the same network, starts and epochs"
            )
        self._training.restore(snapshot)
