"""How networks of images are trained, and the studies that there are of them."""

from __future__ import annotations

from dataclasses import replace

from shoal.jobs.recipes import Method, for_rows, plain_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import StudySize
from shoal.selection.candidates.architectures import Convolutional, Hidden, doubling, stages
from shoal.selection.candidates.image_defaults import (
    ACTIVATION,
    CLIP,
    DROPOUT,
    FIRST_FILTERS,
    RATE,
    batch_of_images,
    epochs_of_images,
)
from shoal.shapes import Shape

PLAIN_RATE = 0.001
"""Of adaptive solvers that the user names."""


def image_method(request: FitRequest, shape: Shape, n: int) -> Method:
    """Return how networks of n images of ``shape`` (C, H, W) are trained, but for their deformation.

    A solver that the user names trains plainly: the course of the rate, the dropout and the clipping were
    found with Adam.
    """
    if request.solver is not None:
        return for_rows(plain_method(request, Convolutional(shape, "relu"), PLAIN_RATE), n)
    method = plain_method(request, Convolutional(shape, ACTIVATION, dropout=DROPOUT), RATE)
    recipe = method.recipe
    return replace(
        method,
        recipe=replace(
            recipe,
            schedule="one_cycle",
            clip_norm=CLIP,
            batch_size=recipe.batch_size or batch_of_images(n),
            patience=request.patience,
            seed=request.seed,
        ),
    )


def usual_filters(shape: Shape) -> Hidden:
    """Return the filters of the stages that images of ``shape`` (C, H, W) are given by default."""
    return doubling(FIRST_FILTERS, stages(shape)[0])


def image_ensembles(shape: Shape, n: int) -> tuple[StudySize, ...]:
    """Return the studies of n images from which ensembles are chosen, from the one that one would like down.

    >>> image_ensembles((1, 28, 28), 6000)[-1]
    StudySize(hidden=((4, 8, 16),), starts=1, l2=(1.0,), epochs=2)
    """
    number, epochs = stages(shape)[0], epochs_of_images(n)
    usual, wide, narrow, least = (doubling(first, number) for first in (16, 32, 8, 4))
    both = (usual, wide)
    sizes = [
        *[(both, starts, epochs) for starts in (3, 2)],
        *[((usual,), starts, epochs) for starts in (4, 3, 2, 1)],
        ((usual,), 1, max(epochs * 2 // 3, 2)),
        ((narrow,), 1, max(epochs * 2 // 3, 2)),
        ((narrow,), 1, max(epochs // 3, 2)),
        ((least,), 1, max(epochs // 3, 2)),
        ((least,), 1, 2),
    ]
    return tuple(StudySize(hidden, starts, (1.0,), long) for hidden, starts, long in sizes)


def image_ladder(shape: Shape) -> tuple[StudySize, ...]:
    """Return the studies for images of ``shape`` (C, H, W), from the one that one would like down.

    Sizes are filters, doubled with each stage: four widths, and the middle ones with a stage less and more.

    >>> image_ladder((1, 8, 8))[-1].hidden
    ((4, 8), (8, 16))
    """
    number, _ = stages(shape)
    widths = tuple(doubling(filters, number) for filters in (4, 8, 16, 32))
    depths = tuple(doubling(8, depth) for depth in (number - 1, number + 1) if depth)
    strengths = (0.1, 1.0, 10.0)
    return (
        StudySize((*widths, *depths), 5, strengths, 40),
        StudySize((*widths, *depths), 3, strengths, 30),
        StudySize((*widths, *depths), 3, (1.0,), 30),
        StudySize((*widths[:3], *depths), 3, (1.0,), 20),
        StudySize(widths[:3], 3, (1.0,), 20),
        StudySize(widths[:3], 2, (1.0,), 12),
        StudySize(widths[:3], 2, (1.0,), 6),
        StudySize(widths[:2], 2, (1.0,), 6),
        StudySize(widths[:2], 2, (1.0,), 3),
    )
