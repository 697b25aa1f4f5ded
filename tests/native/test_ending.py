"""The interpreter ends while other threads train, and nothing comes of it.

A daemon thread that trains is somewhere in the compiled module when the interpreter ends, and asks it for its
lock afterwards. The last object of these programs holds the interpreter up just then, until all have asked.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.native.programs import ended, run, start

pytest.importorskip("shoal._native")

LAST = """
class Last:
    def __del__(self, sleep=time.sleep):
        sleep(0.2)

def ever(function, *arguments):
    while True:
        function(*arguments)

def daemons(function, n=4):
    for i in range(n):
        dtype = ["float32", "float64"][i % 2]
        threading.Thread(target=function, args=[1 + i // 2], kwargs={"dtype": dtype}, daemon=True).start()

def ask_for_ever():
    said.release()
    while True:
        time.sleep(0)

last, said = Last(), threading.Semaphore(0)
"""

# What daemon threads do, and how the main thread knows that all of them do it.
WORK = {
    "trainings, one after the other": """
daemons(lambda n_jobs, dtype: ever(lambda: theta(n_jobs, dtype=dtype)))
wait_for_trainings(20)
""",
    "one long training": """
daemons(endless)
wait_for_trainings(4)
""",
    "callbacks": """
daemons(lambda n_jobs, dtype: theta(n_jobs, dtype=dtype, callback=lambda progress: ask_for_ever()))
for _ in range(4):
    said.acquire()
""",
    "checkpoints": """
from shoal.interruption import heed
class Cancelled:
    is_set = staticmethod(ask_for_ever)
def work(n_jobs, dtype):
    heed(Cancelled())
    endless(n_jobs, dtype=dtype)
daemons(work)
for _ in range(4):
    said.acquire()
""",
    "predictions": """
def work(n_jobs, dtype):
    population = network.population(3, dtype=dtype)
    population.predict(X)
    said.release()
    ever(population.predict, X)
daemons(work)
for _ in range(4):
    said.acquire()
""",
    "images": """
from shoal import _native
from shoal.training.augmentation import Augmentation
from shoal.engines.compiled.module import INSTRUCTION_SET
from shoal.engines.wire import augmentation_fields
def work(n_jobs, dtype):
    images = np.ones((100, 64), dtype)
    deformation = augmentation_fields(Augmentation(rotate=10), (1, 8, 8), 0)
    said.release()
    ever(_native.deform, INSTRUCTION_SET, deformation, images, 1, n_jobs, np.empty_like(images))
daemons(work)
for _ in range(4):
    said.acquire()
""",
    "a pool of threads": """
from multiprocessing.pool import ThreadPool
pool = ThreadPool(3)
pool.imap_unordered(theta, [1, 2] * 10**6)
wait_for_trainings(20)
""",
}


@pytest.mark.parametrize("work", WORK)
def test_daemon_threads_train(work: str, tmp_path: Path) -> None:
    for _ in range(3):
        assert run(tmp_path, LAST + WORK[work] + "print('end')") == "end\n"


ENDS = {
    "sys.exit(3)": 3,
    "os._exit(4)": 4,
    "raise ValueError": 1,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "os.kill(os.getpid(), signal.SIGINT); time.sleep(300)": -signal.SIGINT,
}


@pytest.mark.parametrize("end", ENDS)
def test_the_exit_code_is_the_programs_own(end: str, tmp_path: Path) -> None:
    everything = WORK["trainings, one after the other"] + WORK["callbacks"] + WORK["predictions"]
    for _ in range(3):
        code, _, err = ended(start(tmp_path, LAST + everything + end))
        assert code == ENDS[end]
        assert "terminate" not in err


# Python forgets an interruption that comes while it calls a weak reference back, as when a thread begins.
MAIN_TRAINS = "say_when_trainings_run(1, ENDLESS)\nendless(2)"


def test_ctrl_c_while_every_thread_trains(tmp_path: Path) -> None:
    for _ in range(3):
        process = start(tmp_path, LAST + WORK["trainings, one after the other"] + MAIN_TRAINS)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        code, _, err = ended(process)
        assert code == -signal.SIGINT
        assert err.endswith("KeyboardInterrupt\n")


def test_threads_that_are_waited_for_end_their_work(tmp_path: Path) -> None:
    body = """
from concurrent.futures import ThreadPoolExecutor
executor = ThreadPoolExecutor(2)
for _ in range(6):
    executor.submit(theta, 2).add_done_callback(lambda done: sys.stdout.write(f"{len(done.result())}\\n"))
"""
    assert run(tmp_path, LAST + body) == run(tmp_path, "for _ in range(6): print(len(theta(1)))")


def test_training_at_the_end(tmp_path: Path) -> None:
    body = """
import atexit
atexit.register(lambda: print(theta(3) == expected))
expected = theta(3)
"""
    assert run(tmp_path, LAST + body + WORK["one long training"]) == "True\n"
