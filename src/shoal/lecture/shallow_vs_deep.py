"""Linear, Gaussian kernels, and a deep network on raw pixels of handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.layers import Dense
from shoal.lecture.images import Images, digits
from shoal.lecture.marks import panel, percent_axis
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import percent, plain
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.shapes import Array, IntArray
from shoal.workers import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

MODELS = {
    "linear": (drawing.BLUE, "o"),
    "Gaussian kernels": (drawing.GREEN, "^"),
    "deep network": (drawing.VERMILLION, "s"),
}
"""The models compared, and how they are drawn."""
PLACES = ("all", "nearest half", "farthest half", "moved by a pixel")
"""Test images: all of them, those near to and far from a training image, and all of them moved."""
WIDTHS = (0.3, 1.0)
"""Of the Gaussians, as multiples of the median distance between two training images; chosen by validation."""
PULLS = (0.1, 1.0, 10.0)
"""scikit-learn's C of the linear classifiers, chosen by validation."""


@dataclass(frozen=True)
class Found:
    """Shares of wrong digits: ``by_size`` (models, sizes), ``by_place`` (models, places) with most images."""

    by_size: Array
    by_place: Array


@dataclass(frozen=True)
class ShallowVsDeep(Study[Found]):
    """Three classifiers of digits from raw pixels, over training images and over distance from them."""

    name: ClassVar[str] = "shallow-vs-deep"
    title: ClassVar[str] = "Pixels in, digits out: shallow and deep classifiers"
    slides: ClassVar[str] = "Deep versus Shallow Classifiers · Selectivity-Invariance dilemma"
    size: ClassVar[tuple[float, float]] = (960, 380)

    seed: int = 0
    sizes: tuple[int, ...] = (50, 150, 400, 900)
    validation: int = 300
    hidden: tuple[int, ...] = (64, 64, 64)
    starts: int = 4
    epochs: int = 120

    def compute(self) -> Found:
        images = digits(self.seed, max(self.sizes), self.validation)
        by_size = np.empty((len(MODELS), len(self.sizes)))
        for k, size in enumerate(self.sizes):
            some = images.first(size)
            with one_thread():  # matrices too small to be shared by threads
                models = [_linear(some), _kernels(some), self._deep(some)]
                by_size[:, k] = [_error(model, *images.test) for model in models]
        by_place = [_errors_by_place(model, some) for model in models]
        return Found(by_size, np.array(by_place))

    def _deep(self, images: Images) -> Callable[[Array], IntArray]:
        """Return the start with the smallest validation loss, at its best epoch."""
        layers = [*(Dense(units, "relu") for units in self.hidden), Dense(10)]
        network = Network(64, layers, loss="cross_entropy")
        result = train(
            network,
            *images.train,
            starts=self.starts,
            seed=self.seed,
            learning_rate=2e-3,
            epochs=self.epochs,
            batch_size=min(64, len(images.train[0])),
            l2=0.1,
            validation=images.validation,
            patience=30,
        )
        assert result.history.validation_loss is not None
        best = result.population.members(int(np.nanmin(result.history.validation_loss, axis=1).argmin()))
        return lambda X: best.outputs(X)[0].argmax(axis=1)

    def words(self, found: Found) -> str:
        linear, kernels, deep = ([percent(float(error)) for error in row] for row in found.by_place)
        first = [percent(float(error)) for error in found.by_size[:, 0]]
        gain = found.by_place[:, 3] - found.by_place[:, 0]
        least = list(MODELS)[int(gain.argmin())]
        layers = len(self.hidden) + 1
        return f"""
            1,797 handwritten digits of 8 × 8 pixels, and nothing but the pixels. A linear classifier, the
            same linear classifier on Gaussian-kernel features (both scikit-learn's, with width and penalty
            chosen on {self.validation} validation images), and a network of {layers} layers trained by Adam,
            the best of {self.starts} starts on the same images. With {self.sizes[0]} training images they
            mistake {first[0]}, {first[1]} and {first[2]} of the unseen digits; with {self.sizes[-1]},
            {linear[0]}, {kernels[0]} and {deep[0]}.

            Generic features such as Gaussian kernels compare an image with those it was trained on. On the
            half of the test images that are nearest to a training image the three err on {linear[1]},
            {kernels[1]} and {deep[1]}; on the farthest half on {linear[2]}, {kernels[2]} and {deep[2]}. Moved
            by one pixel in any of four directions, which changes no digit, the same images bring {linear[3]},
            {kernels[3]} and {deep[3]}; of the three, {least} loses least. None of the three is invariant: a
            dense network, deep or not, does not know that neighbouring pixels are neighbours. That takes
            local connections and shared weights, with which the slides go on. On images as small and as
            centred as these, a well-chosen kernel is a strong opponent of a small dense network.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        places = dict(zip(PLACES, found.by_place.T, strict=True))
        caption = f"Share of digits mistaken, {self.sizes[-1]} training images"
        errors = dict(zip(MODELS, found.by_size, strict=True))
        return {
            "": Table({"training images": self.sizes, **errors}),
            "places": Table({"model": list(MODELS), **places}, caption),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2)
        panel(left, "unseen digits mistaken", "training images", "share of digits")
        for (name, (colour, marker)), row in zip(MODELS.items(), found.by_size, strict=True):
            left.plot(self.sizes, row, color=colour, marker=marker, linewidth=1.8, label=name)
        left.set_xscale("log")
        left.set_xticks(self.sizes, [plain(size) for size in self.sizes])
        left.minorticks_off()
        percent_axis(left)
        panel(right, f"which of them, {self.sizes[-1]} training images", y="share of digits")
        for k, ((name, (colour, _)), row) in enumerate(zip(MODELS.items(), found.by_place, strict=True)):
            places = np.arange(len(PLACES)) + 0.27 * (k - 1)
            bars = right.bar(places, row, width=0.24, color=colour, label=name)
            right.bar_label(bars, [percent(float(share)) for share in row], padding=2, fontsize=8.5)
        right.set_xticks(range(len(PLACES)), list(PLACES))
        right.tick_params(axis="x", length=0)
        right.grid(visible=False, axis="x")
        percent_axis(right)
        handles, labels = left.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])


def _linear(images: Images) -> Callable[[Array], IntArray]:
    from sklearn.linear_model import LogisticRegression

    return _best([LogisticRegression(C=C, max_iter=300).fit(*images.train) for C in PULLS], images)


def _kernels(images: Images) -> Callable[[Array], IntArray]:
    """Return a linear classifier of exp(−|x − c|²/2s²), with a training image c for each feature."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import pairwise_distances
    from sklearn.pipeline import make_pipeline

    X = images.train[0]
    median = float(np.median(pairwise_distances(X[:200])))
    models = []
    for width in WIDTHS:
        gamma = 1 / (2 * (width * median) ** 2)
        features = Nystroem(gamma=gamma, n_components=min(len(X), 200), random_state=0)
        for C in (1.0, 100.0):
            classifier = LogisticRegression(C=C, max_iter=300)
            models.append(make_pipeline(features, classifier).fit(*images.train))
    return _best(models, images)


