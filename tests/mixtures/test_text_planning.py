from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.text_planning import EPOCHS, FEWEST_EPOCHS, KINDS, text_views
from shoal.mixtures.views import Schooling
from shoal.selection.samples.splits import k_folds

CODES = np.arange(50) % 2
SCHOOLING = Schooling(["to be or not"] * 50, Targets(CODES, 2), k_folds(50, 5, 0, CODES), seed=0)


def test_a_budget_is_for_networks_and_the_linear_view_is_always_there() -> None:
    rich = text_views(SCHOOLING, "words")
    assert isinstance(rich[0], LinearText)
    assert [view.kind for view in rich[1:] if isinstance(view, TextNetworks)] == list(KINDS[1:])
    assert [view.size for view in rich[1:] if isinstance(view, TextNetworks)] == [64, 64]
    poor = text_views(SCHOOLING, "characters", budget=1.0)
    assert [type(view) for view in poor] == [LinearText]
    assert poor[0].words == "linear over 1–5 characters"


def test_less_budget_buys_smaller_networks() -> None:
    sizes = [
        [view.size for view in text_views(SCHOOLING, "words", ["recurrent"], budget)]  # type: ignore[attr-defined]
        for budget in (1.0, 2e9, 2e12)
    ]
    assert sizes[0] == [8]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize(("copies", "epochs"), [(1, EPOCHS), (200, FEWEST_EPOCHS)])
def test_fewer_texts_are_seen_more_often(copies: int, epochs: int) -> None:
    codes = np.tile(CODES, copies)
    many = Schooling(["to be"] * len(codes), Targets(codes, 2), [(np.arange(9), np.arange(9))], seed=0)
    (view,) = text_views(many, "words", ["convolutional"])
    assert isinstance(view, TextNetworks)
    assert view.epochs == epochs


def test_unknown_views_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="lineal"):
        text_views(SCHOOLING, "words", ["lineal"])
    with pytest.raises(ConfigurationError, match="one kind at least"):
        text_views(SCHOOLING, "words", [])
