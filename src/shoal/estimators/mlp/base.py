"""What the classifier and the regressor share: scikit-learn's contract around shoal's engines."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from shoal.data.memory import estimate_bytes, require_memory
from shoal.estimators.mlp.fitting import Fit, fit_full_batch, fit_stochastic
from shoal.estimators.mlp.learned import Learned, beginning
from shoal.estimators.mlp.predictions import finite_predictions, predictions
from shoal.estimators.shared import tables
from shoal.estimators.shared.callbacks import CallbackSupportMixin, Tasks
from shoal.estimators.shared.parameters import STOCHASTIC_SOLVERS
from shoal.estimators.training.coefficients import (
    OUT_ACTIVATIONS,
    Packed,
    activations_of,
    hidden_sizes,
    initial_coefs,
    network_of,
    theta_of,
    units_of,
)
from shoal.estimators.training.full_batch import PackedObjective
from shoal.losses import LOSSES, Loss
from shoal.networks.chain import Chain
from shoal.registry import resolve
from shoal.shapes import Array, require_unmasked
from shoal.training.problem import Samples

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)


class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A multi-layer perceptron with scikit-learn's interface; see ``MLPClassifier`` and ``MLPRegressor``."""

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any,
        activation: Any,
        solver: str,
        alpha: float,
        batch_size: int | str,
        learning_rate: str,
        learning_rate_init: float,
        power_t: float,
        max_iter: int,
        shuffle: bool,
        random_state: Any,
        tol: float,
        verbose: bool | int,
        warm_start: bool,
        momentum: float,
        nesterovs_momentum: bool,
        early_stopping: bool,
        validation_fraction: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        n_iter_no_change: float,
        max_fun: int,
        dropout: float,
        n_starts: int,
        combine_starts: str,
        preprocessing: str | None,
        dtype: str | None,
        n_jobs: int | None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.n_starts = n_starts
        self.combine_starts = combine_starts
        self.preprocessing = preprocessing
        self.dtype = dtype
        self.n_jobs = n_jobs

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        # scikit-learn inspects the signature anew for every fit and clone, which a search makes hundreds of.
        names: list[str] = super()._get_param_names()
        return names

    @abstractmethod
    def _validate_target(self, y: Any, incremental: bool) -> None:
        """Take note of the target's classes, or raise ``ValueError`` where they are not those before."""

    @abstractmethod
    def _encoded(self, y: Any) -> Array:
        """Return the target as the network takes it (N, K)."""

    def _count_outputs(self, y: Any) -> int:
        """Return the number of outputs that the target needs, K."""
        return 1 if y.ndim == 1 else int(y.shape[1])

    @abstractmethod
    def _loss(self) -> str | Loss:
        """Return the loss that suits the target, or its name."""

    def _weights(self, y: Any, sample_weight: Any, X: Any) -> Array | None:
        """Return one weight a sample (N,), or None where all are 1."""
        require_unmasked(sample_weight, "sample_weight")
        return None if sample_weight is None else _check_sample_weight(sample_weight, X)

    def _n_classes(self) -> int:
        """Return the number of classes or labels, 0 for numbers."""
        return 0

    def _held_out(self, X: Any, y: Any) -> None:
        """Take note of how well the fit predicts the rows that it was validated on."""

    # Arrays as users give them.

    def _dtypes(self) -> Any:
        return (np.float64, np.float32) if self.dtype is None else np.dtype(self.dtype)

    def _features(self, X: Any, reset: bool) -> Any:
        """Return X as the network takes it, dense or sparse, checked against what was fitted."""
        if self.preprocessing is None:
            require_unmasked(X, "X")
            with tables.faults_told(X):
                return validate_data(self, X, accept_sparse=["csr", "csc"], dtype=self._dtypes(), reset=reset)
        return tables.features(self, X, reset).astype(self.dtype or np.float64, copy=False)

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        """Return X as the network takes it and y as scikit-learn checks it."""
        options = {"multi_output": True, "y_numeric": is_regressor(self)}
        require_unmasked(y, "y")
        if self.preprocessing is None:
            how = {"accept_sparse": ["csr", "csc"], "dtype": self._dtypes(), "reset": reset, **options}
            require_unmasked(X, "X")
            if not options["y_numeric"]:
                tables.require_labels(y)
            with tables.faults_told(X, y if options["y_numeric"] else None):
                X, y = validate_data(self, X, y, **how)
        else:
            y = tables.target(y, len(X), self.__class__.__name__, options["y_numeric"])
            X = self._features(X, reset)
        y = tables.flattened(y, options["y_numeric"])
        self._validate_target(y, incremental)
        return X, y

    def _samples(self, X: Any, y: Any, weights: Array | None, dtype: Any) -> Samples:
        """Return arrays as the engine takes them; a sparse X becomes dense, if there is memory for it."""
        if hasattr(X, "toarray"):
            require_memory(
                estimate_bytes(*X.shape), f"a dense copy of X {X.shape}", "use fewer rows, or fewer features"
            )
            X = X.toarray()
        s = np.ones(len(X), dtype) if weights is None else np.asarray(weights, dtype)
        return Samples(
            np.ascontiguousarray(X, dtype), np.ascontiguousarray(self._encoded(y).T, dtype), s[None]
        )

    # Fitting.

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any] | None, incremental: bool
    ) -> Any:
        given = X, y, sample_weight
        sizes = hidden_sizes(self.hidden_layer_sizes)
        first_pass = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, reset=first_pass)
        weights = self._weights(y, sample_weight, X)
        n_outputs = self.n_outputs_ = self._count_outputs(y)
        self._random_state = check_random_state(self.random_state)
        network = self._network([X.shape[1], *sizes, n_outputs])
        tasks = self._tasks(*given, incremental)
        randoms = self._random_states()
        if first_pass:
            self._initialize(network, X.dtype, randoms)
        theta = self._current_theta(network, X.dtype)
        fit = Fit(self, network, randoms, incremental, first_pass, tasks, theta)
        if validation is not None:
            validation = self._validation_input(*validation)
        if self.solver in STOCHASTIC_SOLVERS:
            learned = fit_stochastic(fit, X, y, weights, validation)
        else:
            learned = fit_full_batch(fit, X, y, weights)
        if learned is not None:
            self._keep(learned.attributes)
            self._tell(learned)
        tasks.end()
        return self

    def _tasks(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Tasks:
        if self.solver in STOCHASTIC_SOLVERS:
            return Tasks(self, X, y, sample_weight, 1 if incremental else self.max_iter, "epoch")
        # The starts of 'lbfgs' go one after another, those of the engine's solvers all together.
        runs = self.n_starts if self.solver == "lbfgs" else 1
        return Tasks(self, X, y, sample_weight, runs * self.max_iter, "iteration")

    def _validation_input(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        if X is None or y is None:
            raise ValueError("X_val and y_val belong together; give both, or neither")
        X = self._features(X, reset=False)
        numeric = is_regressor(self)
        y = tables.flattened(tables.target(y, X.shape[0], self.__class__.__name__, numeric), numeric)
        return X, y, None if sample_weight is None else _check_sample_weight(sample_weight, X)

    def _network(self, units: Sequence[int]) -> Chain:
        activation, loss = self.activation, self._loss()
        if type(activation) is not str:
            activation = tuple(activations_of(activation, len(units) - 2))
        if type(loss) is not str:
            loss = resolve("loss", loss, LOSSES)
        return network_of(tuple(map(int, units)), activation, float(self.dropout), loss)

    def _random_states(self) -> list[np.random.RandomState]:
        """Return a stream for every start; the first is that of the only start where there is one."""
        first = self._random_state
        if self.n_starts == 1:
            return [first]
        copied = np.random.RandomState()
        copied.set_state(first.get_state())
        seeds = copied.randint(2**31 - 1, size=self.n_starts - 1)
        return [first, *map(np.random.RandomState, seeds)]

    def _keep(self, attributes: Mapping[str, Any]) -> None:
        """Take over what a training has led to, or begins with."""
        for name, value in attributes.items():
            setattr(self, name, value)

    def _tell(self, learned: Learned) -> None:
        """Say what there is to say of what is kept; raise ``ValueError`` where it cannot be used."""
        if learned.complaint:
            warnings.warn(learned.complaint, ConvergenceWarning, stacklevel=2)
        if learned.held is not None:
            self._held_out(*learned.held)
        if learned.failure:
            raise ValueError(f"{NOT_FINITE} {learned.failure}")

    def _initialize(self, network: Chain, dtype: Any, randoms: list[np.random.RandomState]) -> None:
        """Draw the parameters of every start, and forget what was before."""
        units = self._describe(network)
        activations = activations_of(self.activation, len(units) - 2)
        drawn = [initial_coefs(units, activations, random, dtype) for random in randoms]
        self.coefs_, self.intercepts_ = drawn[0]
        self._starts = np.stack([theta_of(*coefs) for coefs in drawn])
        self._keep(beginning(self))

    def _describe(self, network: Chain) -> list[int]:
        """Set the attributes that say what the network is, and return the units of every layer."""
        self.n_iter_, self.t_ = 0, 0
        units = list(units_of(network))
        self.n_layers_ = len(units)
        self.out_activation_ = OUT_ACTIVATIONS.get(network.criterion.name, "identity")
        return units

    def _current_theta(self, network: Chain, dtype: Any) -> Array:
        """Return the parameters (P, D) that training begins with: of ``coefs_``, or of all starts."""
        if self.n_starts > 1 and len(getattr(self, "_starts", ())) == self.n_starts:
            theta = self._starts.copy()
        else:
            theta = np.repeat(theta_of(self.coefs_, self.intercepts_)[None], self.n_starts, axis=0)
        if theta.shape[1] != network.n_parameters:
            raise ValueError(
                f"the layers fitted before have {theta.shape[1]} parameters, hidden_layer_sizes asks for "
                f"{network.n_parameters}; fit with warm_start=False to begin anew"
            )
        return theta.astype(dtype, copy=False)

    # Predicting.

    def _check_fitted(self) -> None:
        if not hasattr(self, "coefs_"):  # scikit-learn's way of asking costs more than a prediction
            check_is_fitted(self)

    def _predicted(self, X: Any, of_every_class: bool = False) -> Array:
        """Return ``_outputs`` for rows as users give them."""
        packed = self._parameters()
        if self._needs_no_check_but_of_finiteness(X):
            predicted = finite_predictions(*self._predictor(packed, X, of_every_class))
            if predicted is not None:
                return predicted
        return self._outputs(self._features(X, reset=False), of_every_class)

    def _needs_no_check_but_of_finiteness(self, X: Any) -> bool:
        """Return whether X is what scikit-learn's check would hand back, unless it finds NaN or infinities.

        It takes longer than to predict, and engines look for these as they read X.
        """
        return (
            self.preprocessing is None
            and type(X) is np.ndarray
            and X.dtype in ((np.float32, np.float64) if self.dtype is None else (self.dtype,))
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")  # of whose absence it warns
        )

    def _outputs(self, X: Any, of_every_class: bool = False) -> Array:
        """Return the network's predictions (N, K), or probabilities (N, C), the mean over an ensemble."""
        return predictions(*self._predictor(self._parameters(), X, of_every_class))

    def _predictor(self, packed: Packed, X: Any, of_every_class: bool) -> tuple[Any, ...]:
        """Return what ``predictions`` takes."""
        network = self._network(packed.units)
        criterion = network.criterion
        link = criterion.probabilities if of_every_class else criterion.predict
        return network, packed.theta, X, link, self.n_jobs

    def _parameters(self) -> Packed:
        """Return the parameters of all members: what ``coefs_`` are views of, or what a user has set."""
        packed: Packed | None = getattr(self, "_packed", None)
        others = getattr(self, "_ensemble", ())
        if packed is not None and packed.others is others and packed.holds(self.coefs_, self.intercepts_):
            return packed
        return Packed.copied([(self.coefs_, self.intercepts_), *others])

    def __getstate__(self) -> dict[str, Any]:
        """Return what is saved: parameters once, and whether the arrays were views of one."""
        state: dict[str, Any] = super().__getstate__()
        packed = state.get("_packed")
        if packed is None:
            return state
        return {**state, "_packed": packed.holds(self.coefs_, self.intercepts_)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "_packed"})
        if state.get("_packed"):
            together = Packed.copied([(self.coefs_, self.intercepts_), *self._ensemble])
            packed = Packed.of(together.units, together.theta)
            self._keep({"_packed": packed, "_ensemble": packed.others})
            self.coefs_, self.intercepts_ = map(list, packed.members[0])

    def _loss_grad_lbfgs(
        self, packed: Array, X: Any, y: Any, sample_weight: Any, *_buffers: Any
    ) -> tuple[float, Array]:
        """Return the loss and its gradient at weights and biases in one vector, for scikit-learn's tests."""
        units = [X.shape[1], *hidden_sizes(self.hidden_layer_sizes), y.shape[1]]
        s = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
        samples = Samples(np.asarray(X), np.ascontiguousarray(y.T, dtype=X.dtype), s[None])
        return PackedObjective(self._network(units), samples, self.alpha)(packed)

    def _check_solver(self) -> bool:
        if self.solver not in STOCHASTIC_SOLVERS:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.preprocessing is None
        tags.input_tags.allow_nan = self.preprocessing is not None
        tags.input_tags.string = self.preprocessing is not None
        return tags
