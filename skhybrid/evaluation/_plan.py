"""What a comparison runs: its models, its data, and the folds and seeds of each fit."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv

from skhybrid._validation import check_positive_int
from skhybrid.evaluation.metrics import METRICS, forecast_scorer


class Key(NamedTuple):
    """Which trial it is. The order is fold by fold, so that an interrupted comparison has whole folds."""

    fold: int
    seed: int
    model: str


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

    @property
    def metrics(self) -> list[str]:
        """Names of the errors; the first one sorts the table and is tested."""
        return [*self.scorers, "mase"]

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


def _somebody_watches() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def check_name(name: Any, parameter: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known."""
    if name not in (names := list(known)):
        raise ValueError(
            f"{parameter} must be one of {', '.join(map(repr, names))}, but is {name!r}; pass one of these."
        )


def check_contrasts(contrasts: Any, models: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the contrasts as pairs of names of models."""
    pairs = [tuple(pair) if not isinstance(pair, str) else (pair,) for pair in contrasts]
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(models):
            raise ValueError(
                f"contrasts must be pairs of two different models, but hold {pair!r}; pass for example "
                f"contrasts=[{tuple(list(models)[:2])!r}]."
            )
    return pairs


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
