from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError, DataError, UnknownNameError
from shoal.layers import Dense
from shoal.randomness import member_id
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.candidates.axes import Span
from shoal.selection.candidates.candidate import Candidate, grid
from shoal.selection.candidates.space import Search, described, draw, widest
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials
from shoal.training.recipe import Recipe

ADAM = Recipe(solver="adam", epochs=5, batch_size=16)
X = np.linspace(-2, 2, 60)
Y = np.sin(X)


def candidates(space: Any, hidden: Any = (4,), recipe: Recipe = ADAM, draws: int = 16) -> list[Candidate]:
    return Search(space=space, draws=draws).candidates(grid(hidden, [0.0]), recipe, Perceptron())


def study(space: Any, **own: Any) -> CapacityStudy:
    usual: dict[str, Any] = {"hidden": [3], "recipe": ADAM, "n_jobs": 1, "draws": 16}
    return CapacityStudy(space=space, **usual | own)


def test_every_part_of_an_axis_has_one_point() -> None:
    points = draw({"learning_rate": Span(0, 1), "weight_decay": Span(0, 1)}, 20, seed=3)
    for name in "learning_rate", "weight_decay":
        parts = sorted(int(point[name] * 20) for point in points)
        assert sum(a == b for a, b in enumerate(parts)) >= 18  # three digits may round to a neighbour
    assert [p["learning_rate"] for p in points] != [p["weight_decay"] for p in points]


def test_draws_are_the_seed_s_and_an_axis_is_the_same_beside_others() -> None:
    axes = {"learning_rate": Span(0, 1)}
    alone, again, other = draw(axes, 9, 0), draw(axes, 9, 0), draw(axes, 9, 1)
    beside = draw({"l2": Span(0, 1), **axes}, 9, 0)
    assert alone == again != other
    assert [point["learning_rate"] for point in beside] == [point["learning_rate"] for point in alone]


def test_points_come_in_populations_as_large_as_there_are_forms() -> None:
    space = {"learning_rate": (1e-3, 0.1), "dropout": (0, 0.5), "activation": ["relu", "tanh"]}
    for draws, forms, most in ((16, 4, 4), (100, 10, 10), (256, 16, 16)):
        found = Counter(candidate.form for candidate in candidates(space, draws=draws))
        assert (len(found), max(found.values()), sum(found.values())) == (forms, most, draws)


def test_few_forms_are_all_there_and_alike() -> None:
    found = candidates({"learning_rate": (1e-3, 0.1), "activation": ["relu", "tanh"]}, draws=32)
    assert sorted(Counter(candidate.form for candidate in found).values()) == [16, 16]


def test_without_an_axis_of_a_population_s_own_every_point_is_there_once() -> None:
    found = candidates({"activation": ["relu", "tanh"], "depth": [1, 2]}, hidden=(2, 4), draws=100)
    assert [candidate.hidden for candidate in found] == [
        (2,),
        (2, 2),
        (2,),
        (2, 2),
        (4,),
        (4, 4),
        (4,),
        (4, 4),
    ]
    assert len(candidates({"activation": ["relu", "tanh"], "depth": [1, 2]}, hidden=(2, 4), draws=3)) <= 3


def test_a_solver_is_given_what_it_has_use_for() -> None:
    found = candidates(
        {"solver": ["adam", "scg"], "learning_rate": (1e-3, 0.1), "batch_size": [8, 16]}, draws=32
    )
    scg = [candidate for candidate in found if dict(candidate.point)["solver"] == "scg"]
    assert [set(dict(candidate.point)) for candidate in scg] == [{"hidden", "l2", "solver"}]
    assert scg[0].form.recipe(ADAM).batch_size is None
    assert widest(found, ADAM) == "float64"
    assert widest(candidates({"learning_rate": (1e-3, 0.1)}), ADAM) == "float32"


def test_points_may_be_given() -> None:
    points = [{"learning_rate": 0.01, "hidden": "4x4"}, {"learning_rate": 0.02, "l2": 1.0, "hidden": 2}]
    found = candidates(points, hidden=(4, 8))
    assert [(c.index, c.hidden, c.l2, c.own["learning_rate"]) for c in found] == [
        (0, (4, 4), 0.0, 0.01),
        (1, (2,), 1.0, 0.02),
    ]


