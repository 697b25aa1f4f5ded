from __future__ import annotations

import pytest

from shoal.calibration.costs import parsed_costs, split_cost
from shoal.errors import ConfigurationError

LABELS = ("ill", "well", "a:b", "b=2")


def test_mistakes_cost_what_is_said_and_1_else() -> None:
    found = parsed_costs(["ill:well=50", "a:b:ill=0", "b=2:a:b=2.5", "ill:well=50"], LABELS)
    assert found == ((0, 50, 1, 1), (1, 0, 1, 1), (0, 1, 0, 1), (1, 1, 2.5, 0))


@pytest.mark.parametrize("text", ["", "ill", "ill:well", "ill=3", "ill:well=", "ill:well=x", "ill:well=-1"])
@pytest.mark.parametrize("more", ["", "nan", "inf"])
def test_what_is_no_cost_is_refused(text: str, more: str) -> None:
    with pytest.raises(ConfigurationError, match="ACTUAL:CALLED=NUMBER"):
        split_cost(f"ill:well={more}" if more else text)


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (["ill:sick=2"], LABELS, "names a class that there is not"),
        (["ill:ill=2"], LABELS, "called what it is"),
        (["ill:well=2", "ill:well=3"], LABELS, "costs 2 already"),
        (["a:b:c=2"], ("a", "b:c", "a:b", "c"), "can be read in two ways"),
        (["a:b=0", "b:a=0"], ("a", "b"), "no mistake that costs anything"),
    ],
)
def test_costs_of_other_classes_are_refused(texts: list[str], labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parsed_costs(texts, labels)
