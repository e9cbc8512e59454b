"""The models of `forecasts.py` that need no more than scikit-learn and skhybrid.

Each is a function of a series, its task, a seed and the loss by which it is scored, "squared" or "absolute". It learns
from the training windows, and returns a function that forecasts the test windows, (n_windows, horizon), and what was
chosen on the way. Whatever is chosen is chosen by the last 15 % of the training windows, from which no target reaches
into what was learned from; then the model learns from all training windows.
"""

from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

HELD_OUT = 0.15
SCORES = {
    "squared": lambda y, forecast: float(np.sqrt(np.mean((y - forecast) ** 2))),
    "absolute": lambda y, forecast: float(np.mean(np.abs(y - forecast))),
}


def split(n_windows, horizon):
    """Return the windows to learn from and those to choose by, as slices."""
    n_held_out = max(round(HELD_OUT * n_windows), 1)
    return slice(0, max(n_windows - n_held_out - horizon + 1, 1)), slice(n_windows - n_held_out, n_windows)


# %% Rules
def last_value(series, task, seed, loss):
    """Repeat the last value."""
    return lambda: base_of(series.test[0], task, "last"), {}


def season_ago(series, task, seed, loss):
    """Repeat the last season."""
    return lambda: base_of(series.test[0], task, "season"), {}


def base_of(X, task, name):
    """Return the last value, or the same step a season ago, of each coming step, (n_windows, horizon)."""
    past = X.values[:, :, 0]
    if name == "last":
        return np.repeat(past[:, -1:], task.horizon, axis=1)
    return aligned(past, task.horizon, task.season)


def aligned(past, horizon, lag):
    """Return the values `lag` steps before each coming step; the window's last, or first, where it ends before."""
    steps = past.shape[1] - 1 + np.arange(1, horizon + 1) - lag
    return past[:, np.clip(steps, 0, past.shape[1] - 1)]


# %% Ridge regression
PENALTIES = 10.0 ** np.arange(-3, 6.5, 0.5)


def ridge(series, task, seed, loss):
    """Choose among ridges on shorter and longer windows, raw or relative to the last value."""
    X, y = series.train
    known, held_out = split(len(y), task.horizon)
    errors = {}
    for relative in (False, True):
        for length in window_lengths(task.horizon, series.window):
            table, base = ridge_table(X, length, relative)
            path = RidgePath.learn(table[known], (y - base)[known])
            predictions = path.predict(table[held_out], PENALTIES)
            for penalty, prediction in zip(PENALTIES, predictions, strict=True):
                error = SCORES[loss](y[held_out], prediction + base[held_out])
                errors[relative, length, float(penalty)] = error
    relative, length, penalty = min(errors, key=errors.get)
    table, base = ridge_table(X, length, relative)
    path = RidgePath.learn(table, y - base)

    def forecast():
        table, base = ridge_table(series.test[0], length, relative)
        return next(path.predict(table, [penalty])) + base

    return forecast, {"relative": relative, "window": length, "penalty": penalty}


def window_lengths(horizon, longest):
    """Return how many steps a window may hold: 2, 4 and 8 horizons, and the longest."""
    return sorted({min(n * horizon, longest) for n in (2, 4, 8)} | {longest})


def ridge_table(X, length, relative):
    """Return the columns of windows, and what is subtracted from their targets, (n_windows, 1)."""
    values = X.values[:, -length:]
    base = values[:, -1:, 0] if relative else np.zeros((len(values), 1))
    n_past = values[0].size
    table = type(X)(values, X.ahead, seasons=X.seasons).to_table()
    table[:, : n_past : values.shape[2]] -= base
    return table, base


class RidgePath(NamedTuple):
    """Ridge regressions on standardised columns, for any penalty.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_columns,)
        What is subtracted from each column, and what it is divided by.
    intercept : ndarray of shape (n_targets,)
        Means of the targets.
    values, vectors : ndarray
        Eigenvalues of the columns' Gram matrix, and eigenvectors as columns.
    products : ndarray of shape (n_columns, n_targets)
        Products of the eigenvectors with those of columns and targets.
    """

    mean: np.ndarray
    scale: np.ndarray
    intercept: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    products: np.ndarray

    @classmethod
    def learn(cls, table, y):
        """Learn from rows of columns and targets."""
        mean, scale, intercept = table.mean(axis=0), table.std(axis=0), y.mean(axis=0)
        scale[scale <= 1e-12 * np.abs(mean)] = 1.0
        A = (table - mean) / scale
        values, vectors = np.linalg.eigh(A.T @ A)
        return cls(mean, scale, intercept, np.maximum(values, 0), vectors, vectors.T @ (A.T @ (y - intercept)))

    def predict(self, table, penalties):
        """Yield the targets of rows, for each penalty."""
        rotated = (table - self.mean) / self.scale @ self.vectors
        for penalty in penalties:
            yield rotated @ (self.products / (self.values + penalty)[:, None]) + self.intercept


