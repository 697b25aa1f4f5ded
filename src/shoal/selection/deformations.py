"""Which deformations leave the classes of images alone, by images held out before the training itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.selection.candidates.architectures import Convolutional, Hidden
from shoal.selection.samples.attributes import Attributes
from shoal.selection.samples.splits import holdout
from shoal.shapes import Array, IntArray
from shoal.training.augmentation import Augmentation
from shoal.training.recipe import Recipe

FEWEST = 100
"""Images below which none are held out for the question; they are moved and stretched."""
MOST = 6000
"""Images that the question is asked of; their number decides how sure the answer is."""
HELD, SEEN, LONGEST = 0.25, 27_000, 40
"""The share held out; the images that a trial trains on, one epoch after the other; its epochs at most."""
SHORTEST = 4
DOUBT, SLIGHT = 2.0, 0.01
"""Standard errors, and the part of the classes' entropy, that a deformation must be worse by to be left out:
trials are short, it pays late, and where nearly all is right the least difference is a sure one."""
RECOGNISED = 0.5
"""What mirrored images must keep of the skill on upright ones for a mirror to be tried; and of two classes,
which may be few of many, not be called the other: trials on a few hundred images do not notice that."""
TWICE = 2
"""Images of each of the two, at least, that must be called the other: among many classes one is chance."""
LEARNT = 0.25
"""Of the entropy of the classes, or of what is wrong by chance, what the best trial must have learnt for its
like to say anything: on few hard images it is sure of its mistakes, and its loss does not show its skill."""
LATE = "there is no time to ask"

_AS_THEY_ARE, _MOVED = "as they are", "moved"


@dataclass(frozen=True)
class Trial:
    """A network trained briefly under a deformation, and its loss on images held out, as they are.

    ``worse`` is the difference to the best trial in standard errors of the mean of paired differences.
    """

    name: str
    augmentation: Augmentation | None
    loss: float
    error: float
    worse: float


@dataclass(frozen=True)
class Deformations:
    """The augmentation that was chosen, by which trials, and the share of skill that mirrored images keep."""

    augmentation: Augmentation | None
    trials: tuple[Trial, ...]
    held: int
    mirrored: float
    reason: str

    @property
    def sentence(self) -> str:
        """What was chosen and why, as a user reads it.

        >>> Deformations(None, (), 0, 0.0, "fewer than 100 images").sentence
        'Images are trained on as they are: fewer than 100 images.'
        """
        name = next((t.name for t in self.trials if t.augmentation == self.augmentation), _AS_THEY_ARE)
        if self.augmentation is not None and not self.trials:
            name = _MOVED
        seen = "; ".join(f"{trial.name} {trial.loss:.3g} ({trial.error:.1%} wrong)" for trial in self.trials)
        losses = f" Loss of short trainings on {self.held:,} images held out: {seen}." if seen else ""
        why = f": {self.reason}" if self.reason else ""
        return f"Images are trained on {name}{why}.{losses}"


def usual(side: int) -> dict[str, Augmentation | None]:
    """Return the deformations that are asked about, for images whose shorter side has so many pixels.

    Each is the one before and something else; a mirror is asked about last, with what is kept of these.

    >>> list(usual(32)), usual(32)["moved"].translate
    (['as they are', 'moved', 'moved and turned'], 2.0)
    """
    moved = Augmentation(translate=side / 16, scale=0.1)
    return {_AS_THEY_ARE: None, _MOVED: moved, "moved and turned": replace(moved, rotate=10.0)}


def trial_network(architecture: Convolutional, filters: Hidden, loss: tuple[str, int]) -> Network:
    """Return the network of trials, for one that is to have so many ``filters``: with half of them."""
    small = tuple(max(number // 2, 1) for number in filters)
    return architecture.network(small, math.prod(architecture.shape), loss[1], loss[0])


def trial_recipe(recipe: Recipe, n: int) -> Recipe:
    """Return how trials are trained on n images: as the training itself, for fewer epochs.

    >>> trial_recipe(Recipe(epochs=18, batch_size=64), 4500).epochs
    6
    """
    epochs = min(max(SEEN // n, SHORTEST), LONGEST, recipe.epochs)
    return replace(recipe, epochs=epochs, batch_size=min(recipe.batch_size or n, n), patience=None)


def moved(side: int, reason: str) -> Deformations:
    """Return what is done to images of which nothing is asked, for a reason."""
    return Deformations(usual(side)[_MOVED], (), 0, math.nan, reason)


def choose_deformations(
    architecture: Convolutional,
    filters: Hidden,
    X: Array,
    y: IntArray,
    weights: Array,
    recipe: Recipe,
    loss: tuple[str, int],
    *,
    attributes: Attributes | None = None,
    n_jobs: int | None = None,
    seconds: float | None = None,
    callback: Callable[[], None] | None = None,
) -> Deformations:
    """Return the strongest deformation that images held out do not speak against.

    ``X`` (N, C·H·W) and classes ``y`` (N,) are of those to train on alone, with ``weights`` (N,); ``loss`` is
    its name and the number of outputs. Of images that belong to groups, as ``attributes`` say, whole ones are
    held out. Networks of half the ``filters`` are trained by ``recipe``, briefly,
    from one start, in one order, under each of ``usual``, and compared image by image on a quarter of the
    images. Moving and stretching, then turning, are left out where they make the loss worse by more than
    ``DOUBT`` standard errors and ``SLIGHT`` of the entropy of the classes. A mirror is tried if images in
    the mirror keep ``RECOGNISED`` of the skill that a network has which never saw one: b and d lose it, a
    dress does not. Nor is it where two classes change places, which of many are few: most that is called
    right of each is called the other in the mirror. It stays by the same rule. Where no trial learnt a
    quarter, of the entropy of the classes or of what is wrong by chance, they say nothing, and images are
    moved.

    ``callback`` is called after each trial. With ``seconds`` the clock is asked, too: where they do not do
    for all trials, images are moved.
    """
    side = min(architecture.shape[1:])
    candidates = usual(side)
    if len(X) < FEWEST:
        return moved(side, f"fewer than {FEWEST} images")
    judge = _Judge(
        architecture, filters, X, y, weights, recipe, loss, attributes or Attributes(), n_jobs, seconds
    )
    seen = {}
    for name, augmentation in candidates.items():
        seen[name] = judge.losses(augmentation)
        if callback is not None:
            callback()
    if judge.is_late():
        return moved(side, LATE)
    kept = judge.strongest(seen)
    if not judge.learnt(seen):
        return judge.told(candidates, seen, candidates[_MOVED], np.nan, "the trials learnt too little")
    skill = judge.skill_in_the_mirror(seen[kept])
    if skill < RECOGNISED:
        return judge.told(
            candidates, seen, candidates[kept], skill, "in the mirror most are taken for others"
        )
    if judge.two_change_places(seen[kept]):
        return judge.told(
            candidates, seen, candidates[kept], skill, "in the mirror two classes are taken for each other"
        )
    both = f"{kept}, mirrored"
    candidates[both] = replace(candidates[kept] or Augmentation(), mirror=True)
    seen[both] = judge.losses(candidates[both])
    if callback is not None:
        callback()
    chosen = kept if judge.is_late() or judge.surely_worse(seen[both], seen[kept]) else both
    return judge.told(candidates, seen, candidates[chosen], skill, "")


class _Judge:
    """Trains networks that differ in their deformation alone, and compares them on the same images."""

    def __init__(
        self,
        architecture: Convolutional,
        filters: Hidden,
        X: Array,
        y: IntArray,
        weights: Array,
        recipe: Recipe,
        loss: tuple[str, int],
        attributes: Attributes,
        n_jobs: int | None,
        seconds: float | None,
    ) -> None:
        self.end = None if seconds is None else time.monotonic() + seconds
        rows = np.arange(len(X))
        if len(X) > MOST:
            rows = holdout(len(X), MOST / len(X), recipe.seed, y, index=_OF_MANY)[1]
        divider = attributes.take(rows).divider(len(rows), y[rows])
        rest, held = divider.holdout(HELD, recipe.seed, index=_HELD)
        self.train, self.held = rows[rest], rows[held]
        self.X, self.y, self.weights = X, y, weights
        self.shape, self.n_jobs = architecture.shape, n_jobs
        self.network = trial_network(architecture, filters, loss)
        self.recipe = trial_recipe(recipe, len(self.train))
        self.n_classes = int(y.max()) + 1
        shares = np.bincount(y[self.held], weights[self.held])
        self.shares = shares / shares.sum()

    def is_late(self) -> bool:
        """Whether trials had to end before they were done."""
        return self.end is not None and time.monotonic() >= self.end

    @property
    def entropy(self) -> float:
        """The loss of whoever knows how frequent classes are, and nothing else."""
        there = self.shares[self.shares > 0]
        return float(-(there * np.log(there)).sum())

    @property
    def chance(self) -> float:
        """What is wrong of whoever calls all images the most frequent class."""
        return 1 - float(self.shares.max())

    def losses(self, augmentation: Augmentation | None) -> Array:
        """Train under a deformation; return the losses of images held out, and in the mirror (4, N).

        The third and fourth rows are the classes that they are called.
        """
        recipe = replace(self.recipe, augmentation=augmentation)
        population = train(
            self.network,
            self.X[self.train],
            self.y[self.train],
            recipe,
            sample_weight=self.weights[self.train],
            seconds=None if self.end is None else max(self.end - time.monotonic(), 1e-3),
            n_jobs=self.n_jobs,
        ).population
        images = self.X[self.held]
        mirrored = images.reshape(-1, *self.shape)[..., ::-1].reshape(images.shape)
        upright, turned = (self._judged(population, x) for x in (images, mirrored))
        return np.stack([upright[0], turned[0], upright[1], turned[1]])

    def _judged(self, population: Population, X: Array) -> tuple[Array, Array]:
        probabilities = population.probabilities(X, self.n_jobs)[0].astype(np.float64)
        right = probabilities[np.arange(len(X)), self.y[self.held]]
        tiny = float(np.finfo(np.float32).tiny)
        losses = np.nan_to_num(-np.log(np.maximum(right, tiny)), nan=-np.log(tiny))
        return losses, probabilities.argmax(axis=1)

    def mean(self, of_images: Array) -> float:
        return float(np.average(of_images, weights=self.weights[self.held]))

    def error(self, called: Array) -> float:
        return self.mean(called != self.y[self.held])

    def worse(self, losses: Array, than: Array) -> float:
        """Return by how many standard errors the mean loss is larger, of differences image by image."""
        difference = losses[0] - than[0]
        weights = self.weights[self.held] / self.weights[self.held].sum()
        mean = float(weights @ difference)
        error = float(np.sqrt(np.square(weights * (difference - mean)).sum()))
        return mean / error if error else 0.0

    def learnt(self, seen: dict[str, Array]) -> bool:
        """Whether any trial knows a part of what there is to know, by its loss or by what it calls right."""
        loss = min(self.mean(losses[0]) for losses in seen.values())
        error = min(self.error(losses[2]) for losses in seen.values())
        return loss <= (1 - LEARNT) * self.entropy or error < (1 - LEARNT) * self.chance

    def strongest(self, seen: dict[str, Array]) -> str:
        """Return the last that is not surely worse than the best."""
        best = min(seen.values(), key=lambda losses: self.mean(losses[0]))
        return [name for name, losses in seen.items() if not self.surely_worse(losses, best)][-1]

    def surely_worse(self, losses: Array, than: Array) -> bool:
        more = self.mean(losses[0]) - self.mean(than[0])
        return more > SLIGHT * self.entropy and self.worse(losses, than) > DOUBT

    def skill_in_the_mirror(self, losses: Array) -> float:
        """Return what is left of the skill, which is what is right beyond the largest class's share."""
        upright, mirrored = (self.chance - self.error(called) for called in losses[2:])
        return mirrored / upright if upright > 0 else 0.0

    def two_change_places(self, losses: Array) -> bool:
        """Whether most that is called right of a class is called another one in the mirror, and the reverse.

        One of two may be because it was never seen the other way round, as a shoe that always points left.
        """
        right = (losses[2] == self.y[self.held]) & (self.weights[self.held] > 0)
        calls = np.zeros((self.n_classes, self.n_classes), np.int64)
        np.add.at(calls, (self.y[self.held][right], losses[3][right].astype(np.int64)), 1)
        gone = (calls >= TWICE) & (calls > (1 - RECOGNISED) * calls.sum(axis=1, keepdims=True))
        np.fill_diagonal(gone, False)
        return bool((gone & gone.T).any())

    def told(
        self,
        candidates: dict[str, Augmentation | None],
        seen: dict[str, Array],
        chosen: Augmentation | None,
        skill: float,
        reason: str,
    ) -> Deformations:
        best = min(seen.values(), key=lambda losses: self.mean(losses[0]))
        trials = [
            Trial(
                name,
                candidates[name],
                self.mean(losses[0]),
                self.error(losses[2]),
                self.worse(losses, best),
            )
            for name, losses in seen.items()
        ]
        return Deformations(chosen, tuple(trials), len(self.held), skill, reason)


_OF_MANY, _HELD = 2, 3
"""Splits of a seed besides those of tests and of validation; see ``holdout``."""
