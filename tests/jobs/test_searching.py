from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from shoal import CapacityStudy
from shoal.cli.fit import fit as fit_command
from shoal.errors import ConfigurationError
from shoal.jobs.job import FinishedJob
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_table_model
from shoal.jobs.searching import axes_of, draws_of, halving_of, hidden_of, settled, without_axes
from shoal.jobs.sizing.study import AskedSize

AXES = ("learning-rate=1e-3..0.1,activation=tanh|relu", "hidden=2..4")


def request(**own: Any) -> FitRequest:
    return FitRequest("t.csv", **{"search": AXES} | own)


def test_axes_are_listed_or_given_one_by_one() -> None:
    assert axes_of(request()) == {
        "learning_rate": (1e-3, 0.1),
        "activation": ["tanh", "relu"],
        "hidden": (2, 4),
    }
    assert hidden_of(request()) == ((2,), (4,))
    assert hidden_of(request(search=("dropout",))) is None


def test_sizes_and_depths_may_both_be_named_alone() -> None:
    asked = request(search=("hidden", "depth"))
    assert hidden_of(asked) == ((8,), (16,), (32,), (64,))
    assert CapacityStudy(space=["hidden", "depth"]).candidates


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"search": ("dropout=",)}, "--search dropout=: an axis is NAME"),
        ({"search": ("schedule",)}, "has no usual values"),
        ({"search": ("dropout=1..0",)}, "from a smaller number to a larger"),
        (
            {"search": ("learnin-rate",)},
            "unknown axis of a search 'learnin_rate'; did you mean 'learning_rate'",
        ),
        ({"search": ("dropout=0..2",)}, "--search dropout=0..2: a dropout rate is"),
        ({"search": ("dropout=0.5|1",)}, "a dropout rate is"),
        ({"search": ("learning-rate=0..1",)}, "learning_rate must be positive, got 0"),
        ({"search": ("learning-rate=nan|1",)}, "--search learning-rate=nan.1: learning_rate must be finite"),
        ({"search": ("l2=-1..1",)}, "--search l2=-1..1: l2 must be finite and not negative"),
        ({"search": ("batch-size=0|32",)}, "batch_size must be a whole number ≥ 1, got 0"),
        ({"search": ("hidden=0..64",)}, "must be a whole number ≥ 1, got 0"),
        ({"search": ("depth=1..1e9",)}, "has at most 64 values"),
        ({"search": ("depth=1.5|2",)}, "--search depth=1.5.2: depth must be a whole number ≥ 1, got 1.5"),
        ({"search": ("schedule=cosin",)}, "--search schedule=cosin: unknown schedule 'cosin'"),
        ({"search": ("clip-norm=-1|1",)}, "clip_norm must be a positive number"),
        ({"search": ("label-smoothing=0..2",)}, "label_smoothing must be from 0 to below 1, got 2"),
        ({"search": ("solver=adm",)}, "unknown solver 'adm'"),
        ({"search": ("dropout", "dropout=0..0.5")}, "dropout is an axis already; give it once"),
        ({"activation": "tanh"}, "--activation was given, and is an axis of --search"),
        ({"size": AskedSize(hidden=((2,),))}, "--hidden was given, and is an axis of --search"),
        ({"score": "evidence"}, "a search goes by validation"),
        ({"search": None, "draws": 8}, "--draws is for searches; name their axes with --search"),
        ({"search": None, "halving": 8}, "halving is for searches"),
        ({"draws": 0}, "draws must be at least 1, got 0"),
        ({"halving": -1}, "halving must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_searched_is_said_at_once(own: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        request(**own)


def test_what_is_left_open_goes_by_quality_and_epochs() -> None:
    assert [draws_of(request(quality=quality)) for quality in ("fast", "good", "best")] == [32, 64, 128]
    assert draws_of(request(draws=5)) == 5
    assert halving_of(request(), 80, streamed=False) == 10
    assert halving_of(request(), 7, streamed=False) is None
    assert halving_of(request(), 80, streamed=True) is None
    assert halving_of(request(halving=0), 80, streamed=False) is None
    assert halving_of(request(halving=3), 80, streamed=False) == 3


def test_a_search_is_repeated_by_its_axes() -> None:
    known = settled(request(), 80, streamed=False)
    assert known == {"draws": 64, "halving": 10, "learning_rate": None, "activation": None}
    size = without_axes(request(), AskedSize(((2,),), 1, (0.0,), 80))
    assert size == AskedSize(None, 1, (0.0,), 80)
    assert settled(request(search=None), 80, streamed=False) == {}


@pytest.fixture(scope="module")
def searched(fit: Callable[..., FinishedJob], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched")
    lines = [f"{x:.4f},{np.sin(x):.4f}" for x in np.linspace(-2, 2, 60)]
    (folder / "t.csv").write_text("\n".join(["a,y", *lines]))
    sizes = {"hidden": None, "starts": None, "epochs": 6, "l2": (0.0,)}
    fit(folder / "t.csv", "y", folder / "out", search=AXES, draws=8, halving=2, folds=2, **sizes)
    return folder


def test_the_evidence_tells_of_every_axis(searched: Path) -> None:
    evidence = json.loads((searched / "out" / "evidence.json").read_text())
    assert [axis["axis"] for axis in evidence["explored"]] == ["hidden", "learning_rate", "activation"]
    assert evidence["asked"]["search"] == {"axes": list(AXES), "points": 8, "halving": 2}
    assert evidence["asked"]["hidden"] == ["2", "4"]
    assert sorted(set(evidence["trials"]["epochs"])) == [2, 4, 6]
    assert "learning rate" in evidence["choice"]["sentence"]
    for axis in evidence["explored"]:
        assert sum(level["candidates"] for level in axis["levels"]) == 8
        assert sum(level["chosen"] for level in axis["levels"]) == 1


def test_the_report_has_a_table_of_the_axes(searched: Path) -> None:
    page = (searched / "out" / "report.html").read_text()
    assert "What does the search say?" in page
    assert "How much does the random start matter?" not in page
    assert 'href="#search"' in page
    assert "<dt>points</dt><dd>8, from 1 random start each</dd>" in page
    card = (searched / "out" / "model.md").read_text()
    assert "learning rate" in card


def test_the_command_makes_the_same_model_again(searched: Path) -> None:
    words = shlex.split((searched / "out" / "command.txt").read_text())
    assert words[words.index("--search") + 1] == AXES[0]
    app = typer.Typer()
    app.command()(fit_command)
    words[words.index("--out") + 1] = str(searched / "again")
    result = CliRunner().invoke(app, words[2:])
    assert result.exit_code == 0, result.output
    models = [load_table_model(searched / name) for name in ("out", "again")]
    np.testing.assert_array_equal(models[0].population.theta, models[1].population.theta)
