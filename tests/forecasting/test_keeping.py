from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.forecasting.candidates import ForecastSchooling, Tried
from shoal.forecasting.keeping import Keeper, learnt_of
from shoal.forecasting.naive import Naive, Repeated
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings

PANEL = Panel.of([np.arange(30.0)[None]])
SETTINGS = ForecastSettings(2)
LESSON = ForecastSchooling(PANEL, Origins.of(PANEL, 2, 2), 1, 0)


def learnt(
    folder: Path | None, panel: Panel = PANEL, settings: ForecastSettings = SETTINGS
) -> tuple[int, list[Tried]]:
    """Two candidates learn; return how many were there already, and what came of both."""
    keeper = Keeper(folder)
    keeper.begin(panel, settings)
    tried = [keeper.learn(Naive(season), LESSON) for season in (1, 3)]
    return keeper.found, [each for each in tried if each is not None]


def test_what_has_learnt_is_found_again_as_it_was(tmp_path: Path) -> None:
    none, first = learnt(tmp_path / "tried")
    two, again = learnt(tmp_path / "tried")
    assert (none, two) == (0, 2)
    for one, other in zip(first, again, strict=True):
        assert (one.learnt, one.words) == (other.learnt, other.words)
        assert one.forecasts.tobytes() == other.forecasts.tobytes()


def test_without_a_folder_nothing_is_kept() -> None:
    assert learnt(None)[0] == learnt(None)[0] == 0


def test_another_panel_or_seed_is_another_forecast_and_the_number_of_threads_is_not(
    tmp_path: Path,
) -> None:
    learnt(tmp_path)
    assert learnt(tmp_path, Panel.of([np.arange(30.0)[None] + 1]))[0] == 0
    assert learnt(tmp_path, settings=ForecastSettings(2, seed=1))[0] == 0
    assert learnt(tmp_path, settings=ForecastSettings(2, n_jobs=3))[0] == 2


@pytest.mark.parametrize("damage", [b"", b"no tensors at all"])
def test_a_damaged_file_is_tried_anew_and_mended(damage: bytes, tmp_path: Path) -> None:
    learnt(tmp_path)
    path = sorted(tmp_path.iterdir())[0]
    path.write_bytes(damage)
    assert learnt(tmp_path)[0] == 1
    assert learnt(tmp_path)[0] == 2


def test_only_kinds_that_are_known_are_made_again() -> None:
    assert learnt_of({"name": "naive", "horizon": 2, "season": 3}, {}) == Repeated(2, 3)
    with pytest.raises(ValueError, match="'os' is of no kind that is known"):
        learnt_of({"name": "os"}, {})
    with pytest.raises(ValueError, match="its season is 0"):
        learnt_of({"name": "naive", "horizon": 2, "season": 0}, {})
