"""The fits of a comparison: one trial is one model fitted on one fold with one seed."""

import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, takewhile
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.utils.parallel import Parallel, delayed

from skhybrid._nested import look_inside_fitted
from skhybrid.evaluation._forecasters import is_forecaster, outputs_of
from skhybrid.evaluation._plan import Key, Plan, random_states
from skhybrid.evaluation.metrics import mase
from skhybrid.evaluation.scorers import ERRORS
from skhybrid.series.panel import Panel


@dataclass(frozen=True)
class Trial:
    """What one fit gave: errors by metric and the losses of its test rows, or the text of what went wrong.

    That of a Forecaster has its forecasts as a table, and the losses of its origins.
    """

    errors: dict[str, float] = field(default_factory=dict)
    losses: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    y_pred: NDArray[Any] | None = None
    forecasts: pd.DataFrame | None = None
    n_parameters: float = np.nan
    fit_seconds: float = np.nan
    predict_seconds: float = np.nan
    engine: str = ""
    failure: str = ""


def run_trials(plan: Plan, trials: dict[Key, Trial]) -> str:
    """Run the trials that `trials` lacks and add each as it ends; return what broke them off, "" where nothing did.

    Whatever ends the run, Ctrl-C or a worker that dies, what is finished is kept.
    """
    keys = plan.list_keys()
    missing = [key for key in keys if key not in trials]
    interrupted = Event()
    waiting = takewhile(lambda key: not interrupted.is_set(), missing)
    jobs = (delayed(_run_key)(plan.models[key.model], key, *_data(plan, key)) for key in waiting)
    # scikit-learn sets the warning filters in each thread, though all threads of a process share them: two that start
    # at once may leave some of them out for good.
    with warnings.catch_warnings():
        try:
            for key, trial in _run_jobs(jobs, plan.n_jobs, len(plan.models) * len(plan.seeds)):
                if trial is None:
                    interrupted.set()  # those already running end, so that their results are kept
                    continue
                trials[key] = trial
                if plan.verbose:
                    print(f"[{len(trials)}/{len(keys)}] {_progress(key, trial)}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            interrupted.set()
        except Exception as error:  # of a backend: what a model raises is its result
            if not trials:
                raise
            return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return "Ctrl-C" if interrupted.is_set() else ""


def _run_jobs(jobs: Iterator[Any], n_jobs: int | None, n_at_once: int) -> Iterator[Any]:
    """Yield results as they come; from backends that return all together, as Ray's, some jobs at a time."""
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    except ValueError:
        while some := list(islice(jobs, n_at_once)):
            yield from Parallel(n_jobs=n_jobs)(some)
    else:
        _tell_of_errors(getattr(parallel, "_backend", None))
        yield from parallel(jobs)


def _tell_of_errors(backend):
    """Have joblib hear of a job whose worker died: its backend for Dask keeps that for itself, and all would wait."""
    if type(backend).__name__ != "DaskDistributedBackend":
        return
    submit = backend.submit

    def submit_and_tell(func, callback=None):
        def tell(done):
            if callback is not None and (error := done.exception()) is not None:
                callback(error)

        job = submit(func, callback)
        job.add_done_callback(tell)
        return job

    backend.submit = submit_and_tell


def warn_of_outcome(plan: Plan, trials: dict[Key, Trial], failures: pd.DataFrame, obstacle: str) -> None:
    """Warn the caller's caller of fits that failed, all of which is an error, and of a run that was broken off."""
    n_fits, n_failed, first = len(plan.list_keys()), len(failures), tell_first_failure(failures)
    if n_failed == n_fits:
        raise ValueError(f"models must have one that can be fitted, but all {n_fits} fits failed; {first}.")
    if n_failed:
        words = f"{n_failed} of {len(trials)} fits failed; {first}; see failures."
        warnings.warn(words, FitFailedWarning, stacklevel=4)
    if obstacle:
        words = f"The comparison was interrupted after {len(trials)} of {n_fits} fits ({obstacle[:200]})"
        warnings.warn(f"{words}; resume() runs the rest.", UserWarning, stacklevel=4)


def tell_first_failure(failures: pd.DataFrame) -> str:
    """Say which fit failed first, and of what; nothing where none failed."""
    if failures.empty:
        return ""
    first = failures.iloc[0]
    return f"the first was {first['model']!r} in fold {first['fold']}: {' '.join(first['error'].split())}"


def _data(plan: Plan, key: Key) -> tuple[Any, ...]:
    return plan.X, plan.y, plan.folds[key.fold], plan.scorers, plan.labels, plan.season_length


def _run_key(model: Any, key: Key, *data: Any) -> tuple[Key, Trial | None]:
    # A thread or a process of a pool that dies of Ctrl-C would leave the others waiting, so it says so instead.
    try:
        return key, run_trial(model, key.seed, *data)
    except KeyboardInterrupt:
        return key, None


def run_trial(model, seed, X, y, fold, scorers, labels, season_length) -> Trial:
    """Fit a clone of the model on the fold's training rows, and score it on its test rows."""
    train, test = fold
    X_train, y_train, X_test, y_test = (take(a, rows) for rows in fold for a in (X, y))
    forecasts = None
    try:
        estimator = clone(model)
        estimator.set_params(**dict.fromkeys(random_states(model), seed))
        start = perf_counter()
        estimator.fit(X_train, y_train)
        fitted = perf_counter()
        if is_forecaster(model):
            forecasts = estimator.paired_table(X_test)
            y_test, y_pred = outputs_of(forecasts)
        else:
            y_pred = np.asarray(estimator.predict(X_test))
        predicted = perf_counter()
        y_pred = _like_target(y_pred, y_test)
        seen = (_Predicted if forecasts is None else _Paired)(estimator, X_test, y_pred)
        measured = {name: scorer.measure(seen, X_test, y_test) for name, scorer in scorers.items()}
        errors = {name: _error(name, score) for name, (score, _) in measured.items()}
    except Exception as error:  # whatever a model raises is its result
        return Trial(failure=f"{type(error).__name__}: {error}")
    losses = {name: losses for name, (_, losses) in measured.items() if losses is not None}
    if forecasts is None and not is_classifier(model):
        errors["mase"] = _fold_mase(y, y_pred, train, test, labels, season_length)
        losses["mase"] = ERRORS["mae"].row_losses(y_test, y_pred)
    costs = count_parameters(estimator), fitted - start, predicted - fitted
    return Trial(errors, losses, y_pred, forecasts, *costs, engine=join_texts(read_engines(estimator)))


def take(a: Any, rows: NDArray[np.intp]) -> Any:
    """Return a copy of some rows, with their labels where there are any; None of None."""
    if a is None:
        return None
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


def read_engines(estimator: Any) -> list[str]:
    """Return what each network in a fitted model says of how it was trained, its `engine_`."""
    if hasattr(estimator, "engine_"):
        return [estimator.engine_]
    return [engine for part in chain.from_iterable(look_inside_fitted(estimator)) for engine in read_engines(part)]


def join_texts(texts: Iterable[str]) -> str:
    """Join the texts that differ, in the order in which they occur."""
    return "; ".join(dict.fromkeys(filter(None, texts)))


class _Predicted:
    """A fitted estimator with its predictions for X, so that no scorer predicts again."""

    def __init__(self, estimator, X, y_pred):
        self._estimator, self._X, self._y_pred = estimator, X, y_pred

    def predict(self, X):
        return self._y_pred if X is self._X else self._estimator.predict(X)

    def __getattr__(self, name):
        return getattr(self._estimator, name)


class _Paired(_Predicted):
    """A fitted Forecaster with its forecasts, which answers for origins what is asked of rows."""

    def __getattr__(self, name):
        if name == "predict_quantiles":
            paired = self._estimator.paired_quantiles  # there if it forecasts quantiles
            return lambda X: paired(X)[1]
        found = super().__getattr__(name)
        if not name.startswith("paired_"):
            return found
        return lambda X, y=None, **options: found(X, **options)  # y is what was read from X


def _like_target(y_pred: NDArray[Any], y_test: Any) -> NDArray[Any]:
    """Return the predictions in the shape of the targets; one output may be in one column or in none."""
    if y_pred.size != np.size(y_test) or len(y_pred) != len(y_test):
        raise ValueError(
            f"predict must give one value for each of the targets, which have shape {np.shape(y_test)}, but gave "
            f"shape {y_pred.shape}; pass a model for as many outputs as y has."
        )
    return y_pred.reshape(np.shape(y_test))


def _error(name: str, score: float) -> float:
    """Return the error of a score of a scorer, which is negated so that greater is better."""
    if not score <= 0:  # NaN as well
        raise ValueError(
            f"scoring={name!r} must be a negated error, 0 at best, but gave a score of {score:.4g}; pass an error, for "
            "example 'rmse' or sklearn.metrics.make_scorer(error, greater_is_better=False)."
        )
    return abs(float(score))


def _fold_mase(y: Any, y_pred: NDArray[Any], train, test, labels: Panel | None, season_length: int) -> float:
    y = np.asarray(y, dtype=float)
    known: Any = np.full_like(y, np.nan)
    known[train] = y[train]
    if labels is not None:  # each series has a scale of its own
        index = pd.MultiIndex.from_arrays([labels.series, labels.times])
        y, known = ((pd.Series if y.ndim == 1 else pd.DataFrame)(values, index) for values in (y, known))
    try:
        return mase(take(y, test), y_pred, known, season_length=season_length)
    except ValueError:  # the training targets give no scale
        return np.nan


def _progress(key: Key, trial: Trial) -> str:
    name = f"{key.model}, fold {key.fold}, seed {key.seed}"
    if trial.failure:
        return f"{name}: failed, {' '.join(trial.failure.split())}"
    metric, error = next(iter(trial.errors.items()))
    return f"{name}: {metric} {error:.4g}, {trial.fit_seconds + trial.predict_seconds:.1f} s"
