"""What other libraries' classes of classifiers and regressors of series share that hold one of ours."""

from __future__ import annotations

from typing import Any

from shoal.mixtures.planning import BUDGET, DRAWS, FEATURES, LEAST_FEATURES


def soon_fitted() -> list[dict[str, Any]]:
    """Return settings that are soon fitted: of closed forms, and of networks."""
    trained = {"views": ["convolutional", "recurrent"], "budget": 1e7}
    return [{"views": ["random"], "n_features": LEAST_FEATURES, "n_draws": 1}, trained]


class Around:
    """Containers of theirs go to an estimator of ours, ``_ours``, as they are."""

    _ours: Any

    def __init__(
        self,
        views: Any = "auto",
        budget: float = BUDGET,
        n_features: int = FEATURES,
        n_draws: int = DRAWS,
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.views = views
        self.budget = budget
        self.n_features = n_features
        self.n_draws = n_draws
        self.random_state = random_state
        self.n_jobs = n_jobs
        super().__init__()

    def _fit(self, X: Any, y: Any) -> Any:
        settings = self.get_params()  # type: ignore[attr-defined]  # of the class beside this one
        self.fitted_ = self._ours(**settings, channels_first=True).fit(X, y)
        return self

    def _predict(self, X: Any) -> Any:
        return self.fitted_.predict(X)
