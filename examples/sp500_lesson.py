"""Monthly S&P 500: do recurrent networks beat "same as last month"?

A well-known lesson trains a SimpleRNN, a GRU, an LSTM and a Conv1D before an LSTM on 12-month windows of the
index level (monthly averages, 1950-01 to 2026-05; first 80 % train; 60 epochs, batches of 32, Adam, mean squared
error). Here its experiment is repeated with the two baselines it leaves out, and then with windows relative to their
last value.

    python sp500_lesson.py --csv sp500_monthly.csv          columns date, close; a path or an URL
    python sp500_lesson.py --csv sp500_monthly.csv --seeds 3 --exercises relative

Without --csv the series is a simulated stand-in: the index itself may not be handed on with this package.
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    PerStepTransformer,
    SimpleRNNRegressor,
    compare_models,
    make_windows,
    read_series,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--csv", help="path or URL of the monthly averages, columns date and close")
parser.add_argument("--split", choices=["code", "shapes"], default="code", help="which 80 %% (see the script)")
parser.add_argument("--scaler", choices=["minmax", "standard"], default="minmax", help="the lesson names none")
exercises = ["kernel", "window", "relative"]
parser.add_argument("--exercises", nargs="*", choices=exercises, default=exercises, help="(default: all three)")
parser.add_argument("--seeds", type=int, default=1, help="runs of each network (default: 1)")
parser.add_argument("--epochs", type=int, default=60, help="epochs of each network (default: 60)")
args = parser.parse_args()

# %% The series


def random_walk(n_months, seed=16):
    """Return monthly averages of a daily geometric random walk that grows about as fast as the index did."""
    daily = np.random.default_rng(seed).normal(0.0066 / 21, 0.036 / np.sqrt(21), n_months * 21)
    months = pd.date_range("1950-01", periods=n_months, freq="MS")
    return pd.Series(17 * np.exp(daily.cumsum()).reshape(-1, 21).mean(axis=1), index=months)  # 21 days a month


if args.csv:
    series = read_series(args.csv, target="close", columns=["close"]).loc[:"2026-05", "close"]
    print(f"S&P 500: {len(series)} months to {series.index[-1]:%Y-%m}")
else:
    series = random_walk(917)
    print("SIMULATED STAND-IN, a random walk; pass --csv for the index itself. The lesson's figures are not shown.")

# %% Windows before the split
# The lesson's code takes the first 80 % of the 905 windows, int(0.8 * 905) = 724. Its printed shapes say 721: the
# windows whose target lies in the first 80 % of the 917 months, int(0.8 * 917) - 12.
window_length = 12
X, y = make_windows(series, window_length=window_length)
n_code, n_shapes = int(0.8 * len(X)), int(0.8 * len(series)) - window_length
n_train = n_code if args.split == "code" else n_shapes
print(f"{len(X)} windows of {window_length} months; {n_train} train, {len(X) - n_train} test")

LESSON = {  # test RMSE and MAE in index points, as printed in the lesson
    "SimpleRNN": (917.1, 578.0),
    "GRU": (568.9, 377.4),
    "LSTM": (423.4, 293.5),
    "Conv1D -> LSTM": (507.0, 353.1),
}
show_lesson = args.csv and len(series) == 917

# %% Models
# The scalers of windows and targets are fitted on the training windows only, as parts of the model. The lesson does
# not say how it scales; neither of these gives its figures exactly.


def scaled(network):
    """Scale windows and targets around a network."""
    scaler = MinMaxScaler() if args.scaler == "minmax" else StandardScaler()
    return TransformedTargetRegressor(make_pipeline(PerStepTransformer(scaler), network), transformer=scaler)


training = {"epochs": args.epochs, "scale_target": False}
hybrid = CNNLSTMRegressor(filters=32, kernel_size=3, units=32, dense_units=16, **training)
networks = {
    "SimpleRNN": SimpleRNNRegressor(32, dense_units=16, **training),
    "GRU": GRURegressor(32, dense_units=16, **training),
    "LSTM": LSTMRegressor(32, dense_units=16, **training),
    "Conv1D -> LSTM": hybrid,
}


def errors(y_true, y_pred):
    """Return both errors in index points."""
    return {"RMSE": root_mean_squared_error(y_true, y_pred), "MAE": mean_absolute_error(y_true, y_pred)}


def baselines(X, y, n_train):
    """Measure what needs no network."""
    lags = X[:, :, 0]  # (window, month)
    linear = LinearRegression().fit(lags[:n_train], y[:n_train])
    last = NaiveRegressor("last").fit(X[:n_train], y[:n_train])
    return {
        "last value": errors(y[n_train:], last.predict(X[n_train:])),
        "linear regression": errors(y[n_train:], linear.predict(lags[n_train:])),
    }


def measure(name, network, X, y, n_train):
    """Train once per seed; return the mean errors over the seeds and their spread."""
    runs, start = [], time.perf_counter()
    for seed in range(args.seeds):
        model = scaled(clone(network).set_params(random_state=seed)).fit(X[:n_train], y[:n_train])
        runs.append(errors(y[n_train:], model.predict(X[n_train:])))
    seconds = (time.perf_counter() - start) / args.seeds
    print(f"{name}: {seconds:.1f} s a run", file=sys.stderr)
    runs = pd.DataFrame(runs)
    spread = {"RMSE spread": runs["RMSE"].std()} if args.seeds > 1 else {}
    return {**runs.mean(), **spread, "parameters": model.regressor_[-1].n_parameters_, "seconds": seconds}


def show(title, rows):
    """Print a table, with the lesson's figures where there are any, and return it."""
    table = pd.DataFrame.from_dict(rows, orient="index")
    if show_lesson and title.startswith("Level"):
        lesson = pd.DataFrame.from_dict(LESSON, orient="index", columns=["lesson RMSE", "lesson MAE"])
        table = table.join(lesson)
    print(f"\n{title}, test errors in index points")
    print(table.to_string(float_format="{:.1f}".format, formatters={"parameters": "{:.0f}".format}, na_rep="-"))
    return table


