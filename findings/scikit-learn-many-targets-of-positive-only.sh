#!/usr/bin/env bash
# scikit-learn's check of several targets gives negative ones to a regressor whose tags say that it takes positive ones only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.estimator_checks import check_regressor_multioutput, check_regressors_train
from sklearn.utils.validation import check_is_fitted, validate_data


class MeanRate(RegressorMixin, BaseEstimator):
    """Predicts the mean of counts, of one target or of several."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only, tags.target_tags.multi_output = True, True
        return tags

    def fit(self, X, y):
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True)
        if np.min(y) < 0:
            raise ValueError("counts are not negative")
        self.mean_ = np.mean(y, axis=0, dtype=float)
        return self

    def predict(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return np.full((len(X), *np.shape(self.mean_)), self.mean_)


def seen(check):
    try:
        check("MeanRate", MeanRate())
    except ValueError as error:
        return str(error)
    except AssertionError:
        return "reached its assertions"
    return "passes"


one, several = seen(check_regressors_train), seen(check_regressor_multioutput)
print(f"scikit-learn {sklearn.__version__}: a good guess is that no check breaks a tag, as with one target: {one}")
print(f"seen with several targets: {several}")
raise SystemExit(0 if one != "counts are not negative" == several else 1)
PYTHON
