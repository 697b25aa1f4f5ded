"""scikit-learn's own examinations: its checks of estimators, and its tests of the multi-layer perceptron."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sklearn.neural_network
from sklearn.utils.estimator_checks import (
    check_estimators_overwrite_params,
    check_param_validation,
    parametrize_with_checks,
)

from shoal import MLPClassifier, MLPRegressor

HERE = Path(__file__).parent
# Every check, for the estimators as they come and for each other solver; fewer iterations only spare time.
INSTANCES = [
    estimator(max_iter=50, **settings)
    for estimator in (MLPClassifier, MLPRegressor)
    for settings in ({}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"solver": "scg"})
]


@parametrize_with_checks(INSTANCES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
def test_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_parameters_are_validated_as_in_scikit_learn(estimator: Any) -> None:
    check_param_validation(estimator.__name__, estimator())


def test_the_tests_of_scikit_learn_pass_with_the_estimators_swapped() -> None:
    installed = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(installed), "-q", "--tb=short"),
            *("-p", "swapped", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(HERE)),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert passed
    assert int(passed[1]) >= 50


def test_the_swap_is_one() -> None:
    """A run of scikit-learn's tests on its own classes would prove nothing."""
    code = "import swapped, sklearn.neural_network as nn; swapped.pytest_configure(); print(nn.MLPClassifier)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "shoal.estimators.mlp.classifier.MLPClassifier" in ran.stdout


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_check_that_fails_is_seen() -> None:
    class Broken(MLPClassifier):
        def fit(self, X: Any, y: Any, sample_weight: Any = None, **rest: Any) -> Any:
            super().fit(X, y, sample_weight, **rest)
            self.max_iter = 1  # changes a parameter, which fit must not
            return self

    with pytest.raises(AssertionError, match="change or mutate"):
        check_estimators_overwrite_params("Broken", Broken(max_iter=5))
