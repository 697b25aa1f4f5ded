from __future__ import annotations

import sys
from types import ModuleType

import pytest

from shoal.lazy import front_door


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("made")
    monkeypatch.setitem(sys.modules, "made", made)
    made.__getattr__, made.__dir__ = front_door(  # type: ignore[method-assign]
        "made", {"Relu": "shoal.activations", "Lost": "shoal.nowhere", "Tahn": "shoal.activations"}
    )
    return made


def test_a_name_is_taken_from_its_home_and_kept(package: ModuleType) -> None:
    from shoal.activations import Relu

    assert "Relu" not in vars(package)
    assert package.Relu is Relu
    assert vars(package)["Relu"] is Relu


def test_every_name_is_listed_before_it_is_imported(package: ModuleType) -> None:
    assert {"Lost", "Relu", "Tahn", "__name__"} <= set(dir(package))


def test_a_name_without_a_home(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"^module 'made' has no attribute 'Rleu'$"):
        package.Rleu  # noqa: B018


@pytest.mark.parametrize(("name", "error"), [("Lost", ModuleNotFoundError), ("Tahn", AttributeError)])
def test_a_home_that_does_not_have_it_says_so(package: ModuleType, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"shoal\.(nowhere|activations)"):
        getattr(package, name)
