"""``Forecaster``: series in, what comes next out, and nothing to tune, for scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from shoal.errors import DataError, ShoalWarning
from shoal.estimators.sequences.histories import Histories, known_ahead
from shoal.estimators.shared.parameters import COUNT, POSITIVE
from shoal.estimators.shared.seeds import drawn_seed
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.panel import Contexts, Panel
from shoal.forecasting.scores import mase
from shoal.forecasting.settings import BUDGET, KINDS, ForecastSettings
from shoal.shapes import Array, IntArray


@dataclass(frozen=True, eq=False)
class ForecastState:
    """The last values (B, C, L) of B series, and which channels of those fitted they are (B · C,)."""

    values: Array
    rows: IntArray
    histories: Histories


class Forecaster(BaseEstimator):  # type: ignore[misc]
    """Forecasts the next ``horizon`` steps of one series or of many, with nothing to tune.

    All of these are tried, each at *rolling origins* near the end of the training part, where it forecasts
    what no model has seen; the weighted mean that errs least there is what forecasts::

        ŷ_{t+1 … t+h} = Σ_v w_v ŷ_v            error: mean |y − ŷ| / mean |y_t − y_{t−season}|

    the last value; the last season; linear maps in closed form from windows of several widths, of values,
    their roots and logarithms (where they are positive), with the last value, the mean or the last season
    subtracted; and networks on the windows that suit linear maps best: dense ones, GRUs, and convolutions.
    ``evidence_`` says how each did, whoever won; often that is a linear map.

    ``y`` is one series (T,) or (T, C) as an array, a pandas Series or DataFrame; many as a list or a dict of
    these, an array (S, T, C), or one of pandas' with an index (series, time). Channels share their models,
    and each is forecast by its own past. NaN is a missing value: a line between its neighbours stands in, and
    steps before the first value are none.
    ``future`` (T, F) are columns known ahead, such as holidays; to predict it has T + horizon rows, or the
    ``horizon`` that follow those fitted. Forecasts come as ``y`` does: (horizon,), (horizon, C), a list or a
    dict of them; a pandas index goes on, each series of several from its own end.

    Many series have linear maps and weights of their own beside those that all share; to ``predict``, those
    of a dict or an index are known by their names, and series of a list are strangers, forecast by what is
    shared.

    - ``window``, how many values models see, and ``season``, its steps, 1 for none; None: found from ``y``.
    - ``networks``: "auto", or which kinds may be tried, of "dense", "recurrent" and
      "convolutional"; [] for none.
    - ``budget``, the operations that fitting may take: a seed gives the same forecasts on every machine.
    - ``n_jobs`` threads, None: all cores; how many changes no bit.

    Attributes: ``evidence_``, ``mixture_`` (its ``sentence`` says what it is made of), ``season_``,
    ``n_channels_in_``.

    Raises ``DataError``, a ``ValueError``, for what is no series, is constant, or shorter than the horizon.

    Source: Hyndman & Athanasopoulos 2021, "Forecasting: principles and practice", 5.8 and 5.10; Zeng et al.
    2023, "Are transformers effective for time series forecasting?"; Caruana et al. 2004.

    >>> t = np.arange(100)
    >>> forecaster = Forecaster(horizon=12, networks=[]).fit(t + 10 * np.sin(2 * np.pi * t / 12))
    >>> forecaster.season_, forecaster.predict().shape
    (12, (12,))
    >>> bool(abs(forecaster.predict() - t[-1] - np.arange(1, 13)).max() < 11)
    True
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "horizon": [COUNT],
        "window": [COUNT, None],
        "season": [COUNT, None],
        "networks": ["array-like", StrOptions({"auto"})],
        "budget": POSITIVE,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        horizon: int,
        window: int | None = None,
        season: int | None = None,
        *,
        networks: Any = "auto",
        budget: float = BUDGET,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.horizon = horizon
        self.window = window
        self.season = season
        self.networks = networks
        self.budget = budget
        self.random_state = random_state
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, y: Any, future: Any = None) -> Forecaster:
        """Learn from one series or many, and columns known ahead (T_i, F), and return the estimator."""
        histories = Histories.of(y)
        ahead, self._columns = known_ahead(future, histories)
        panel = Panel.of(histories.series, ahead, histories.names)
        for note in panel.notes:
            warnings.warn(note, ShoalWarning, stacklevel=2)
        settings = ForecastSettings(
            self.horizon,
            self.window,
            self.season,
            KINDS if isinstance(self.networks, str) else tuple(self.networks),
            self.budget,
            drawn_seed(self.random_state),
            self.n_jobs,
        )
        self.mixture_ = ForecastMixture.fit(panel, settings)
        self.evidence_ = self.mixture_.evidence
        self.season_ = self.mixture_.season
        self.n_channels_in_ = panel.channels
        self._panel, self._histories = replace(panel, names=self.mixture_.series), histories
        self._future = ahead
        return self

    def predict(self, y: Any = None, future: Any = None) -> Any:
        """Return the next ``horizon`` values of the series fitted, or of other histories ``y``."""
        histories, panel = self._asked(y, future)
        return histories.given_back(self.mixture_.predict(panel, self.n_jobs))

    def predict_interval(self, coverage: float = 0.9, y: Any = None, future: Any = None) -> tuple[Any, Any]:
        """Return the lower and the upper ends of intervals that hold about ``coverage`` of what comes::

            ŷ_{t+k} ± d R_k

        R_k is the ⌈coverage · (N + 1)⌉-th smallest of the errors k steps ahead at N rolling origins, in units
        d, the mean change of a series over a season.

        Raises ``DataError`` where there were too few origins for the coverage.
        """
        histories, panel = self._asked(y, future)
        lower, upper = self.mixture_.interval(panel, coverage)
        return histories.given_back(lower), histories.given_back(upper)

    def baselines(self, y: Any = None, future: Any = None) -> dict[str, Any]:
        """Return what is "naive", "seasonal naive" and "linear" (the best map) forecasts, by name."""
        histories, panel = self._asked(y, future)
        return {name: histories.given_back(each) for name, each in self.mixture_.baselines(panel).items()}

    def score(self, y: Any, future: Any = None) -> float:
        """Return −MASE of forecasts of what followed the series fitted, ``y``, as far as both go.

        0 is perfect, and −1 what the last season errs in the history itself. In a ``GridSearchCV`` over one
        series, with scikit-learn's ``TimeSeriesSplit``, ``y`` is what follows each training part.
        """
        check_is_fitted(self)
        given = Histories.of(y, channels=self._histories.channels)
        actual = self._histories.matched(given, "score has nothing of")
        panel = self._panel if future is None else self._asked(None, future, following=actual)[1]
        if len(given.series) != len(panel) or any(len(each) != panel.channels for each in actual):
            raise DataError(
                "score takes what followed the series fitted: as many series, of as many channels"
            )
        forecasts = self.mixture_.predict(panel, self.n_jobs)
        errors = []
        for followed, forecast, history in zip(actual, forecasts, panel.series, strict=True):
            steps = min(followed.shape[1], self.horizon)
            errors.append(mase(followed[:, :steps], forecast[:, :steps], history, self.season_))
        return -float(np.mean(errors))

    def start(self, y: Any = None) -> ForecastState:
        """Return the state after the series fitted, or after other histories ``y``, to ``step`` from."""
        histories, panel = self._asked(y, None, stepping=True)
        past = replace(panel, future=None)  # which is told step by step
        known = self.mixture_.recognised(past).contexts(self.mixture_.needs, self.horizon)
        values = known.values.reshape(len(panel), panel.channels, -1)
        return ForecastState(values, known.rows, histories)

    def step(self, x: Any, state: ForecastState, future: Any = None) -> tuple[Any, ForecastState]:
        """Return forecasts after one more step ``x`` of B series, and the state to go on from.

        ``x`` is (B, C), or what of it is more than one; NaN stands for the value before. ``future`` is
        (B, h + 1, F), from this step on. Both may be a dict or, of a frame (series, time), such a frame: its
        series go by name, and what it forecasts is counted from 1, for no step tells its time. Any number of
        series may be stepped, and each is forecast as ``predict`` does with the whole history.
        """
        check_is_fitted(self)
        B, C, L = state.values.shape
        new = state.histories.in_place(x, "x")
        if new.size != B * C:
            raise DataError(f"x has {new.size} values, the state is of {B} series with {C} channels each")
        new = new.reshape(B, C)
        if np.isinf(new).any():
            raise DataError("x has an infinite value; give NaN where one is missing")
        new = np.where(np.isnan(new), state.values[:, :, -1], new)
        values = np.concatenate([state.values[:, :, 1:], new[:, :, None]], axis=2)
        channels, ahead = np.tile(np.arange(C), B), self._ahead(future, state.histories)
        contexts = Contexts(values.reshape(B * C, L), channels, state.rows, ahead)
        forecasts = self.mixture_.forecast(contexts, self.n_jobs).reshape(B, C, self.horizon)
        plain = state.histories.without_times()
        return plain.given_back(forecasts), ForecastState(values, state.rows, state.histories)

    def _ahead(self, future: Any, histories: Histories) -> Array | None:
        """Return columns known ahead of one step of B series, (B · C, F, h + 1)."""
        B, columns = len(histories.series), self.mixture_.columns
        if not columns:
            if future is not None:
                raise DataError("future was given, and the forecaster was fitted without; leave it out")
            return None
        shape = (B, self.horizon + 1, columns)
        known = histories.in_place(np.full(1, np.nan) if future is None else future, "future")
        if known.size != np.prod(shape) or not np.isfinite(known).all():
            raise DataError(
                f"future must be {shape} finite numbers, from this step on, got shape {known.shape}"
            )
        return np.repeat(known.reshape(shape).swapaxes(1, 2), self.n_channels_in_, axis=0)

    def _asked(
        self, y: Any, future: Any, stepping: bool = False, following: Sequence[Array] = ()
    ) -> tuple[Histories, Panel]:
        """Return the histories that forecasts are asked for, with what is known ahead of them.

        Of series fitted that is for the ``horizon`` alone, or for what is ``following`` them (C, n_i).
        """
        check_is_fitted(self)
        histories = self._histories if y is None else Histories.of(y, channels=self._histories.channels)
        if y is None and future is None:
            panel = self._panel
        else:
            names = self._panel.names if y is None else histories.names
            ahead, _ = known_ahead(future, histories, self._columns)
            if y is None and ahead is not None and self._future is not None:
                steps = [each.shape[1] for each in following] or [self.horizon] * len(ahead)
                ahead = self._from_the_start(ahead, self._future, steps)
            panel = Panel.of(histories.series, ahead, names)
        if self.mixture_.columns and future is None and not stepping:
            raise DataError(
                f"the forecaster was fitted with {self.mixture_.columns} columns known ahead; give "
                f"future= with the rows of the history and {self.horizon} more"
            )
        return histories, panel

    def _from_the_start(self, ahead: list[Array], fitted: list[Array], following: list[int]) -> list[Array]:
        """Return columns (F, T_i + h) of the series fitted, where those that follow may be given alone.

        That is all that scikit-learn's cross-validation gives, and sktime. They have as many steps as the
        horizon or what is ``following``; others may be those of the history, miscounted.
        """
        if not len(ahead) == len(fitted) == len(following):
            return ahead
        lengths = [series.shape[1] for series in self._histories.series]
        each = zip(ahead, fitted, lengths, following, strict=True)
        return [
            np.concatenate([known[:, :T], columns], axis=1)
            if columns.shape[1] in (self.horizon, steps)
            and columns.shape[1] < T + self.horizon
            and len(columns) == len(known)
            else columns
            for columns, known, T, steps in each
        ]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.allow_nan = True
        return tags
