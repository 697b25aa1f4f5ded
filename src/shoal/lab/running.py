"""Threads: one that owns the laboratory, and one a core that it trains on.

The conductor alone touches the laboratory, so nothing of it needs a lock. Populations are trained one a
thread, each with one thread of the engine: such small networks would wait for each other after every epoch.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shoal.errors import ConfigurationError, ShoalError
from shoal.lab.commands import CloseInspector, Command, Inspect, Pace, Pick, Rule, Step, Turn
from shoal.lab.course import Each
from shoal.lab.playing import MOST_PACE
from shoal.populations.run import Run
from shoal.workers import count_workers

if TYPE_CHECKING:
    from shoal.jobs.model import Model
    from shoal.populations.population import Population

T = TypeVar("T")

MOST_WAITING = 64
"""Commands that may wait for their turn."""
CHUNK = 20
"""Epochs between two looks at what is asked, at first, where no picture is waited for."""
LOOKS_EVERY = 0.006
"""Seconds between two such looks, as far as the pace so far tells: a picture that is due waits no longer."""
SHOWN_EVERY = 0.02
"""Seconds at least between two pictures, where the training waits for none: it is to get on."""
LATE, LOST = 0.022, 0.06
"""Seconds after a picture, between which the training waits for a page that has not drawn it yet: what it
lacks may be the cores that the training keeps busy. A page that takes longer is waited for no more."""
TOLD_EVERY = 0.4
"""Seconds between two states of a shoal that trains."""
BESIDE_A_STEP = (Turn, Pick, Inspect, CloseInspector, Rule, Pace)
"""What may be asked during a step that goes on then; all else ends it."""


class _Again:
    """What a call returns that is to be called again, once all that waits has had its turn."""


AGAIN = _Again()


class LabListener(Protocol):
    """Whoever hears of frames and states, from the conductor's thread."""

    def hear_frame(self, frame: bytes) -> None: ...
    def hear_state(self, state: dict[str, Any]) -> None: ...


