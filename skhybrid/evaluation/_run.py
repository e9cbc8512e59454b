"""The fits behind a comparison: one trial is one model fitted on one fold with one seed."""

import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from numbers import Integral
from threading import Event
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils.parallel import Parallel, delayed

from skhybrid._nested import look_inside_fitted
from skhybrid._validation import check_positive_int
from skhybrid.evaluation.metrics import METRICS, forecast_scorer, mase


class Key(NamedTuple):
    """Which trial it is. The order is fold by fold, so that an interrupted comparison has whole folds."""

    fold: int
    seed: int
    model: str


@dataclass(frozen=True)
class Trial:
    """What one fit gave: errors by metric, or the text of what went wrong."""

    errors: dict[str, float] = field(default_factory=dict)
    y_pred: NDArray[Any] | None = None
    n_parameters: float = np.nan
    fit_seconds: float = np.nan
    predict_seconds: float = np.nan
    failure: str = ""


@dataclass(frozen=True)
class Plan:
    """All that the trials of a comparison are made of; `folds` are pairs of row numbers."""

    models: dict[str, Any]
    X: Any
    y: Any
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
    seeds: range
    scorers: dict[str, Callable[..., float]]
    season_length: int
    n_jobs: int | None
    verbose: int

    @property
    def n_outputs(self) -> int:
        """Number of columns of y."""
        return int(np.prod(self.y.shape[1:]))

    def list_keys(self) -> list[Key]:
        """Return the trials to run; a model without `random_state` has one for each fold."""
        seeds = {name: self.seeds if random_states(model) else self.seeds[:1] for name, model in self.models.items()}
        return [
            Key(fold, seed, name)
            for fold in range(len(self.folds))
            for seed in self.seeds
            for name in self.models
            if seed in seeds[name]
        ]


def make_plan(models, X, y, cv, scoring, n_seeds, random_state, season_length, n_jobs, verbose) -> Plan:
    """Check what `compare_models` was given, and draw the folds, once for all models."""
    models = _check_models(models)
    X, y = (a if hasattr(a, "shape") else np.asarray(a) for a in (X, y))
    _check_targets(X, y)
    first_seed = _check_seed(random_state)
    return Plan(
        models=models,
        X=X,
        y=y,
        folds=_check_folds(cv, X, y),
        seeds=range(first_seed, first_seed + check_positive_int(n_seeds, "n_seeds")),
        scorers=_check_scoring(scoring),
        season_length=check_positive_int(season_length, "season_length"),
        n_jobs=n_jobs,
        verbose=_somebody_watches() if verbose is None else verbose,
    )


def random_states(model: Any) -> list[str]:
    """Return the names of the parameters that seed a model or a part of it."""
    return [name for name in model.get_params(deep=True) if name.split("__")[-1] == "random_state"]


