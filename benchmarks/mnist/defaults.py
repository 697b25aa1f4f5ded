"""``python -m benchmarks.mnist.defaults``: what ``ConvClassifier()`` reaches on the first so many digits.

Nothing is tuned: it prints the accuracy, the processor's seconds that the fit took on all of its threads, and
what was chosen. ``--validate`` judges by the last 10 000 training images, as for the rows.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mnist.digits import SHAPE, Digits, Part, read
from shoal import ConvClassifier
from shoal.shapes import Array


@dataclass(frozen=True)
class Reached:
    """The accuracy in %, the processor's seconds of the fit, and which deformation was chosen, and why."""

    accuracy: float
    seconds: float
    epochs: int
    told: str

    def words(self, images: int) -> str:
        """Return it as a line."""
        return (
            f"{images:,} images: {self.accuracy:.2f} %, {self.seconds:.1f} s of the processor, "
            f"{self.epochs} epochs. {self.told}"
        )


def reached(train: Digits, judges: Digits, classifier: ConvClassifier) -> Reached:
    """Fit a classifier to digits, and judge it by others."""
    began = time.process_time()
    classifier.fit(_images(train), train.y)
    seconds = time.process_time() - began
    found = classifier.deformations_
    return Reached(
        accuracy=100 * float(classifier.score(_images(judges), judges.y)),
        seconds=seconds,
        epochs=classifier.n_iter_,
        told="" if found is None else found.sentence,
    )


def _images(digits: Digits) -> Array:
    return digits.X.reshape(-1, *SHAPE[1:])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mnist.defaults", description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 6000, 60_000])
    parser.add_argument("--validate", action="store_true", help="judge by the validation part")
    parser.add_argument("--data", type=Path, help="the folder with MNIST's files; SHOAL_DATA/mnist")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="all cores, unless OMP_NUM_THREADS says less")
    arguments = parser.parse_args()
    part: Part = "validation" if arguments.validate else "test"
    train, judges = read(arguments.data, part)
    for images in arguments.images:
        some = train.rows(0, images)
        classifier = ConvClassifier(random_state=arguments.seed, n_jobs=arguments.threads)
        print(reached(some, judges, classifier).words(len(some)), flush=True)


if __name__ == "__main__":
    main()