class Exhibit(Protocol):
    """What a lab shows: a shoal that trains, or a study that has ended."""

    playing: bool
    note: str

    @property
    def pace(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def do(self, command: Command, each: Each) -> None: ...
    def train(self, epochs: int, each: Each) -> None: ...
    def frame(self) -> bytes: ...
    def state(self) -> dict[str, Any]: ...
    def network(self) -> Population: ...
    def model(self) -> Model | None: ...


class Conductor:
    """Trains a laboratory in a thread of its own, does what is asked, and tells all who listen."""

    def __init__(self, laboratory: Exhibit, threads: int | None = None) -> None:
        self.laboratory = laboratory
        self._pool = ThreadPoolExecutor(threads or count_workers(None), "shoal-lab")
        self._change = threading.Condition()
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._listeners: list[LabListener] = []
        self._told = self._shown = 0.0
        self._left = 0  # epochs, until the next picture
        self._ended = 0  # how often something was asked that ends a step
        self._frame = b""
        self._hungry = self._fresh = self._closed = False
        self._prompt = False  # whether the last picture was taken before it was given up
        self._chunk = CHUNK  # epochs
        self._thread = threading.Thread(target=self._conduct, name="shoal-lab-conductor", daemon=True)
        self._thread.start()

    def ask(self, command: Command) -> Future[None]:
        """Return what ends once the command is done and everybody told, or with the error that refuses it."""
        if isinstance(command, Step):
            return self._queue(self._stepping(command))
        return self._queue(lambda: self._do(command))

    def look(self, call: Callable[[Exhibit], T]) -> Future[T]:
        """Return what ends with what ``call`` makes of what is shown, which it leaves as it is."""
        return self._queue(lambda: call(self.laboratory))

    def _queue(self, call: Callable[[], T | _Again]) -> Future[T]:
        answer: Future[T] = Future()
        with self._change:
            if self._closed:
                answer.set_exception(ConfigurationError("the lab is closing"))
            elif len(self._waiting) >= MOST_WAITING:
                answer.set_exception(ConfigurationError("too much is asked at once; wait a moment"))
            else:
                self._waiting.append((call, answer))
                self._change.notify()
        return answer

    def join(self, listener: LabListener) -> None:
        """Tell ``listener`` too, from now on."""
        with self._change:
            self._listeners.append(listener)
            self._fresh = True
            self._change.notify()

    def leave(self, listener: LabListener) -> None:
        """Tell ``listener`` no more."""
        with self._change:
            self._listeners.remove(listener)

    def feed(self) -> None:
        """Say that the last frame was taken: the next one is wanted."""
        with self._change:
            self._hungry = True
            self._prompt = time.monotonic() - self._shown < LOST
            self._change.notify()

    @property
    def is_here(self) -> bool:
        """Whether its own thread asks, such as a listener's: what that waits for would never be done."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """End the threads; its own, where that is who asks, as soon as it is through."""
        with self._change:
            self._closed = True
            self._change.notify()
        if not self.is_here:
            self._thread.join()
        self._pool.shutdown()

    def _each(self, call: Callable[[Run], None], runs: Iterable[Run]) -> None:
        """Call a function with every run, the largest networks first, and wait for all."""
        largest = sorted(runs, key=lambda run: -run.population.network.n_parameters)
        list(self._pool.map(call, largest))

    def _conduct(self) -> None:
        while True:
            with self._change:
                while not self._change.wait_for(self._has_work, LOST if self._runs_on() else None):
                    pass
                if self._closed:
                    break
                fresh, self._fresh = self._fresh, False
                asked = self._waiting.popleft() if self._waiting and not fresh else None
            if asked is not None:
                self._answer(*asked)
                continue
            try:
                self._greet() if fresh else self._train(self.laboratory)
            except Exception as error:  # a fault of ours ends neither the lab nor what it holds
                self.laboratory.playing, self.laboratory.note = False, _sentence(error)
                with suppress(Exception):  # of a listener, nor may that end the thread that all wait for
                    self._show()
        for _, answer in self._waiting:
            if _waits(answer):
                answer.set_exception(ConfigurationError("the lab is closing"))

    def _has_work(self) -> bool:
        plays = self.laboratory.playing and self._listeners
        wanted = self._hungry or (self._runs_on() and not self._spares_the_page())
        return bool(self._closed or self._waiting or self._fresh or (plays and wanted))

    def _runs_on(self) -> bool:
        """Return whether training waits for no picture."""
        return self.laboratory.playing and not self.laboratory.pace

    def _spares_the_page(self) -> bool:
        """Return whether a page is late with a picture, and soon through with it if it gets the cores."""
        return self._prompt and LATE < time.monotonic() - self._shown < LOST

    def _greet(self) -> None:
        self._frame = b""  # whoever has joined has seen none
        self._show()

    def _train(self, lab: Exhibit) -> None:
        """Train on towards the next picture, no further than whoever asks meanwhile may wait."""
        left = self._left or lab.pace or self._chunk
        epochs, start = min(left, lab.stride), time.monotonic()
        lab.train(epochs, self._each)
        self._left = left - epochs if lab.pace and lab.playing else 0
        due = not self._left if lab.pace else time.monotonic() - self._shown >= SHOWN_EVERY
        if not lab.pace:
            self._chunk = next_chunk(epochs, time.monotonic() - start)
        if self._hungry and due:
            self._publish(self._picture())
        if not lab.playing or time.monotonic() - self._told > TOLD_EVERY:
            self._show()

    def _do(self, command: Command) -> None:
        """Do what is asked; where it trains on, what becomes of it is seen next, and not one far ahead."""
        lab, played = self.laboratory, self.laboratory.playing
        lab.do(command, self._each)
        self._ended += not isinstance(command, BESIDE_A_STEP)
        if played and lab.playing and self._everyone():
            lab.train(min(lab.pace or self._chunk, lab.stride), self._each)
        self._left = 0
        self._show()

    def _stepping(self, step: Step) -> Callable[[], _Again | None]:
        """Return what trains a part of a step whenever it is called, no more than whoever asks may wait."""
        lab, left, ended = self.laboratory, min(step.epochs, MOST_PACE), -1

        def go_on() -> _Again | None:
            nonlocal left, ended
            if ended < 0:
                ended = self._ended
            elif ended != self._ended:
                return None
            epochs, before = min(left, lab.stride), lab.epoch
            lab.do(Step(epochs=epochs), self._each)
            left = left - epochs if lab.epoch > before else 0  # it was the last epoch
            self._left = 0
            if left <= 0 or time.monotonic() - self._told > TOLD_EVERY:
                self._show()
            elif self._hungry:
                self._publish(self._picture())
            return AGAIN if left > 0 else None

        return go_on

    def _answer(self, call: Callable[[], T | _Again], answer: Future[T]) -> None:
        if not _waits(answer):
            return  # whoever asked has gone
        try:
            made = call()
        except Exception as error:
            answer.set_exception(ConfigurationError(_sentence(error)))
            return
        if isinstance(made, _Again):
            with self._change:
                self._waiting.append((call, answer))
        else:
            answer.set_result(made)

    def _show(self) -> None:
        """Tell everybody how everything stands, and at once what is to be seen of it."""
        state, frame = self.laboratory.state(), self._picture()
        self._told = time.monotonic()
        for listener in self._everyone():
            listener.hear_state(state)
        self._publish(frame)

    def _picture(self) -> bytes:
        self._shown = time.monotonic()  # what it takes to make it is part of the time until the next
        return self.laboratory.frame()

    def _publish(self, frame: bytes) -> None:
        """Send what is to be seen, unless all have it; who has not taken the last picture misses it."""
        if frame == self._frame:
            return
        self._hungry, self._frame = False, frame
        for listener in self._everyone():
            listener.hear_frame(frame)

    def _everyone(self) -> list[LabListener]:
        with self._change:
            return list(self._listeners)


def next_chunk(epochs: int, seconds: float) -> int:
    """Return how many epochs to train next, after so many have taken so long: no more than twice as many.

    >>> next_chunk(20, 0.012), next_chunk(20, 0.001), next_chunk(1, 5.0)
    (10, 40, 1)
    """
    return max(1, min(round(epochs * LOOKS_EVERY / max(seconds, 1e-9)), 2 * epochs, MOST_PACE))


def _waits(answer: Future[Any]) -> bool:
    """Return whether somebody waits for an answer, who can go no more from now on."""
    return answer.running() or answer.set_running_or_notify_cancel()


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, ShoalError) else f"this should not have happened: {error!r}"
