"""``ConvClassifier``: convolutional networks for arrays of images, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from shoal.activations import Activation
from shoal.data.images.preprocessing import ImagePreprocessor
from shoal.estimators.image_arrays import checked_images
from shoal.estimators.shared.callbacks import CallbackSupportMixin, Tasks
from shoal.estimators.shared.parameters import CLASSIFIER, COUNT
from shoal.estimators.shared.seeds import drawn_seed
from shoal.estimators.shared.tables import target
from shoal.populations.trainer import TrainingResult, train
from shoal.schedules import SCHEDULES
from shoal.selection.candidates.architectures import Convolutional, Hidden, doubling, loss_of, stages
from shoal.selection.candidates.image_defaults import (
    ACTIVATION,
    CLIP,
    DROPOUT,
    FIRST_FILTERS,
    RATE,
    batch_of_images,
    epochs_of_images,
)
from shoal.selection.deformations import Deformations, choose_deformations
from shoal.selection.samples.splits import holdout
from shoal.shapes import Array
from shoal.training.augmentation import Augmentation
from shoal.training.problem import Progress
from shoal.training.recipe import Recipe

_FEW = ["array-like", COUNT, StrOptions({"auto"})]


class ConvClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of images (N, H, W) or (N, H, W, C): stages of convolution and pooling, then dense layers.

    Bytes are divided by 255, then every channel is standardised by its mean and deviation over the images
    fitted. What is not listed here is ``MLPClassifier``'s:

    - ``filters`` of each stage; "auto" is 16, doubled with each stage, and the number of stages goes by the
      size of the images (`shoal.selection.candidates.architectures.stages`). ``kernel_size`` is the side of
      the filters.
    - ``hidden_layer_sizes`` are the dense layers after the stages; "auto" is one of four units for every
      filter of the last stage. ``dropout`` comes before each dense layer.
    - ``max_iter`` epochs; "auto" goes by the number N of images, 15 √(6000/N) within 15 and 100. With
      ``early_stopping`` fewer, once the loss on ``X_val`` or else on a ``validation_fraction`` of the images
      has not been lower for ``n_iter_no_change`` epochs, and the best weights are kept.
    - ``batch_size="auto"`` is 32 below 2000 images, 64 below 20 000, else 128. ``schedule`` is a factor of
      ``learning_rate_init`` in the course of the training, by a name of ``shoal.schedules``; "auto" is
      "one_cycle", and "constant" with ``early_stopping``, which does not know how long it will train.
    - ``n_starts`` networks are trained together; ``combine_starts`` keeps the best (by the validation loss
      where there is one, else by the training loss) or predicts with the mean of all, the "ensemble".
    - ``augmentation`` deforms the images to train on anew in every epoch: a ``shoal.Augmentation``. "auto" is
      chosen by validation among none, moved, turned and mirrored, by short trainings before the real one
      (`shoal.selection.deformations.choose_deformations`): ``deformations_`` has what they found.

    Attributes: ``classes_``, ``population_`` (the networks that predict), ``network_``, ``preprocessor_``,
    ``augmentation_`` that was trained with, ``deformations_`` (None where an augmentation was given),
    ``image_shape_`` (H, W, C), ``loss_curve_`` and ``validation_loss_curve_`` of the best start, ``n_iter_``,
    ``best_start_``, ``start_losses_``, ``diverged_`` of all starts.

    Raises ``ValueError`` for arrays that are no images or do not belong together, and where every start
    diverged.

    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> classifier = ConvClassifier(6, max_iter=5, learning_rate_init=0.01, random_state=0)
    >>> classifier = classifier.fit(digits.images[:500], digits.target[:500])
    >>> bool(classifier.score(digits.images[500:], digits.target[500:]) > 0.8)
    True
    """

    _parameter_constraints = {
        name: CLASSIFIER[name]
        for name in (
            *("alpha", "batch_size", "learning_rate_init", "random_state", "verbose"),
            *("early_stopping", "n_iter_no_change", "dropout", "n_starts", "combine_starts", "class_weight"),
            "n_jobs",
        )
    } | {
        "filters": _FEW,
        "kernel_size": [COUNT, StrOptions({"auto"})],
        "hidden_layer_sizes": _FEW,
        "activation": [str, Activation],
        "solver": [StrOptions({"adam", "sgd"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [COUNT],
        "max_iter": [COUNT, StrOptions({"auto"})],
        "schedule": [StrOptions({"auto", *SCHEDULES})],
        "augmentation": [Augmentation, StrOptions({"auto"}), None],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(
        self,
        filters: Any = "auto",
        kernel_size: int | str = "auto",
        hidden_layer_sizes: Any = "auto",
        activation: str | Activation = ACTIVATION,
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = RATE,
        schedule: str = "auto",
        max_iter: int | str = "auto",
        random_state: Any = None,
        verbose: bool | int = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        dropout: float = DROPOUT,
        n_starts: int = 1,
        combine_starts: str = "best",
        augmentation: Augmentation | str | None = "auto",
        dtype: str = "float32",
        n_jobs: int | None = None,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.schedule = schedule
        self.max_iter = max_iter
        self.random_state = random_state
        self.verbose = verbose
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.dropout = dropout
        self.n_starts = n_starts
        self.combine_starts = combine_starts
        self.augmentation = augmentation
        self.dtype = dtype
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> ConvClassifier:
        """Train on images ``X`` (N, H, W) or (N, H, W, C) and labels ``y`` (N,), and return the estimator.

        ``X_val`` and ``y_val`` are images to validate on: ``validation_loss_curve_`` follows them, and with
        ``early_stopping`` they stand in for those that are set aside otherwise.
        """
        given = X, y, sample_weight
        pixels = checked_images(X, self, self.dtype)
        self.image_shape_ = pixels.shape[1:]
        self.n_features_in_ = int(np.prod(self.image_shape_))
        codes = self._learn_classes(y, pixels)
        weights = self._weights(codes, sample_weight, pixels)
        seed = self._seed()
        rows, held = np.arange(len(pixels)), None
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together; give both, or neither")
        if X_val is not None:
            held = self._checked_validation(X_val, y_val, sample_weight_val)
        elif self.early_stopping:
            rows, aside = holdout(len(pixels), self.validation_fraction, seed, codes)
            held = (pixels[aside], codes[aside], weights[aside])
        self.preprocessor_ = ImagePreprocessor.fit(pixels[rows])
        X = self.preprocessor_.transform(pixels[rows], self.dtype)
        validation = held and (self.preprocessor_.transform(held[0], self.dtype), *held[1:])
        recipe = self._recipe(len(rows), seed)
        tasks = Tasks(self, *given, recipe.epochs, "epoch")
        recipe = self._deforming(recipe, X, codes[rows], weights[rows])
        self._keep(self._train(X, codes[rows], weights[rows], validation, recipe, tasks))
        tasks.end()
        return self

    def _labels(self, y: Any, pixels: Array) -> Array:
        """Return one label for each image, all of one type."""
        return column_or_1d(target(y, len(pixels), type(self).__name__, numeric=False), warn=True)  # type: ignore[no-any-return]

    def _learn_classes(self, y: Any, pixels: Array) -> Array:
        y = self._labels(y, pixels)
        check_classification_targets(y)
        self._encoder = LabelEncoder().fit(y)
        self.classes_ = self._encoder.classes_
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class only, {self.classes_[0]}; a classifier needs two at least to tell apart"
            )
        codes: Array = self._encoder.transform(y)
        return codes

    def _weights(self, codes: Array, sample_weight: Any, pixels: Array) -> Array:
        weights = _check_sample_weight(sample_weight, pixels)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, self.classes_[codes])
        return np.asarray(weights)

    def _seed(self) -> int:
        given = self.random_state
        drawn = isinstance(given, int | np.integer) and given >= 0
        return int(given) if drawn else drawn_seed(given)

    def _checked_validation(self, X: Any, y: Any, sample_weight: Any) -> tuple[Array, Array, Array]:
        pixels = checked_images(X, self, self.dtype, self.image_shape_)
        y = self._labels(y, pixels)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y_val has the classes {unknown}, which y does not have: {self.classes_}")
        return pixels, self._encoder.transform(y), _check_sample_weight(sample_weight, pixels)

    def _architecture(self) -> tuple[Convolutional, Hidden]:
        rows, columns, channels = self.image_shape_
        shape = (channels, rows, columns)
        filters = doubling(FIRST_FILTERS, stages(shape)[0]) if _auto(self.filters) else _sizes(self.filters)
        architecture = Convolutional(
            shape,
            self.activation,
            None if _auto(self.kernel_size) else int(self.kernel_size),
            None if _auto(self.hidden_layer_sizes) else _sizes(self.hidden_layer_sizes),
            float(self.dropout),
        )
        return architecture, filters

    def _recipe(self, n: int, seed: int) -> Recipe:
        batch = min(batch_of_images(n) if _auto(self.batch_size) else int(self.batch_size), n)
        usual = "constant" if self.early_stopping else "one_cycle"
        return Recipe(
            seed=seed,
            solver=self.solver,
            learning_rate=self.learning_rate_init,
            schedule=usual if _auto(self.schedule) else self.schedule,
            clip_norm=CLIP,
            epochs=epochs_of_images(n) if _auto(self.max_iter) else int(self.max_iter),
            batch_size=batch,
            l2=self.alpha * np.ceil(n / batch),  # scikit-learn divides by the minibatch, the engine by all
            patience=self.n_iter_no_change if self.early_stopping else None,
        )

    def _deforming(self, recipe: Recipe, X: Array, y: Array, weights: Array) -> Recipe:
        """Return the recipe with the augmentation asked for, or chosen."""
        self.deformations_: Deformations | None = None
        if isinstance(self.augmentation, str):
            self.deformations_ = choose_deformations(
                *self._architecture(), X, y, weights, recipe, loss_of(len(self.classes_)), n_jobs=self.n_jobs
            )
            self.augmentation_ = self.deformations_.augmentation
            if self.verbose:
                print(self.deformations_.sentence)
        else:
            self.augmentation_ = self.augmentation
        return replace(recipe, augmentation=self.augmentation_)

    def _train(
        self,
        X: Array,
        y: Array,
        weights: Array,
        validation: tuple[Array, Array, Array] | None,
        recipe: Recipe,
        tasks: Tasks,
    ) -> TrainingResult:
        architecture, filters = self._architecture()
        loss, n_outputs = loss_of(len(self.classes_))
        return train(
            architecture.network(filters, self.n_features_in_, n_outputs, loss),
            X,
            y,
            recipe,
            starts=self.n_starts,
            sample_weight=weights,
            validation=validation,
            dtype=self.dtype,
            n_jobs=self.n_jobs,
            callback=_reporter(tasks, bool(self.verbose)) if self.verbose or tasks.heard else None,
        )

    def _keep(self, result: TrainingResult) -> None:
        history = result.history
        self.diverged_ = result.diverged
        if self.diverged_.all():
            raise ValueError(
                f"Training diverged with learning_rate_init={self.learning_rate_init:g}: try "
                f"learning_rate_init={self.learning_rate_init / 10:g}"
            )
        last = np.arange(len(history.epochs)), history.epochs - 1
        if history.validation_loss is None:
            losses = history.loss[last]
        elif self.early_stopping:
            losses = np.nanmin(history.validation_loss, axis=1)
        else:
            losses = history.validation_loss[last]
        self.start_losses_ = np.where(self.diverged_, np.nan, losses)
        best = self.best_start_ = int(np.nanargmin(self.start_losses_))
        self.n_iter_ = int(history.epochs[best])
        self.loss_curve_ = history.loss[best, : self.n_iter_].tolist()
        if history.validation_loss is not None:
            self.validation_loss_curve_ = history.validation_loss[best, : self.n_iter_].tolist()
        together = self.combine_starts == "ensemble"
        self.population_ = result.population.members(~self.diverged_ if together else best)
        self.network_ = self.population_.network

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class (N, n_classes), in the order of ``classes_``."""
        check_is_fitted(self)
        rows = self.preprocessor_.transform(
            checked_images(X, self, self.dtype, self.image_shape_), self.dtype
        )
        mean: Array = self.population_.probabilities(rows, self.n_jobs).mean(axis=0)
        return mean

    def predict(self, X: Any) -> Array:
        """Return the most probable class of every image (N,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        labels: Array = self.classes_[most_probable]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def _auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _sizes(value: Any) -> tuple[int, ...]:
    return (int(value),) if isinstance(value, Integral) else tuple(int(each) for each in value)


def _reporter(tasks: Tasks, verbose: bool) -> Callable[[Progress], bool]:
    """Return what is to be called after every epoch, when the first begins."""
    tasks.begin_step()

    def report(progress: Progress) -> bool:
        if verbose:
            print(f"Epoch {progress.epoch} of at most {progress.epochs}, {progress.active} in training")
        return tasks.next_step(progress)

    return report
