"""The models of `forecasts.py` that are other packages', as functions like those of `_forecast_models.py`.

Each comes twice, as it is by default and as a careful user would set it. All learn from the same rows, and their
parameters stay as learned there while they forecast from every origin of the test part; but the statistical models of
statsforecast, which stand for small series, are in their careful version chosen and fitted anew at every origin, from
all rows until then. These have no windows: they read the whole past.

statsforecast
    AutoETS, AutoTheta and MSTL with the season of the task.
skforecast
    LightGBM. By default it forecasts step by step from its own forecasts (ForecasterRecursive), with the lags of one
    season and the one seven seasons ago. With care its lags reach 48 steps back at least; each step may have a model of
    its own (ForecasterDirect) and the target may be differenced, and is where the series ends in an outer tenth of its
    values, beyond which trees forecast nothing; the loss is that of the score; the number of trees is found by early
    stopping. Where a column is known of the past alone, it is given as it was a horizon before.
neuralforecast
    LSTM, NHITS and PatchTST. With care: the loss of the score, windows scaled by median and spread, the longest window,
    and as many steps as do best on the last 15 % of the training rows, found by early stopping; then a training on all
    rows. PatchTST scales its windows itself; it learns from smaller batches with a larger learning rate, without which
    it would take hours. No training lasts longer than `MINUTES`: what was cut says so in its result.

The phase of the coming steps is told by counters to trees, and by `N_HARMONICS` waves of each season to networks.
"""

import logging
from functools import partial

import numpy as np
import pandas as pd
from _forecast_models import HELD_OUT, SCORES, split

from skhybrid import make_windows

MINUTES = 30
N_HARMONICS = 2


# %% What is known of rows
def target_of(series, task):
    """Return the series."""
    return series.frame[task.column].to_numpy()


def phases_of(series, task):
    """Return the phase of each row in each season, (n_rows, n_seasons)."""
    if not task.seasons:
        return np.empty((len(series.frame), 0), int)
    X, _ = make_windows(series.frame[[task.column]], task.column, window_length=1, horizon=[1], seasons=task.seasons)
    coming = X.ahead[:, 0].astype(int)  # of rows 1, 2, ...
    return np.concatenate([(coming[:1] - 1) % task.seasons, coming])


