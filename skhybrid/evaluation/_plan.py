"""What a comparison runs: its models, its data, and the folds and seeds of each fit."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv

from skhybrid._nested import predicts
from skhybrid._validation import check_positive_int, check_readable, cut, short
from skhybrid.evaluation._forecasters import check_forecasters, check_forward, origins_of
from skhybrid.evaluation.scorers import ERRORS, ErrorScorer, asks_for_labels, forecast_scorer, read_scorer
from skhybrid.series.carrier import Windows
from skhybrid.series.panel import Panel, label_groups, read_labels


class Key(NamedTuple):
    """Which trial it is. The order is fold by fold, so that an interrupted comparison has whole folds."""

    fold: int
    seed: int
    model: str


@dataclass(frozen=True)
class Plan:
    """All that the trials of a comparison are made of.

    Attributes
    ----------
    y : array-like or None
        The targets; None of Forecasters, whose targets are in X.
    times : Index or None
        Of Forecasters, the times of the rows, each once and in order.
    folds : list of (ndarray, ndarray)
        Training and test rows.
    labels : Panel or None
        Which rows belong to which series, where there are several.
    of_labels : bool
        Whether the models are classifiers.
    """

    models: dict[str, Any]
    X: Any
    y: Any
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
    seeds: range
    labels: Panel | None
    times: pd.Index | None
    scorers: dict[str, ErrorScorer]
    of_labels: bool
    season_length: int
    n_jobs: int | None
    verbose: int

    @property
    def n_ahead(self) -> int:
        """How many steps ahead forecasts reach: as many as y has columns, or as Forecasters say."""
        if self.times is None:
            return int(np.prod(self.y.shape[1:]))
        parameters = next(iter(self.models.values())).get_params()
        return int(parameters["lead"] + parameters["horizon"])

    @property
    def moments(self) -> NDArray[np.intp]:
        """For each row, how many times lie before its own: rows of several series may have the same time."""
        if self.labels is not None:
            return self.labels.moments
        return np.arange(len(self.y if self.times is None else self.times))

    def moments_of(self, fold: int, forecasts: pd.DataFrame | None) -> NDArray[np.intp]:
        """Return the moments of the test rows of a fold, or of the origins of a Forecaster's forecasts of it."""
        if forecasts is None or self.times is None:
            return self.moments[self.folds[fold][1]]
        return self.times.get_indexer(origins_of(forecasts))

    @property
    def index(self) -> pd.Index | None:
        """Labels of the rows, where there is one for each."""
        index = next((a.index for a in (self.X, self.y) if isinstance(a, pd.Series | pd.DataFrame)), None)
        return index if self.labels is None else None

    @property
    def target(self) -> str:
        """Name of y, "y" where it has none."""
        return str(name) if (name := getattr(self.y, "name", None)) is not None else "y"

    @property
    def metrics(self) -> list[str]:
        """Names of the errors; the first one sorts the table and is tested."""
        return [*self.scorers] if self.of_labels or self.times is not None else [*self.scorers, "mase"]

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


def make_plan(models, X, y, cv, scoring, n_seeds, random_state, season_length, n_jobs, verbose, *, groups=None) -> Plan:
    """Check what `compare_models` was given, and draw the folds, once for all models."""
    models = _check_models(models)
    check_readable(X, "X")
    of_forecasters = check_forecasters(models, X, y)
    if not of_forecasters:
        check_readable(y, "y")
    X, y = (a if a is None or isinstance(a, Windows) or hasattr(a, "ndim") else np.asarray(a) for a in (X, y))
    scorers = _check_scoring(scoring)
    of_labels = asks_for_labels(scorers, models)
    if not of_forecasters:
        _check_targets(X, y, of_labels)
    labels = _read_labels(X, y, groups)
    first_seed = _check_seed(random_state)
    plan = Plan(
        models=models,
        X=X,
        y=y,
        folds=_check_folds(cv, X, y, groups),
        seeds=range(first_seed, first_seed + check_positive_int(n_seeds, "n_seeds")),
        labels=labels if isinstance(labels, Panel) else None,
        times=_times_of(X, labels) if of_forecasters else None,
        scorers=scorers,
        of_labels=of_labels,
        season_length=check_positive_int(season_length, "season_length"),
        n_jobs=n_jobs,
        verbose=_somebody_watches() if verbose is None else verbose,
    )
    if of_forecasters:
        check_forward(plan.folds, plan.moments)
    return plan


