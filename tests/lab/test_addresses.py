from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shoal.errors import ShoalError
from shoal.lab import commands as c
from shoal.lab.addresses import LONGEST, address, asked
from shoal.lab.design import INITIALS, LIMITS, NATURAL, Design, Knobs
from shoal.lab.laboratory import Laboratory


def within(name: str) -> st.SearchStrategy[Any]:
    least, most, whole = LIMITS[name]
    return st.integers(int(least), int(most)) if whole else st.floats(least, most)


designs = st.builds(
    Design,
    data=st.sampled_from(["sine", "moons"]),
    seed=within("seed"),
    hidden=st.lists(st.integers(1, 64), min_size=1, max_size=6, unique=True).map(tuple),
    starts=st.integers(1, 100),
    depth=within("depth"),
    activation=st.sampled_from(["tanh", "relu"]),
    initial=st.sampled_from(INITIALS),
    solver=st.sampled_from(["scg", "adam"]),
    epochs=within("epochs"),
)
names = ("l2", "weight_decay", "learning_rate", "dropout", "samples", "noise")
knobs = st.builds(Knobs, **{name: within(name) for name in names})


@given(designs, knobs, st.integers(0, 99))
def test_what_an_address_says_is_what_was_on_the_screen(design: Design, turned: Knobs, picked: int) -> None:
    found = asked(address(design, turned, picked), ())
    assert Design(**found.design) == design
    assert Knobs(**NATURAL[design.data] | found.knobs) == turned
    assert (found.network or 0, found.notes) == (picked, ())


def test_only_what_differs_from_the_defaults_is_said() -> None:
    lab = Laboratory()
    assert lab.state()["address"] == ""
    lab.do(c.Build(hidden=(1, 2), starts=2))
    lab.do(c.Turn(l2=0.5))
    lab.do(c.Pick(network=3))
    assert lab.state()["address"] == "m=1-2&starts=2&l2=0.5&net=3"


@given(st.text(max_size=60))
@example("n=nan&noise=inf&m=9-1&starts=-5&depth=1e400&seed=__&net=1_0&l2=")
@example("m=1-64,1-64,x&m=3&act=../../etc&data=table&solver=&lesson=../x&=&&%ff=%00")
def test_whatever_somebody_writes_there_is_taken_as_far_as_it_goes(text: str) -> None:
    found = asked(text, ("capacity",))
    Design(**found.design | {"starts": 1})
    Knobs(**NATURAL[found.design.get("data", "sine")] | found.knobs)
    assert all("\n" not in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "state", "note"),
    [
        ("n=5000", {"samples": 1000}, "n is from 2 to 1000: 5000 became 1000"),
        ("n=2.4", {"samples": 2}, "n is from 2 to 1000: 2.4 became 2"),
        ("noise=-1", {"noise": 0}, "noise is from 0 to 2: -1 became 0"),
        ("l2=x", {}, "l2 is a number"),
        ("colour=red&token=secret", {}, ""),
        ("data=table", {}, "there is no data of that name"),
        ("lesson=none", {}, "there is no such lesson"),
    ],
)
def test_what_means_nothing_is_left_out_and_said(text: str, state: dict[str, Any], note: str) -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2))
    lab.do(c.Visit(text=f"m=1&starts=2&{text}"))
    assert lab.sides[0].knobs == Knobs(**NATURAL["sine"] | state)
    assert lab.state()["note"] == note


def test_a_visit_begins_with_the_address_and_gives_it_back() -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2))
    text = "data=moons&seed=3&m=2,4&starts=5&solver=adam&n=40&noise=0.1&rate=0.02&net=7"
    lab.do(c.Visit(text=text))
    assert lab.state()["address"] == text
    assert (lab.sides[0].epoch, lab.picked, lab.design.networks) == (0, 7, 10)


def test_a_lesson_is_opened_by_its_name() -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2))
    lab.do(c.Visit(text="lesson=capacity&n=7"))
    assert lab.reading is not None
    assert lab.reading.name == "capacity"
    assert lab.state()["address"] == "lesson=capacity"


@pytest.mark.parametrize(
    "text", ["x" * (LONGEST + 1), "m=1-64&starts=1000", "depth=4&m=64&starts=1000&n=1000"]
)
def test_what_is_too_much_is_refused_and_changes_nothing(text: str) -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2))
    before = lab.state()
    with pytest.raises(ShoalError):
        lab.do(c.Visit(text=text))
    assert lab.state() == before
