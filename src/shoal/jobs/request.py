"""What a user asks of ``shoal fit``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.jobs.sizing import AskedSize
from shoal.selection.choice import RULES


@dataclass(frozen=True)
class FitRequest:
    """The table, the target, and every setting; None leaves a setting to shoal.

    Raises ``ConfigurationError`` for shares outside (0, 1), two ways to validate at once, fewer than one
    start, epoch, job or patience, and a learning rate that is not positive.
    """

    table: str
    target: str
    task: str | None = None
    size: AskedSize = dataclasses.field(default_factory=AskedSize)
    folds: int | None = None
    valid: str | None = None
    validation_share: float | None = None
    test_share: float = 0.2
    choose: str = "one-se"
    solver: str = "adam"
    activation: str = "tanh"
    learning_rate: float | None = None
    batch_size: int | None = None
    patience: int = 10
    seed: int = 0
    jobs: int | None = None

    def __post_init__(self) -> None:
        ways = {"--folds": self.folds, "--valid": self.valid, "--validation-share": self.validation_share}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{' and '.join(given)} were given; validate in one way only")
        if self.choose not in RULES:
            raise UnknownNameError("rule of choice", self.choose, RULES)
        for name, share in (("--test-share", self.test_share), ("--validation-share", self.validation_share)):
            if share is not None and not 0 < share < 1:
                raise ConfigurationError(f"{name} must be between 0 and 1, got {share:g}; 0.2 is usual")
        counts = {
            "--starts": self.size.starts,
            "--epochs": self.size.epochs,
            "--batch-size": self.batch_size,
            "--patience": self.patience,
            "--jobs": self.jobs,
        }
        for name, count in counts.items():
            if count is not None and count < 1:
                raise ConfigurationError(f"{name} must be at least 1, got {count}")
        if self.folds is not None and self.folds < 2:
            raise ConfigurationError(f"--folds must be at least 2, got {self.folds}")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise ConfigurationError(f"--learning-rate must be positive, got {self.learning_rate:g}")
