"""The compiled engine's threads survive what Python programs do to threads."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.native.programs import printed, run, start

pytest.importorskip("shoal._native")

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
def test_a_forked_child_has_threads_of_its_own(tmp_path: Path) -> None:
    body = """
expected = theta(3)
child = os.fork()
if child == 0:
    os._exit(theta(3) != expected)
print(os.waitpid(child, 0)[1], theta(3) == expected)
"""
    assert run(tmp_path, body) == "0 True\n"


@needs_fork
def test_forks_while_other_threads_train(tmp_path: Path) -> None:
    body = """
expected = theta(3)
alive = True
def keep_training():
    while alive:
        theta(2)
others = [threading.Thread(target=keep_training) for _ in range(2)]
for other in others:
    other.start()
codes = []
for _ in range(30):
    child = os.fork()
    if child == 0:
        os._exit(theta(3) != expected)
    codes.append(os.waitpid(child, 0)[1])
alive = False
print(set(codes))
"""
    assert run(tmp_path, body) == "{0}\n"


@needs_fork
@pytest.mark.parametrize("end", ["os._exit", "sys.exit"])
def test_a_child_forked_while_daemon_threads_train_trains_and_ends(end: str, tmp_path: Path) -> None:
    body = f"""
expected = theta(3)
def ever():
    while True:
        theta(2)
for work in ever, ever, lambda: endless(2), lambda: theta(1, callback=lambda progress: ever()):
    threading.Thread(target=work, daemon=True).start()
wait_for_trainings(20)
codes = []
for _ in range(10):
    child = os.fork()
    if child == 0:
        {end}(theta(3) != expected)
    codes.append(os.waitpid(child, 0)[1])
print(set(codes))
"""
    assert run(tmp_path, body) == "{0}\n"


@needs_fork
def test_a_fork_in_a_callback(tmp_path: Path) -> None:
    body = """
children = []
def fork(progress):
    if progress.epoch == 2:
        children.append(os.fork())
result = theta(3, callback=fork)
if children == [0]:
    os._exit(result != theta(3))
print(os.waitpid(children[0], 0)[1])
"""
    assert run(tmp_path, body) == "0\n"


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@needs_fork
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    body = f"""
import multiprocessing
expected = theta(3)
with multiprocessing.get_context("{method}").Pool(2) as pool:
    print(set(pool.map(theta, [3] * 4)) == {{expected}}, theta(3) == expected)
"""
    assert run(tmp_path, body) == "True True\n"


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib(backend: str, tmp_path: Path) -> None:
    body = f"""
from joblib import Parallel, delayed
expected = theta(3)
results = Parallel(2, backend="{backend}")(delayed(theta)(3) for _ in range(6))
print(set(results) == {{expected}}, theta(3) == expected)
"""
    assert run(tmp_path, body) == "True True\n"


def test_threads_of_python_train_at_once(tmp_path: Path) -> None:
    body = """
from concurrent.futures import ThreadPoolExecutor
expected = theta(1)
with ThreadPoolExecutor(5) as executor:
    print(set(executor.map(theta, [1, 2, 3, 4, 7] * 40)) == {expected})
"""
    assert run(tmp_path, body) == "True\n"


def test_training_within_a_callback(tmp_path: Path) -> None:
    body = """
inner = set()
outer = theta(3, callback=lambda progress: inner.add(theta(2)) or False)
print(inner == {outer} == {theta(1)})
"""
    assert run(tmp_path, body) == "True\n"


def test_an_exception_in_a_callback_leaves_the_threads_fit_for_work(tmp_path: Path) -> None:
    body = """
expected = theta(3)
for epoch in 1, 2, 3:
    try:
        theta(3, callback=lambda progress: 1 / (epoch - progress.epoch) and None)
    except ZeroDivisionError:
        print(epoch, theta(3) == expected)
"""
    assert run(tmp_path, body) == "1 True\n2 True\n3 True\n"


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_ctrl_c_is_heard_while_another_thread_trains(n_jobs: int, tmp_path: Path) -> None:
    body = f"""
threading.Thread(target=endless, args=[3], daemon=True).start()
wait_for_trainings(1)
say_when_trainings_run(2)
try:
    endless({n_jobs})
except KeyboardInterrupt:
    print("interrupted", theta(3) == theta(1), flush=True)
os._exit(0)
"""
    process = start(tmp_path, body)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert printed(process) == "interrupted True\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="looks at threads in /proc, and holds them with the GNU C library"
)
@pytest.mark.parametrize("late", [[0], [1], [0, 1]], ids=str)
def test_threads_that_wake_late_are_not_waited_for(late: list[int], tmp_path: Path) -> None:
    body = f"""
import ctypes
def tasks():
    return set(os.listdir("/proc/self/task"))
def wait_until(threads, field, holds):
    for thread in threads:
        while True:
            with open(f"/proc/self/task/{{thread}}/status") as lines:
                fields = dict(line.split(":", 1) for line in lines)
            if holds(fields[field].strip()):
                break
            time.sleep(0.001)
def sleep_all(threads):
    wait_until(threads, "State", lambda state: state[0] == "S")

expected, own = theta(1), tasks()
assert theta(3) == expected
helpers = sorted(tasks() - own)
assert len(helpers) == 2
sleep_all(helpers)

# A thread that is held handles one signal by waiting for another, and does not wake for its work.
libc = ctypes.CDLL(None)
libc.signal.argtypes = ctypes.c_int, ctypes.c_void_p
for number, handler in (signal.SIGUSR1, libc.pause), (signal.SIGUSR2, libc.abs):
    libc.signal(number, ctypes.cast(handler, ctypes.c_void_p))
held = [helpers[i] for i in {late}]
for helper in held:
    libc.tgkill(os.getpid(), int(helper), signal.SIGUSR1)
wait_until(held, "SigBlk", lambda mask: int(mask, 16) >> signal.SIGUSR1 - 1 & 1)

for _ in range(4):
    assert theta(3) == expected
    sleep_all(helpers)
for helper in held:
    libc.tgkill(os.getpid(), int(helper), signal.SIGUSR2)
wait_until(held, "SigBlk", lambda mask: int(mask, 16) == 0)
print(theta(3) == expected)
"""
    assert run(tmp_path, body) == "True\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="takes the room for threads away with a call of the GNU C library"
)
def test_where_the_system_has_no_more_threads_those_at_hand_do_the_work(tmp_path: Path) -> None:
    body = """
import ctypes
expected = theta(2)
libc, attributes = ctypes.CDLL(None), ctypes.create_string_buffer(64)
libc.pthread_attr_init(attributes)
libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(2**46))
assert libc.pthread_setattr_default_np(attributes) == 0
print(theta(8) == expected, theta(8) == expected)
"""
    assert run(tmp_path, body) == "True True\n"
