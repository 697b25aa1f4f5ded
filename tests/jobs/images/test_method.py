from __future__ import annotations

import pytest

from shoal.jobs.images.method import image_ensembles, image_ladder, image_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import StudySize
from shoal.selection.candidates.architectures import Convolutional

SHAPE = (1, 28, 28)
LADDERS = {"single": image_ladder(SHAPE), "ensembles": image_ensembles(SHAPE, 6000)}


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_studies_get_smaller_and_have_networks(ladder: tuple[StudySize, ...]) -> None:
    sizes = [
        sum(hidden[0] ** 2 for hidden in rung.hidden) * rung.starts * len(rung.l2) * rung.epochs
        for rung in ladder
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    for rung in ladder:
        for hidden in rung.hidden:
            assert Convolutional(SHAPE).network(hidden, 784, 10, "cross_entropy").n_outputs == 10


def test_the_studies_go_by_the_size() -> None:
    ladder = LADDERS["single"]
    assert ladder[0].hidden == (
        (4, 8, 16),
        (8, 16, 32),
        (16, 32, 64),
        (32, 64, 128),
        (8, 16),
        (8, 16, 32, 64),
    )
    assert ladder[-1].hidden == ((4, 8, 16), (8, 16, 32))
    assert LADDERS["ensembles"][0].hidden == ((16, 32, 64), (32, 64, 128))
    assert {rung.starts for rung in LADDERS["ensembles"]} == {1, 2, 3, 4}


def test_few_images_are_trained_on_for_longer() -> None:
    assert [image_ensembles(SHAPE, n)[0].epochs for n in (600, 6000, 60_000)] == [47, 15, 15]


def test_the_rate_goes_round_once_unless_the_solver_is_the_users() -> None:
    usual = image_method(FitRequest("images"), SHAPE, 3000)
    recipe = usual.recipe
    assert (recipe.rates.name, recipe.clip_norm, recipe.batch_size, recipe.patience) == (
        "one_cycle",
        1,
        64,
        None,
    )
    assert (
        usual.architecture.dropout,
        usual.architecture.network((2,), 784, 2, "cross_entropy").n_outputs,
    ) == (0.2, 2)
    asked = image_method(
        FitRequest("images", learning_rate=0.5, batch_size=7, patience=4), SHAPE, 3000
    ).recipe
    assert (asked.learning_rate, asked.batch_size, asked.patience) == (0.5, 7, 4)
    plain = image_method(FitRequest("images", solver="sgd"), SHAPE, 3000)
    assert (plain.recipe.rates.name, plain.recipe.clip_norm, plain.architecture.dropout) == (
        "constant",
        None,
        0,
    )
    assert image_method(FitRequest("images", solver="scg"), SHAPE, 3000).recipe.batch_size is None
