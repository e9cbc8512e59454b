"""Forecasters in a comparison: X holds their targets, and each fold is forecast from one origin after the other."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import short

SHARED = ("target", "horizon", "lead", "origins")  # which forecasts there are, of which rows


def is_forecaster(model: Any) -> bool:
    """Return whether a model takes the table of series itself, as Forecaster does."""
    return hasattr(model, "paired_table")


def check_forecasters(models: Mapping[str, Any], X: Any, y: Any) -> bool:
    """Return whether models are Forecasters; refuse those that cannot be compared, with others or with each other."""
    is_one = {name: is_forecaster(model) for name, model in models.items()}
    if not any(is_one.values()):
        return False
    first = next(name for name in models if is_one[name])
    for name, model in models.items():
        if not is_one[name]:
            raise ValueError(
                f"models must be Forecasters, all or none, but models[{first!r}] is one and models[{name!r}] is "
                f"{short(model)}; pass Forecaster(estimator=...) in its place."
            )
        _check_alike(models, first, name)
    if y is not None:
        raise ValueError(
            "y must be None with Forecasters, whose targets are columns of X, but was given; leave it out."
        )
    if not isinstance(X, pd.DataFrame | pd.Series):
        raise ValueError(
            f"X must be a DataFrame or a Series with Forecasters, whose rows its index names, but is "
            f"{type(X).__name__}; pass pandas.DataFrame(X)."
        )
    return True


def _check_alike(models, first, name):
    """Refuse a Forecaster whose forecasts are of other rows than those of the first."""
    for parameter in SHARED:
        values = [models[key].get_params()[parameter] for key in (first, name)]
        if values[0] != values[1]:
            raise ValueError(
                f"models must forecast the same, but {parameter} is {values[0]!r} in models[{first!r}] and "
                f"{values[1]!r} in models[{name!r}]; set all alike."
            )
    for parameter in ("series", "time"):
        if (column := models[name].get_params()[parameter]) is not None:
            raise ValueError(
                f"X must name its rows by its index, as folds are drawn by it, but {parameter} of models[{name!r}] is "
                f"the column {column!r}; make an index of (series, time), or of the time, and leave it out."
            )


def check_forward(folds: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]], moments: NDArray[np.intp]) -> None:
    """Refuse folds in which a Forecaster would learn from rows that lie after its origins."""
    for number, (train, test) in enumerate(folds):
        if moments[train].max() >= moments[test].min():
            raise ValueError(
                f"cv must give folds whose training rows all lie before the test rows, with Forecasters, but fold "
                f"{number} does not; pass TimeSeriesSplit(5), or of several series PanelTimeSeriesSplit(5)."
            )


def have_same_origins(predictions: pd.DataFrame) -> bool:
    """Return whether all fits of a fold forecast from the same origins, if from any."""
    if "origin" not in predictions:
        return True
    keys = ["fold", *(name for name in ("series", "origin") if name in predictions)]
    of_fits = predictions[["model", "seed", *keys]].drop_duplicates().groupby(["fold", "model", "seed"]).size()
    of_folds = predictions[keys].drop_duplicates().groupby("fold").size()
    return bool((of_fits == of_folds.reindex(of_fits.index, level="fold")).all())


def outputs_of(forecasts: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the true values and the forecasts of a table, (n_origins, n_targets * horizon)."""
    n_origins = len(origins_of(forecasts))
    y_true, y_pred = (forecasts[name].to_numpy().reshape(n_origins, -1) for name in ("y_true", "forecast"))
    return y_true, y_pred


def origins_of(forecasts: pd.DataFrame) -> pd.Index:
    """Return the origins in a table of forecasts, one after the other in each series, (n_origins,)."""
    keys = [name for name in ("series", "origin") if name in forecasts]
    return pd.Index(forecasts.drop_duplicates(keys)["origin"])
