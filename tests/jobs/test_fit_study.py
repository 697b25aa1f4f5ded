"""How much time networks have, of what the user allows for all."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from shoal.jobs.deadline import Deadline
from shoal.jobs.fit_study import _finishing, _seconds_for
from shoal.jobs.request import FitRequest


def _data(columns: Any, rows: int, outputs: int) -> Any:
    return Mock(columns=columns, n_rows=rows, loss=("x", outputs), afterwards=lambda _: 0.0)


@pytest.mark.parametrize(("passed", "left"), [(0.0, 50.2), (20.0, 30.2), (70.0, 0.1)])
def test_networks_have_what_time_is_left(passed: float, left: float) -> None:
    """Of 60 s 2 are for the report, and 13 % for the examination."""
    request, data = FitRequest("t.csv", "y", time=60.0), _data((), 0, 1)
    deadline = Deadline(request.time, began=1000.0, clock=lambda: 1000.0 + passed)
    assert _seconds_for(deadline, _finishing(request, data)) == pytest.approx(left)
    assert _seconds_for(Deadline(), _finishing(FitRequest("t.csv", "y"), data)) is None


def test_a_report_of_many_columns_and_predictions_of_many_classes_take_longer() -> None:
    def finishing(columns: int, rows: int = 0, outputs: int = 1) -> float:
        return _finishing(FitRequest("t.csv", "y", time=60.0), _data(range(columns), rows, outputs))

    assert finishing(10**4) == pytest.approx(finishing(0) + 2)
    assert finishing(0, 40_000, 1000) == pytest.approx(finishing(0) + 4)
