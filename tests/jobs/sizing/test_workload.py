from __future__ import annotations

import dataclasses

import numpy as np

from tests.jobs.sizing.test_study import LOAD


def test_a_network_has_all_inputs_unless_a_view_has_fewer() -> None:
    network = LOAD.network((3,))
    assert (network.n_inputs, network.n_outputs) == (LOAD.X.shape[1], LOAD.n_outputs)
    assert LOAD.network((3,), 1).n_inputs == 1


def test_each_view_has_a_width_of_its_own() -> None:
    assert LOAD.widths == [np.shape(LOAD.X)[1]]
    assert dataclasses.replace(LOAD, views=((0,), (0, 1))).widths == [1, 2]


def test_doubles_take_more_than_single_numbers_and_more_epochs_more_than_few() -> None:
    network = LOAD.network((3,))
    exact = dataclasses.replace(LOAD, recipe=dataclasses.replace(LOAD.recipe, solver="scg", batch_size=None))
    plain = dataclasses.replace(exact, recipe=dataclasses.replace(exact.recipe, solver="adam"))
    assert exact.bytes_a_network(network, 1) > plain.bytes_a_network(network, 1)
    assert plain.bytes_a_network(network, 1000) > plain.bytes_a_network(network, 1)
