from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ConfigurationError, ModelFolderError
from shoal.jobs import place
from shoal.jobs.plan import is_resumable, read_plainer, read_plan, read_streamed
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize, Sizing, StudySize
from shoal.words import as_argument, spoken

REQUEST = FitRequest(
    "table.csv", "y", size=AskedSize(hidden=((1,), (4, 4)), l2=(0.0, 0.5)), folds=3, choose="one-se"
)
SIZING = Sizing(StudySize(((1,), (4, 4)), 7, (0.0, 0.5), 60), 12.5, ("Sized so.",))


def begin(folder: Path, *asked: Any, **settled: Any) -> None:
    with place.occupied(folder):
        place.begin(folder, *asked, **settled)


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    folder = tmp_path / "deep" / "out"
    begin(folder, REQUEST, SIZING)
    return folder


def test_the_plan_comes_back(begun: Path) -> None:
    assert read_plan(begun, REQUEST) == SIZING


def test_what_can_be_resumed(begun: Path, tmp_path: Path) -> None:
    assert is_resumable(begun, REQUEST)
    assert is_resumable(begun, dataclasses.replace(REQUEST, jobs=7))
    assert not is_resumable(begun, dataclasses.replace(REQUEST, seed=7))
    assert not is_resumable(tmp_path, REQUEST)
    (begun / "plan.json").write_bytes(b"{")
    assert not is_resumable(begun, REQUEST)


def test_what_may_differ_and_what_may_not(begun: Path) -> None:
    assert read_plan(begun, dataclasses.replace(REQUEST, table="moved/table.csv", jobs=7, on="ray")) == SIZING
    other = dataclasses.replace(
        REQUEST, size=AskedSize(hidden=((1,), (8,)), starts=3), solver="sgd", learning_rate=0.5
    )
    with pytest.raises(ConfigurationError) as refused:
        read_plan(begun, other)
    differences = str(refused.value).split("but ")[1].split("; repeat")[0].split("; ")
    assert sorted(differences) == [
        "--hidden was 1,4x4, now 1,8",
        "--l2 was 0,0.5, now left out",
        "--learning-rate was left out, now 0.5",
        "--solver was left out, now sgd",
        "--starts was left out, now 3",
    ]
    with spoken(as_argument), pytest.raises(ConfigurationError) as refused:
        read_plan(begun, dataclasses.replace(REQUEST, learning_rate=0.5))
    assert str(refused.value).startswith("resume=True goes on with the same settings, but ")
    assert "learning_rate was left out, now 0.5" in str(refused.value)
    assert str(refused.value).endswith("; repeat those, or begin anew with overwrite=True")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b'{"request": {}, "sizing": {}}', b'{"request": 3}', b"\xff"]
)
def test_a_damaged_plan_is_said_to_be(begun: Path, content: bytes) -> None:
    (begun / "plan.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"plan\.json was damaged .* --overwrite"):
        read_plan(begun, REQUEST)


Plan = dict[str, Any]


def put(*keys: str, value: object) -> Callable[[Plan], None]:
    """Return how to set a value deep in a plan."""

    def harm(plan: Plan) -> None:
        for key in keys[:-1]:
            plan = plan[key]
        plan[keys[-1]] = value

    return harm


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda plan: plan["sizing"].pop("size"), "sizing.size is missing"),
        (lambda plan: plan["request"].pop("table"), "the table too"),
        (lambda plan: plan["request"].pop("size"), "the size too"),
        (put("request", "size", value=[]), "request.size is [], expected an object"),
        (put("request", "seed", value="0"), 'request.seed is "0", expected an integer'),
        (put("request", "table", value=None), "request.table is null, expected a string"),
        (put("request", "learning_rate", value=float("inf")), "Infinity is not a JSON number"),
        (put("sizing", "seconds", value=float("nan")), "NaN is not a JSON number"),
        (put("sizing", "size", "starts", value=10**30), "is more than a whole number can be"),
        (put("sizing", "size", "starts", value=0), "sizing.size.starts is 0, expected a possible number"),
        (put("sizing", "size", "starts", value=2**40), "expected a possible number"),
        (put("sizing", "size", "epochs", value=-1), "sizing.size.epochs is -1"),
        (put("sizing", "size", "hidden", value=[]), "hidden"),
        (put("sizing", "size", "hidden", value=[4]), "sizing.size.hidden[0] is 4, expected a list"),
        (put("sizing", "size", "hidden", value=[[-4]]), "-4"),
        (put("sizing", "size", "l2", value=[-1.0]), "-1"),
        (put("sizing", "sentences", value="Sized so."), 'sizing.sentences is "Sized so.", expected a list'),
    ],
)
def test_a_plan_that_says_what_no_plan_can_say(
    begun: Path, harm: Callable[[Plan], object], told: str
) -> None:
    path = begun / "plan.json"
    plan = json.loads(path.read_text())
    harm(plan)
    path.write_text(json.dumps(plan))
    with pytest.raises(ModelFolderError) as refused:
        read_plan(begun, REQUEST)
    assert str(refused.value).startswith(f"{path} was damaged (")
    assert told in str(refused.value)


def test_a_plan_of_before_lacks_what_could_not_be_asked(begun: Path) -> None:
    path = begun / "plan.json"
    plan = json.loads(path.read_text())
    del plan["request"]["quality"]
    path.write_text(json.dumps(plan))
    with pytest.raises(ConfigurationError, match="--quality was left out, now good"):
        read_plan(begun, REQUEST)


def test_a_job_begun_before_there_was_more_to_note_is_resumed(begun: Path) -> None:
    path = begun / "plan.json"
    plan = json.loads(path.read_text())
    path.write_text(json.dumps({name: plan[name] for name in ("request", "sizing")}))
    assert read_plan(begun, REQUEST) == SIZING
    assert (read_plainer(begun), read_streamed(begun)) == ({}, None)


def test_as_many_starts_as_can_be_asked_for_are_no_damage(begun: Path) -> None:
    path = begun / "plan.json"
    plan = json.loads(path.read_text())
    plan["sizing"]["size"]["starts"] = 2**32 - 1
    path.write_text(json.dumps(plan))
    assert read_plan(begun, REQUEST).size.starts == 2**32 - 1


def test_what_was_plainer_for_lack_of_memory_stays_so(tmp_path: Path) -> None:
    begin(tmp_path / "plain", REQUEST, SIZING, plainer={"pieces": 0})
    begin(tmp_path / "moved", REQUEST, SIZING, plainer={"augment": "translate=1.0"}, streamed=True)
    assert read_plainer(tmp_path / "moved") == {"augment": "translate=1.0"}
    assert [read_streamed(tmp_path / name) for name in ("plain", "moved")] == [False, True]
    begin(tmp_path / "whole", REQUEST, SIZING)
    assert read_plainer(tmp_path / "plain") == {"pieces": 0}
    assert read_plainer(tmp_path / "whole") == {}
    path = tmp_path / "plain" / "plan.json"
    path.write_text(path.read_text().replace('"pieces": 0', '"pieces": 3'))
    with pytest.raises(ModelFolderError, match=r"was damaged \(plainer\.pieces is 3, expected 0\)"):
        read_plainer(tmp_path / "plain")
