"""What a study has come to, or not yet."""

from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError
from shoal.selection.outcome import fitted


@pytest.mark.parametrize("value", [0, "", [], False])
def test_what_is_there_is_handed_out_whatever_it_is(value: object) -> None:
    assert fitted(value) is value


def test_before_there_is_anything_the_way_to_it_is_named() -> None:
    with pytest.raises(ConfigurationError) as refused:
        fitted(None)
    assert str(refused.value) == "the study has no result yet; call fit(X, y) first"
