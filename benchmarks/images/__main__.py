"""``python -m benchmarks.images [SET …]``: what ``ConvClassifier()`` reaches on images that are no digits.

Nothing is tuned: for every set it prints the accuracy on images that had no part in the fit, the processor's
seconds that this took on all of its threads, and what was chosen. With ``--peers`` the same of scikit-learn's
logistic regression and perceptron on the pixels.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.images.made import Labels, Pixels, clothes, marks, signs
from benchmarks.images.photographs import faces, patches
from shoal import ConvClassifier

SIDE, TEST = 32, 4000


class Parts(NamedTuple):
    """Images to train on, and to test by."""

    X: Pixels
    y: Labels
    X_test: Pixels
    y_test: Labels


Read = Callable[[int, int], Parts]
"""So many images to train on, by a seed."""


def _made(make: Callable[[int, int, np.random.Generator], tuple[Pixels, Labels]]) -> Read:
    def read(n: int, seed: int) -> Parts:
        train, test = (np.random.default_rng((seed, part)) for part in (0, 1))
        return Parts(*make(n, SIDE, train), *make(TEST, SIDE, test))

    return read


def _grey(read: Read) -> Read:
    def without_colours(n: int, seed: int) -> Parts:
        parts = read(n, seed)
        X, X_test = (
            np.rint(pixels.mean(axis=3, keepdims=True)).astype(np.uint8) for pixels in (parts.X, parts.X_test)
        )
        return Parts(X, parts.y, X_test, parts.y_test)

    return without_colours


def _patches(n: int, seed: int) -> Parts:
    train, test = (np.random.default_rng((seed, part)) for part in (0, 1))
    return Parts(*patches(n, SIDE, train, test=False), *patches(TEST, SIDE, test, test=True))


def _faces(_: int, seed: int) -> Parts:
    X, y = faces()
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = order[: len(X) // 2], order[len(X) // 2 :]
    return Parts(X[train], y[train], X[test], y[test])


SETS: dict[str, Read] = {
    "clothes": _made(partial(clothes, 0.5)),
    "clothes-one-way": _made(partial(clothes, 0.0)),
    "signs": _made(partial(signs, 5)),
    "one-pair": _made(partial(signs, 1)),
    "even-signs": _made(partial(signs, 0)),
    "marks": _made(marks),
    "grey-marks": _grey(_made(marks)),
    "patches": _patches,
    "grey-patches": _grey(_patches),
    "faces": _faces,
}


def peers() -> dict[str, Any]:
    """Return the peers, of rows of pixels."""
    linear = LogisticRegression(C=0.01, tol=1e-3, max_iter=1000)
    dense = MLPClassifier(early_stopping=True, random_state=0)
    return {
        "logistic regression": make_pipeline(StandardScaler(), linear),
        "perceptron": make_pipeline(StandardScaler(), dense),
    }


def told(parts: Parts, seed: int, threads: int | None, beside: bool) -> Iterator[str]:
    """Yield a line for each contestant."""
    classifier = ConvClassifier(random_state=seed, n_jobs=threads)
    reached = judged(classifier, parts)
    found = classifier.deformations_
    yield f"  shoal: {reached} {'' if found is None else found.sentence}"
    flat = Parts(_rows(parts.X), parts.y, _rows(parts.X_test), parts.y_test)
    for name, peer in peers().items() if beside else ():
        yield f"  {name}: {judged(peer, flat)}"


def judged(estimator: Any, parts: Parts) -> str:
    """Fit an estimator; return how much of the test it has right, and the processor's time for the fit."""
    began = time.process_time()
    estimator.fit(parts.X, parts.y)
    seconds = time.process_time() - began
    return f"{100 * estimator.score(parts.X_test, parts.y_test):.2f} %, {seconds:.1f} s of the processor."


def _rows(X: Pixels) -> Pixels:
    return X.reshape(len(X), -1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all")
    parser.add_argument("--images", type=int, nargs="+", default=[2000], help="to train on; faces are 100")
    parser.add_argument("--peers", action="store_true", help="run them too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="all cores, unless OMP_NUM_THREADS says less")
    arguments = parser.parse_args()
    for name in arguments.sets:
        if name not in SETS:
            parser.error(f"there is no set {name}; take some of {', '.join(SETS)}")
    for name in arguments.sets or SETS:
        for n in arguments.images:
            parts = SETS[name](n, arguments.seed)
            print(f"{name}, {len(parts.X):,} images", flush=True)
            for line in told(parts, arguments.seed, arguments.threads, arguments.peers):
                print(line, flush=True)


if __name__ == "__main__":
    main()
