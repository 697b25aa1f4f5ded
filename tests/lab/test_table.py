from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import CapacityError, DataError, ShoalError
from shoal.lab import commands as c
from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.lab.frames import BlockKind, read
from shoal.lab.laboratory import Laboratory
from shoal.lab.material import SETS
from shoal.lab.repeating import command_line, python_lines
from shoal.lab.table import brought_table, own_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of two numbers and a category, of which the second number makes the target; and two classes."""
    X = np.random.default_rng(0).normal(size=(120, 2))
    kind = np.where(np.arange(120) % 2, "red", "blue")
    lines = [
        f"{a},{b},{k},{3 * b + 0.1 * a},{'yes' if a + b > 0 else 'no'}"
        for (a, b), k in zip(X, kind, strict=True)
    ]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["a,b,kind,amount,class", *lines, ""]))
    return path


def laboratory(path: Path, target: str, **settings: Any) -> Laboratory:
    design = Design(data="table", hidden=(1, 2), starts=2, epochs=50, **settings)
    return Laboratory(design, sets={"table": own_table(str(path), target), **SETS})


def test_numbers_are_shown_along_the_feature_that_tells_most(table: Path) -> None:
    lab = laboratory(table, "amount")
    lab.do(c.Step(epochs=30))
    material = lab.state()["material"]
    assert (material["kind"], material["inputs"], material["title"]) == ("curve", ["b, scaled"], "own.csv")
    picked = next(block for block in read(lab.frame()) if block.kind is BlockKind.PICKED)
    assert picked.values.shape == (1, 241)
    choice = lab.state()["sides"][0]["choice"]
    assert choice["loss"] < 0.2  # of targets with a variance of 1


def test_the_parts_are_those_of_fit_and_share_no_row(table: Path) -> None:
    data = own_table(str(table), "amount")(0, 1000, 0.0)
    assert [len(part.y) for part in (data.train, data.validation, data.test)] == [72, 24, 24]
    fewer = own_table(str(table), "amount")(0, 10, 0.0)
    np.testing.assert_array_equal(fewer.train.X, data.train.X[:10])
    rows = np.concatenate([part.X for part in (data.train, data.validation, data.test)])
    assert len(np.unique(rows, axis=0)) == 120


def test_two_numbers_and_two_classes_are_a_plane(table: Path) -> None:
    lines = [line.split(",") for line in table.read_text().splitlines()]
    table.write_text("\n".join(f"{line[0]},{line[1]},{line[4]}" for line in lines) + "\n")
    lab = laboratory(table, "class")
    lab.do(c.Step(epochs=20))
    material = lab.state()["material"]
    assert (material["kind"], material["inputs"], material["loss"]) == (
        "plane",
        ["a, scaled", "b, scaled"],
        "log loss",
    )
    assert material["output"] == "probability of yes"
    assert {block.kind for block in read(lab.frame())} >= {BlockKind.MAPS, BlockKind.PICKED}


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A table of two numbers and one of three classes, apart along the first number; and a third number."""
    X = np.random.default_rng(0).normal(size=(150, 3))
    kinds = np.arange(150) % 3
    X[:, 0] += 4 * kinds
    lines = [f"{a},{b},{c},{['red', 'green', 'blue'][k]}" for (a, b, c), k in zip(X, kinds, strict=True)]
    path = tmp_path / "flowers.csv"
    path.write_text("\n".join(["a,b,c,kind", *lines, ""]))
    return path


def without(path: Path, column: int) -> Path:
    lines = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text("".join(",".join(line[:column] + line[column + 1 :]) + "\n" for line in lines))
    return path


def shown_by(lab: Laboratory) -> dict[BlockKind, Any]:
    return {block.kind: block for block in read(lab.frame())}


