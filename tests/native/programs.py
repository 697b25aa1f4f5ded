"""Programs of their own that train: what goes wrong with threads hangs, or ends the process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

PRELUDE = '''
import faulthandler, os, signal, sys, threading, time, warnings
# A program that hangs says where, and ends. An alarm sees to that, and no thread, as that of
# faulthandler.dump_traceback_later: a forked child is without it, and waits for it for ever when it ends.
faulthandler.register(signal.SIGALRM, chain=True)
signal.alarm(600)
os.register_at_fork(after_in_child=lambda: signal.alarm(500))  # for which its parent waits
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # forking beside threads
import numpy as np
from shoal.training.history import History
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train

X = np.random.default_rng(0).normal(size=(4000, 2))  # so many that an epoch is worth waking threads
network = Network(2, [Dense(8, "tanh"), Dense(1)])

def theta(n_jobs, X=X, **settings):
    settings = {"starts": 20, "epochs": 3, "engine": "native"} | settings
    return train(network, X, X[:, 0], n_jobs=n_jobs, **settings).population.theta.tobytes()

ENDLESS = 10**6

def endless(n_jobs, **settings):
    while True:  # however fast the machine is
        theta(n_jobs, starts=3, epochs=ENDLESS, **settings)

histories, empty = [], History.empty

def noted(*arguments):
    histories.append(empty(*arguments))
    return histories[-1]

History.empty = noted

def wait_for_trainings(n, epochs=1):
    """Wait until n trainings of so many epochs are under way: the compiled loop writes its history."""
    while sum(each.epochs.any() for each in list(histories) if each.loss.shape[1] >= epochs) < n:
        time.sleep(0.001)

def say_when_trainings_run(n, epochs=1):
    wait = lambda: (wait_for_trainings(n, epochs), print("ready", flush=True))
    threading.Thread(target=wait, daemon=True).start()
'''


def start(folder: Path, body: str) -> subprocess.Popen[str]:
    """Start a program whose main part is ``body``."""
    program = folder / "program.py"
    program.write_text(f"{PRELUDE}\nif __name__ == '__main__':\n{textwrap.indent(body, '    ')}")
    return subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return how a program ends: its exit code, and what it writes. Its prelude ends one that hangs."""
    out, err = process.communicate()
    return process.returncode, out, err


def printed(process: subprocess.Popen[str]) -> str:
    """Return what a program writes until it ends well."""
    code, out, err = ended(process)
    assert (code, err) == (0, "")
    return out


def run(folder: Path, body: str) -> str:
    return printed(start(folder, body))
