from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoal.lecture.sharing import CONVOLUTIONAL, KINDS, LOCAL
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_the_chosen_are_the_smallest_that_reach_the_aim(computed: Computed) -> None:
    _, found = computed("parameters")
    assert found.aim == max(found.validation[kind].min() for kind in KINDS)
    for kind in KINDS:
        at = found.chosen[kind]
        assert found.validation[kind][at] <= found.aim
        assert (found.validation[kind][:at] > found.aim).all()
        assert (found.parameters[kind][1:] > found.parameters[kind][:-1]).all()


def test_sharing_saves_parameters(computed: Computed) -> None:
    _, found = computed("parameters")
    size = {kind: found.parameters[kind][found.chosen[kind]] for kind in KINDS}
    assert size[CONVOLUTIONAL] < 2 * size[LOCAL]
    assert found.test[CONVOLUTIONAL].min() < found.test[LOCAL].min()