@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        ({"rate": (0, 1)}, UnknownNameError, "rate"),
        ([{"rate": 1}], UnknownNameError, "rate"),
        (["dropout", "x"], UnknownNameError, "x"),
        ({}, ConfigurationError, "space takes axes by name"),
        ([], ConfigurationError, "space takes axes by name"),
        ([{"l2": 0.0}, "l2"], ConfigurationError, "space takes axes by name"),
        ({"depth": [1.5]}, ConfigurationError, "depth must be a whole number"),
        ({"hidden": ["4x4"], "depth": [2]}, ConfigurationError, "depth repeats a hidden layer, got depth=2"),
        ({"l2": [-1.0]}, ConfigurationError, "an L2 strength must be a number ≥ 0"),
        ({"learning_rate": [-1.0]}, DataError, "learning_rate"),
        ({"learning_rate": [0.0]}, ConfigurationError, "learning_rate must be positive"),
        ({"activation": ["cubic"]}, UnknownNameError, "cubic"),
        ({"solver": ["best"]}, UnknownNameError, "best"),
        ({"batch_size": [0]}, ConfigurationError, "batch_size must be a whole number"),
    ],
)
def test_a_space_is_checked_before_anything_is_trained(
    space: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        study(space)


def test_a_solver_without_a_learning_rate_says_so() -> None:
    with pytest.raises(ConfigurationError, match="scg has no use for the axis learning_rate; search with"):
        study({"learning_rate": (1e-3, 0.1)}, recipe=Recipe(solver="scg"))


def test_a_point_says_its_size_where_there_are_several() -> None:
    with pytest.raises(ConfigurationError, match="has no hidden, of which there are several"):
        study([{"learning_rate": 0.1}], hidden=[1, 2])


@pytest.mark.parametrize("what", [{"choose": "evidence"}, {"choose": "ensemble", "sources": ["x"]}])
def test_a_search_goes_by_validation_and_scales_nothing(what: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="leave one of them out"):
        study({"learning_rate": (1e-3, 0.1)}, **what)


def test_a_network_of_a_search_is_the_one_that_training_it_alone_makes() -> None:
    found = study({"learning_rate": (1e-3, 0.1), "weight_decay": (1e-3, 0.1), "activation": ["tanh", "relu"]})
    found.fit(X[::2], Y[::2], validation=(X[1::2], Y[1::2]))
    chosen = found.choice.chosen
    row = int(np.flatnonzero(found.table["candidate"] == chosen.candidate)[0])
    own = {name: float(found.table[name][row]) for name in ("learning_rate", "weight_decay")}
    network = shoal.Network(1, [Dense(3, str(found.table["activation"][row])), Dense(1)])
    population = shoal.Population.from_members(network, [member_id(chosen.candidate, 0, 0)], seed=0)
    alone = shoal.train(population, X[::2], Y[::2], ADAM, batch_order="shared", **own)
    np.testing.assert_array_equal(found.best.theta, alone.population.theta)
    assert f"learning rate {own['learning_rate']:g}" in found.choice.sentence


def test_the_table_has_a_column_for_every_axis() -> None:
    found = study({"learning_rate": (1e-3, 0.1), "solver": ["adam", "scg"]}, starts=2).fit(X, Y)
    table = found.table
    assert len(table) == 2 * len({*table["candidate"].tolist()})
    assert set(table["solver"].tolist()) == {"adam", "scg"}
    assert (np.isnan(table["learning_rate"]) == (table["solver"] == "scg")).all()
    assert found.trials["learning_rate"].null_count() == 2
    assert (
        Trials.from_rows([]).columns.keys()
        == described(Trials.from_rows([]), grid([1], [0.0])).columns.keys()
    )


def test_a_search_is_resumed_and_knows_another(tmp_path: Path) -> None:
    space = {"learning_rate": (1e-3, 0.1), "dropout": [0.0, 0.5]}
    whole = study(space, folds=2, store=tmp_path / "a").fit(X, Y)
    again = study(space, folds=2, store=tmp_path / "a").fit(X, Y, resume=True)
    assert again.choice == whole.choice
    np.testing.assert_array_equal(again.best.theta, whole.best.theta)
    with pytest.raises(ConfigurationError, match="holds a study with other settings: points was"):
        study({"learning_rate": (1e-3, 0.2)}, folds=2, store=tmp_path / "a").fit(X, Y, resume=True)


def test_an_ensemble_of_a_search_has_members_of_one_form() -> None:
    found = study({"learning_rate": (1e-3, 0.1), "activation": ["relu", "tanh"]}, choose="ensemble").fit(X, Y)
    assert len({member.form for member in found.choice.members}) == 1
    assert found.predict(X).shape == (60,)


def test_a_search_says_what_it_is() -> None:
    found = study({"learning_rate": (1e-3, 0.1)}).fit(X, Y)
    assert repr(found).startswith("CapacityStudy of 16 candidates × 1 start")
    assert "<th" in found._repr_html_()
    assert "learning rate" in found._repr_html_()


def test_halving_leaves_the_survivors_their_bits_whatever_the_workers_and_folds(tmp_path: Path) -> None:
    space = {"learning_rate": (1e-3, 0.1)}
    own = {"recipe": Recipe(solver="adam", epochs=12, batch_size=16), "folds": 2}
    whole = study(space, **own).fit(X, Y).table
    halved = study(space, halving=2, store=tmp_path / "a", **own).fit(X, Y)
    on = halved.table["stopped"] != "outdone"
    assert np.sort(halved.table["epochs"]).tolist() == sorted(2 * ([2] * 8 + [4] * 4 + [8] * 2 + [12] * 2))
    np.testing.assert_array_equal(halved.table["validation_loss"][on], whole["validation_loss"][on])
    again = study(space, halving=2, store=tmp_path / "a", **own).fit(X, Y, resume=True)
    np.testing.assert_array_equal(again.best.theta, halved.best.theta)
    two = study(space, halving=2, **own | {"n_jobs": 2}).fit(X, Y)
    np.testing.assert_array_equal(two.best.theta, halved.best.theta)
    with pytest.raises(ConfigurationError, match="other settings: halving was 2, now 3"):
        study(space, halving=3, store=tmp_path / "a", **own).fit(X, Y, resume=True)


def test_a_grid_is_halved_too_and_a_study_in_part_halves_alike() -> None:
    own = {"recipe": Recipe(solver="adam", epochs=6, batch_size=16), "starts": 70, "halving": 2}
    whole, some = study(None, **own).fit(X, Y), study(None, networks="1-64", **own).fit(X, Y)
    assert len(some.table) == 64
    np.testing.assert_array_equal(some.table["epochs"], whole.table["epochs"][:64])
    with pytest.raises(ConfigurationError, match="some networks of a population that is halved"):
        study(None, networks="1-63", **own).fit(X, Y)


def test_halving_needs_an_epoch_and_validation() -> None:
    with pytest.raises(ConfigurationError, match="halving must be a whole number ≥ 1"):
        study(None, halving=0)
    with pytest.raises(ConfigurationError, match="got halving with choose='evidence'"):
        study(None, halving=1, choose="evidence", recipe=Recipe(solver="scg"))
