"""The contestants: a module for each library, with one function for each form in which it can do a task.

A form is called as ``form(task, cores)`` and returns ``run(epochs)``, which does the task from its
beginning and returns one array (P, D) for every cohort: the trained parameters, or the gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from benchmarks.task import Array, Task

Run: TypeAlias = Callable[[int], list[Array]]
Form: TypeAlias = Callable[[Task, int], Run]
