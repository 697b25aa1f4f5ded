from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shoal.forecasting.candidates import Tried
from shoal.forecasting.frames import Frame
from shoal.forecasting.linear import LearntMap
from shoal.forecasting.panel import Panel
from shoal.forecasting.planning import EPOCHS, FEWEST_EPOCHS, LINEAR_SHARE, Plan
from shoal.forecasting.settings import ForecastSettings
from shoal.forecasting.windows import KnownAhead

NOTHING_AHEAD = KnownAhead((), ())
RISING = np.linspace(1.0, 3.0, 120)[None]


def plan(series: np.ndarray = RISING, season: int = 1, copies: int = 1, **settings: object) -> Plan:
    asked = ForecastSettings(6, **settings)  # type: ignore[arg-type]
    return Plan(asked, season, Panel.of([series] * copies))


def tried(frame: Frame, horizon: int = 6) -> Tried:
    """A linear map that has learnt nothing but knows its frame."""
    learnt = LearntMap(frame, NOTHING_AHEAD, np.zeros((frame.window, horizon)), np.zeros(horizon))
    return Tried(learnt, "", np.zeros((1, horizon)))


def test_windows_are_seasons_and_leave_room_to_learn_from() -> None:
    assert plan(season=12).windows() == [12, 24, 36]  # a third of 120 − 6 steps at most; 48 is asked for too
    assert plan().windows() == [4, 8, 16, 24, 32]
    assert plan(RISING[:, :9]).windows() == [1]
    assert plan(window=7).windows() == [7]


@pytest.mark.parametrize(
    ("least", "transforms"),
    [(1.0, ["identity", "root", "log"]), (0.0, ["identity", "root"]), (-1.0, ["identity"])],
)
def test_roots_and_logarithms_are_for_what_has_them(least: float, transforms: list[str]) -> None:
    assert plan(RISING - 1.0 + least).transforms() == transforms


def test_a_window_of_a_season_is_seen_from_the_season_before_and_others_from_the_last_value() -> None:
    def first_two(season: int) -> list[tuple[int, str, int]]:
        frames = list(plan(RISING - 2.0, season=season).frames())
        return [(each.window, each.level, each.season) for each in frames[:2]]

    assert first_two(12) == [(12, "season", 12), (12, "mean", 1)]
    assert first_two(60) == [(24, "last", 1), (24, "mean", 1)]


def test_linear_maps_take_their_share_of_the_budget_and_one_is_tried_in_any_case() -> None:
    all_of_them = plan().linear()
    assert len(all_of_them) == len(list(plan().frames()))
    costs = [plan().costs.linear(each.frame) for each in all_of_them]
    for_two = plan(budget=(costs[0] + costs[1]) / LINEAR_SHARE)
    assert [each.frame for each in for_two.linear()] == [each.frame for each in all_of_them[:2]]
    assert len(plan(budget=1.0).linear()) == 1


def test_maps_of_every_series_are_for_several_and_begin_at_the_last_value() -> None:
    learnt = [tried(Frame(8)), tried(Frame(8, "mean"))]
    assert plan().own(learnt, refits=1) == []
    assert [each.shared.frame for each in plan(copies=2).own(learnt, refits=1)] == [Frame(8)]
    assert plan(copies=2, budget=1.0).own(learnt, refits=1) == []


def test_networks_are_trained_for_fewer_epochs_and_then_not_at_all() -> None:
    learnt = [tried(Frame(8))]
    rich = plan(networks=("dense",), budget=1e15).networks(learnt, [], refits=1)
    of_each = [(each.hidden, each.epochs, each.stride) for each in rich]
    assert of_each == [((16,), EPOCHS, 1), ((64, 64), 3 * EPOCHS, 1)]
    epoch = plan().costs.networks(dataclasses.replace(rich[0], epochs=1), refits=1)
    spent = plan().costs.linear(Frame(8))
    [fewer] = plan(networks=("dense",), budget=spent + 170.5 * epoch).networks(learnt, [], refits=1)
    assert (fewer.hidden, fewer.epochs) == ((16,), 170)
    too_little = spent + 4 * (FEWEST_EPOCHS - 1) * epoch
    assert plan(networks=("dense",), budget=too_little).networks(learnt, [], refits=1) == []
