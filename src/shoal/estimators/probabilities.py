"""What classifiers say besides probabilities: their logarithms, and by how much one class leads."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.shapes import Array


class FromProbabilities:
    """What follows from ``predict_proba``, for classifiers to inherit."""

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        raise NotImplementedError

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of ``predict_proba``, (N, K); of a probability of 0, −∞."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def decision_function(self, X: Any) -> Array:
        """Return what the class is decided by: of two classes ln(p_1 / p_0), (N,), of more ln p_k, (N, K).

        The largest is the class predicted; of two it is the second where the log odds are above 0. A
        probability of 0 counts as the smallest that there is, so that all are finite.
        """
        found = self.predict_proba(X)
        logs: Array = np.log(np.maximum(found, np.finfo(found.dtype).tiny))
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs
