"""What training costs, in numbers that no busy machine changes: calls of the heap, bytes, instructions."""

from __future__ import annotations

import functools
import itertools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from shoal.engines import ENGINES

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)
if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
    pytest.skip("counts calls of the GNU C library's heap", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled.module import KNOWN

Job: TypeAlias = dict[str, Any]

# Jobs by the shapes of their networks: layers from the inputs on, samples, members, and options of `train`.
PRELUDE = """
import ctypes, json, sys
import numpy as np
from shoal.engines import native
from shoal.layers import GRU, LSTM, Conv2D, Dense, Dropout, Flatten, MaxPool2D
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences

jobs, counter = json.loads(sys.argv[1]), ctypes.CDLL(sys.argv[2])

def job(
    widths, samples, starts, epochs, dropout=0, validate=False, image=None, filters=5, lengths=None,
    **settings
):
    n, *hidden, K = widths
    layers = [layer for m in hidden for layer in (Dense(m, "tanh"), Dropout(dropout))[: 2 if dropout else 1]]
    if image:
        layers = [Conv2D(filters, 3, "tanh", padding="same"), MaxPool2D(2), Flatten(), *layers]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(samples, n)), rng.normal(size=(samples, K))
    if lengths:
        image = (1, n)
        layers = [GRU(hidden[0], return_sequences=True, recurrent_dropout=dropout), LSTM(hidden[0])]
        X = Sequences(X[:, None], np.resize(lengths, samples))
    settings = {"engine": "native", "n_jobs": 1, "dtype": "float32", "tolerance": 0} | settings
    if validate:
        settings["validation"] = X[: samples // 2], y[: samples // 2]
    train(Network(image or n, [*layers, Dense(K)]), X, y, starts=starts, epochs=epochs, **settings)

class Counted:
    '''The compiled module, whose training is counted and nothing around it.'''
    def __getattr__(self, name):
        return getattr(compiled, name)
    def TrainingFloat(self, *arguments):
        return Training(compiled.TrainingFloat, arguments)
    def TrainingDouble(self, *arguments):
        return Training(compiled.TrainingDouble, arguments)

class Training:
    def __init__(self, kind, arguments):
        begin()
        self.training = kind(*arguments)
        end()
    def advance(self, *arguments):
        begin()
        self.training.advance(*arguments)
        end()

compiled, native.native = native.native, Counted()
"""

HEAP = (
    PRELUDE
    + """
counter.heap_calls.restype = counter.heap_bytes.restype = ctypes.c_size_t
def begin():
    global calls, bytes
    calls, bytes = counter.heap_calls(), counter.heap_bytes()
def end():
    counts.append([counter.heap_calls() - calls, counter.heap_bytes() - bytes])
counts = []
for settings in jobs[:1] + jobs:  # the first one starts the threads
    job(**settings)
print(json.dumps([[sum(both) for both in zip(*counts[i : i + 2])] for i in range(2, len(counts), 2)]))
"""
)


WAKES = (
    PRELUDE
    + """
counter.wakes.restype = ctypes.c_size_t
def begin():
    pass
def end():
    pass
counts = []
for settings in jobs:
    before = counter.wakes()
    job(**settings, callback=lambda progress: False)
    counts.append(counter.wakes() - before)
print(json.dumps(counts))
"""
)


INSTRUCTIONS = (
    PRELUDE
    + """
begin, end = counter.begin, counter.end
for settings in jobs:
    job(**settings)
"""
)


INSTRUCTIONS_OF_OUTPUTS = """
import ctypes, json, sys
import numpy as np
from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.populations.network import Network

counter = ctypes.CDLL(sys.argv[2])
for job in json.loads(sys.argv[1]):
    n, m, K = job["widths"]
    network = Network(n, [Dense(m, "relu"), Dense(K)])
    theta, X = network.population(1).theta, np.ones((job["rows"], n), np.float32)
    outputs = ENGINES["native"].outputs
    outputs(network, theta, X, 1)  # what is kept, this makes
    counter.begin()
    outputs(network, theta, X, 1)
    counter.end()
"""


OUTPUTS = """
import ctypes, json, sys
import numpy as np
from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.populations.network import Network

counter = ctypes.CDLL(sys.argv[1])
counter.heap_bytes.restype = ctypes.c_size_t
network = Network(30, [Dense(100, "relu"), Dense(1)])
theta = network.population(1).theta
asked = []
for rows in (1, 1, 4096):  # what is kept, the first one makes
    X = np.ones((rows, 30), np.float32)
    before = counter.heap_bytes()
    ENGINES["native"].outputs(network, theta, X, 1)
    asked.append(counter.heap_bytes() - before)
print(json.dumps(asked[1:]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compile one of the C files beside this one."""

    def compiled(name: str) -> Path:
        to = tmp_path_factory.getbasetemp() / f"{name}.so"
        source = Path(__file__).with_name(f"{name}.c")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-fno-builtin", source, "-o", to], check=True)
        return to

    return functools.cache(compiled)


def preloaded(program: str, jobs: Sequence[Job], counter: Path) -> Any:
    """Return what a program prints of jobs, with a counter before the C library."""
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(jobs), counter],
        env=os.environ | {"LD_PRELOAD": str(counter)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def heap(library: Callable[[str], Path]) -> Callable[..., list[tuple[int, int]]]:
    """Count the calls of the heap that each job makes, and the bytes that it asks for."""

    def count(*jobs: Job) -> list[tuple[int, int]]:
        return [(calls, asked) for calls, asked in preloaded(HEAP, jobs, library("heap"))]

    return count


@pytest.fixture
def instructions(library: Callable[[str], Path], tmp_path: Path) -> Callable[..., list[int]]:
    """Count the instructions that each job runs, in vectors of 32 bytes: the widest that valgrind knows."""
    if shutil.which("valgrind") is None or "x86-64-v3" not in _native.instruction_sets():
        pytest.skip("no instructions are counted: that needs valgrind and an x86-64 processor with AVX2")

    def count(*jobs: Job, program: str = INSTRUCTIONS, each: int = 2) -> list[int]:
        out = tmp_path / "out"
        callgrind = [
            "valgrind",
            "-q",
            "--tool=callgrind",
            "--instr-atstart=no",
            f"--callgrind-out-file={out}",
        ]
        subprocess.run(
            [*callgrind, sys.executable, "-c", program, json.dumps(jobs), library("instructions")],
            env=os.environ | {"SHOAL_INSTRUCTION_SET": "x86-64-v3"},
            check=True,
        )
        parts = (Path(f"{out}.{part}").read_text() for part in range(1, each * len(jobs) + 1))
        totals = [int(re.search(r"^totals: (\d+)$", part, re.MULTILINE)[1]) for part in parts]  # type: ignore[index]
        return [sum(totals[i : i + each]) for i in range(0, len(totals), each)]  # to begin, and to train

    return count


# A lane is a sample, a lane is a network, minibatches of either, and blocks shared by several threads.
JOBS: dict[str, Job] = {
    "lane-is-sample": {"widths": [4, 32, 16, 4], "samples": 500, "starts": 2},
    "lane-is-network": {"widths": [1, 8, 1], "samples": 32, "starts": 20},
    "minibatches": {"widths": [3, 9, 2], "samples": 200, "starts": 3, "batch_size": 50},
    "own-minibatches": {"widths": [3, 9, 2], "samples": 60, "starts": 11, "batch_size": 8, "dropout": 0.2},
    "early-stopping": {"widths": [3, 9, 2], "samples": 60, "starts": 3, "validate": True, "patience": 999},
    "sequences": {
        "widths": [9, 6, 2],
        "samples": 100,
        "starts": 2,
        "batch_size": 80,
        "lengths": [9, 2, 5],
        "dropout": 0.2,
    },
    "threads": {"widths": [4, 32, 16, 4], "samples": 2000, "starts": 1, "n_jobs": 3},
    "images": {
        "widths": [144, 50, 2],
        "samples": 150,
        "starts": 1,
        "image": [1, 12, 12],
        "n_jobs": 2,
        "batch_size": 100,
    },
}


@pytest.mark.parametrize("name", JOBS)
def test_a_step_allocates_nothing(name: str, heap: Callable[..., list[tuple[int, int]]]) -> None:
    few, many = heap(*({**JOBS[name], "epochs": epochs} for epochs in (5, 60)))
    assert few == many


@pytest.mark.parametrize("solver", KNOWN["solver"])
def test_a_step_of_no_solver_allocates(solver: str, heap: Callable[..., list[tuple[int, int]]]) -> None:
    job = {"widths": [2, 5, 1], "samples": 40, "starts": 2, "solver": solver, "dtype": "float64"}
    few, many = heap(*({**job, "epochs": epochs} for epochs in (3, 40)))
    assert few == many


def test_a_sample_is_kept_twice_and_a_group_of_members_has_one_arena(
    heap: Callable[..., list[tuple[int, int]]],
) -> None:
    n, K, P, D = 30, 2, 4, 30 * 64 + 64 + 64 * 2 + 2
    shape = {"widths": [n, 64, K], "epochs": 2}
    small, long, wide = (
        asked
        for _, asked in heap(
            {**shape, "samples": 5760, "starts": P},  # enough for blocks of the same width in all three
            {**shape, "samples": 11520, "starts": P},
            {**shape, "samples": 5760, "starts": 2 * P},
        )
    )
    # In float32: the row of a sample, of which batches are made, and its column of the full batch, weighted.
    assert long - small <= 5760 * (2 * (n + K) + 1) * 4
    # For each further member: θ, what is proposed for it, its gradient, Adam's two moments; and one block,
    # of 36 columns of 16 lanes, with 2 rows of activations for each unit and 2 of the widest layer.
    member = 4 * (5 * (D + 16) + (2 * (64 + K) + 2 * 64) * 36 * 16)
    assert (wide - small) / P <= 1.25 * member


def test_an_epoch_between_callbacks_wakes_each_thread_once(library: Callable[[str], Path]) -> None:
    shape = {"widths": [10, 8, 1], "samples": 64, "starts": 300, "n_jobs": 3}
    jobs = [{**shape, "epochs": epochs} for epochs in (5, 25)]
    few, many = preloaded(WAKES, jobs, library("wakes"))
    assert many - few == 20 * 2


def test_one_row_asks_for_the_memory_of_one(library: Callable[[str], Path]) -> None:
    counter = str(library("heap"))
    program = [sys.executable, "-c", OUTPUTS, counter]
    environment = os.environ | {"LD_PRELOAD": counter}
    done = subprocess.run(program, env=environment, stdout=subprocess.PIPE, check=True)
    one, many = json.loads(done.stdout)
    # One column: each input, twice each unit and twice the widest layer, 28 KB at most, and what Python asks
    # for. A whole block would be six times as much; the panels of wide layers, 155, are not theirs.
    assert one <= 2**16
    assert many > 2 * one


def test_steps_beyond_the_ends_of_sequences_cost_little(instructions: Callable[..., list[int]]) -> None:
    shape = {"widths": [60, 8, 1], "samples": 128, "starts": 1, "batch_size": 64}
    lengths = [60], [60, 6]  # in any order: a half of all samples ends early
    counted = instructions(*({**shape, "lengths": ends, "epochs": e} for ends in lengths for e in (1, 3)))
    whole, half = (many - few for few, many in zip(counted[::2], counted[1::2], strict=True))
    assert half < 0.75 * whole  # of the steps 0.55 are valid; the rest is there for each step or batch


def test_a_lone_network_over_sequences_has_all_lanes(instructions: Callable[..., list[int]]) -> None:
    shape = {"widths": [9, 6, 1], "samples": 64, "batch_size": 32, "lengths": [9]}
    one, eight = instructions(*({**shape, "starts": starts, "epochs": 3} for starts in (1, 8)))
    assert eight > 5 * one  # where a lane is a network, eight cost what one does


LECTURE: Job = {"widths": [1, 8, 1], "samples": 32, "starts": 8, "dtype": "float64"}

# Instructions for one parameter and one sample in one epoch, at most a quarter above those counted. Three
# multiplications with additions are due (z = W a + b, δ aᵀ, Wᵀ δ), each for 8 numbers at once: 3/8. What they
# read and write must be loaded, spread and stored, and a narrow layer does that for fewer multiplications.
MOST_INSTRUCTIONS: dict[str, tuple[Job, float]] = {
    # 756 parameters and 48 tanh.
    "lane-is-sample": ({"widths": [4, 32, 16, 4], "samples": 1000, "starts": 1}, 1.36),
    # 25 parameters and 8 tanh, so a tanh, of some 40 instructions, for each 3 parameters.
    "lane-is-network": ({"widths": [1, 8, 1], "samples": 32, "starts": 8}, 3.91),
    # 3110 parameters; and in every epoch the rows are drawn and laid out afresh.
    "minibatches": ({"widths": [20, 100, 10], "samples": 1000, "starts": 1, "batch_size": 200}, 1.21),
    # 57 608 parameters: products of more than one panel, whose columns are copied first.
    "wide": ({"widths": [96, 192, 192, 8], "samples": 128, "starts": 1}, 1.11),
    # 25 parameters of 4 members in lanes: a search along a line, and an update of 25 × 25 numbers.
    "bfgs": ({**LECTURE, "solver": "bfgs"}, 17.4),
    # A row of a Jacobian for each sample, with 25 · 26 / 2 products each, and a factor for each trial.
    "levenberg_marquardt": ({**LECTURE, "solver": "levenberg_marquardt"}, 107.0),
    # Two factors, and the inverse of one.
    "bayesian_regularization": ({**LECTURE, "solver": "bayesian_regularization"}, 110.0),
}


def test_instructions_of_an_epoch(instructions: Callable[..., list[int]]) -> None:
    jobs = [{**job, "epochs": epochs} for job, _ in MOST_INSTRUCTIONS.values() for epochs in (2, 12)]
    counted = instructions(*jobs)
    for (name, (job, most)), few, many in zip(
        MOST_INSTRUCTIONS.items(), counted[::2], counted[1::2], strict=True
    ):
        parameters = sum((n + 1) * m for n, m in itertools.pairwise(job["widths"]))
        each = (many - few) / 10 / job["samples"] / job["starts"] / parameters
        assert each <= most, f"{name}: {each:.2f} instructions for each parameter and sample, at most {most}"


def test_instructions_of_a_convolution(instructions: Callable[..., list[int]]) -> None:
    """Of 16 filters over 8 channels; their two products take all but a hundredth of all multiplications."""
    shape = {"widths": [8 * 12 * 12, 2], "samples": 16, "starts": 1, "image": [8, 12, 12], "filters": 16}
    few, many = instructions(*({**shape, "epochs": epochs} for epochs in (1, 3)))
    multiplications = 12 * 12 * 16 * 8 * 9
    each = (many - few) / 2 / shape["samples"] / multiplications  # type: ignore[operator]
    assert each <= 0.96, f"{each:.2f} instructions for each multiplication of one pass and sample"


def test_instructions_of_predictions(instructions: Callable[..., list[int]]) -> None:
    """For each parameter and row of many, where an eighth is due; and of the whole call for one row."""
    widths = [30, 100, 1]
    jobs = [{"widths": widths, "rows": rows} for rows in (1, 1024, 3072)]
    one, few, many = instructions(*jobs, program=INSTRUCTIONS_OF_OUTPUTS, each=1)
    each = (many - few) / 2048 / sum((n + 1) * m for n, m in itertools.pairwise(widths))
    assert each <= 0.37, f"{each:.2f} instructions for each parameter and row"
    assert one <= 96_000, f"{one} instructions for one row, those of Python among them"
