"""What training is asked to do, in one value: the settings of ``shoal.train``, which check themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from shoal.errors import CapacityError, ConfigurationError, UnknownNameError
from shoal.losses import Loss
from shoal.networks.chain import Chain
from shoal.penalties import PENALTIES
from shoal.randomness import check_seed
from shoal.registry import from_config, resolve, to_config
from shoal.schedules import SCHEDULES, Schedule
from shoal.shapes import Array, in_dtype, is_number, per_member, whole_number
from shoal.solvers import SOLVERS
from shoal.solvers.base import Solver
from shoal.training.augmentation import Augmentation
from shoal.training.stopping import Plateau

BATCH_ORDERS = ("own", "shared")

MOST_PARAMETERS = 5000
"""Of a network under a solver with a matrix of them squared: 200 MB, whose factor takes a minute."""
MOST_NUMBERS = 2**29
"""In the matrices that are kept of all members together: 4 GiB of float64."""


# Marks of fields: a setting that each member may have of its own is "own", and "instead" stands for one of
# updates: what is said where it is given to a solver that makes updates in its own way.


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How every member minimises its objective::

        J = Σ_i s_i · loss_i / Σ_i s_i  +  l2/(2m) Σ_l ‖W_l‖²  +  l1/m Σ_l |W_l|,      m = Σ_i s_i

    - ``solver``: how; ``learning_rate=None`` is the solver's own.
    - ``epochs`` at most; ``batch_size=None`` is full batch. ``batch_order="shared"`` gives all members the
      same minibatches (drawn from ``seed``), ``"own"`` each member its own.
    - ``l2``, ``l1``, ``weight_decay``, ``learning_rate``: one number, or one for each member (P,).
      ``weight_decay`` is the decoupled λ of w ← w − α ∇J − λ w, applied to weights at every update. For
      plain gradient descent it does what ``l2`` does when λ = α·l2/m, and only there: adaptive and
      momentum solvers rescale the penalty's gradient but not the decay. The AdamW of the literature
      decays by α·λ: ask for it with ``solver="adamw"``.
    - ``penalties``: the strengths of further members of ``shoal.penalties.PENALTIES`` by their names, each
      one number or (P,), added to J as these two are.
    - ``label_smoothing`` ε trains on (1 − ε) y + ε/C instead of the classes' indicators y, C the number of
      classes, and not for validation. Source: Szegedy et al. 2016, "Rethinking the Inception architecture",
      sec. 7.
    - ``patience`` epochs without a lower validation loss end a member, whose best parameters are restored.
      Source: Prechelt 1998, "Early stopping – but when?".
    - ``tolerance`` on the largest |∂J/∂θ| ends a member under a full-batch solver; ``plateau`` ends one whose
      loss in training falls no more.
    - ``schedule``: the factor of the learning rate, update by update. ``clip_norm`` bounds the Euclidean norm
      of each member's gradient.
    - ``augmentation`` deforms the images to train on anew in every epoch, alike for all members; it needs a
      ``batch_size``.
    - ``seed`` is of what members share, and of new members' parameters.

    Raises ``ConfigurationError`` for impossible settings, ``UnknownNameError`` for unknown names.

    >>> recipe = Recipe(solver="sgd", learning_rate=0.1, batch_size=32)
    >>> recipe.rule.momentum, Recipe.from_config(recipe.to_config()) == recipe
    (0.9, True)
    """

    solver: str | Solver = "adam"
    learning_rate: npt.ArrayLike | None = field(
        default=None,
        metadata={"own": True, "instead": "finds its own step length; leave learning_rate out"},
    )
    epochs: int = 200
    batch_size: int | None = None
    batch_order: str = "own"
    l2: npt.ArrayLike = field(default=0.0, metadata={"own": True})
    l1: npt.ArrayLike = field(default=0.0, metadata={"own": True})
    weight_decay: npt.ArrayLike = field(
        default=0.0,
        metadata={"own": True, "instead": "cannot decay weights apart from its objective; use l2"},
    )
    penalties: Mapping[str, npt.ArrayLike] | tuple[tuple[str, Any], ...] = ()
    label_smoothing: float = 0.0
    patience: int | None = None
    tolerance: float = 1e-5
    plateau: Plateau | None = None
    schedule: str | Schedule = "constant"
    clip_norm: float | None = field(
        default=None,
        metadata={"instead": "searches along a line and cannot clip gradients; drop clip_norm"},
    )
    augmentation: Augmentation | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "solver", resolve("solver", self.solver, SOLVERS))
        object.__setattr__(self, "schedule", resolve("schedule", self.schedule, SCHEDULES))
        for name in STRENGTHS:
            object.__setattr__(self, name, _kept(getattr(self, name)))
        object.__setattr__(self, "penalties", _further_penalties(self.penalties))
        self._check_course()
        self._check_batches()
        self._check_solver()

    def _check_course(self) -> None:
        whole_number(self.epochs, "epochs")
        check_seed(self.seed)
        if not is_number(self.tolerance) or not self.tolerance >= 0:
            raise ConfigurationError(f"tolerance must be a number ≥ 0, got {self.tolerance!r}")
        self.smoothing()
        if self.patience is not None:
            whole_number(self.patience, "patience")
        if self.plateau is not None and not isinstance(self.plateau, Plateau):
            raise ConfigurationError(f"plateau must be a Plateau or None, got {self.plateau!r}")

    def _check_batches(self) -> None:
        if self.batch_size is not None:
            whole_number(self.batch_size, "batch_size")
            if self.rule.full_batch:
                raise ConfigurationError(
                    f"{self.rule.name} needs the full batch at every step, got batch_size={self.batch_size}; "
                    "leave batch_size out, or use adam or sgd"
                )
        if self.batch_order not in BATCH_ORDERS:
            raise ConfigurationError(f"batch_order must be 'own' or 'shared', got {self.batch_order!r}")
        if self.augmentation is not None and not isinstance(self.augmentation, Augmentation):
            raise ConfigurationError(
                f"augmentation must be an Augmentation or None, got {self.augmentation!r}"
            )
        if self.augmentation is not None and self.batch_size is None:
            raise ConfigurationError(
                "augmentation needs minibatches, for images are new in every epoch; "
                "give a batch_size, such as 128, to a solver that takes one"
            )

    def _check_solver(self) -> None:
        bound = self.clip_norm
        if bound is not None and not (is_number(bound) and 0 < bound < np.inf):
            raise ConfigurationError(f"clip_norm must be a positive number or None, got {bound!r}")
        if self.rule.estimates_l2:
            for name in ("l2", "l1", "penalties"):
                if _is_given(getattr(self, name), 0.0):
                    raise ConfigurationError(
                        f"{self.rule.name} finds the strength of its penalty itself, got "
                        f"{name}={getattr(self, name)!r}; leave {name} out"
                    )
        if self.rule.takes_learning_rate:
            return
        for setting in dataclasses.fields(self):
            instead = setting.metadata.get("instead")
            if instead and _is_given(getattr(self, setting.name), setting.default):
                raise ConfigurationError(f"{self.rule.name} {instead}")

    @property
    def rule(self) -> Solver:
        """The solver, resolved."""
        return cast("Solver", self.solver)  # since it was checked

    @property
    def further_penalties(self) -> dict[str, Any]:
        """The strengths of penalties that have no setting of their own, by their names."""
        return dict(self.penalties)

    @property
    def rates(self) -> Schedule:
        """The schedule, resolved."""
        return cast("Schedule", self.schedule)

    def smoothing(self, loss: Loss | None = None) -> float:
        """Return the share ε of labels that all classes get, for a ``loss``, if that is known.

        Raises ``ConfigurationError`` unless 0 ≤ ε < 1, and for a loss without classes unless ε is 0.
        """
        amount = self.label_smoothing
        if not (is_number(amount) and 0 <= amount < 1):
            raise ConfigurationError(f"label_smoothing must be from 0 to below 1, got {amount!r}")
        if amount and loss is not None and loss.name not in ("log_loss", "cross_entropy"):
            raise ConfigurationError(
                f"label_smoothing is for classes, got {amount!r} with {loss.name}; leave it out"
            )
        return amount

    def batches(self, n_samples: int) -> int:
        """Return the number of updates in an epoch over ``n_samples``."""
        return 1 if self.batch_size is None else -(-n_samples // self.batch_size)

    def strengths(self, size: int, dtype: npt.DTypeLike) -> dict[str, Array]:
        """Return what each of ``size`` members has of its own, (P,) by name, in float64.

        Raises ``DataError`` for values that are no numbers ≥ 0, of another length, or too large for
        ``dtype``; ``ConfigurationError`` for a learning rate of 0.
        """
        rate = self.learning_rate
        if rate is None:
            rate = self.rule.learning_rate if self.rule.takes_learning_rate else 0.0
        given = {name: getattr(self, name) for name in STRENGTHS} | {"learning_rate": rate}
        found = {}
        for name, value in (given | self.further_penalties).items():
            if isinstance(value, float) and value == 0:  # as most are, and nothing could be wrong with it
                found[name] = np.zeros(size)
                continue
            found[name] = per_member(value, name, size, np.float64)
            in_dtype(found[name], dtype, name)  # which the engine will compute in
        if self.rule.takes_learning_rate and not found["learning_rate"].all():
            raise ConfigurationError("learning_rate must be positive, got 0")
        return found

    def require(self, network: Chain, size: int = 1) -> None:
        """Raise ``ConfigurationError`` where the network cannot be trained so.

        And ``CapacityError`` where the solver would hold too much for so many members.
        """
        solver = self.rule
        self.smoothing(network.criterion)
        if solver.squares and network.criterion.curvature(network.n_outputs) is None:
            raise ConfigurationError(
                f"{solver.name} minimises sums of squares, squared_error or mean_squared_error, and the loss "
                f"is {network.criterion.name}; use scg, lbfgs or bfgs"
            )
        if solver.dense:
            _require_room(solver, network.n_parameters, size)
        if self.augmentation is not None and len(network.input_shape) != 3:
            raise ConfigurationError(
                f"augmentation deforms images, and the network takes samples of shape {network.input_shape}; "
                "build it on theirs, as Network((channels, rows, columns), [Flatten(), …])"
            )
        if not solver.takes_learning_rate and any(layer.random for layer in network.walk()):
            raise ConfigurationError(
                f"{solver.name} needs the same function at every step, and dropout changes it; "
                "use adam or sgd"
            )
        if not solver.takes_learning_rate and not all(layer.exact for layer in network.walk()):
            raise ConfigurationError(
                f"{solver.name} searches along the gradient of J, and a truncated one is another; "
                "use adam or sgd, or truncate=None"
            )
        if not solver.takes_learning_rate and network.statistic_mask.any():
            raise ConfigurationError(
                f"{solver.name} tries parameters that it does not keep, and batch_norm would remember their "
                "statistics; use adam or sgd, or layer_norm"
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
        """Return ``base`` (or the defaults) with these settings; ``UnknownNameError`` for what is none."""
        if base is not None and not isinstance(base, Recipe):
            raise ConfigurationError(f"the recipe must be a Recipe, got {base!r}")
        [own] = apart(settings, cls)
        return cls(**own) if base is None else dataclasses.replace(base, **own)

    def to_config(self) -> dict[str, Any]:
        """Return the settings as plain values for JSON."""
        config = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in STRENGTHS:
            config[name] = _plain(config[name])
        augmentation, plateau = self.augmentation, self.plateau
        if self.penalties:
            config["penalties"] = {name: _plain(value) for name, value in self.further_penalties.items()}
        else:
            del config["penalties"]
        return config | {
            "solver": to_config(self.rule),
            "schedule": to_config(self.rates),
            "augmentation": None if augmentation is None else dataclasses.asdict(augmentation),
            "plateau": None if plateau is None else dataclasses.asdict(plateau),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Recipe:
        """Return the recipe that ``to_config`` described, or raise ``ConfigurationError``."""
        if not isinstance(config, Mapping) or not {"solver", "schedule"} <= set(config):
            raise ConfigurationError(f"a recipe is a mapping with a solver and a schedule, got {config!r}")
        settings = dict(config)
        settings["solver"] = from_config("solver", config["solver"], SOLVERS)
        settings["schedule"] = from_config("schedule", config["schedule"], SCHEDULES)
        for name, kind in (("augmentation", Augmentation), ("plateau", Plateau)):
            fields = settings.get(name)
            if fields is not None:
                try:
                    settings[name] = kind(**fields)
                except TypeError as error:
                    raise ConfigurationError(f"{fields!r} does not describe the {name}: {error}") from None
        return cls.of(settings)


STRENGTHS = tuple(setting.name for setting in dataclasses.fields(Recipe) if setting.metadata.get("own"))
"""What each member has of its own, and what may change while it is trained, beside further penalties."""


def _is_given(value: Any, default: Any) -> bool:
    """Return whether a setting asks for something: it is not None, or of a strength, not 0 throughout."""
    if default is None:
        return value is not None
    return any(each != 0 for each in (value if isinstance(value, tuple) else (value,)))


def _kept(value: Any) -> Any:
    """Return a strength as a number or a tuple, so that recipes can be compared and kept."""
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return tuple(plain) if isinstance(plain, list) else plain


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _require_room(solver: Solver, n_parameters: int, size: int) -> None:
    """Raise ``CapacityError`` where matrices of all parameters by all parameters are too large."""
    if n_parameters > MOST_PARAMETERS:
        raise CapacityError(
            f"{solver.name} holds a matrix of all parameters by all parameters, and the network has "
            f"{n_parameters}, of which {MOST_PARAMETERS} at most will do; use lbfgs or scg"
        )
    if solver.keeps_matrices and size * n_parameters**2 > MOST_NUMBERS:
        raise CapacityError(
            f"{solver.name} keeps {n_parameters}² numbers of each of {size} members, together more than "
            f"{MOST_NUMBERS:,}; train fewer at a time, or use lbfgs"
        )


def _further_penalties(given: Any) -> tuple[tuple[str, Any], ...]:
    """Return the strengths of penalties that have no setting of their own, in the order of their names."""
    try:
        strengths = dict(given)
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"penalties must be strengths by name, such as {{'my_penalty': 0.1}}, got {given!r}"
        ) from None
    for name in strengths:
        if name in STRENGTHS:
            raise ConfigurationError(f"{name} is a setting of its own; give {name}={strengths[name]!r}")
        if name not in PENALTIES:
            raise UnknownNameError("penalty", name, [each for each in PENALTIES if each not in STRENGTHS])
    return tuple((name, _kept(strengths[name])) for name in sorted(strengths))


def only(size: int, **known: npt.ArrayLike) -> dict[str, Array]:
    """Return the strengths of ``size`` members that have these alone: the others are 0.

    >>> [name for name, values in only(2, l2=0.5).items() if values.any()]
    ['l2']
    """
    return {name: np.broadcast_to(known.get(name, 0.0), size).astype(np.float64) for name in STRENGTHS}


def apart(settings: Mapping[str, Any], *kinds: type[Any]) -> list[dict[str, Any]]:
    """Return of all settings those that are fields of each kind; ``UnknownNameError`` for one of none.

    >>> apart({"epochs": 3}, Recipe, Plateau)
    [{'epochs': 3}, {}]
    """
    fields = [{field.name for field in dataclasses.fields(kind)} for kind in kinds]
    for name in settings:
        if not any(name in known for known in fields):
            raise UnknownNameError("setting", name, set().union(*fields))
    return [{name: value for name, value in settings.items() if name in known} for known in fields]
