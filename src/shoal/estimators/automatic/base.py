"""What estimators with nothing to tune share: the ensembles that ``shoal fit`` makes, for scikit-learn."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from shoal.clusters.lending import lend
from shoal.data.cells.remembered import as_fitted, require_signs
from shoal.data.frames import Frame, as_frame
from shoal.errors import ShoalWarning
from shoal.estimators.automatic.row_attributes import ROW_ATTRIBUTES
from shoal.estimators.shared.parameters import COUNT, POSITIVE
from shoal.estimators.shared.seeds import drawn_seed
from shoal.estimators.shared.tables import columns, require_own_names
from shoal.jobs.fit_study import fit_frame
from shoal.jobs.request import AT_HAND, FitRequest
from shoal.jobs.sizing.study import QUALITIES, AskedSize
from shoal.selection.study import CapacityStudy
from shoal.shapes import Array, unmasked
from shoal.words import NOTHING, as_argument, spoken

_AUTO = StrOptions({"auto"})


class BaseAutomatic(BaseEstimator):  # type: ignore[misc]
    """What the classifier and the regressor share; see ``ShoalClassifier`` and ``ShoalRegressor``."""

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "hidden_layer_sizes": ["array-like", COUNT, _AUTO],
        "n_starts": [COUNT, _AUTO],
        "max_iter": [COUNT, _AUTO],
        "batch_size": [COUNT, _AUTO],
        "learning_rate_init": [*POSITIVE, _AUTO],
        "quality": [StrOptions(set(QUALITIES))],
        "time_limit": [*POSITIVE, None],
        "networks": [str, None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "on": [str, None],
    }

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any = "auto",
        n_starts: int | str = "auto",
        max_iter: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate_init: float | str = "auto",
        quality: str = "good",
        time_limit: float | None = None,
        networks: str | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        on: str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.quality = quality
        self.time_limit = time_limit
        self.networks = networks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.on = on

    def _train(
        self, frame: Frame, name: str, task: str, beside: dict[str, Any], loss: str | None = None
    ) -> None:
        """Make the ensemble of the rows, whose targets are the column ``name``; ``beside`` has others."""
        hidden = _given(self.hidden_layer_sizes)
        with spoken(_as_parameter), lend(self.on, seconds=self.time_limit):
            request = FitRequest(
                table=AT_HAND,
                target=name,
                task=task,
                loss=loss,
                size=AskedSize(
                    hidden=None if hidden is None else (tuple(np.atleast_1d(hidden).tolist()),),
                    starts=_given(self.n_starts),
                    epochs=_given(self.max_iter),
                ),
                quality=self.quality,
                time=self.time_limit,
                networks=self.networks,
                batch_size=_given(self.batch_size),
                learning_rate=_given(self.learning_rate_init),
                seed=drawn_seed(self.random_state),
                jobs=self.n_jobs,
                on=self.on,
                **beside,
            )
            self.model_, self.study_ = fit_frame(frame, name, request)
        self.n_iter_ = int(self.study_.table["epochs"].max())
        self.repeat_ = _repeated(self.study_)
        self.scales_ = {str(name): scale for name, scale in self.study_.scales.items()}

    def _frame(self, X: Any, reset: bool) -> Frame:
        """Return a table, a frame or an array of numbers and texts, checked as scikit-learn checks it."""
        if hasattr(X, "columns") and all(isinstance(name, str) for name in X.columns):
            frame = as_frame(X, "X")  # first, as it says what is wrong with the columns' names
            validate_data(self, X, reset=reset, skip_check_array=True)
            return frame
        require_own_names(X)
        X, least = unmasked(X), 2 if reset else 1
        checks = {"dtype": None, "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
        return as_frame(columns(validate_data(self, X, reset=reset, **checks)), "X")

    def _features(self, X: Any) -> Array:
        check_is_fitted(self)
        preprocessor = self.model_.preprocessor
        read = as_fitted(self._frame(X, reset=False), preprocessor.known)
        if read.told:
            warnings.warn(f"X: {read.told}", ShoalWarning, stacklevel=3)
        require_signs(read.table, preprocessor.known)
        for note in preprocessor.strange_levels(read.table):
            warnings.warn(f"X: {note}", ShoalWarning, stacklevel=3)
        features: Array = preprocessor.transform(read.table)
        return features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _repeated(study: CapacityStudy) -> dict[str, Any]:
    """Return the parameters that make the networks of a study again, as far as it was compared."""
    (hidden,), (starts, networks), recipe = study.hidden, study.compared, study.recipe
    return {
        "hidden_layer_sizes": hidden,
        "n_starts": starts,
        "max_iter": recipe.epochs,
        "batch_size": recipe.batch_size,
        "learning_rate_init": recipe.learning_rate,
        "time_limit": None,
        "networks": networks,
    }


def _given(value: Any) -> Any:
    """Return what is asked for; None where it is left open."""
    return None if isinstance(value, str) and value == "auto" else value


def _as_parameter(name: str, value: Any = NOTHING) -> str:
    """Return what a setting of a job is called here."""
    return as_argument(_NAMES.get(name, name), value)


_NAMES = {
    "hidden": "hidden_layer_sizes",
    "starts": "n_starts",
    "epochs": "max_iter",
    "learning_rate": "learning_rate_init",
    "time": "time_limit",
    "seed": "random_state",
    "jobs": "n_jobs",
    **{setting: argument for argument, setting in ROW_ATTRIBUTES.items()},
}