def _best(models: list[Any], images: Images) -> Callable[[Array], IntArray]:
    """Return the predictions of the model with the fewest mistakes on validation images."""
    errors = [_error(model.predict, *images.validation) for model in models]
    predict: Callable[[Array], IntArray] = models[int(np.argmin(errors))].predict
    return predict


def _error(predict: Callable[[Array], IntArray], X: Array, y: IntArray) -> float:
    return float((predict(X) != y).mean())


def _errors_by_place(predict: Callable[[Array], IntArray], images: Images) -> list[float]:
    from sklearn.metrics import pairwise_distances_argmin_min

    X, y = images.test
    _, distance = pairwise_distances_argmin_min(X, images.train[0])
    near = distance <= np.median(distance)
    moved = moved_by_a_pixel(X)
    return [
        _error(predict, X, y),
        _error(predict, X[near], y[near]),
        _error(predict, X[~near], y[~near]),
        float(np.mean([_error(predict, images, y) for images in moved])),
    ]


def moved_by_a_pixel(X: Array) -> list[Array]:
    """Return the images X (N, 64) moved left, right, up and down, with empty pixels at the edge.

    >>> image = np.zeros((1, 64))
    >>> image[0, 0] = 1  # the upper left corner
    >>> [int(moved.sum()) for moved in moved_by_a_pixel(image)]
    [0, 1, 0, 1]
    """
    images = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    places = ((1, 2), (1, 0), (2, 1), (0, 1))
    return [images[:, i : i + 8, k : k + 8].reshape(-1, 64) for i, k in places]
