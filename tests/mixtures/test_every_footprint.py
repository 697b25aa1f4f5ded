"""What a view says that it holds is what a process takes for it, and no copy more is made than is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shoal.engines.compiled.module import INSTRUCTION_SET
from shoal.mixtures.closed_form import ClosedForm, bytes_of_fit, moments

CLEARED = Path("/proc/self/clear_refs").exists()
NARROWER = {"x86-64-v4": 1, "x86-64-v3": 2}.get(INSTRUCTION_SET, 4)
"""How often the engine's registers fit in the widest, for which networks are told what they take."""
# A kind of view, about so many features or units, and the series (N, C, T) that it learns from.
MEASURED = """
import sys
import numpy as np
from shoal import Sequences
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.trained_view import TrainedView
from shoal.mixtures.views import Schooling
from shoal.selection.candidates.architectures import Recurrent

def schooling(N, C, T):
    X = np.random.default_rng(0).normal(size=(N, C, T)).astype("float32")
    rows = np.arange(N)
    folds = [(np.setdiff1d(rows, held), held) for held in np.array_split(rows, 5)]
    return Schooling(Sequences(X, np.full(N, T)), Targets(rows % 2, 2), folds, 0, C, 1)

def view(shape):
    if kind == "trained":
        return TrainedView(Recurrent(shape, "gru", bidirectional=True, pooling="mean"), (size,), 2)
    if kind == "likeness":
        return KernelView()
    return RandomView(size, 2, differences=kind == "differences", means=kind == "differences")

def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])

kind, (size, N, C, T) = sys.argv[1], map(int, sys.argv[2:])
told, known = view((C, T)), schooling(N, C, T)
size = min(size, 400)
view((C, 12)).fit(schooling(60, C, 12))  # whatever is loaded once
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here
before = peak()
told.fit(known)
print(told.bytes(known), peak() - before)
"""


@pytest.mark.skipif(not CLEARED, reason="the kernel alone counts what is taken by others than NumPy")
@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("random", (6000, 700, 1, 40)),
        ("differences", (800, 2500, 2, 30)),
        ("likeness", (0, 1000, 2, 20)),
        ("trained", (64, 400, 3, 60)),
    ],
)
def test_the_estimated_memory_is_what_a_process_takes(kind: str, sizes: tuple[int, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, kind, *map(str, sizes)], capture_output=True, text=True, check=True
    )
    estimated, taken = map(int, ran.stdout.split())
    narrower = NARROWER if kind == "trained" else 1
    assert narrower * taken > 2**24  # or nothing was measured
    assert 0.9 * taken < estimated < 2 * narrower * taken


# Texts of so many words, out of a vocabulary, in so many classes.
OF_TEXTS = """
import sys
import warnings
import numpy as np
from shoal.mixtures.targets import Targets
from shoal.mixtures.sample_space import SampleSpace
from shoal.mixtures.text_linear import LinearText, _bytes, _weights
from shoal.mixtures.views import Schooling

def schooling(N, vocabulary, classes, steps):
    rng, rows = np.random.default_rng(0), np.arange(N)
    words = ["".join(rng.choice(list("abcdefghij"), 7)) for _ in range(vocabulary)]
    texts = [" ".join(words[k] for k in rng.integers(0, vocabulary, steps)) for _ in range(N)]
    folds = [(np.setdiff1d(rows, held), held) for held in np.array_split(rows, 5)]
    return Schooling(texts, Targets(rows % classes, classes), folds, 0, n_jobs=1)

def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])

warnings.simplefilter("ignore")
view = LinearText((("words", 1),), operations=1e9)
known = schooling(*map(int, sys.argv[1:]))
view.fit(schooling(60, 20, 3, 5))  # whatever is loaded once
X = _weights(view._counted(known), known.series)
estimated = _bytes(known, X.shape[1], X.nnz, SampleSpace.pays(X, known.targets.outputs))
del X
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here
before = peak()
view.fit(known)
print(estimated, peak() - before)
"""


@pytest.mark.skipif(not CLEARED, reason="the kernel alone counts what is taken by others than NumPy")
@pytest.mark.parametrize("sizes", [(6500, 12000, 20, 12), (1500, 6000, 50, 60)], ids=["terms", "samples"])
def test_a_layer_over_terms_takes_what_is_estimated(sizes: tuple[int, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", OF_TEXTS, *map(str, sizes)], capture_output=True, text=True, check=True
    )
    estimated, taken = map(int, ran.stdout.split())
    assert taken > 2**24  # or nothing was measured
    assert 0.9 * taken < estimated < 2.2 * taken


# Networks of so many channels, over the words of such texts.
NETWORKS = (
    OF_TEXTS[: OF_TEXTS.index("view = ")]
    + """
from shoal.mixtures.text_networks import TextNetworks
from shoal.texts.vocabulary import Vocabulary

def view(known):
    return TextNetworks(Vocabulary.fit(known.series, "words"), kind, 32, 32, 1)

kind, small, known = sys.argv[1], schooling(60, 20, 3, 5), schooling(*map(int, sys.argv[2:]))
view(small).fit(small)  # whatever is loaded once
told = view(known)
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here
before = peak()
told.fit(known)
print(told.bytes(known), peak() - before)
"""
)


@pytest.mark.skipif(not CLEARED, reason="the kernel alone counts what is taken by others than NumPy")
@pytest.mark.parametrize("kind", ["convolutional", "recurrent"])
def test_networks_of_texts_take_what_is_estimated(kind: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NETWORKS, kind, "300", "500", "4", "400"],
        capture_output=True,
        text=True,
        check=True,
    )
    estimated, taken = map(int, ran.stdout.split())
    assert NARROWER * taken > 2**24  # or nothing was measured
    assert 0.9 * taken < estimated < 2 * NARROWER * taken


def test_moments_of_some_features_at_a_time_are_those_of_all() -> None:
    features = np.random.default_rng(0).normal(size=(50, 5000)).astype(np.float32)
    weights = np.linspace(0.5, 1.5, 50)
    mean, deviation = moments(features, None)
    assert (mean == features.mean(axis=0, dtype=np.float64)).all()
    assert (deviation == features.std(axis=0, dtype=np.float64)).all()
    mean, deviation = moments(features, weights)
    assert (mean == np.average(features, axis=0, weights=weights)).all()
    squares = np.square(features - mean)
    assert (deviation == np.sqrt(np.average(squares, axis=0, weights=weights))).all()


def test_features_are_left_as_they_are() -> None:
    features = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    before = features.copy()
    ClosedForm.fit(features, features[:, :1].astype(np.float64), weights=np.linspace(0.5, 1.5, 20))
    assert (features == before).all()


def test_what_goes_ahead_takes_more_and_samples_by_the_square() -> None:
    assert bytes_of_fit(100, 500, 2, ahead=True) > bytes_of_fit(100, 500, 2)
    assert bytes_of_fit(4000, 10_000, 2) > 8 * 4000 * 10_000 + 40 * 4000**2
