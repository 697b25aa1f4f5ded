from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from benchmarks.task import Task
from tests.benchmarks.conftest import image_task, sequence_task


def test_a_task_comes_back_from_its_file(task: Task, tmp_path: Path) -> None:
    task.save(tmp_path / "task.npz")
    again = Task.load(tmp_path / "task.npz")
    np.testing.assert_equal(dataclasses.asdict(again), dataclasses.asdict(task))


def test_a_task_on_images_comes_back_too(tmp_path: Path) -> None:
    test_a_task_comes_back_from_its_file(image_task(), tmp_path)
    test_layers_are_put_together_as_they_were_taken_apart(image_task())


def test_a_task_on_sequences_comes_back_too(tmp_path: Path) -> None:
    test_a_task_comes_back_from_its_file(sequence_task("gru"), tmp_path)
    test_layers_are_put_together_as_they_were_taken_apart(sequence_task("gru"))


def test_layers_are_put_together_as_they_were_taken_apart(task: Task) -> None:
    for cohort in task.cohorts:
        np.testing.assert_array_equal(cohort.flat(cohort.layers(cohort.theta)), cohort.theta)
