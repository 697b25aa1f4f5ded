"""How classes become what the network is trained on."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELS = {
    "one class": np.array([7, 7, 7, 7]),
    "two numbers": np.array([3, -1, -1, 3]),
    "truth": np.array([True, False, True, True]),
    "three names": np.array(["b", "c", "a", "b"]),
    "objects": np.array(["b", "c", "a", "b"], dtype=object),
    "whole floats": np.array([2.0, 0.0, 5.0, 2.0]),
    "several labels": np.array([[1, 0], [1, 1], [0, 0], [0, 1]]),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_labels_are_encoded_as_scikit_learns_binarizer_does(y: np.ndarray) -> None:
    classifier = MLPClassifier(max_iter=1).fit(np.eye(4), y)
    np.testing.assert_array_equal(classifier._encoded(y), classifier._label_binarizer.transform(y))
    np.testing.assert_array_equal(classifier._encoded(y[2:]), classifier._label_binarizer.transform(y[2:]))
