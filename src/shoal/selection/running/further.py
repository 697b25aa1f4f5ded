"""The networks that a study has chosen, trained on as further samples come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError
from shoal.populations.trainer import begin
from shoal.training.recipe import STRENGTHS, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.populations.population import Population
    from shoal.selection.candidates.candidate import Candidate
    from shoal.selection.choosing.choice import Choice
    from shoal.solvers.base import State


@dataclass(frozen=True)
class Further:
    """Networks after so many epochs and updates beyond their study, with what their solver remembers."""

    population: Population
    epoch: int = 0
    step: int = 0
    memory: State = field(default_factory=dict)

    def trained(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        recipe: Recipe,
        epochs: int,
        *,
        sample_weight: npt.ArrayLike | None = None,
        engine: str = "auto",
        n_jobs: int | None = None,
    ) -> Further:
        """Return the same after so many epochs more: how they are cut into calls changes no bit.

        Raises ``ConfigurationError`` where one of the networks diverges, and what ``shoal.train`` raises.
        """
        run = begin(
            self.population,
            X,
            y,
            replace(recipe, epochs=self.epoch + epochs),
            sample_weight=sample_weight,
            engine=engine,
            n_jobs=n_jobs,
        )
        if self.epoch:
            stands = run.snapshot()
            stands.history.epochs[:] = self.epoch
            run.restore(replace(stands, epoch=self.epoch, step=self.step, memory=self.memory))
        run.advance(epochs)
        if run.history.diverged.any():
            why = run.history.explain_divergence(int(np.argmax(run.history.diverged)))
            raise ConfigurationError(f"{why}; the network stays as it was")
        return Further(run.population, run.epoch, run.step, run.snapshot(losses=False).memory)


def recipe_of(choice: Choice, candidates: Sequence[Candidate], usual: Recipe, size: int) -> Recipe:
    """Return how ``size`` chosen networks were trained, each with strengths of its own, at a constant rate.

    Raises ``ConfigurationError`` for solvers that find their own step length.
    """
    chosen = [candidates[member.candidate] for member in choice.members]
    recipe = chosen[0].form.recipe(usual)
    if not recipe.rule.takes_learning_rate:
        raise ConfigurationError(
            f"partial_fit makes updates at a learning rate, and {recipe.rule.name} finds its own steps, on "
            "samples that stay the same; fit the study with solver='adam', or train its network on with "
            "shoal.begin(study.best, X, y, solver='adam')"
        )
    own = {name for candidate in chosen for name in candidate.own if name in STRENGTHS}
    strengths = {name: [candidate.own[name] for candidate in chosen] for name in own}
    strengths["l2"] = [member.l2 if member.strength is None else member.strength for member in choice.members]
    times = size // len(chosen)
    of_each = {name: np.repeat(values, times) for name, values in strengths.items()}
    return replace(recipe, schedule="constant", patience=None, plateau=None, **of_each)  # type: ignore[arg-type]