def test_several_classes_of_two_numbers_are_a_plane_in_as_many_hues(flowers: Path) -> None:
    lab = laboratory(without(flowers, 2), "kind", solver="scg")
    lab.do(c.Step(epochs=40))
    material, shown = lab.state()["material"], shown_by(lab)
    assert (material["kind"], material["loss"]) == ("plane", "cross entropy")
    assert material["classes"] == ["blue", "green", "red"]
    assert (shown[BlockKind.DECISIONS].high, shown[BlockKind.PICKED].values.shape) == (3, (3, 96 * 96))
    np.testing.assert_allclose(shown[BlockKind.PICKED].values.sum(axis=0), 1, rtol=1e-6)
    side = lab.sides[0]
    best = side.runs[1].population.members(0)
    grid = side.answers.functions[2].argmax(axis=0)
    np.testing.assert_array_equal(shown[BlockKind.DECISIONS].values[2] // 85, grid)
    np.testing.assert_array_equal(best.outputs(side.material.grid)[0].argmax(axis=1), grid)
    rows = side.material.validation
    assert (best.outputs(rows.X)[0].argmax(axis=1) == rows.y).mean() > 0.8


def test_several_classes_are_shown_along_the_feature_that_tells_them_apart(flowers: Path) -> None:
    lab = laboratory(flowers, "kind")
    lab.do(c.Step(epochs=5))
    material, shown = lab.state()["material"], shown_by(lab)
    assert (material["kind"], material["inputs"]) == ("curve", ["a, scaled"])
    assert shown[BlockKind.DECISIONS].values.shape == (4, 64)
    assert shown[BlockKind.PICKED].values.shape == (3, 241)
    assert material["low"] < 0  # below the probabilities every class has a row of its points


def test_a_network_of_several_classes_is_inspected_tested_and_repeated(flowers: Path) -> None:
    lab = laboratory(flowers, "kind")
    lab.do(c.Step(epochs=5))
    lab.do(c.Inspect(row=1, layer=1, unit=0, input=0))
    told = lab.state()["inspected"]
    assert told["loss_name"] == "cross_entropy"
    assert sum(told["layers"][-1]["a"]) == pytest.approx(1)
    assert told["loss"] == pytest.approx(-np.log(told["layers"][-1]["a"][int(told["y"])]))
    assert told["value"] == pytest.approx(told["numerical"], rel=1e-5)
    assert told["factors"][-1]["so_far"] == [pytest.approx(told["value"])]
    lab.do(c.CloseInspector())
    lab.do(c.OpenTest())
    assert "cross entropy" in lab.state()["test"]["sentence"]
    names: dict[str, Any] = {}
    exec(compile(python_lines(lab.sides[0], 0), "repeat.py", "exec"), names)  # noqa: S102 - our own lines
    np.testing.assert_array_equal(lab.sides[0].runs[0].population.theta, names["runs"][0].population.theta)
    assert lab.model() is not None


def test_the_lines_of_a_table_make_the_same_bits(table: Path) -> None:
    sets = {"table": own_table(str(table), "amount")}
    course = Course(
        Design(data="table", hidden=(2,), starts=2, epochs=50), Knobs(samples=50, noise=0.0), sets
    )
    course.advance(5)
    course.turn(course.knobs.turned({"samples": 30, "l2": 0.1}))
    course.advance(5)
    names: dict[str, Any] = {}
    exec(compile(python_lines(course, 0), "repeat.py", "exec"), names)  # noqa: S102 - our own lines
    np.testing.assert_array_equal(course.runs[0].population.theta, names["runs"][0].population.theta)
    assert command_line(course).startswith(
        f"shoal fit {table} --target amount --hidden 2 --starts 2 --l2 0.05 "
    )


def test_a_table_is_brought_as_text(table: Path) -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2, epochs=50))
    lab.do(c.Table(name="../my/own.csv", text=table.read_text()))
    material = lab.state()["material"]
    assert (material["title"], material["target"]) == ("own.csv", "class")
    assert material["columns"] == ["a", "b", "kind", "amount"]
    lab.do(c.Step(epochs=3))
    lab.do(c.OpenTest())
    lab.do(c.Table(name="own.csv", text=table.read_text(), target="amount"))
    lab.do(c.Step(epochs=3))
    assert lab.state()["test"] is None
    named = own_table(str(table), "amount")(0, 300, 0.0)
    np.testing.assert_array_equal(lab.sides[0].material.train.X, named.train.X)
    np.testing.assert_array_equal(lab.sides[0].material.test.y, named.test.y)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a,b\n", "a,b\n1,2\n", "\0\0\0", "a,b\n" + "1,x\n" * 40, "a,a\n1,2\n3,4\n", "[1]", "\ud800"],
)
def test_a_hostile_table_replaces_nothing(text: str) -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2, epochs=50))
    lab.do(c.Step(epochs=2))
    before = lab.state()
    with pytest.raises(ShoalError) as refused:
        lab.do(c.Table(name="x.csv", text=text))
    assert "\n" not in str(refused.value)
    assert lab.state() == before


@pytest.mark.parametrize("text", ["", "a,a\n1,2\n3,4\n", "a,b\n"])
def test_an_error_names_the_table_as_whoever_brought_it_does(text: str) -> None:
    with pytest.raises(DataError, match=r"own\.csv") as refused:
        brought_table("C:\\my\\own.csv", text, None)
    assert tempfile.gettempdir() not in str(refused.value)
    assert "table.csv" not in str(refused.value)


def test_a_table_that_is_too_large_is_named_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise CapacityError(f"{path} needs more memory than there is; use a part of it")

    monkeypatch.setattr("shoal.lab.table.read_table", refuse)
    with pytest.raises(CapacityError) as refused:
        brought_table("my/own.csv", "a,b\n1,2\n", None)
    assert str(refused.value) == "own.csv needs more memory than there is; use a part of it"


@pytest.mark.parametrize(
    ("target", "sentence"), [("nothing", "nothing"), ("many", "many has 10 classes, and the lab shows 9 at")]
)
def test_what_the_lab_cannot_show_is_refused(table: Path, target: str, sentence: str) -> None:
    table.write_text("a,many\n" + "".join(f"{k},{'qrstuvwxyz'[k % 10]}\n" for k in range(200)))
    with pytest.raises(ShoalError, match=sentence) as refused:
        laboratory(table, target)
    assert isinstance(refused.value, DataError) or target == "nothing"
