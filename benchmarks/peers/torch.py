"""torch on the CPU, eager or compiled: a loop over networks, ``baddbmm``, or grouped convolutions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers import Run
from benchmarks.peers.padding import in_one_cohort
from benchmarks.task import Array, Cohort, Task

Objective = Callable[..., Tensor]


def sample_losses(task: Task, z: Tensor, y: Tensor) -> Tensor:
    if task.loss == "squared_error":
        return 0.5 * (z - y).square().sum(dim=-1)
    return functional.cross_entropy(z.flatten(0, -2), y.flatten(), reduction="none").view(y.shape)


def targets(task: Task) -> Tensor:
    return torch.from_numpy(task.y if task.loss == "squared_error" else task.labels)


def batches(task: Task, orders: Tensor | None, epochs: int) -> Iterator[Tensor | None]:
    """Yield the rows of every batch, (…, B); None for all. ``orders`` is (…, E, N)."""
    for epoch in range(epochs):
        if orders is None:
            yield None
        else:
            yield from orders[..., epoch, :].split(task.batch_size or 0, dim=-1)


class Loop:
    """One ``nn.Sequential`` after another, as a user of torch would write it."""

    def __init__(
        self, task: Task, implementation: dict[str, bool], compiled: bool, channels_last: bool = False
    ) -> None:
        self.task, self.implementation = task, implementation
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.X, self.y = (
            torch.from_numpy(task.X).view(-1, *(task.cohorts[0].image or task.X.shape[1:])),
            targets(task),
        )
        self.models = [self._model(cohort) for cohort in task.cohorts]
        self.objectives = [self._objective(model, compiled) for model in self.models]

    def _model(self, cohort: Cohort) -> nn.Sequential:
        layers: list[nn.Module] = []
        image = cohort.image
        for stage in cohort.convolutions:
            padding = "same" if stage.same else "valid"
            layers += [nn.Conv2d(image[0], stage.filters, stage.size, padding=padding), nn.ReLU()]
            layers += [nn.MaxPool2d(stage.pool)] if stage.pool > 1 else []
            image = stage.output(image)
        layers += [nn.Flatten()] if image else []
        for n, m in zip(cohort.units[:-1], cohort.units[1:], strict=True):
            layers += [nn.Linear(n, m), nn.Tanh() if self.task.activation == "tanh" else nn.ReLU()]
        return nn.Sequential(*layers[:-1]).to(dtype=self.X.dtype, memory_format=self.layout)

    def _objective(self, model: nn.Module, compiled: bool) -> Objective:
        def objective(x: Tensor, y: Tensor, s: Tensor | None) -> Tensor:
            losses = sample_losses(self.task, model(x.contiguous(memory_format=self.layout)), y)
            return losses.mean() if s is None else torch.dot(losses, s) / s.sum()

        return torch.compile(objective, dynamic=False) if compiled else objective

    def train(self, which: int, p: int, epochs: int) -> Array:
        task, cohort, model = self.task, self.task.cohorts[which], self.models[which]
        with torch.no_grad():
            parts = [part for layer in cohort.layers(cohort.theta[p : p + 1]) for part in layer]
            for parameter, part in zip(model.parameters(), parts, strict=True):
                parameter.copy_(torch.from_numpy(part[0]))
        weights = cohort.weights[p % len(cohort.weights)]
        # Adam's weight_decay is an L2 penalty's gradient, for weights only here.
        weight, bias = list(model.parameters())[::2], list(model.parameters())[1::2]
        groups = [{"params": weight, "weight_decay": float(cohort.l2[p] / weights.sum())}, {"params": bias}]
        optimizer = torch.optim.Adam(groups, lr=task.learning_rate, **self.implementation)
        orders = torch.from_numpy(cohort.orders[p % len(cohort.orders)]) if cohort.orders.size else None
        s = None if (weights == 1).all() else torch.from_numpy(weights)
        for rows in batches(task, orders, epochs):
            x, y = (self.X, self.y) if rows is None else (self.X[rows], self.y[rows])
            optimizer.zero_grad()
            self.objectives[which](x, y, s if s is None or rows is None else s[rows]).backward()
            optimizer.step()
        return np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()])

    def run(self, epochs: int) -> list[Array]:
        return [
            np.stack([self.train(which, p, epochs) for p in range(cohort.size)])
            for which, cohort in enumerate(self.task.cohorts)
        ]


class Batched:
    """All members of a cohort at once: W (P, n, m), b (P, 1, m), x (P, B, n)."""

    def __init__(self, task: Task, compiled: bool) -> None:
        self.task, self.g = task, torch.tanh if task.activation == "tanh" else torch.relu
        self.X, self.y = torch.from_numpy(task.X), targets(task)
        self.objective: Objective = (
            torch.compile(self._objective, dynamic=False) if compiled else self._objective
        )

    def _objective(self, layers: list[Tensor], x: Tensor, y: Tensor, s: Tensor, strength: Tensor) -> Tensor:
        """Return Σ_p J_p, whose gradient is every member's own; x, y and s have an axis P, or 1 for all."""
        members, penalty = len(strength), torch.zeros(())
        a = x.expand(members, -1, -1)
        for W, b in zip(layers[::2], layers[1::2], strict=True):
            z = torch.baddbmm(b, a, W)
            a = self.g(z)
            penalty = penalty + (W.square().sum(dim=(1, 2)) * strength).sum()
        losses = sample_losses(self.task, z, y.expand(members, *y.shape[1:]))
        return (losses * s / s.sum(dim=-1, keepdim=True)).sum() + 0.5 * penalty

    def train(self, cohort: Cohort, epochs: int) -> Array:
        layers = [
            torch.tensor(np.ascontiguousarray(part), requires_grad=True)
            for W, b in cohort.layers(cohort.theta)
            for part in (W.swapaxes(1, 2), b[:, None])
        ]
        optimizer = torch.optim.Adam(layers, lr=self.task.learning_rate, fused=True)
        weights = torch.from_numpy(cohort.weights)
        strength = torch.from_numpy(cohort.l2 / cohort.weights.sum(axis=1)).to(self.X.dtype)
        orders = torch.from_numpy(cohort.orders) if cohort.orders.size else None
        members = torch.arange(len(weights))[:, None]
        for rows in batches(self.task, orders, epochs):
            optimizer.zero_grad()
            if rows is None:
                x, y, s = self.X[None], self.y[None], weights
            else:
                x, y, s = self.X[rows], self.y[rows], weights[members, rows]
            self.objective(layers, x, y, s, strength).backward()
            optimizer.step()
        trained = [(W.detach().numpy().swapaxes(1, 2), b.detach().numpy()) for W, b in pairs(layers)]
        return cohort.flat(trained)

    def run(self, epochs: int) -> list[Array]:
        return [self.train(cohort, epochs) for cohort in self.task.cohorts]


