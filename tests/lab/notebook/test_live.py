"""The Python side of the widget: what its traits hold, what it answers, and how it ends."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

import shoal
import shoal.lab
from shoal.errors import ConfigurationError
from shoal.lab.commands import Step
from shoal.lab.frames import BlockKind, read
from tests.waiting import HANGS

pytest.importorskip("anywidget", reason="needs the extra notebook")
from shoal.lab.notebook.live import LiveWidget


class Cell:
    """Somebody who shows a widget: hears what it sends, and may ask."""

    def __init__(self, run: shoal.Run) -> None:
        self.run, self.widget = run, shoal.lab.widget(run)
        self.answers: list[dict[str, Any]] = []
        self.change = threading.Condition()
        self.widget.send = self._hear
        self.widget.observe(self._changed, ["state", "frame"])

    def _hear(self, content: dict[str, Any], buffers: object = None) -> None:
        with self.change:
            self.answers.append(content)
            self.change.notify_all()

    def _changed(self, _: object) -> None:
        with self.change:
            self.change.notify_all()

    def says(self, content: object) -> None:
        self.widget._handle_custom_msg(content, [])

    def until(self, seen: Any) -> None:
        with self.change:
            assert self.change.wait_for(seen, HANGS)

    def asks(self, number: int, **command: Any) -> dict[str, Any]:
        self.says({"v": 1, "id": number, **command})
        self.until(lambda: any(answer["id"] == number for answer in self.answers))
        return next(answer for answer in self.answers if answer["id"] == number)

    def epoch(self) -> int:
        return next(read(self.widget.frame)).epoch


@pytest.fixture
def cell() -> Iterator[Cell]:
    x = np.linspace(0, 1, 12)
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(1)])
    cell = Cell(shoal.begin(network, x, x**2, starts=3, epochs=40, validation=(x, x**2)))
    yield cell
    cell.widget.close()


def test_its_traits_hold_everything_from_the_first_moment_on(cell: Cell) -> None:
    assert "export{" in cell.widget._esm
    assert cell.widget.state["training"]["epochs"] == 40
    assert {block.kind for block in read(cell.widget.frame)} >= {
        BlockKind.FUNCTIONS,
        BlockKind.SCORES,
        BlockKind.PICKED,
    }
    assert {"_esm", "state", "frame"} <= set(cell.widget.get_state())


def test_commands_are_answered_by_their_number(cell: Cell) -> None:
    assert cell.asks(7, do="step", epochs=3) == {"id": 7, "done": True}
    assert (cell.run.epoch, cell.epoch()) == (3, 3)
    assert cell.asks(8, do="turn", l2=0.25) == {"id": 8, "done": True}
    assert cell.widget.state["training"]["l2"] == 0.25
    assert cell.run.snapshot().strengths["l2"].tolist() == [0.25] * 3
    assert cell.asks(9, do="pick", network=2)["done"]
    assert cell.widget.state["picked"] == 2


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"do": "reset"}, "a widget trains, steps"),
        ({"do": "table", "name": "x", "text": "a"}, "a widget trains, steps"),
        ({"do": "nonsense"}, "nonsense"),
        ({"do": "pick"}, "pick needs network"),
        ({"do": "pick", "network": 99}, "from 0 to 2"),
        ({"do": "turn", "l2": "much"}, "l2"),
    ],
)
def test_what_cannot_be_done_is_answered_by_a_sentence(
    cell: Cell, said: dict[str, Any], sentence: str
) -> None:
    answer = cell.asks(1, **said)
    assert sentence in answer["error"]
    assert "\n" not in answer["error"]


def test_what_is_no_command_breaks_nothing(cell: Cell) -> None:
    for content in (None, 3, [], {}, {"v": 2, "do": "start"}):
        cell.says(content)
    cell.until(lambda: len(cell.answers) == 5)
    assert all("error" in answer for answer in cell.answers)
    assert cell.asks(1, do="step")["done"]


def test_it_trains_while_pictures_are_taken_and_pauses(cell: Cell) -> None:
    cell.widget.play()
    for epoch in (5, 10):
        cell.says({"v": 1, "do": "drawn"})
        cell.until(lambda epoch=epoch: cell.epoch() >= epoch)
    cell.widget.pause()
    assert not cell.widget.state["training"]["playing"]
    assert cell.run.epoch == cell.epoch()


def test_a_picture_that_is_there_already_is_not_waited_for(cell: Cell) -> None:
    cell.says({"v": 1, "do": "drawn"})
    cell.widget.pause()  # makes the same picture again, of which no view hears
    cell.widget.play()
    cell.until(lambda: cell.epoch() == 5)


def test_from_python_it_is_forked_and_a_side_is_kept(cell: Cell) -> None:
    cell.widget.step(4)
    cell.widget.fork(l2=0.5)
    cell.widget.step(4)
    assert [side["l2"] for side in cell.widget.state["sides"]] == [0.0, 0.5]
    with pytest.raises(ConfigurationError, match="the sides of a fork are A and B, got 'C'"):
        cell.widget.keep("C")
    there = cell.run.population.theta
    cell.widget.keep("B")
    assert cell.run.snapshot().strengths["l2"].tolist() == [0.5] * 3
    assert not np.array_equal(cell.run.population.theta, there)
    assert cell.run.epoch == 8


def test_from_python_it_does_what_its_buttons_do(cell: Cell) -> None:
    cell.widget.step(4)
    cell.widget.set(l2=0.5, learning_rate=0.01)
    cell.widget.pick(1)
    assert cell.run.epoch == 4
    assert cell.widget.state["training"]["learning_rate"] == 0.01
    for refused in (lambda: cell.widget.set(l2=-1), lambda: cell.widget.set(samples=3)):
        with pytest.raises(ConfigurationError):
            refused()
    with pytest.raises(ConfigurationError, match="momentum"):
        cell.widget.set(momentum=0.5)


@pytest.mark.parametrize("what", ["pause", "close"])
def test_whoever_observes_it_may_ask(cell: Cell, what: str) -> None:
    called = threading.Event()

    def stop(change: dict[str, Any]) -> None:
        if change["new"]["training"]["epoch"] == 2:
            getattr(cell.widget, what)()
            called.set()

    cell.widget.observe(stop, "state")
    asked = cell.widget._conductor.ask(Step(epochs=2))
    assert called.wait(HANGS)
    asked.result(HANGS)
    assert not cell.widget.state["training"]["playing"]


def test_a_step_is_as_long_as_it_is_said_to_be() -> None:
    x = np.linspace(0, 1, 3)
    run = shoal.begin(shoal.Network(1, [shoal.Dense(1)]), x, x, starts=1, epochs=1200)
    shown = shoal.lab.widget(run)
    shown.step(1100)
    assert run.epoch == 1100
    shown.step(10**12)  # no more than there are left
    shown.close()
    assert run.epoch == 1200
    assert BlockKind.UNITS not in {block.kind for block in read(shown.frame)}  # it has none that are hidden


def test_a_step_ends_with_who_waits_for_it(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    running, answers = cell.widget._conductor, list[Any]()
    exhibit, ask = running.laboratory, running.ask
    second, go = threading.Event(), threading.Event()
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 1)  # a step of 30 epochs has 30 pieces
    train = exhibit.train

    def held(epochs: int, each: Any) -> None:
        train(epochs, each)
        if cell.run.epoch == 2:
            second.set()
            assert go.wait(HANGS)

    def interrupt() -> None:
        assert second.wait(HANGS)
        raise KeyboardInterrupt

    def interrupted(command: Any) -> Any:
        answers.append(ask(command))
        waiting = Future[None]()
        monkeypatch.setattr(waiting, "result", interrupt)
        return waiting

    monkeypatch.setattr(exhibit, "train", held)
    monkeypatch.setattr(running, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cell.widget.step(30)
    go.set()
    for answer in answers:
        answer.result(HANGS)
    assert cell.run.epoch == 2


def test_what_is_no_widget_for_a_fault_is_thrown_away_without_another() -> None:
    class Faulty:
        playing, note, pace = False, "", 5

        def state(self) -> dict[str, Any]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        LiveWidget(Faulty())  # type: ignore[arg-type]
    gc.collect()  # a warning that cannot be raised is an error of this test


def test_a_closed_widget_leaves_the_run_as_it_is(cell: Cell) -> None:
    cell.widget.step(2)
    cell.widget.close()
    with pytest.raises(ConfigurationError, match="closing"):
        cell.widget.step()
    cell.run.advance(1)
    assert cell.run.epoch == 3
