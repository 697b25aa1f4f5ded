from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from shoal.errors import ConfigurationError
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize


def request(**settings: Any) -> FitRequest:
    names = {field.name for field in dataclasses.fields(AskedSize)} & settings.keys()
    size = AskedSize(**{name: settings.pop(name) for name in names})
    return FitRequest("table.csv", "y", size=size, **settings)


def test_what_is_left_out_is_left_to_shoal() -> None:
    assert request().size == AskedSize(None, None, None, None)
    assert request(solver="scg", augment="none").augment == "none"
    assert request(learning_rate=0.1, folds=2, jobs=1, starts=70000).folds == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"folds": 3, "valid": "v.csv"}, "--folds and --valid were given; validate in one way only"),
        ({"folds": 3, "validation_share": 0.1}, "--folds and --validation-share were given"),
        ({"score": "evidense"}, "unknown score 'evidense'; did you mean 'evidence'"),
        ({"score": "evidence", "choose": "best"}, "without validation, got --choose best; leave one"),
        ({"score": "evidence", "folds": 3}, "--score evidence chooses without validation, got --folds 3"),
        ({"score": "evidence", "patience": 3}, "chooses without validation, got --patience 3"),
        ({"choose": "one_se"}, "unknown rule of choice 'one_se'; did you mean 'one-se'"),
        ({"task": "clasification"}, "unknown task 'clasification'; did you mean 'classification'"),
        ({"loss": "poison"}, "unknown loss 'poison'; did you mean 'poisson'"),
        ({"loss": "log_loss"}, "unknown loss 'log_loss'. Known: absolute_error, huber"),
        ({"loss": "huber", "score": "evidence"}, "for classes, got --loss huber; leave one of them"),
        ({"activation": "rellu"}, "unknown activation 'rellu'; did you mean 'relu'"),
        ({"solver": "ADAM"}, "unknown solver 'ADAM'. Known: adam"),
        ({"solver": "adaam"}, "unknown solver 'adaam'; did you mean 'adam'"),
        ({"test_share": 0.0}, "--test-share must be between 0 and 1, got 0; 0.2 is usual"),
        ({"test_share": float("nan")}, "--test-share must be between 0 and 1, got nan"),
        ({"validation_share": 1.0}, "--validation-share must be between 0 and 1, got 1"),
        ({"starts": 0}, "--starts must be at least 1, got 0"),
        ({"starts": 2**32}, "--starts must be at most 4294967295, got 4294967296"),
        ({"epochs": -5}, "--epochs must be at least 1, got -5"),
        ({"batch_size": 0}, "--batch-size must be at least 1, got 0"),
        ({"patience": 0}, "--patience must be at least 1, got 0"),
        ({"memory": 0}, "--memory must be at least 1, got 0"),
        ({"epochs": 2**63}, "--epochs must be at most 9223372036854775807, got 9223372036854775808"),
        ({"batch_size": 2**63}, "--batch-size must be at most 9223372036854775807, got 9223372036854775808"),
        ({"patience": 2**63}, "--patience must be at most 9223372036854775807, got 9223372036854775808"),
        ({"memory": 2**63}, "--memory must be at most 9223372036854775807, got 9223372036854775808"),
        ({"image_size": (3, 2**63)}, "--image-size must be at most 9223372036854775807, got 922337203685477"),
        ({"image_size": (3, 0)}, "--image-size must be at least 1, got 0"),
        ({"jobs": 0}, "--jobs must be a whole number other than 0 (-1: all cores), got 0"),
        ({"pieces": -1}, "--pieces must be at least 0, got -1"),
        ({"quality": "goood"}, "unknown quality 'goood'; did you mean 'good'"),
        ({"time": 0.0}, "--time must be a positive number of seconds, got 0"),
        ({"time": float("nan")}, "--time must be a positive number of seconds, got nan"),
        ({"folds": 1}, "--folds must be at least 2, got 1"),
        ({"folds": 70000}, "--folds must be at most 65535, got 70000"),
        ({"learning_rate": 0.0}, "--learning-rate must be a positive number, got 0"),
        ({"learning_rate": float("inf")}, "--learning-rate must be a positive number, got inf"),
        ({"learning_rate": float("nan")}, "--learning-rate must be a positive number, got nan"),
        ({"seed": -1}, "seed must be an integer from 0 to 2**64 - 1, got -1"),
        ({"seed": 2**64}, "seed must be an integer from 0"),
        ({"hidden": ()}, "hidden is empty"),
        ({"hidden": ((3,), (3,))}, "hidden holds '3' more than once"),
        ({"l2": (-1.0,)}, "an L2 strength must be a number ≥ 0, got -1.0"),
        ({"l2": (float("nan"),)}, "an L2 strength must be a number ≥ 0, got nan"),
        ({"solver": "scg", "learning_rate": 0.1}, "scg finds its own step length, got --learning-rate 0.1"),
        ({"augment": "wild"}, "--augment takes auto, none, mild, strong"),
        ({"solver": "scg", "augment": "mild"}, "scg takes the same images at every step, got --augment mild"),
        ({"solver": "br", "l2": (0.5, 1.0)}, "its penalty itself, got --l2 0.5,1; leave it out"),
        (
            {"solver": "br", "score": "evidence"},
            "strengths while it trains, and --score evidence",
        ),
        ({"solver": "lbfgs", "batch_size": 32}, "lbfgs takes all rows at every step, got --batch-size 32"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_can_be_known_to_be_wrong(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        request(**settings)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