class Grouped:
    """All LeNets of a cohort as one network whose channels come in a group for each member.

    The members share their batches, so that the first convolution is an ordinary one, of all their filters.
    """

    def __init__(self, task: Task, compiled: bool) -> None:
        self.task = task
        [self.cohort] = task.cohorts
        self.X, self.y = torch.from_numpy(task.X).view(-1, *self.cohort.image), targets(task)
        self.objective: Objective = (
            torch.compile(self._objective, dynamic=False) if compiled else self._objective
        )

    def _objective(self, layers: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        """Return Σ_p J_p for x (B, C, H, W) and y (B,)."""
        members, a = self.cohort.size, x
        stages = self.cohort.convolutions
        for i, (stage, (W, b)) in enumerate(zip(stages, pairs(layers), strict=False)):
            padding = "same" if stage.same else "valid"
            a = torch.relu(functional.conv2d(a, W, b, padding=padding, groups=members if i else 1))
            a = functional.max_pool2d(a, stage.pool)
        a = a.reshape(len(x), members, -1).transpose(0, 1)
        for i, (W, b) in enumerate(pairs(layers[2 * len(stages) :])):
            z = torch.baddbmm(b, torch.relu(a) if i else a, W)
            a = z
        return sample_losses(self.task, z, y.expand(members, -1)).mean(dim=1).sum()

    def run(self, epochs: int) -> list[Array]:
        cohort, count = self.cohort, 2 * len(self.cohort.convolutions)
        parts = [part for layer in cohort.layers(cohort.theta) for part in layer]
        arrays = [part.reshape(-1, *part.shape[2:]) for part in parts[:count]]
        arrays += [part.swapaxes(1, 2) if part.ndim == 3 else part[:, None] for part in parts[count:]]
        layers = [torch.tensor(np.ascontiguousarray(array), requires_grad=True) for array in arrays]
        decay = float(cohort.l2[0] / cohort.weights.sum())  # of weights only; all members' are alike
        groups = [{"params": layers[::2], "weight_decay": decay}, {"params": layers[1::2]}]
        optimizer = torch.optim.Adam(groups, lr=self.task.learning_rate, fused=True)
        for rows in batches(self.task, torch.from_numpy(cohort.orders[0]), epochs):
            optimizer.zero_grad()
            self.objective(layers, self.X[rows], self.y[rows]).backward()
            optimizer.step()
        trained = [layer.detach().numpy() for layer in layers]
        dense = [array.swapaxes(1, 2) for array in trained[count:]]
        flat = [array.reshape(cohort.size, -1) for array in (*trained[:count], *dense)]
        return [np.concatenate(flat, axis=1)]


def pairs(layers: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(layers[::2], layers[1::2], strict=True)


class Walks:
    """One ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN`` with its ``nn.Linear`` after another.

    torch has a second bias, beside R, which stays 0 but where it is gru's c.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.X, self.y = task, torch.from_numpy(task.X), targets(task)

    def train(self, cohort: Cohort, p: int, epochs: int) -> Array:
        inputs, m, *_ = cohort.units
        walk = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cohort.cell](inputs, m, batch_first=True)
        dense = nn.Linear(m, cohort.units[-1])
        (W, R, b, *c), (V, d) = (
            [torch.from_numpy(part[0]) for part in layer] for layer in cohort.layers(cohort.theta[p : p + 1])
        )
        trained = torch.zeros_like(b)
        trained[len(b) - m :] = float(len(c))
        second = trained.clone()
        second[len(b) - m :] *= c[0] if c else 0
        own = (
            walk.weight_ih_l0,
            walk.weight_hh_l0,
            walk.bias_ih_l0,
            walk.bias_hh_l0,
            dense.weight,
            dense.bias,
        )
        with torch.no_grad():
            for parameter, part in zip(own, (W, R, b, second, V, d), strict=True):
                parameter.copy_(part)
        walk.bias_hh_l0.register_hook(lambda gradient: gradient * trained)
        optimizer = torch.optim.Adam(own, lr=self.task.learning_rate, fused=True)
        for rows in batches(self.task, torch.from_numpy(cohort.orders[p % len(cohort.orders)]), epochs):
            optimizer.zero_grad()
            outputs, _ = walk(self.X[rows])
            sample_losses(self.task, dense(outputs[:, -1]), self.y[rows]).mean().backward()
            optimizer.step()
        W, R, b, second, V, d = (parameter.detach() for parameter in own)
        parts = (W, R, b, *([second[-m:]] if c else []), V, d)
        return np.concatenate([part.numpy().ravel() for part in parts])

    def run(self, epochs: int) -> list[Array]:
        return [
            np.stack([self.train(cohort, p, epochs) for p in range(cohort.size)])
            for cohort in self.task.cohorts
        ]


def walk(task: Task, cores: int) -> Run:
    return Walks(task).run


def loop(task: Task, cores: int) -> Run:
    return Loop(task, {"fused": True}, compiled=False).run


def loop_foreach(task: Task, cores: int) -> Run:
    return Loop(task, {"foreach": True}, compiled=False).run


def loop_compiled(task: Task, cores: int) -> Run:
    return Loop(task, {"fused": True}, compiled=True).run


def loop_channels_last(task: Task, cores: int) -> Run:
    return Loop(task, {"fused": True}, compiled=False, channels_last=True).run


def loop_channels_last_compiled(task: Task, cores: int) -> Run:
    return Loop(task, {"fused": True}, compiled=True, channels_last=True).run


def grouped(task: Task, cores: int) -> Run:
    return Grouped(task, compiled=False).run


def grouped_compiled(task: Task, cores: int) -> Run:
    return Grouped(task, compiled=True).run


def batched(task: Task, cores: int) -> Run:
    return Batched(task, compiled=False).run


def batched_compiled(task: Task, cores: int) -> Run:
    return Batched(task, compiled=True).run


batched_padded = in_one_cohort(batched)
batched_compiled_padded = in_one_cohort(batched_compiled)


def gradient(task: Task, cores: int) -> Run:
    return _gradient(task, compiled=False)


def gradient_compiled(task: Task, cores: int) -> Run:
    return _gradient(task, compiled=True)


def _gradient(task: Task, compiled: bool) -> Run:
    [cohort] = task.cohorts
    X, y = torch.from_numpy(task.X), targets(task)
    layers = [
        torch.tensor(part[0], requires_grad=True) for layer in cohort.layers(cohort.theta) for part in layer
    ]

    def objective(x: Tensor, y: Tensor) -> Tensor:
        a = x
        for W, b in pairs(layers):
            z = functional.linear(a, W, b)
            a = torch.tanh(z) if task.activation == "tanh" else torch.relu(z)
        return sample_losses(task, z, y).mean()

    evaluate = torch.compile(objective, dynamic=False) if compiled else objective

    def run(epochs: int) -> list[Array]:
        for _ in range(epochs):
            found = torch.autograd.grad(evaluate(X, y), layers)
        return [cohort.flat([(W.numpy()[None], b.numpy()[None]) for W, b in pairs(list(found))])]

    return run