def run_trials(plan: Plan, trials: dict[Key, Trial]) -> None:
    """Run the trials that `trials` lacks and add each as it ends; Ctrl-C ends the run and keeps what there is."""
    keys = plan.list_keys()
    missing = [key for key in keys if key not in trials]
    interrupted = Event()
    waiting = takewhile(lambda key: not interrupted.is_set(), missing)
    jobs = (delayed(_run_key)(plan.models[key.model], key, *_data(plan, key)) for key in waiting)
    parallel = Parallel(n_jobs=plan.n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    # scikit-learn sets the warning filters in each thread, though all threads of a process share them: two that start
    # at once may leave some of them out for good.
    with suppress(KeyboardInterrupt), warnings.catch_warnings():
        for key, trial in parallel(jobs):
            if trial is None:
                interrupted.set()  # those already running end, so that their results are kept
                continue
            trials[key] = trial
            if plan.verbose:
                print(f"[{len(trials)}/{len(keys)}] {_progress(key, trial)}", file=sys.stderr, flush=True)


def _somebody_watches() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _data(plan: Plan, key: Key) -> tuple[Any, ...]:
    return plan.X, plan.y, plan.folds[key.fold], plan.scorers, plan.season_length


def _run_key(model: Any, key: Key, *data: Any) -> tuple[Key, Trial | None]:
    # A thread or a process of a pool that dies of Ctrl-C would leave the others waiting, so it says so instead.
    try:
        return key, run_trial(model, key.seed, *data)
    except KeyboardInterrupt:
        return key, None


def run_trial(model, seed, X, y, fold, scorers, season_length) -> Trial:
    """Fit a clone of the model on the fold's training rows, and score it on its test rows."""
    train, test = fold
    X_train, y_train, X_test, y_test = (take(a, rows) for rows in fold for a in (X, y))
    try:
        estimator = clone(model)
        estimator.set_params(**dict.fromkeys(random_states(model), seed))
        start = perf_counter()
        estimator.fit(X_train, y_train)
        fitted = perf_counter()
        y_pred = np.asarray(estimator.predict(X_test))
        predicted = perf_counter()
        y_pred = _like_target(y_pred, y_test)
        seen = _Predicted(estimator, X_test, y_pred)
        errors = {name: _error(name, scorer(seen, X_test, y_test)) for name, scorer in scorers.items()}
    except Exception as error:  # whatever a model raises is its result
        return Trial(failure=f"{type(error).__name__}: {error}")
    errors["mase"] = _fold_mase(np.asarray(y, dtype=float), y_pred, train, test, season_length)
    return Trial(errors, y_pred, count_parameters(estimator), fitted - start, predicted - fitted)


def take(a: Any, rows: NDArray[np.intp]) -> Any:
    """Return a copy of some rows, with their labels where there are any."""
    return a.iloc[rows] if hasattr(a, "iloc") else a[rows]


def count_parameters(estimator: Any) -> float:
    """Count what a fitted model has learned: weights of a network, coefficients of a linear model; NaN for others.

    Of a pipeline the last step counts, of a search the best model, of an ensemble all members.
    """
    if hasattr(estimator, "n_parameters_"):
        return float(estimator.n_parameters_)
    if hasattr(estimator, "coef_"):
        has_intercept = getattr(estimator, "fit_intercept", True)
        return float(np.size(estimator.coef_) + has_intercept * np.size(getattr(estimator, "intercept_", ())))
    predictors = look_inside_fitted(estimator).predictors
    return sum(map(count_parameters, predictors)) if predictors else np.nan


class _Predicted:
    """A fitted estimator with its predictions for X, so that no scorer predicts again."""

    def __init__(self, estimator, X, y_pred):
        self._estimator, self._X, self._y_pred = estimator, X, y_pred

    def predict(self, X):
        return self._y_pred if X is self._X else self._estimator.predict(X)

    def __getattr__(self, name):
        return getattr(self._estimator, name)


def _like_target(y_pred: NDArray[Any], y_test: Any) -> NDArray[Any]:
    """Return the predictions in the shape of the targets; one output may stand in one column or in none."""
    if y_pred.size != np.size(y_test) or len(y_pred) != len(y_test):
        raise ValueError(
            f"predict must give one value for each of the targets, which have shape {np.shape(y_test)}, but gave "
            f"shape {y_pred.shape}; pass a model for as many outputs as y has."
        )
    return y_pred.reshape(np.shape(y_test))


def _error(name: str, score: float) -> float:
    """Return the error behind a score of a scorer, which is negated so that greater is better."""
    if not score <= 0:  # NaN as well
        raise ValueError(
            f"scoring={name!r} must be a negated error, 0 at best, but gave a score of {score:.4g}; pass an error, for "
            "example 'rmse' or sklearn.metrics.make_scorer(error, greater_is_better=False)."
        )
    return abs(float(score))


def _fold_mase(y: NDArray[Any], y_pred: NDArray[Any], train, test, season_length: int) -> float:
    known = np.full_like(y, np.nan)
    known[train] = y[train]
    try:
        return mase(y[test], y_pred, known, season_length=season_length)
    except ValueError:  # the training targets give no scale
        return np.nan


def _progress(key: Key, trial: Trial) -> str:
    name = f"{key.model}, fold {key.fold}, seed {key.seed}"
    if trial.failure:
        return f"{name}: failed, {' '.join(trial.failure.split())}"
    metric, error = next(iter(trial.errors.items()))
    return f"{name}: {metric} {error:.4g}, {trial.fit_seconds + trial.predict_seconds:.1f} s"


def _check_models(models: Any) -> dict[str, Any]:
    if not isinstance(models, dict) or not models or not all(isinstance(name, str) for name in models):
        shown = type(models).__name__ if not isinstance(models, dict) else f"a dict with the keys {list(models)}"
        raise ValueError(
            f"models must be a dict of at least one estimator by its name, but is {shown}; pass for example "
            "{'ridge': Ridge(), 'last value': NaiveRegressor()}."
        )
    for name, model in models.items():
        if isinstance(model, type) or not all(hasattr(model, need) for need in ("fit", "predict", "get_params")):
            raise ValueError(
                f"models must hold scikit-learn estimators, but models[{name!r}] is {model!r}; pass an instance of a "
                "regressor or a pipeline that ends in one."
            )
    return dict(models)


def _check_targets(X: Any, y: Any) -> None:
    if len(X) != len(y) or y.ndim not in (1, 2):
        raise ValueError(
            f"y must be 1-D or 2-D with one row per sample of X, but X has {len(X)} samples and y has shape {y.shape}; "
            "take both from the same rows."
        )
    kinds = {dtype.kind for dtype in (y.dtypes if y.ndim == 2 and hasattr(y, "dtypes") else [y.dtype])}
    if not kinds <= set("biuf"):
        raise ValueError(
            "y must hold numbers, but does not; compare_models is for regressors, so pass numeric targets."
        )


def _check_seed(random_state: Any) -> int:
    if not isinstance(random_state, Integral) or isinstance(random_state, bool) or random_state < 0:
        raise ValueError(
            f"random_state must be an integer of at least 0, the first of the seeds, but is {random_state!r}; pass for "
            "example random_state=0."
        )
    return int(random_state)


def _check_folds(cv: Any, X: Any, y: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Draw the folds, once for all models."""
    folds = [(np.arange(len(X))[train], np.arange(len(X))[test]) for train, test in check_cv(cv, y).split(X, y)]
    for number, (train, test) in enumerate(folds):
        if not len(train) or not len(test) or np.intersect1d(train, test).size:
            raise ValueError(
                f"cv must give folds with training rows and other test rows, but fold {number} has {len(train)} and "
                f"{len(test)}, of which {np.intersect1d(train, test).size} are in both; pass for example "
                "TimeSeriesSplit(5)."
            )
    return folds


def _check_scoring(scoring: Any) -> dict[str, Any]:
    """Return scorers by the names of their columns."""
    if isinstance(scoring, dict):
        named = scoring
    else:
        names = [scoring] if isinstance(scoring, str) or callable(scoring) else list(scoring)
        if not all(isinstance(name, str) for name in names):
            raise ValueError(
                f"scoring must name its scorers, but is {scoring!r}; pass a dict such as {{'p90': scorer}}."
            )
        named = {name.removeprefix("neg_"): name for name in names}
    if not named:
        raise ValueError("scoring must hold at least one error, but is empty; pass for example 'rmse'.")
    return {str(name): _check_scorer(scorer) for name, scorer in named.items()}


def _check_scorer(scorer: Any) -> Any:
    if callable(scorer):
        return scorer
    if scorer in METRICS:
        return forecast_scorer(scorer)
    if isinstance(scorer, str) and scorer.startswith("neg_") and scorer in get_scorer_names():
        return get_scorer(scorer)
    raise ValueError(
        f"scoring must be one of {', '.join(map(repr, METRICS))}, a name of scikit-learn's that starts with 'neg_', or "
        f"a dict of scorers, but holds {scorer!r}; pass an error, lower is better."
    )