# %% Gradient boosting, one model for all steps
MAX_ROWS, MAX_ROWS_TO_CHOOSE = 1_000_000, 100_000
RECENT = 8  # last values
LOSSES = {"squared": "squared_error", "absolute": "absolute_error"}
PATIENCE = 30


def boosting(series, task, seed, loss):
    """Boost trees on rows of (origin, step): inputs and size of the trees chosen on fewer rows, iterations on all."""
    X, y = series.train
    known, held_out = split(len(y), task.horizon)
    learner = partial(
        HistGradientBoostingRegressor, loss=LOSSES[loss], learning_rate=0.1, max_iter=2000, random_state=seed
    )

    def attempt(base, has_level, n_leaves, max_rows):
        """Return the least error on what is held out, and the iterations it takes."""
        rng = np.random.default_rng(seed)
        rows = thin(len(y[known]), max_rows // task.horizon, rng)
        rows_held = thin(len(y[held_out]), max_rows // 5 // task.horizon, rng)
        held = step_rows(X[held_out], y[held_out], task, base, has_level, rows_held)
        model = learner(max_leaf_nodes=n_leaves, early_stopping=True, n_iter_no_change=PATIENCE, scoring="loss")
        model.fit(*step_rows(X[known], y[known], task, base, has_level, rows), X_val=held[0], y_val=held[1])
        scores = model.validation_score_[1:]  # negative losses; the first is that of no tree
        return -scores.max(), int(scores.argmax()) + 1

    settings = list(product(("last", "season"), (False, True), (7, 31)))
    errors = [attempt(*setting, MAX_ROWS_TO_CHOOSE)[0] for setting in settings]
    base, has_level, n_leaves = settings[int(np.argmin(errors))]
    _, n_iterations = attempt(base, has_level, n_leaves, MAX_ROWS)
    rows = thin(len(y), MAX_ROWS // task.horizon, np.random.default_rng(seed))
    model = learner(max_leaf_nodes=n_leaves, early_stopping=False).set_params(max_iter=n_iterations)
    model.fit(*step_rows(X, y, task, base, has_level, rows))

    def forecast():
        X = series.test[0]
        features = step_features(X, task, base, has_level)
        return model.predict(features).reshape(-1, task.horizon) + base_of(X, task, base)

    chosen = {"base": base, "level": has_level, "leaves": n_leaves, "iterations": n_iterations}
    return forecast, {**chosen, "rows": len(rows) * task.horizon}


def thin(n, n_kept, rng):
    """Return the positions of at most so many, drawn at random, in order."""
    return np.sort(rng.choice(n, min(n, n_kept), replace=False))


def step_rows(X, y, task, base, has_level, rows):
    """Return features and targets, relative to the base, of each step of some windows."""
    X, y = X[rows], y[rows]
    return step_features(X, task, base, has_level), (y - base_of(X, task, base)).ravel()


def step_features(X, task, base, has_level):
    """Return one row for each coming step of each window, (n_windows * horizon, n_columns).

    Values of the target are relative to the base of the step, which comes first where trees are told of the level;
    values of other columns are as they are.
    """
    n_windows, n_steps, n_columns = X.shape
    level = base_of(X, task, base)  # (window, step)
    past = X.values[:, :, 0]
    columns = [level] if has_level else []
    columns += [lagged - level for lagged in lags_of(past, task)]
    columns += [past[:, -i, None] - level for i in range(1, min(RECENT, n_steps) + 1)]
    lengths = [length for length in (task.season // 4, task.season, 4 * task.season) if 2 <= length < n_steps]
    columns += [past[:, -length:].mean(axis=1)[:, None] - level for length in (*lengths, n_steps)]
    columns += [past[:, -task.season :].std(axis=1)[:, None], *(past[:, -1:] - lag for lag in changes(past, task))]
    for i in range(1, n_columns):
        other = X.values[:, :, i]
        columns += [other[:, -1:], aligned(other, task.horizon, task.season)]
        columns += [other[:, -task.season :].mean(axis=1)[:, None]]
    columns += ahead_columns(X)
    columns.append(np.arange(1, task.horizon + 1)[None])
    table = np.stack([np.broadcast_to(c, level.shape).astype(np.float32) for c in columns], axis=-1)
    return table.reshape(n_windows * task.horizon, len(columns))


def lags_of(past, task):
    """Yield the values at the same phase 1, 2 and 7 seasons before, as far as the window holds them, and beside."""
    lags = {k * season for season in {task.season, *task.seasons} for k in (1, 2, 7)}
    for lag in sorted(lag for lag in lags if task.horizon <= lag <= past.shape[1]):
        yield aligned(past, task.horizon, lag)
    for beside in (-1, 1):
        yield aligned(past, task.horizon, task.season + beside)


def changes(past, task):
    """Yield what the last value was one and seven seasons before, where the window holds it."""
    for lag in (task.season, 7 * task.season):
        if lag < past.shape[1]:
            yield past[:, -1 - lag, None]


def ahead_columns(X):
    """Return what is known of each step, of its neighbours and of the steps before it; phases as counters."""
    n_known = X.ahead.shape[2] - len(X.seasons)
    steps = np.arange(X.ahead.shape[1])
    columns = [X.ahead[:, :, i] for i in range(X.ahead.shape[2])]
    for i in range(n_known):
        values = X.ahead[:, :, i]
        columns += [values[:, np.clip(steps + beside, 0, steps[-1])] for beside in (-1, 1)]
        columns.append(np.cumsum(values, axis=1) / (steps + 1))
    return columns


# %% Networks
MAX_WINDOWS = 8000  # so that a plain hybrid learns from the longest series in some ten minutes on one core
KERAS_LOSSES = {"squared": "mse", "absolute": "mae"}


def plain_hybrid(series, task, seed, loss):
    """Train the hybrid as it is by default."""
    from skhybrid import CNNLSTMRegressor

    return train_plainly(CNNLSTMRegressor(), series, task, seed, loss)


def plain_lstm(series, task, seed, loss):
    """Train the LSTM as it is by default."""
    from skhybrid import LSTMRegressor

    return train_plainly(LSTMRegressor(), series, task, seed, loss)


def tcn(series, task, seed, loss):
    """Train a convolutional network with residuals, whose dilations double until its last step sees the window."""
    from skhybrid import CNNRegressor

    n_layers = int(np.ceil(np.log2((series.window + 3) / 4)))  # as 1 + 4 (1 + 2 + 4 + ...) steps are seen
    dilations = tuple(2**i for i in range(n_layers))
    network = CNNRegressor((32,) * n_layers, kernel_size=3, pool_size=1, dilations=dilations, residual=True)
    return train_plainly(network, series, task, seed, loss)


def train_plainly(network, series, task, seed, loss):
    """Train on standardised windows, every so many of long series, until the held out ones are forecast no better."""
    X, y = series.train
    every = -(-len(y) // MAX_WINDOWS)
    X, y = X[::-every][::-1], y[::-every][::-1]  # the newest is kept
    mean, scale = X.values.mean(axis=(0, 1)), X.values.std(axis=(0, 1))
    scale[scale == 0] = 1.0
    standardised = partial(standardise, mean=mean, scale=scale)
    network.set_params(
        early_stopping=True,
        validation_fraction=HELD_OUT,
        validation_gap=-(-(task.horizon - 1) // every),
        loss=KERAS_LOSSES[loss],
        random_state=seed,
    )
    network.fit(standardised(X), y)
    chosen = {"epochs": network.best_epoch_, "windows": len(y), "every": every}
    return lambda: network.predict(standardised(series.test[0])), chosen


def standardise(X, mean, scale):
    """Return windows with other values; what is known ahead is scaled by the networks themselves."""
    return type(X)((X.values - mean) / scale, X.ahead, seasons=X.seasons)


def recipe(series, task, seed, loss, **parameters):
    """Train what the package recommends, with some of its parameters set otherwise."""
    from skhybrid import recommended

    network = recommended(
        task.horizon,
        seasons=task.seasons or (task.season,),
        loss=KERAS_LOSSES[loss],
        random_state=seed,
        **parameters,
    )
    network.fit(*series.train)
    chosen = {
        "epochs": network.best_epochs_,
        "gate": float(network.gate_.mean()),
        "trees": float(network.boosting_share_.mean()),
        "phase": network.phase_penalty_,
    }
    return lambda: network.predict(series.test[0]), chosen


# %% What the recipe is made of, from one ridge regression on
WAYS = {
    "four parts choose": {"validation_folds": 4},
    "naive forecasts as bases": {"linear_bases": "auto"},
    "four lengths": {"linear_lengths": 4},
    "ridges that forget": {"linear_half_life": 0.25},
    "squares of what is known ahead": {"linear_squares": True},
    "ridges by phase": {"linear_by_phase": True},
    "one network": {"epochs": 40, "early_stopping": True, "refit": True},
    "three networks": {"n_estimators": 3},
    "boosted trees": {"boosting": True},
}
NO_WAYS = {
    "validation_folds": 1,
    "linear_bases": None,
    "linear_lengths": 1,
    "linear_half_life": None,
    "linear_squares": False,
    "linear_by_phase": False,
    "boosting": False,
    "epochs": 0,
    "early_stopping": False,
    "refit": False,
    "n_estimators": 1,
}


def with_ways():
    """Return the recipe in steps, from one ridge regression, of the window relative to its last value, on."""
    steps = {"one ridge": NO_WAYS}
    for name, way in WAYS.items():
        steps[f"+ {name}"] = {**list(steps.values())[-1], **way}
    return {name: partial(recipe, **parameters) for name, parameters in steps.items()}
