"""Keras does the task as the judge does, where it is installed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("jax")

from benchmarks.judge import Judge
from benchmarks.peers import keras
from benchmarks.workload import Entry
from tests.benchmarks.conftest import sequence_task


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_recurrent_networks_reach_the_losses_of_the_judge_every_time(cell: str) -> None:
    penalised = sequence_task(cell)
    [cohort] = penalised.cohorts
    with pytest.raises(ValueError, match="penalties"):
        keras.fit(penalised, 1)
    task = dataclasses.replace(penalised, cohorts=(dataclasses.replace(cohort, l2=np.zeros_like(cohort.l2)),))
    run, entry = keras.fit(task, 1), Entry("keras", "fit")
    for _ in range(2):  # the second run begins anew
        assert Judge(task).disagreement(run(task.check_epochs), entry) < 1e-5
    assert Judge(task).disagreement(run(task.check_epochs + 1), entry) > Judge.tolerance
