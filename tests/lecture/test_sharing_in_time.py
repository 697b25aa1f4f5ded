from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.sharing_in_time import KINDS, MOTIF, motifs, network
from shoal.lecture.study import Study
from shoal.sequences import Sequences

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_who_shares_weights_in_time_knows_the_motif_beyond_the_longest_series(computed: Computed) -> None:
    study, found = computed("sharing-in-time")
    assert found.wrong.shape == (3, len(study.lengths), study.starts)
    dense, convolutional, recurrent = found.wrong.mean(axis=-1)[:, -1]
    assert dense > 0.3
    assert convolutional < 0.1
    assert recurrent < 0.2


def test_places_weigh_to_the_whole(computed: Computed) -> None:
    study, found = computed("sharing-in-time")
    assert found.by_place.shape == (3, study.places)
    whole = found.wrong.mean(axis=-1)[:, -1]
    assert (found.by_place.min(axis=-1) <= whole).all()
    assert (whole <= found.by_place.max(axis=-1)).all()


def test_networks_have_about_as_many_parameters() -> None:
    sizes = [network(kind, 80).n_parameters for kind in KINDS]
    assert max(sizes) < 1.05 * min(sizes)


def test_a_motif_is_where_it_is_said_to_be() -> None:
    lengths = np.array([9, 30] * 200)
    series = motifs(np.random.default_rng(2), lengths, 30)
    wave = np.sin(2 * np.pi * np.arange(MOTIF) / MOTIF)
    found = np.array([row[0, p : p + MOTIF] @ wave for row, p in zip(series.X, series.place, strict=True)])
    assert (np.sign(found) == 1 - 2 * series.y).mean() > 0.99
    assert (series.place + MOTIF <= lengths).all()
    assert set(series.place[::2]) == {0, 1}
    assert not series.X[::2, 0, 9:].any()


def test_a_dense_network_alone_is_given_what_lies_beyond_an_end() -> None:
    series = motifs(np.random.default_rng(2), np.array([9, 30]), 30)
    assert [isinstance(series.given_to(kind), Sequences) for kind in KINDS] == [False, True, True]
