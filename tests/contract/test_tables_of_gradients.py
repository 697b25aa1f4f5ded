"""The command that prints how far gradients are from central differences."""

from __future__ import annotations

import pytest

from shoal.layers import LastStep
from tests.contract import gradients


def test_some_layers_are_told_without_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradients.main(["last_step", "rnn"]) == 0
    said = capsys.readouterr().out
    assert said.count("\n| `RNN` | ") == said.count("\n| `LastStep` | ") == 2
    assert "\n| `RNN`, truncated in reverse | " in said
    assert "GRU" not in said
    assert "Shapes of images" not in said


def test_a_wrong_gradient_ends_it_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = LastStep.backward
    monkeypatch.setattr(LastStep, "backward", lambda *given, **asked: 1.01 * right(*given, **asked))
    assert gradients.main(["last_step"]) == 1
    assert "the largest of all: 1.0e-02, to be below 1e-06" in capsys.readouterr().out


def test_what_is_no_number_is_the_largest() -> None:
    assert gradients.largest([0.1, float("nan"), 0.2]) == float("inf")


def test_a_layer_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        gradients.main(["lstn"])
    assert "there is no layer lstn; take some of dense," in capsys.readouterr().err
