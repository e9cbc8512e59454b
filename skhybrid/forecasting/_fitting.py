"""Fitting: from rows by series to a trained estimator, and what a forecaster remembers beside it."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from skhybrid.estimators.recipe import recommended
from skhybrid.forecasting._learning import learn_plan, make_filter, pick_training
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._table import Table
from skhybrid.forecasting._transform import learn_residuals
from skhybrid.forecasting._within import spread


class Fitted(NamedTuple):
    """What a fit leaves.

    Attributes
    ----------
    estimator : estimator object
        The trained estimator.
    memory : Memory
        What is remembered beside it.
    n_samples, n_left_out : int
        Number of origins that were trained on, and of those left out.
    """

    estimator: Any
    memory: Memory
    n_samples: int
    n_left_out: int


def fit_to(table: Table, forecaster: Any, weights: NDArray[np.float64] | None) -> Fitted:
    """Train the estimator that a forecaster names on the rows of a table, with a weight for each as a target."""
    plan = learn_plan(forecaster, table)
    grids = {key: plan.maker.make(part.frame) for key, part in table.parts.items()}
    of_steps = None
    if weights is not None:
        of_steps = {key: spread(grids[key], part, weights) for key, part in table.parts.items()}
    training = pick_training(plan, grids, make_filter(forecaster.origins), of_steps, forecaster.half_life)
    options = {} if training.weights is None else {"sample_weight": training.weights}
    estimator = _make_estimator(forecaster, plan.seasons, training.gap).fit(training.X, training.y, **options)
    if plan.transform.transformers:
        errors = np.reshape(training.y - estimator.predict(training.X), (-1, plan.n_targets, plan.cutter.horizon))
        plan = replace(plan, transform=learn_residuals(plan.transform, errors))
    memory = Memory(
        plan,
        {key: part.frame[plan.maker.roles.used] for key, part in table.parts.items()},
        list(table.labels.names),
        table.is_panel,
        (forecaster.series, forecaster.time),
        min(plan.seasons, default=forecaster.horizon) if forecaster.max_fill is None else forecaster.max_fill,
    )
    return Fitted(estimator, memory, len(training.y), training.n_left_out)


def _make_estimator(forecaster, seasons, gap):
    """Return the estimator to train; where it holds samples out, it leaves out those before that know too much."""
    if forecaster.estimator is None:
        return recommended(
            forecaster.horizon,
            seasons,
            validation_gap=gap,
            random_state=forecaster.random_state,
            n_jobs=forecaster.n_jobs,
        )
    estimator = clone(forecaster.estimator)
    is_open = {name for name, value in estimator.get_params().items() if value is None}
    gaps = [name for name in is_open if name.split("__")[-1] == "validation_gap"]
    return estimator.set_params(**dict.fromkeys(gaps, gap))