def coming_inputs(series, task, *, waves):
    """Return what is known ahead of each row, with phases as counters or as waves."""
    columns = {name: series.frame[name].to_numpy() for name in series.known}
    for season, phase in zip(task.seasons, phases_of(series, task).T, strict=True):
        if not waves:
            columns[f"phase_{season}"] = phase
            continue
        for k in range(1, min(N_HARMONICS, season // 2) + 1):
            angle = 2 * np.pi * k * phase / season
            columns |= {f"cos_{season}_{k}": np.cos(angle), f"sin_{season}_{k}": np.sin(angle)}
    return pd.DataFrame(columns, index=range(len(series.frame)))


def past_only(series, task):
    """Return the names of columns that are known of the past alone."""
    return [name for name in series.frame if name != task.column and name not in series.known]


def training_origins(series, horizon):
    """Return the rows at which the training windows end."""
    first = np.arange(series.window, series.n_training - horizon + 1)
    counts = np.lib.stride_tricks.sliding_window_view(series.is_known, horizon).all(axis=1)
    return first[counts[first]] - 1


def hold_out(series, horizon):
    """Return the series as it is before the part to choose by, which is its test part."""
    X, y = series.train
    known, held_out = split(len(y), horizon)
    origins = training_origins(series, horizon)[held_out]
    return series._replace(
        n_training=origins[0] + 1,
        train=(X[known], y[known]),
        test=(X[held_out], y[held_out]),
        origins=origins,
    )


# %% statsforecast
def statistical(series, task, seed, loss, *, name, careful):
    """Fit once and go forward through the test part; with care, fit anew at every origin."""
    from statsforecast import models

    y = target_of(series, task)
    model = getattr(models, name)(season_length=task.season)
    model.fit(y[: series.n_training])

    def forecast_from(origin):
        past = y[: origin + 1]
        if careful:
            return model.fit(past).predict(task.horizon)["mean"]
        return model.forward(past, task.horizon)["mean"]

    return lambda: np.stack([forecast_from(origin) for origin in series.origins]), {"refitted": careful}


# %% skforecast
TREES, TREES_RATE, PATIENCE = 2000, 0.05, 50
OBJECTIVES = {"squared": "regression", "absolute": "regression_l1"}


def boosted(series, task, seed, loss):
    """Fit a recursive forecaster with LightGBM as it is."""
    from lightgbm import LGBMRegressor

    lags = lags_of(task, series.window, task.season, 7 * task.season)
    forecaster = make_forecaster(series, task, LGBMRegressor(random_state=seed, verbose=-1), lags)
    fit_forecaster(forecaster, series, task)
    return lambda: forecast_recursively(forecaster, series, task), {"lags": len(lags)}


def boosted_with_care(series, task, seed, loss):
    """Choose how to forecast, and the number of trees, by what is held out; then fit on all rows."""
    from lightgbm import LGBMRegressor

    make_trees = partial(
        LGBMRegressor, learning_rate=TREES_RATE, objective=OBJECTIVES[loss], random_state=seed, verbose=-1
    )
    orders = (1,) if ends_far_out(series, task) else (None, 1)
    settings = [{"direct": direct, "differentiation": order} for direct in (False, True) for order in orders]
    tried = [try_setting(series, task, make_trees, loss, setting) for setting in settings]
    best = int(np.argmin([error for error, _ in tried]))
    setting, n_trees = settings[best], tried[best][1]
    forecaster = make_forecaster(
        series, task, make_trees(n_estimators=n_trees), careful_lags(series, task, setting["direct"]), **setting
    )
    fit_forecaster(forecaster, series, task)
    forecast = forecast_directly if setting["direct"] else forecast_recursively
    return lambda: forecast(forecaster, series, task), {**setting, "trees": n_trees}


def ends_far_out(series, task):
    """Return whether the last season of the training rows lies in an outer tenth of them."""
    known = target_of(series, task)[: series.n_training]
    return not 0.1 < np.mean(known < known[-task.season :].mean()) < 0.9


def lags_of(task, window, recent, *others):
    """Return the lags of recent steps and others, as far as the window holds them and the step before."""
    return sorted({lag for lag in (*range(1, recent + 1), *others) if lag < window})


def careful_lags(series, task, direct):
    """Return more lags; those of the season that is seven before are all there where each step has its own model."""
    oldest = range(6 * task.season + 1, 7 * task.season + 1) if direct else [7 * task.season]
    return lags_of(task, series.window, max(48, task.season), *oldest)


def make_forecaster(series, task, estimator, lags, *, direct=False, differentiation=None):
    """Return a forecaster, to which rows with missing values are worth nothing."""
    from skforecast.direct import ForecasterDirect
    from skforecast.recursive import ForecasterRecursive

    options = {"lags": lags, "differentiation": differentiation}
    if not series.is_known.all():
        options["weight_func"] = lambda index: series.is_known[index].astype(float)
    if direct:
        return ForecasterDirect(estimator, task.horizon, n_jobs=1, **options)
    return ForecasterRecursive(estimator, **options)


def inputs_of(series, task):
    """Return the series and what is known of each row at any origin before it, or None where that is nothing."""
    exog = coming_inputs(series, task, waves=False)
    for name in past_only(series, task):
        exog[f"{name}_before"] = series.frame[name].shift(task.horizon).bfill().to_numpy()
    return pd.Series(target_of(series, task)), exog if exog.shape[1] else None


def until(values, n):
    """Return the first rows, of what may be None."""
    return None if values is None else values[:n]


def fit_forecaster(forecaster, series, task):
    y, exog = (until(values, series.n_training) for values in inputs_of(series, task))
    forecaster.fit(y, exog=exog, suppress_warnings=True)


def try_setting(series, task, make_trees, loss, setting):
    """Return the error on what is held out, and the number of trees, the median of a first, middle and last step."""
    from lightgbm import early_stopping

    earlier = hold_out(series, task.horizon)
    lags = careful_lags(series, task, setting["direct"])
    forecaster = make_forecaster(earlier, task, make_trees(), lags, **setting)
    y, exog = (until(values, series.n_training) for values in inputs_of(series, task))
    table, targets = forecaster.create_train_X_y(y, exog, suppress_warnings=True)

    def count_trees(table, target, step):
        is_held_out = table.index.isin(earlier.origins + step)
        is_known = (table.index < earlier.n_training) & series.is_known[table.index]
        model = make_trees(n_estimators=TREES).fit(
            *(table[is_known], target[is_known]),
            eval_X=table[is_held_out],
            eval_y=target[is_held_out],
            callbacks=[early_stopping(PATIENCE, verbose=False)],
        )
        return model.best_iteration_

    if setting["direct"]:
        steps = {1, (task.horizon + 1) // 2, task.horizon}
        of_steps = {step: forecaster.filter_train_X_y_for_step(step, table, targets) for step in steps}
        n_trees = int(np.median([count_trees(*rows, step) for step, rows in of_steps.items()]))
    else:
        n_trees = count_trees(table, targets, 1)
    forecaster = make_forecaster(earlier, task, make_trees(n_estimators=n_trees), lags, **setting)
    fit_forecaster(forecaster, earlier, task)
    forecast = forecast_directly if setting["direct"] else forecast_recursively
    return SCORES[loss](earlier.test[1], forecast(forecaster, earlier, task)), n_trees


def forecast_recursively(forecaster, series, task):
    """Return what `forecaster.predict` does at each origin, for all origins at once."""
    y, exog = inputs_of(series, task)
    known = y.to_numpy() if forecaster.differentiation is None else y.diff().to_numpy()
    n_past = max(forecaster.lags)
    values = np.empty((len(series.origins), n_past + task.horizon))
    values[:, :n_past] = known[series.origins[:, None] + np.arange(1 - n_past, 1)]
    for step in range(task.horizon):
        table = values[:, n_past + step - forecaster.lags]
        if exog is not None:
            table = np.concatenate([table, exog.to_numpy(float)[series.origins + 1 + step]], axis=1)
        table = pd.DataFrame(table, columns=forecaster.X_train_features_names_out_)
        values[:, n_past + step] = forecaster.estimator.predict(table)
    return undo_differences(values[:, n_past:], forecaster, series, task)


def forecast_directly(forecaster, series, task):
    """Return the same of a forecaster with a model for each step, from its own table of the past."""
    table, targets = forecaster.create_train_X_y(*inputs_of(series, task), suppress_warnings=True)
    forecasts = []
    for step in range(1, task.horizon + 1):
        of_step, _ = forecaster.filter_train_X_y_for_step(step, table, targets)
        forecasts.append(forecaster.estimators_[step].predict(of_step.loc[series.origins + step]))
    return undo_differences(np.stack(forecasts, axis=1), forecaster, series, task)


def undo_differences(forecasts, forecaster, series, task):
    """Return forecasts of the series, and check that the first are those of the package."""
    y, exog = inputs_of(series, task)
    if forecaster.differentiation is not None:
        forecasts = y.to_numpy()[series.origins, None] + np.cumsum(forecasts, axis=1)
    first = series.origins[0] + 1
    coming = None if exog is None else exog[first : first + task.horizon]
    expected = forecaster.predict(task.horizon, last_window=y[:first], exog=coming, suppress_warnings=True)
    np.testing.assert_allclose(forecasts[0], expected, rtol=1e-6)
    return forecasts


# %% neuralforecast
CARE = {
    "LSTM": {"scaler_type": "robust"},
    "NHITS": {"scaler_type": "robust"},
    "PatchTST": {"windows_batch_size": 256, "learning_rate": 5e-4},
}
CHECK_EVERY, CHECKS = 50, 8  # steps from one validation to the next, and validations without a better one


def neural(series, task, seed, loss, *, name, careful):
    """Train a network as it is; with care, for as many steps as do best on the last part of the training rows."""
    table = network_table(series, task)
    known = table[: series.n_training]
    options = network_options(series, task, seed, name)
    chosen = {}
    if careful:
        options |= {"loss": network_loss(loss), "input_size": series.window, **CARE[name]}
        stopping = {"early_stop_patience_steps": CHECKS, "val_check_steps": CHECK_EVERY}
        n_held_out = max(round(HELD_OUT * series.n_training), task.horizon)
        first = train(name, known, n_held_out, **options, **stopping)
        errors = dict(first.models[0].valid_trajectories)
        options["max_steps"] = chosen["steps"] = max(min(errors, key=errors.get), 1)
        chosen["steps_tried"] = len(first.models[0].train_trajectories)
    network = train(name, known, 0, **options)
    chosen["steps_trained"] = len(network.models[0].train_trajectories)
    chosen["was_cut"] = chosen["steps_trained"] < network.models[0].max_steps

    def forecast():
        n_test = len(table) - series.n_training
        found = network.cross_validation(table, test_size=n_test, n_windows=None, step_size=1, use_fitted=True)
        found = found.set_index("cutoff")["m"].loc[series.origins]
        return found.to_numpy(float).reshape(len(series.origins), task.horizon)

    return forecast, chosen


def network_table(series, task):
    """Return the rows as neuralforecast takes them; missing values are no targets."""
    table = coming_inputs(series, task, waves=True)
    for name in past_only(series, task):
        table[name] = series.frame[name].to_numpy()
    rows = {"unique_id": "series", "ds": np.arange(len(table)), "y": target_of(series, task)}
    return table.assign(**rows, available_mask=series.is_known.astype(float))


def network_options(series, task, seed, name):
    """Return what a network cannot do without, and the columns that it takes."""
    options = {"h": task.horizon, "random_seed": seed, "alias": "m"}
    if name != "LSTM":
        options["input_size"] = series.window
    if name != "PatchTST":
        options["futr_exog_list"] = list(coming_inputs(series, task, waves=True)) or None
        options["hist_exog_list"] = past_only(series, task) or None
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    return options | quiet | {"accelerator": "cpu", "max_time": {"minutes": MINUTES}}


def network_loss(loss):
    from neuralforecast.losses.pytorch import MAE, MSE

    return {"squared": MSE, "absolute": MAE}[loss]()


def train(name, table, n_held_out, **options):
    """Train a network."""
    from neuralforecast import NeuralForecast, models

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    network = NeuralForecast([getattr(models, name)(**options)], freq=1)
    network.fit(table, val_size=n_held_out)
    return network


# %% All of them
STATISTICAL = {
    name + care: partial(statistical, name=name, careful=bool(care))
    for name in ("AutoETS", "AutoTheta", "MSTL")
    for care in ("", ", refitted")
}
BOOSTED = {"LightGBM": boosted, "LightGBM, careful": boosted_with_care}
NEURAL = {
    f"NF {name}{care}": partial(neural, name=name, careful=bool(care))
    for name in ("LSTM", "NHITS", "PatchTST")
    for care in ("", ", careful")
}
