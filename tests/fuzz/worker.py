"""Cases in a process of their own, so that one that ends it, or never ends, is an outcome as others are."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.bounds import limit_addresses
from tests.fuzz.cases import FinishedJob, Fuzz
from tests.fuzz.stored import SHARED

AT_A_TIME = 1000
"""Cases of one process: libraries that panic keep memory."""

PATIENCE = 600.0
"""Seconds of the clock for a case, on however busy a machine: what never asks Python for its turn."""


def outcomes(seed: int, numbers: range) -> Iterator[FinishedJob]:
    """Yield the outcome of every case; one that ended its process, or never ended, is foreign."""
    spawning = multiprocessing.get_context("spawn")
    while numbers:
        with tempfile.TemporaryDirectory(dir=SHARED) as place:
            receiving, sending = spawning.Pipe(duplex=False)
            part = numbers[:AT_A_TIME]
            worker = spawning.Process(target=_work, args=(sending, seed, part, place), daemon=True)
            worker.start()
            sending.close()
            receiving.recv()  # all is ready, or an EOFError, which is no case's
            try:
                while part and receiving.poll(PATIENCE):
                    yield receiving.recv()
                    part, numbers = part[1:], numbers[1:]
                why = "never ended"
            except EOFError:
                worker.join()
                why = f"ended its process with the code {worker.exitcode}"
            worker.kill()
            worker.join()
        if part:
            yield FinishedJob(numbers[0], "?", "?", "foreign", why)
            numbers = numbers[1:]


def _work(results: Connection, seed: int, numbers: range, place: str) -> None:
    fuzz = Fuzz(seed, Path(place) / "case")
    fuzz.prepare()
    results.send(None)
    for number in numbers:
        limit_addresses()
        results.send(fuzz.run(number))
