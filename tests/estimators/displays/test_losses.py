"""What losses are called: by name or object, in the units of targets or of standardised ones."""

from __future__ import annotations

import pytest

from shoal.estimators.displays.losses import PLAIN, score_of
from shoal.jobs.evidence import SCORES
from shoal.losses import LOSSES


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_shoal_has_a_unit_by_name_and_as_an_object(name: str) -> None:
    told = score_of(name)
    assert told["unit"]
    assert score_of(LOSSES[name]()) == told


@pytest.mark.parametrize("name", ["log_loss", "cross_entropy", "step_cross_entropy"])
@pytest.mark.parametrize("standardised", [True, False])
def test_losses_of_classes_are_all_the_log_loss(name: str, standardised: bool) -> None:
    told = score_of(name, standardised)
    assert (told["name"], told["unit"]) == ("log loss", "nats")


@pytest.mark.parametrize("name", sorted(set(PLAIN) & set(SCORES)))
def test_standardised_targets_have_the_words_of_a_report(name: str) -> None:
    told = score_of(name, standardised=True)
    assert (told["name"], told["unit"]) == SCORES[name]
    assert (score_of(name)["name"], score_of(name)["unit"]) == PLAIN[name]


def test_a_loss_of_somebody_else_has_its_name_and_no_unit() -> None:
    assert score_of("quantile_loss_90") == {"name": "quantile loss 90", "unit": ""}
