"""FANN, the Fast Artificial Neural Network library in C (Nissen): RPROP, a network at a time, in float32."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterable, Sequence
from ctypes.util import find_library

import numpy as np

from benchmarks.peers import Run
from benchmarks.task import Array, Cohort, Task

TANH, LINEAR = 5, 0
EPOCHS_OF_AN_ITERATION = 2
"""An iteration of the others' evaluates J about twice; RPROP takes a gradient an epoch."""


class Connection(ctypes.Structure):
    """``struct fann_connection``, from the library's fann_data.h."""

    _fields_ = (("source", ctypes.c_uint), ("to", ctypes.c_uint), ("weight", ctypes.c_float))


class Data(ctypes.Structure):
    """``struct fann_train_data``, from the library's fann_train.h."""

    _fields_ = (
        ("error", ctypes.c_int),
        ("log", ctypes.c_void_p),
        ("told", ctypes.c_char_p),
        ("rows", ctypes.c_uint),
        ("inputs", ctypes.c_uint),
        ("outputs", ctypes.c_uint),
        ("X", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
        ("y", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
    )


def rprop(task: Task, cores: int) -> Run:
    fann = _library()
    rows = [np.ascontiguousarray(array, np.float32) for array in (task.X, task.y)]
    data = fann.fann_create_train(len(task.X), *(array.shape[1] for array in rows))
    for array, to in zip(rows, (data.contents.X, data.contents.y), strict=True):
        for i, row in enumerate(array):
            ctypes.memmove(to[i], row.ctypes.data, row.nbytes)

    def run(epochs: int) -> list[Array]:
        return [
            np.stack([_trained(fann, cohort, theta, data, epochs) for theta in cohort.theta])
            for cohort in task.cohorts
        ]

    return run


def _library() -> ctypes.CDLL:
    found = find_library("floatfann")
    if found is None:
        raise ImportError("FANN is not here; on Debian: apt install libfann-dev")
    fann = ctypes.CDLL(found)
    fann.fann_create_standard_array.restype = ctypes.c_void_p
    fann.fann_create_train.restype = ctypes.POINTER(Data)
    fann.fann_train_epoch.restype = ctypes.c_float
    fann.fann_set_activation_steepness_hidden.argtypes = [ctypes.c_void_p, ctypes.c_float]
    fann.fann_set_activation_steepness_output.argtypes = [ctypes.c_void_p, ctypes.c_float]
    return fann


def _trained(fann: ctypes.CDLL, cohort: Cohort, theta: Array, data: ctypes.Array[Data], epochs: int) -> Array:
    units = (ctypes.c_uint * len(cohort.units))(*cohort.units)
    network = ctypes.c_void_p(fann.fann_create_standard_array(len(cohort.units), units))
    fann.fann_set_activation_function_hidden(network, TANH)
    fann.fann_set_activation_function_output(network, LINEAR)
    fann.fann_set_activation_steepness_hidden(network, 1)
    fann.fann_set_activation_steepness_output(network, 1)
    array = (Connection * len(theta))()
    fann.fann_get_connection_array(network, array)
    pairs = [(each.source, each.to) for each in array]
    where = places(cohort.units, pairs)
    for each, place in zip(array, where, strict=True):
        each.weight = theta[place]
    fann.fann_set_weight_array(network, array, len(theta))
    for _ in range(EPOCHS_OF_AN_ITERATION * epochs):
        fann.fann_train_epoch(network, data)
    fann.fann_get_connection_array(network, array)
    fann.fann_destroy(network)
    trained = np.empty(len(theta))
    trained[where] = [each.weight for each in array]
    return trained


def places(units: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return where in shoal's theta the weights of FANN's connections are, each from a neuron to another.

    Neurons are numbered layer by layer, and the last one of a layer is the bias of the next.

    >>> places((1, 2, 1), [(0, 2), (1, 2), (0, 3), (1, 3), (2, 5), (3, 5), (4, 5)])
    [0, 2, 1, 3, 4, 5, 6]
    """
    place: dict[tuple[int, int], int] = {}
    first = start = 0
    for n, m in itertools.pairwise(units):
        for j in range(m):
            place |= {(first + i, first + n + 1 + j): start + j * n + i for i in range(n)}
            place[first + n, first + n + 1 + j] = start + m * n + j
        first, start = first + n + 1, start + m * (n + 1)
    return [place[pair] for pair in pairs]