# %% The lesson's experiment, with what it leaves out
rows = baselines(X, y, n_train)
rows |= {name: measure(name, network, X, y, n_train) for name, network in networks.items()}
level = show(f"Level, {n_train}/{len(X) - n_train}, {args.scaler} scaling", rows)
other = n_shapes if args.split == "code" else n_code
show(f"Baselines on the other split, {other}/{len(X) - other}", baselines(X, y, other))

# %% Exercise: kernel size and filters
if "kernel" in args.exercises:
    choices = [(2, 32), (3, 32), (5, 32), (3, 16), (3, 64)]
    rows = {}
    for kernel_size, filters in choices:
        name = f"kernel_size={kernel_size}, filters={filters}"
        network = clone(hybrid).set_params(kernel_size=kernel_size, filters=filters)
        rows[name] = measure(name, network, X, y, n_train)
    show("Kernel and filters of Conv1D -> LSTM", rows)

# %% Exercise: months in a window, the same targets forecast
if "window" in args.exercises:
    rows = {}
    for months in (6, 12, 24):
        X_months, y_months = make_windows(series, window_length=months)
        name = f"{months} months"
        rows[name] = measure(name, hybrid, X_months, y_months, n_train + window_length - months)
    show("Windows of Conv1D -> LSTM", rows)

# %% Exercise: each window relative to its last value
# window_norm="relative" shows the network changes since the window's last value, and turns its forecast back: a level
# that it never saw does not matter any more. The linear regression gets the same.


class RelativeLinearRegression(LinearRegression):
    """A linear regression of the next month's change on the changes since the last month."""

    def fit(self, X, y):
        """Learn from windows (window, month) and the months that follow."""
        return super().fit(X / X[:, -1:] - 1, y / X[:, -1] - 1)

    def predict(self, X):
        """Return the months that follow, in index points."""
        return (super().predict(X / X[:, -1:] - 1) + 1) * X[:, -1]


if "relative" in args.exercises:
    models = {"last value": NaiveRegressor(), "linear regression": RelativeLinearRegression()}
    for name, network in networks.items():
        models[name] = clone(network).set_params(window_norm="relative")
    comparison = compare_models(
        models,
        X[:, :, 0],
        y,
        cv=[(np.arange(n_train), np.arange(n_train, len(X)))],
        baseline="last value",
        contrasts=[("Conv1D -> LSTM", "LSTM"), ("Conv1D -> LSTM", "linear regression")],
        n_seeds=args.seeds,
    )
    relative = comparison.table[["rmse", "rmse_std", "mae", "skill", "n_parameters", "fit_seconds"]].rename_axis(None)
    print("\nRelative to the last value, test errors in index points")
    print(relative.to_string(float_format="{:.4g}".format, na_rep="-"))
    print("\n" + comparison.verdict())

# %% What to conclude
last = level.loc["last value", "RMSE"]
best = level.loc[list(networks), "RMSE"].idxmin()
factor = level.loc[best, "RMSE"] / last
print(f"\nOn the level, the best network here ({best}) has {factor:.1f} times the RMSE of the last value.")
print(
    f"Training levels end at {y[:n_train].max():.0f}, test levels reach {y[n_train:].max():.0f}: "
    "the networks must extrapolate."
)
if show_lesson:
    best = min(LESSON, key=lambda name: LESSON[name][0])
    print(f"In the lesson's own figures the best network ({best}) has {LESSON[best][0] / last:.1f} times its RMSE.")
if "relative" in args.exercises:
    ratios = relative["rmse"] / last
    of_networks = ratios[list(networks)]
    print(f"Relative to the last value, the networks have {of_networks.min():.2f} to {of_networks.max():.2f} times its")
    print(f"RMSE, a linear regression {ratios['linear regression']:.2f} times.")
print(f"One split, {args.seeds} seed(s): differences of a few per cent between networks mean nothing here.")
