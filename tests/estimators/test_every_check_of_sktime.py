"""What sktime asks of classifiers, regressors and forecasters, of its own classes around ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal import Forecaster, SequenceClassifier, SequenceRegressor
from shoal.forecasting.settings import BUDGET as FORECASTS
from tests.estimators.around import Around, soon_fitted

pytest.importorskip("sktime", reason="the checks of sktime, of the extra peers")

from sktime.classification.base import BaseClassifier
from sktime.forecasting.base import BaseForecaster
from sktime.regression.base import BaseRegressor
from sktime.utils.estimator_checks import check_estimator

TAGS = {
    "X_inner_mtype": ["nested_univ", "numpy3D", "pd-multiindex"],
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:missing_values": True,
    "capability:multithreading": True,
    "capability:random_state": True,
    "property:randomness": "derandomized",
}


class AroundClassifier(Around, BaseClassifier):
    """A classifier of ours in sktime's clothes.

    >>> from shoal import SequenceClassifier
    >>> SequenceClassifier(n_draws=1)
    SequenceClassifier(n_draws=1)
    """

    _tags = TAGS | {"capability:predict_proba": True}
    _ours = SequenceClassifier

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        return soon_fitted()

    def _predict_proba(self, X: Any) -> Any:
        return self.fitted_.predict_proba(X)


class AroundRegressor(Around, BaseRegressor):
    """A regressor of ours in sktime's clothes.

    >>> from shoal import SequenceRegressor
    >>> SequenceRegressor(n_draws=1)
    SequenceRegressor(n_draws=1)
    """

    _tags = TAGS
    _ours = SequenceRegressor

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        return soon_fitted()


class AroundForecaster(BaseForecaster):
    """A forecaster of ours in sktime's clothes: steps ahead are picked of a whole horizon.

    >>> from shoal import Forecaster
    >>> Forecaster(7)
    Forecaster(horizon=7)
    """

    _tags = {  # noqa: RUF012 (the name and the kind are sktime's)
        "y_inner_mtype": ["pd.Series", "pd.DataFrame"],
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:non_contiguous_X": False,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:missing_values": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:random_state": True,
        "capability:update": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": True,
    }

    def __init__(
        self,
        window: int | None = None,
        season: int | None = None,
        networks: Any = "auto",
        budget: float = FORECASTS,
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.window = window
        self.season = season
        self.networks = networks
        self.budget = budget
        self.random_state = random_state
        self.n_jobs = n_jobs
        super().__init__()

    def _steps(self, fh: Any) -> Any:
        return fh.to_relative(self.cutoff).to_numpy().astype(int)

    def _fit(self, y: Any, X: Any, fh: Any) -> Any:
        self.fitted_ = Forecaster(int(self._steps(fh).max()), **self.get_params()).fit(y, future=X)
        self.known_, self.later_ = (y, X), False
        return self

    def _update(self, y: Any, X: Any = None, update_params: bool = True) -> Any:
        was, columns = self.known_
        self.known_ = (y.combine_first(was), None if X is None else X.combine_first(columns))
        self.later_ = not update_params  # the same models, of a history that goes on
        if update_params:
            self.fitted_.fit(self.known_[0], future=self.known_[1])
        return self

    def _asked(self, X: Any) -> dict[str, Any]:
        """Return the history and what is known ahead, or what follows of it: the next steps alone."""
        if not self.later_:
            return {"future": X}
        y, columns = self.known_
        return {"y": y, "future": None if X is None else pd.concat([columns, X])}

    def _predict(self, fh: Any, X: Any) -> Any:
        forecast = self.fitted_.predict(**self._asked(X)).iloc[self._steps(fh) - 1]
        assert forecast.index.equals(fh.to_absolute_index(self.cutoff))  # ours goes on as sktime's does
        return forecast

    def _predict_interval(self, fh: Any, X: Any, coverage: list[float]) -> Any:
        names = self._get_varnames()
        columns = pd.MultiIndex.from_product([names, coverage, ["lower", "upper"]])
        found = pd.DataFrame(index=fh.to_absolute_index(self.cutoff), columns=columns, dtype=float)
        for share in coverage:
            ends = self.fitted_.predict_interval(share, **self._asked(X))
            for side, end in zip(("lower", "upper"), ends, strict=True):
                values = np.asarray(end).reshape(len(end), -1)[self._steps(fh) - 1]
                found[[(name, share, side) for name in names]] = values
        return found

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        return [{"networks": [], "season": 1}, {"networks": ["dense"], "window": 4, "budget": 1e6}]


FEW_ORIGINS = (
    "an interval of 0.9 needs 9 forecasts at rolling origins, which so short a history does not have"
)
SHORT = [f"fh=1-{kind}-False" for kind in ("int-int", "range-int", "period-period", "datetime-datetime")]
WITH_X = "test_predict_time_index_with_X"
NOT_ASKED: dict[type, dict[str, str]] = {
    AroundClassifier: {},
    AroundRegressor: {},
    AroundForecaster: {
        f"{check}[AroundForecaster-{number}-y:1cols{case}]": FEW_ORIGINS
        for number in (0, 1)
        for check, case in [
            ("test_hierarchical_with_exogenous", ""),
            *((WITH_X, f"-{case}") for case in SHORT),
        ]
    },
}
"""Checks that cannot pass, and why."""


@pytest.mark.filterwarnings("ignore")  # sktime's of itself, and ours of what its series are like
@pytest.mark.parametrize("estimator", NOT_ASKED, ids=lambda each: each.__name__)
def test_every_check_of_sktime(estimator: type) -> None:
    ended = check_estimator(estimator, verbose=False)
    failed = {check: error for check, error in ended.items() if error != "PASSED"}
    expected = NOT_ASKED[estimator]
    assert failed.keys() == expected.keys(), {check: str(error)[:300] for check, error in failed.items()}
    assert all("forecasts at rolling origins" in str(error) for error in failed.values())
    assert len(ended) > 50