def _times_of(X, labels):
    """Return the times of the rows, each once and in order."""
    return labels.distinct if isinstance(labels, Panel) else X.index


def random_states(model: Any) -> list[str]:
    """Return the names of the parameters that seed a model or a part of it."""
    return [name for name in model.get_params(deep=True) if name.split("__")[-1] == "random_state"]


def _somebody_watches() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def check_name(name: Any, parameter: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known."""
    if name not in (names := list(known)):
        known_names = cut(", ".join(map(repr, names)), 200)
        raise ValueError(f"{parameter} must be one of {known_names}, but is {short(name)}; pass one of these.")


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
        is_estimator = not isinstance(model, type) and hasattr(model, "fit") and hasattr(model, "get_params")
        if not is_estimator or not predicts(model):
            raise ValueError(
                f"models must hold scikit-learn estimators, but models[{name!r}] is {model!r}; pass an instance of a "
                "regressor or a classifier, or a pipeline that ends in one."
            )
    return dict(models)


def _check_targets(X: Any, y: Any, of_labels: bool) -> None:
    if len(X) != len(y) or y.ndim not in (1, 2):
        raise ValueError(
            f"y must be 1-D or 2-D with one row per sample of X, but X has {len(X)} samples and y has shape {y.shape}; "
            "take both from the same rows."
        )
    if of_labels:
        return
    kinds = {dtype.kind for dtype in (y.dtypes if y.ndim == 2 and hasattr(y, "dtypes") else [y.dtype])}
    if not kinds <= set("biuf"):
        raise ValueError(
            "y must hold numbers, but does not; pass numeric targets, or classifiers and scoring='error_rate'."
        )


def _read_labels(X: Any, y: Any, groups: Any) -> Any:
    """Return the labels of the rows: those of X or y, else of the groups."""
    labels = read_labels(X)
    labels = read_labels(y, "y") if labels is None else labels
    if groups is None or isinstance(labels, Panel):
        return labels
    if len(groups) != len(X):
        raise ValueError(
            f"groups must hold the series of each of the {len(X)} rows of X, but has {len(groups)} values; take both "
            "from the same rows."
        )
    return label_groups(groups, labels)


def _check_seed(random_state: Any) -> int:
    if not isinstance(random_state, Integral) or isinstance(random_state, bool) or random_state < 0:
        raise ValueError(
            f"random_state must be an integer of at least 0, the first of the seeds, but is {random_state!r}; pass for "
            "example random_state=0."
        )
    return int(random_state)


def _check_folds(cv: Any, X: Any, y: Any, groups: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Draw the folds, once for all models."""
    folds = [(np.arange(len(X))[train], np.arange(len(X))[test]) for train, test in check_cv(cv, y).split(X, y, groups)]
    for number, (train, test) in enumerate(folds):
        if not len(train) or not len(test) or np.intersect1d(train, test).size:
            raise ValueError(
                f"cv must give folds with training rows and other test rows, but fold {number} has {len(train)} and "
                f"{len(test)}, of which {np.intersect1d(train, test).size} are in both; pass for example "
                "TimeSeriesSplit(5)."
            )
    return folds


def _check_scoring(scoring: Any) -> dict[str, ErrorScorer]:
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


def _check_scorer(scorer: Any) -> ErrorScorer:
    if callable(scorer):
        return read_scorer(scorer)
    if scorer in ERRORS:
        return forecast_scorer(scorer)
    if isinstance(scorer, str) and scorer.startswith("neg_") and scorer in get_scorer_names():
        return read_scorer(get_scorer(scorer))
    raise ValueError(
        f"scoring must be one of {', '.join(map(repr, ERRORS))}, a name of scikit-learn's that starts with 'neg_', or "
        f"a dict of scorers, but holds {short(scorer)}; pass an error, lower is better."
    )
