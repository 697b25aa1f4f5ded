"""NumPy by hand: one network at a time, the lecture's equations; also the judge of everybody's losses."""

from __future__ import annotations

import numpy as np

from benchmarks.peers import Run
from benchmarks.peers.images import Stage
from benchmarks.task import Array, Cohort, Task

Layers = list[tuple[Array, ...]]


class Member:
    """One network of a task, trained with rows of samples first: a (B, m)."""

    def __init__(self, task: Task, cohort: Cohort, p: int) -> None:
        self.task = task
        self.theta: Array = cohort.theta[p].copy()
        self.weights = cohort.weights[p % len(cohort.weights)]
        self.orders = cohort.orders[p % len(cohort.orders)] if cohort.orders.size else None
        self.layers = self._layers(cohort, self.theta)
        self.gradient: Array = np.empty_like(self.theta)
        self.gradients = self._layers(cohort, self.gradient)
        self.strength = cohort.l2[p] / self.weights.sum()
        self.image, count = cohort.image, len(cohort.convolutions)
        pairs = zip(cohort.convolutions, self.layers[:count], strict=True)
        self.stages = [Stage(stage, *layer) for stage, layer in pairs]
        self.dense, self.dense_gradients = self.layers[count:], self.gradients[count:]

    @staticmethod
    def _layers(cohort: Cohort, theta: Array) -> Layers:
        return [tuple(part[0] for part in layer) for layer in cohort.layers(theta[None])]

    def objective(self, rows: slice | Array = slice(None)) -> float:
        """Return J of the rows, and leave ∂J/∂θ in ``gradient``."""
        X, y, s = self.task.X[rows], self.task.y[rows], self.weights[rows]
        activations = self._forward(X)
        losses, delta = self._loss(activations[-1], y)
        share = s / s.sum()
        J = share @ losses
        delta *= share[:, None]
        self._convolve_back(self._dense_backward(activations, delta, to_input=bool(self.stages)))
        return float(J) + self._penalise()

    def _dense_backward(self, activations: list[Array], delta: Array, to_input: bool) -> Array:
        """Fill in the gradients of the dense layers; return ∂J/∂(their input), if ``to_input``."""
        for i in reversed(range(len(self.dense))):
            (W, _), (dW, db) = self.dense[i], self.dense_gradients[i]
            a = activations[i]
            np.matmul(delta.T, a, out=dW)
            delta.sum(axis=0, out=db)
            if i or to_input:
                delta = delta @ W
            if i:
                delta *= 1 - a**2 if self.task.activation == "tanh" else a > 0
        return delta

    def _penalise(self) -> float:
        """Return the penalty, and add its gradient."""
        if self.strength:
            for layer, gradients in zip(
                self._weights(self.layers), self._weights(self.gradients), strict=True
            ):
                gradients += self.strength * layer
        return self._penalty()

    def loss(self) -> float:
        """Return J of all rows, some at a time: the fields of many images fill the memory."""
        losses = [
            self._loss(self._forward(self.task.X[rows])[-1], self.task.y[rows])[0]
            for rows in (slice(start, start + 1000) for start in range(0, len(self.task.X), 1000))
        ]
        return float(self.weights @ np.concatenate(losses) / self.weights.sum()) + self._penalty()

    def predictions(self) -> Array:
        """Return the output of all rows (N,), of a network that has one."""
        outputs: Array = self._forward(self.task.X)[-1][:, 0]
        return outputs

    def _penalty(self) -> float:
        return float(0.5 * self.strength * sum(np.vdot(W, W) for W in self._weights(self.layers)))

    @staticmethod
    def _weights(layers: Layers) -> list[Array]:
        return [part for layer in layers for part in layer if part.ndim > 1]

    def _convolve_back(self, delta: Array) -> None:
        shapes = [self.image]
        for stage in self.stages:
            shapes.append(stage.stage.output(shapes[-1]))
        for i in reversed(range(len(self.stages))):
            delta = delta.reshape(-1, *shapes[i + 1])
            dW, db = self.gradients[i]
            grad = self.stages[i].backward(delta, dW, db, propagate=i > 0)
            delta = delta if grad is None else grad

    def _forward(self, X: Array) -> list[Array]:
        a = X.reshape(-1, *self.image) if self.image else X
        for stage in self.stages:
            a = stage.forward(a)
        return self._dense_forward(a.reshape(len(X), -1))

    def _dense_forward(self, a: Array) -> list[Array]:
        activations = [a]
        for i, (W, b) in enumerate(self.dense):
            z = activations[-1] @ W.T
            z += b
            if i < len(self.dense) - 1:
                z = np.tanh(z, out=z) if self.task.activation == "tanh" else np.maximum(z, 0, out=z)
            activations.append(z)
        return activations

    def _loss(self, z: Array, y: Array) -> tuple[Array, Array]:
        if self.task.loss == "squared_error":
            residual = z - y
            return 0.5 * np.square(residual).sum(axis=1), residual
        z = z - z.max(axis=1, keepdims=True)
        total = np.exp(z).sum(axis=1, keepdims=True)
        return ((np.log(total) - z) * y).sum(axis=1), np.exp(z) / total - y

    def train(self, epochs: int) -> Array:
        """Return θ after ``epochs`` of Adam."""
        m, v, t = np.zeros_like(self.theta), np.zeros_like(self.theta), 0
        for epoch in range(epochs):
            for rows in self._batches(epoch):
                self.objective(rows)
                t += 1
                m += 0.1 * (self.gradient - m)
                v += 0.001 * (self.gradient**2 - v)
                step = self.task.learning_rate / (1 - 0.9**t)
                self.theta -= step * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return self.theta

    def _batches(self, epoch: int) -> list[slice | Array]:
        if self.orders is None:
            return [slice(None)]
        order, size = self.orders[epoch], self.task.batch_size
        assert size is not None
        return [order[start : start + size] for start in range(0, len(order), size)]


def loop(task: Task, cores: int) -> Run:
    def run(epochs: int) -> list[Array]:
        return [
            np.stack([Member(task, cohort, p).train(epochs) for p in range(cohort.size)])
            for cohort in task.cohorts
        ]

    return run


def gradient(task: Task, cores: int) -> Run:
    [cohort] = task.cohorts
    member = Member(task, cohort, 0)

    def run(epochs: int) -> list[Array]:
        for _ in range(epochs):
            member.objective()
        return [member.gradient[None]]

    return run
