"""Fitting: from rows by series to a trained estimator, and what a forecaster remembers beside it."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV

from skhybrid._progress import UNSEEN, Progress, clone_unfollowed
from skhybrid.estimators.recipe import recommended
from skhybrid.forecasting._archive import read_archive
from skhybrid.forecasting._cold import pick_cold_starts, plan_cold_start
from skhybrid.forecasting._learning import learn_plan, make_filter, pick_training
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._table import Table, attach
from skhybrid.forecasting._transform import learn_residuals
from skhybrid.forecasting._within import spread

HELD_OUT, MAX_FOLDS = 0.15, 4  # of the samples by each part, and parts, as `recommended` has them


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


def settle(forecaster: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Return one table of X and y, and an unfitted forecaster that names its target in it.

    Where the target is given apart and no column of X has a role, all are read up to the origin.
    """
    settings = clone_unfollowed(forecaster)
    if y is None:
        return X, settings
    has_roles = any(len(getattr(forecaster, name)) for name in ("past", "known_future", "static"))
    table, targets = attach(X, y, forecaster.target)
    others = (*targets, forecaster.series, forecaster.time)
    past = forecaster.past if has_roles else [name for name in table.columns if name not in others]
    return table, settings.set_params(target=targets, past=past)


def fit_to(
    table: Table,
    forecaster: Any,
    weights: NDArray[np.float64] | None,
    archive: Any = None,
    progress: Progress = UNSEEN,
) -> Fitted:
    """Train the estimator that a forecaster names on the rows of a table.

    Rows may have weights as targets, and an archive may hold what was known ahead at each origin.
    """
    read = read_archive(archive, table, forecaster.known_future)
    table = table if read is None else read.complete(table)
    plan = learn_plan(forecaster, table, read)
    of_steps = None
    if weights is not None:
        of_steps = {key: spread(plan.maker.make(part.frame), part, weights) for key, part in table.parts.items()}
    grids = _lay(plan, {key: part.frame for key, part in table.parts.items()}, read)
    cold = _plan_cold(forecaster, plan, grids, table.is_panel)
    training = _pick(plan, grids, forecaster, of_steps)
    estimator, plan = _train(forecaster, plan, training, progress)
    memory = Memory(
        plan,
        {key: part.frame[plan.maker.roles.used] for key, part in table.parts.items()},
        list(table.labels.names),
        table.is_panel,
        (forecaster.series, forecaster.time),
        min(plan.seasons, default=forecaster.horizon) if forecaster.max_fill is None else forecaster.max_fill,
        max(part.frame.index[-1] for part in table.parts.values()),
        weights is not None,
        cold=None if cold is None else _train_cold(forecaster, cold, grids, of_steps),
        archive=read,
    )
    return Fitted(estimator, memory, len(training.y), training.n_left_out)


def adapt_linear(estimator: Any, memory: Memory, forecaster: Any) -> Any:
    """Return an estimator whose linear part is learned anew from all known rows, in closed form.

    Where the whole estimator is a linear regression, it is fitted anew; else networks and trees stay as they are.
    """
    if memory.is_weighted:
        raise ValueError(
            "adapt must be 'none' or 'bias' after a fit with sample_weight, since nothing tells the weights of the "
            "rows that follow, but is 'linear'; fit anew."
        )
    grids = _lay(memory.plan, memory.known, memory.archive)
    training = _pick(memory.plan, grids, forecaster, None)
    final = estimator
    while steps := getattr(final, "steps", None):
        final = steps[-1][1]
    if isinstance(final, LinearRegression | Ridge | RidgeCV):
        return clone(estimator).fit(training.X, training.y, **_weighted(training))
    if not hasattr(estimator, "refresh_linear"):
        raise ValueError(
            "adapt='linear' needs an estimator with a linear path in closed form (linear_path='ridge'), or one that is "
            f"a LinearRegression, Ridge or RidgeCV, but it is {type(final).__name__}; pass adapt='none' or 'bias', or "
            "fit anew."
        )
    return estimator.refresh_linear(training.X, training.y, **_weighted(training))


def _lay(plan, frames, archive):
    """Return the grid of each series, with what an archive tells."""
    grids = {key: plan.maker.make(frame) for key, frame in frames.items()}
    if archive is None:
        return grids
    return {key: archive.lay(key, grid, plan.maker, plan.cutter) for key, grid in grids.items()}


def _train(forecaster, plan, training, progress, **settings):
    """Return the estimator that a forecaster names, trained, and the plan with what its errors tell."""
    estimator = _make_estimator(forecaster, plan, training, settings)
    with progress.inside(estimator):
        estimator.fit(training.X, training.y, **_weighted(training))
    if plan.transform.transformers:
        errors = np.reshape(training.y - estimator.predict(training.X), (-1, plan.n_targets, plan.cutter.horizon))
        plan = replace(plan, transform=learn_residuals(plan.transform, errors))
    return estimator, plan


def _plan_cold(forecaster, plan, grids, is_panel):
    """Return how series without rows are forecast, before a model of them is trained; None where they are not."""
    if not forecaster.cold_start:
        return None
    return plan_cold_start(plan, grids, is_panel=is_panel, short=forecaster.estimator is None)


def _train_cold(forecaster, cold, grids, weights):
    """Return how series without rows are forecast, by a model that is trained on all as if they had not begun."""
    training = pick_cold_starts(cold, grids, make_filter(forecaster.origins), weights, forecaster.half_life)
    # What is recommended has no past to start from, and no reason to trust the last of the series most.
    settings = {"linear_bases": None, "linear_lengths": 1, "linear_half_life": None}
    estimator, plan = _train(forecaster, cold.plan, training, UNSEEN, **settings)
    return replace(cold, plan=plan, estimator=estimator)


def _pick(plan, grids, forecaster, weights):
    """Return the samples to learn from, of the steps of each series."""
    return pick_training(plan, grids, make_filter(forecaster.origins), weights, forecaster.half_life)


def _weighted(training):
    """Return the weights of samples as an option of `fit`, where there are any."""
    return {} if training.weights is None else {"sample_weight": training.weights}


def find_folds(n_samples: int, gap: int) -> int:
    """Return how many parts what is recommended holds out, one after the other: four, if there is room for them."""
    n_held_out = max(round(HELD_OUT * n_samples), 1)
    return max(1, min(MAX_FOLDS, (n_samples - gap) // n_held_out - 1))  # one part more is left to learn from


def _make_estimator(forecaster, plan, training, settings):
    """Return the estimator to train; where it holds samples out, it leaves out those before that know too much.

    The `settings` are for what is recommended alone.
    """
    if forecaster.estimator is None:
        # It counts seasons on from the end of a window, for all targets alike. Where several are known late by other
        # than whole seasons, its seasonal parts would read another phase, and are left out.
        late = [forecaster.lead + delay for delay in plan.cutter.delays[: plan.n_targets]]
        is_aligned = len({n_steps % min(plan.seasons, default=1) for n_steps in late}) == 1
        return recommended(
            forecaster.horizon,
            plan.seasons if is_aligned else (),
            lead=min(late),
            validation_gap=training.gap,
            validation_folds=find_folds(len(training.y), training.gap),
            random_state=forecaster.random_state,
            n_jobs=forecaster.n_jobs,
            **settings,
        )
    estimator = clone(forecaster.estimator)
    is_open = {name for name, value in estimator.get_params().items() if value is None}
    gaps = [name for name in is_open if name.split("__")[-1] == "validation_gap"]
    return estimator.set_params(**dict.fromkeys(gaps, training.gap))
