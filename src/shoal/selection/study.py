"""``CapacityStudy``: hidden sizes × L2 strengths × random starts × folds, and the network to keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.losses import Loss
from shoal.selection.candidates.architectures import Architecture, Perceptron
from shoal.selection.candidates.candidate import grid, require_unset
from shoal.selection.candidates.space import Search, described, widest
from shoal.selection.choosing.choice import Choice, choose, choose_by_evidence
from shoal.selection.choosing.contenders import complete, covered
from shoal.selection.choosing.ensemble import choose_from_store
from shoal.selection.cohorts.design import StudyDesign, StudyPlan
from shoal.selection.cohorts.network_numbers import NetworkNumbers
from shoal.selection.cohorts.task import Conditions
from shoal.selection.cohorts.views import Views, checked_sources, checked_views
from shoal.selection.outcome import StudyOutcome, fitted
from shoal.selection.results import StudyResults
from shoal.selection.rules import BY_EVIDENCE, RULES
from shoal.selection.running.further import Further, recipe_of
from shoal.selection.running.refit import train_again
from shoal.selection.running.rounds import Rounds
from shoal.selection.running.runner import Runner, Workplace
from shoal.selection.samples.attributes import Attributes
from shoal.selection.samples.study_samples import StudySamples, Validation, gather
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.store.trial_store import Store, open_store
from shoal.selection.trials import Trials
from shoal.shapes import whole_number
from shoal.training.recipe import Recipe, apart
from shoal.workers import count_workers

if TYPE_CHECKING:
    from typing import Self

    from shoal.shapes import Array
    from shoal.training.blocks import BlockFile


GRID = Recipe(solver="scg", epochs=500)
SEARCHED = Recipe(solver="adam", epochs=200, batch_size=32, patience=20)
"""How networks are trained where nobody says it: those of a grid, and those of a search."""


class CapacityStudy(StudyResults):
    """Trains every hidden size from many random starts, scores each on validation data, and chooses one.

    What is compared:

    - ``hidden``: sizes such as ``range(1, 11)``, ``["8", "16x16"]``; 0 is a network without hidden layer.
    - ``l2``: strengths of the penalty ``l2/(2m) Σ W²``. ``starts``: random starts of every combination.
    - ``folds=k``: each is trained k times, on all samples but a k-th, and scored on that k-th. Without
      folds ``validation_share`` of the samples is held out, unless ``fit`` is given a validation set.
      Splits are stratified where the targets are classes.

    How each network is trained: a ``recipe``, or settings of one by name, as for ``shoal.train`` (None: up to
    500 epochs of ``solver="scg"``), in the order of minibatches that all share; ``dtype`` and ``engine`` are
    those of ``shoal.train``. ``activation`` and ``initializer`` are those of the hidden layers, after each of
    which comes ``dropout``, unless an ``architecture`` of one's own says what sizes stand for.
    ``loss=None`` is squared error for targets that are floats; for whole numbers that are the labels
    0 … C−1, log loss (two) or cross-entropy (more); any other targets need it stated.

    How one is chosen, ``choose``:

    - ``"best"``: the smallest validation loss, averaged over folds.
    - ``"one-se"``: the network with the fewest parameters whose validation loss is within one standard error
      of the best (Breiman et al. 1984, 3.4.3; ESL 7.10.1); then the largest l2, then the lowest loss.
    - ``"evidence"``: the largest log evidence, by the samples trained on alone (MacKay 1992; PRML, 5.7). The
      l2 is where each member begins, and is re-estimated; samples held out are there to compare with.
    - ``"ensemble"``: up to 20 networks of one architecture whose averaged predictions are best on the
      validation samples, added greedily (Caruana et al. 2004).

    Without folds ``best`` is the chosen network as it was trained. With folds, the chosen candidate is
    trained again on all samples from every start (for the median of the best epochs of its folds, with
    patience) and the start with the smallest objective J is kept; an ensemble averages its fold members.
    Networks that diverged are never chosen.

    ``space`` is for searches: further settings to compare, as axes by their names. It may have strengths
    that networks of one population have of their own (``learning_rate``, ``l2``, ``l1``, ``weight_decay``)
    and what makes other networks of them: ``hidden``, ``depth`` (each layer so often), ``solver``,
    ``batch_size``, ``schedule``, ``clip_norm``, ``label_smoothing``, and fields of the architecture such as
    ``activation`` and ``dropout``. An axis is a pair (low, high), a ``Span``, a list, or None for the usual
    values; axes may also be named alone, ``["learning_rate", "dropout"]``, or the points be listed. ``draws``
    points are tried (``shoal.selection.candidates.space.draw``), each from one start (``starts``), trained by
    ``solver="adam"`` for up to 200 epochs of minibatches of 32 with a patience of 20 unless a recipe or
    solver is given.

    ``halving`` ends networks early: after so many epochs, and 2, 4, 8 … times as many, the worse half of a
    population, by validation loss (``shoal.populations.halving``). Those that train on are the same bits as
    without it. They are compared among networks of their form (a cohort, of 64 at most), so that each form
    has some that were trained to the end.

    ``views`` are lists of input columns: start s is given those of ``views[s mod V]`` alone, so that the
    networks of an ensemble see the inputs in different forms. All are handed out as networks of all inputs,
    with weights of 0 for those that they were not given.

    ``sources`` name the column that each input comes from. With them an ensemble's networks differ in the
    scales of their inputs, too: after a start of each view, the inputs of the next are multiplied by how much
    their columns matter to the first (``shoal.selection.running.scaling``), a third sees them as they are,
    and the rest as was better for rows held out. The networks handed out take the inputs as they are. With
    ``sparing`` there are later starts only if three of ten columns hardly matter.

    Where it runs: ``n_jobs`` threads or processes (None: one a core); or ``on`` workers elsewhere, at
    ``"tcp://scheduler:8786"`` (Dask), ``"ray"``, ``"ray://head:10001"`` or ``"mpi"``
    (`docs/distribution.md`); or any ``concurrent.futures`` ``executor``: one call is a cohort, and the data
    travel once to every worker. Results are the same bits in all cases on one kind of processor. ``memory``
    bounds the bytes that a worker holds for the networks that it trains together, down to one at a time;
    ``plan`` tells what that comes to. ``store`` names a folder in which every cohort is kept as it ends:
    after a kill at any moment, ``fit(…, resume=True)`` trains what is missing, and ends with the same
    networks. ``progress`` is called with a ``StudyProgress`` at the start and after every cohort. ``seconds``
    ends the study when so much time has passed, and ``anytime`` lets Ctrl-C end it, as soon as one candidate
    is trained on a fold: then the best found until then is chosen, and the sentence of the choice says so.
    ``networks``, as in "1-83,90", are those of the study that are trained, by number: ``compared`` says what
    a study that was ended early is to be asked for, to choose the same again.

    ``blocks``, which may be set before ``fit``, are samples on disk that networks are trained on in the place
    of those of ``fit``; these tell the training loss and, as far as they are held out, validate.

    Raises ``ConfigurationError`` for impossible settings.

    Source: the lecture, "Using Validation Set to fix no. of hidden units"; Bishop 2006, PRML, figure 5.10.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=60)
    >>> y = np.sin(2 * np.pi * X) + 0.3 * rng.normal(size=60)
    >>> study = CapacityStudy(hidden=[1, 3], starts=4, n_jobs=1)
    >>> study = study.fit(X[:30], y[:30], validation=(X[30:], y[30:]))
    >>> len(study.table), study.choice.chosen.hidden, study.predict(X).shape
    (8, '3', (60,))
    >>> search = CapacityStudy([4], space={"learning_rate": (1e-3, 0.1), "activation": ["tanh", "relu"]})
    >>> search.search.draws, len(search.candidates)
    (128, 128)
    """

    def __init__(
        self,
        hidden: Iterable[object] = range(1, 11),
        starts: int | None = None,
        l2: Sequence[float] = (0.0,),
        *,
        recipe: Recipe | None = None,
        architecture: Architecture | None = None,
        loss: str | Loss | None = None,
        folds: int | None = None,
        validation_share: float = 0.2,
        choose: str = "one-se",
        dtype: str | None = None,
        engine: str = "auto",
        **settings: Any,
    ) -> None:
        trained, layers, seen, place, searched = apart(settings, Recipe, Perceptron, Views, Workplace, Search)
        self.search = Search(**searched)
        usual = 30 if self.search.space is None else 1
        self.starts = whole_number(usual if starts is None else starts, "starts")
        self.hidden, self.l2 = hidden, l2
        self.loss, self.folds, self.validation_share, self.choose = loss, folds, validation_share, choose
        self.views, self.dtype, self.engine = Views(**seen), dtype, engine
        self.place = Workplace(**place)
        self.blocks: BlockFile | None = None
        self.recipe = _study_recipe(trained, recipe, self.search)
        own = Perceptron(**layers)
        if layers and architecture is not None:
            raise ConfigurationError(f"{next(iter(layers))} is of dense layers, got {architecture!r} as well")
        self.architecture = architecture or own
        if len(self.views.sources) and not isinstance(self.architecture, Perceptron):
            raise ConfigurationError("sources are for fully connected networks of rows; leave them out")
        self.candidates = self.search.candidates(grid(hidden, l2), self.recipe, self.architecture)
        self._only = None if self.place.networks is None else NetworkNumbers.parse(self.place.networks)
        self._table: Trials | None = None
        self._outcome: StudyOutcome | None = None
        self._further: Further | None = None
        if choose not in (*RULES, BY_EVIDENCE):
            raise UnknownNameError("rule of choice", choose, (*RULES, BY_EVIDENCE))
        if len(self.views.sources) and choose != "ensemble":
            raise ConfigurationError(
                f"sources are for choose='ensemble', got them with choose={choose!r}; leave them out"
            )
        self.search.require(choose, bool(len(self.views.sources)))
        require_unset(self.candidates, self.recipe.rule, choose == BY_EVIDENCE)
        for name, value in (("folds", folds), ("patience", self.recipe.patience)):
            if choose == BY_EVIDENCE and value is not None:
                raise ConfigurationError(
                    f"the evidence needs no validation, got {name}={value!r}; leave {name} out"
                )

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        validation: Validation | None = None,
        resume: bool = False,
        *,
        groups: npt.ArrayLike | None = None,
        times: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        fold: npt.ArrayLike | None = None,
    ) -> Self:
        """Run the study on ``X`` (N, n), or ``Sequences``, and ``y`` (N,) or (N, K), and return it.

        Samples of one of ``groups`` (N,) stay in one part; with ``times`` (N,), numbers or ``datetime64``,
        what validates is later than what trains (``shoal.selection.samples.dividers``). ``sample_weight``
        (N,) is what each counts for in J and the validation loss; ``validation`` may bring its own as its
        third. ``fold`` (N,) is which of the ``folds`` each is held out in, where that is settled, −1 in none.
        ``resume=True`` continues the study in ``store``; what is there already is not trained again.

        Raises ``DataError`` for arrays that do not fit together or the loss; ``ConfigurationError`` for
        settings that do not fit them, a store with other settings, or networks that all diverged;
        ``OutputError`` for a store that is in use, full, or not to be written to; ``CapacityError`` for
        workers elsewhere that lack this version of shoal, would make other bits, or are gone. Ctrl-C stops
        the study with a ``KeyboardInterrupt`` whose message says how far it came.
        """
        attributes = Attributes.of(len(np.asarray(y)), groups, times, sample_weight, fold)
        design = self._design(X, y, validation, attributes)
        self._table = self._outcome = self._further = None
        with self.place.lend() as crew, closing(open_store(self.place.store)) as store:
            done = store.begin(design.settings(), resume, design.engine.label)
            runner = Runner(store, done, self.place, crew)
            try:
                self._run(design, store, runner)
            except KeyboardInterrupt:
                message = f"stopped after {runner.networks} networks"
                if self.place.store is not None:
                    message += f"; they are kept in {self.place.store}, fit with resume=True to go on"
                raise KeyboardInterrupt(message) from None
        return self

    def plan(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        validation: Validation | None = None,
        *,
        groups: npt.ArrayLike | None = None,
        times: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        fold: npt.ArrayLike | None = None,
    ) -> StudyPlan:
        """Return what ``fit`` would do with these samples, without doing it; raises what ``fit`` would."""
        attributes = Attributes.of(len(np.asarray(y)), groups, times, sample_weight, fold)
        return self._design(X, y, validation, attributes).plan()

    def predict(self, X: npt.ArrayLike) -> Array:
        """Return the mean of the members' predictions: (N,) from networks with one output, else (N, K).

        Probabilities for log loss and cross-entropy, rates for Poisson, values otherwise.
        """
        mean: Array = self.best.predict(X, self.place.n_jobs).mean(axis=0)
        return mean[:, 0] if mean.shape[1] == 1 else mean

    def partial_fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        epochs: int = 1,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Train the chosen network on with further samples ``X`` (N, n) and ``y``, as they were for ``fit``.

        It is trained as the study did: its solver, whose memory begins with the first call and then stays,
        its strengths, minibatches and learning rate, without a schedule or early stopping. So two calls with
        the same samples are one of twice the ``epochs``, to the bit. ``best`` and ``predict`` are the network
        after it, each of an ensemble's; all else still tells of the study, whose choice was made before.

        Raises ``ConfigurationError`` before ``fit``, for solvers of full batches that find their own steps,
        for ``views``, and where the network diverges, which leaves it as it was; ``DataError`` for samples
        that do not fit it.

        >>> X = np.random.default_rng(0).normal(size=(300, 2))
        >>> y = X[:, 0] * X[:, 1]
        >>> study = CapacityStudy([8], starts=4, solver="adam", batch_size=32, epochs=50, n_jobs=1)
        >>> study = study.fit(X[:100], y[:100])
        >>> before = ((study.predict(X[200:]) - y[200:]) ** 2).mean()
        >>> study = study.partial_fit(X[100:200], y[100:200], epochs=50)
        >>> bool(((study.predict(X[200:]) - y[200:]) ** 2).mean() < before)
        True
        """
        outcome = fitted(self._outcome)
        if len(self.views.views) or len(self.views.sources):
            raise ConfigurationError(
                "partial_fit would train networks of views on inputs that they were not given; fit without "
                "views and sources, or again"
            )
        further = self._further or Further(outcome.best)
        recipe = recipe_of(outcome.choice, self.candidates, self.recipe, outcome.best.size)
        self._further = further.trained(
            X,
            y,
            recipe,
            whole_number(epochs, "epochs"),
            sample_weight=sample_weight,
            engine=self.engine,
            n_jobs=self.place.n_jobs,
        )
        self._outcome = dataclasses.replace(outcome, best=self._further.population)
        return self

    def _design(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        validation: Validation | None,
        attributes: Attributes,
    ) -> StudyDesign:
        dtype = self.dtype or widest(self.candidates, self.recipe)
        samples = gather(
            X,
            y,
            validation,
            loss=self.loss,
            folds=self.folds,
            validation_share=self.validation_share,
            seed=self.recipe.seed,
            dtype=dtype,
            attributes=attributes,
        )
        views = checked_views(self.views.views, samples.X)
        return StudyDesign(
            self.candidates,
            self.starts,
            self.architecture,
            self.recipe,
            Conditions(dtype, self.engine, self.choose == BY_EVIDENCE, self.blocks, self.search.halving),
            self.place.memory,
            samples,
            views,
            hurried=self.place.seconds is not None,
            only=self._only,
            sources=checked_sources(self.views.sources, samples.X),
            sparing=self.views.sparing,
        )

    def _run(self, design: StudyDesign, store: Store, runner: Runner) -> None:
        rounds = Rounds(design, store, runner, count_workers(self.place.n_jobs))
        splits = design.samples.splits

        def enough(done: list[Trials]) -> bool:
            return bool(done) and bool(covered(Trials.concatenate(done)))

        stops = self.place.anytime or self.place.seconds is not None
        trials = rounds.run(enough if stops else None)
        order = np.lexsort((trials["fold"], trials["start"], trials["candidate"]))
        self._table = described(trials.take(order), self.candidates)
        stored = StoredNetworks(store, rounds.tasks)
        partly = bool(runner.ended_by) or design.only is not None or design.hurried
        folds = (covered(self._table) if partly else []) or list(range(len(splits)))
        judged = complete(self._table, folds)
        choice = self._choose(judged, stored, design.samples, folds)
        if runner.ended_by:
            came = f"{len(trials)} of {rounds.planned} networks were trained"
            cut = f" Ended early, by {runner.ended_by}: {came}."
            if len(folds) < len(splits):
                cut += f" None of them on more than {len(folds)} of {len(splits)} folds."
            choice = dataclasses.replace(choice, sentence=choice.sentence + cut)
        keys = [(member.candidate, member.start, fold) for member in choice.members for fold in folds]
        curves = stored.curves(keys[0])
        held = stored.mean(choice.members, design.samples, folds)
        again = len(splits) > 1 and self.choose != "ensemble"
        if again:
            known = None if partly else (store, runner)
            choice, best = train_again(choice, judged, design, len(rounds.tasks), known, self.place)
        else:
            best = stored.population(keys)
        used = [splits[fold] for fold in folds]
        compared, engines = design.compared(judged, by_number=partly and again), store.engines()
        self._outcome = StudyOutcome(
            choice, best, curves, used, held, engines, runner.ended_by, compared, rounds.scaling
        )

    def _choose(
        self, trials: Trials, stored: StoredNetworks, samples: StudySamples, folds: list[int]
    ) -> Choice:
        if self.choose == BY_EVIDENCE:
            return choose_by_evidence(trials, self.architecture.unit)
        if self.choose != "ensemble":
            return choose(trials, self.choose, self.architecture.unit)
        return choose_from_store(trials, stored, samples, folds, self.architecture.unit)


def _study_recipe(settings: dict[str, Any], recipe: Recipe | None, search: Search) -> Recipe:
    """Return how every network is trained, on minibatches that all share; l2 is a candidate's."""
    usual = recipe or (GRID if search.space is None or "solver" in settings else SEARCHED)
    trained = Recipe.of(settings | {"batch_order": "shared"}, usual)
    if trained.l2 != 0:
        raise ConfigurationError(f"a study's recipe has no l2, got {trained.l2!r}; give the study l2=[…]")
    return trained
