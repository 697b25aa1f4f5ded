"""What classifiers say besides probabilities: their logarithms, and by how much one class leads."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.calibration.decision import LIKELIEST, Decision
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
        probability of 0 counts as the smallest that there is, so that all are finite. With factors it is
        ln(f_k p_k), and with costs less the cost to expect, −Σ_j p_j C_jk.
        """
        decision: Decision = getattr(self, "decision_", LIKELIEST)
        found = decision.preferences(self.predict_proba(X))
        if not decision.costs:
            found = np.log(np.maximum(found, np.finfo(found.dtype).tiny))
        return found[:, 1] - found[:, 0] if found.shape[1] == 2 else found
