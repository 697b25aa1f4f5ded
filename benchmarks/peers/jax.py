"""jax with optax: whole trainings under ``jit`` as scans over epochs and batches.

Populations in three forms: ``vmap`` over the members, the same with the members divided between as many
devices as there are cores, and ``lax.map`` one after another on as many devices.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from benchmarks.peers import Run
from benchmarks.peers.jax_cells import last_state
from benchmarks.peers.padding import in_one_cohort
from benchmarks.task import Array, Cohort, Task

Layers: TypeAlias = Any  # [(W (n, m), b (m,)) …], W R b [c] of a recurrent one, perhaps with members in front


def objective(task: Task, layers: Layers, x: Any, y: Any, s: Any, strength: Any) -> Any:
    penalty = 0.0
    image, stages = task.cohorts[0].image, task.cohorts[0].convolutions
    a = x.reshape(-1, *image) if image else x
    if task.cohorts[0].cell:
        recurrent, *layers = layers
        a = last_state(task.cohorts[0].cell, recurrent, x)
        penalty += jnp.vdot(recurrent[0], recurrent[0]) + jnp.vdot(recurrent[1], recurrent[1])
    for stage, (W, b) in zip(stages, layers, strict=False):
        padding = "SAME" if stage.same else "VALID"
        z = lax.conv_general_dilated(a, W, (1, 1), padding) + b[:, None, None]
        window = (1, 1, stage.pool, stage.pool)
        a = lax.reduce_window(jax.nn.relu(z), -jnp.inf, lax.max, window, window, "VALID")
        penalty += jnp.vdot(W, W)
    a, layers = a.reshape(len(x), -1), layers[len(stages) :]
    for i, (W, b) in enumerate(layers):
        z = a @ W + b
        if i < len(layers) - 1:
            a = jnp.tanh(z) if task.activation == "tanh" else jax.nn.relu(z)
        penalty += jnp.vdot(W, W)
    if task.loss == "squared_error":
        losses = 0.5 * jnp.square(z - y).sum(axis=-1)
    else:
        losses = optax.softmax_cross_entropy_with_integer_labels(z, y)
    return jnp.vdot(losses, s) / s.sum() + 0.5 * strength * penalty


def trainer(task: Task, epochs: int) -> Callable[..., Layers]:
    """Return the function that trains one member."""
    X = jnp.asarray(task.X)
    y = jnp.asarray(task.y if task.loss == "squared_error" else task.labels)
    adam = optax.adam(task.learning_rate)
    gradient = jax.grad(partial(objective, task))

    def step(state: Any, x: Any, y: Any, s: Any, strength: Any) -> Any:
        layers, moments = state
        change, moments = adam.update(gradient(layers, x, y, s, strength), moments)
        return optax.apply_updates(layers, change), moments

    def train(layers: Layers, l2: Any, weights: Any, orders: Any) -> Layers:
        strength = l2 / weights.sum()

        def full(state: Any, _: Any) -> Any:
            return step(state, X, y, weights, strength), None

        def batch(state: Any, rows: Any) -> Any:
            return step(state, X[rows], y[rows], weights[rows], strength), None

        def epoch(state: Any, order: Any) -> Any:
            assert task.batch_size is not None
            whole = len(order) // task.batch_size * task.batch_size
            state, _ = lax.scan(batch, state, order[:whole].reshape(-1, task.batch_size))
            return (batch(state, order[whole:])[0] if whole < len(order) else state), None

        state = layers, adam.init(layers)
        if orders is None:
            (trained, _), _ = lax.scan(full, state, length=epochs)
        else:
            (trained, _), _ = lax.scan(epoch, state, orders)
        return trained

    return train


def transposed(cohort: Cohort, theta: Array) -> Layers:
    """Return W (P, n, m) and b (P, m) of every layer, of a recurrent one R (P, m, g·m) between them."""
    return [tuple(np.ascontiguousarray(_turned(part)) for part in layer) for layer in cohort.layers(theta)]


def result(cohort: Cohort, layers: Layers) -> Array:
    return cohort.flat([tuple(_turned(np.asarray(part)) for part in layer) for layer in layers])


def _turned(W: Array) -> Array:
    """Return the matrices of dense layers transposed; filters stay as they are."""
    return W.swapaxes(1, 2) if W.ndim == 3 else W


def scan(task: Task, cores: int) -> Run:
    """One network."""
    [cohort] = task.cohorts
    layers = [tuple(part[0] for part in layer) for layer in transposed(cohort, cohort.theta)]
    orders = jnp.asarray(cohort.orders[0]) if cohort.orders.size else None

    @partial(jax.jit, static_argnums=0)
    def train(epochs: int, layers: Layers, orders: Any) -> Layers:
        return trainer(task, epochs)(layers, cohort.l2[0], jnp.asarray(cohort.weights[0]), orders)

    def run(epochs: int) -> list[Array]:
        trained = train(epochs, layers, None if orders is None else orders[:epochs])
        return [result(cohort, [tuple(part[None] for part in layer) for layer in trained])]

    return run


Populate = Callable[[Callable[..., Layers], tuple[int | None, ...]], Callable[..., Layers]]


def by_vmap(train: Callable[..., Layers], axes: tuple[int | None, ...]) -> Callable[..., Layers]:
    train_all: Callable[..., Layers] = jax.vmap(train, in_axes=axes)
    return train_all


def by_map(train: Callable[..., Layers], axes: tuple[int | None, ...]) -> Callable[..., Layers]:
    """One member after another; what has no axis of members is the same for all."""

    def train_all(*arguments: Any) -> Layers:
        mapped = tuple(argument for argument, axis in zip(arguments, axes, strict=True) if axis == 0)

        def one(own: tuple[Any, ...]) -> Layers:
            rest = iter(own)
            return train(
                *(next(rest) if axis == 0 else arg for arg, axis in zip(arguments, axes, strict=True))
            )

        trained: Layers = lax.map(one, mapped)
        return trained

    return train_all


def population(task: Task, devices: int, populate: Populate) -> Run:
    mesh = Mesh(np.array(jax.devices()[:devices]), ("members",))

    def prepare(cohort: Cohort) -> Callable[[int], Array]:
        filled = cohort.members(np.resize(np.arange(cohort.size), -(-cohort.size // devices) * devices))
        shared_orders = len(cohort.orders) == 1 < cohort.size
        weights = filled.weights[0] if len(cohort.weights) == 1 < cohort.size else filled.weights
        orders = None
        if cohort.orders.size:
            orders = filled.orders[0] if shared_orders else filled.orders
        axes = (0, 0, None if weights.ndim == 1 else 0, None if orders is None or shared_orders else 0)
        specs = tuple(PartitionSpec("members") if axis == 0 else PartitionSpec() for axis in axes)

        @partial(jax.jit, static_argnums=0)
        def train(epochs: int, *arguments: Any) -> Layers:
            inside = populate(trainer(task, epochs), axes)
            return jax.shard_map(
                inside, mesh=mesh, in_specs=specs, out_specs=PartitionSpec("members"), check_vma=False
            )(*arguments)

        layers = transposed(filled, filled.theta)

        def run(epochs: int) -> Array:
            begun = None if orders is None else orders[..., :epochs, :]
            return result(filled, train(epochs, layers, filled.l2, weights, begun))[: cohort.size]

        return run

    runs = [prepare(cohort) for cohort in task.cohorts]
    return lambda epochs: [run(epochs) for run in runs]


def vmap(task: Task, cores: int) -> Run:
    return population(task, 1, by_vmap)


def vmap_on_devices(task: Task, cores: int) -> Run:
    jax.config.update("jax_num_cpu_devices", cores)
    return population(task, cores, by_vmap)


def sequential_on_devices(task: Task, cores: int) -> Run:
    jax.config.update("jax_num_cpu_devices", cores)
    return population(task, cores, by_map)


vmap_on_devices_padded = in_one_cohort(vmap_on_devices)


def gradient(task: Task, cores: int) -> Run:
    """Calls of a compiled ``value_and_grad``, each waited for."""
    [cohort] = task.cohorts
    layers = [(jnp.asarray(W[0]), jnp.asarray(b[0])) for W, b in transposed(cohort, cohort.theta)]
    X, y, s = jnp.asarray(task.X), jnp.asarray(task.y), jnp.asarray(cohort.weights[0])
    evaluate = jax.jit(jax.value_and_grad(lambda layers: objective(task, layers, X, y, s, 0.0)))

    def run(epochs: int) -> list[Array]:
        for _ in range(epochs):
            _, found = jax.block_until_ready(evaluate(layers))
        return [result(cohort, [(W[None], b[None]) for W, b in found])]

    return run
