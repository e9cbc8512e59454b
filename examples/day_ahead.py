"""The load of the next day, hour by hour: a fair comparison in one call.

The network that `recommended` sets up and a ridge read eight days and know the hour and the weekday of what they
forecast. A plain CNN-LSTM, LSTM and CNN read two days, as they are taught. All, and "same time yesterday", get the same
folds and seeds, and are trained by `WindowedRegressor(horizon=...)`, which keeps the targets that lie beyond the end of
the training rows out of training. The kernel, the numbers of filters and units and the epochs of the plain networks
were fixed beforehand, not chosen by the errors shown here.

    python day_ahead.py
    python day_ahead.py --csv demand.csv --time time --target demand --season 48 --train-days 180 --seeds 3
"""

# %% What can be changed
import argparse

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    LSTMRegressor,
    NaiveRegressor,
    PerStepTransformer,
    WindowedRegressor,
    compare_models,
    make_power_usage,
    make_supervised,
    read_series,
    recommended,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--csv", help="a file of your own; without it, simulated days are used")
parser.add_argument("--time", help="its column of times (default: the first)")
parser.add_argument("--target", help="its column to forecast (default: the only other one)")
parser.add_argument("--columns", nargs="+", help="its columns to use (default: all)")
parser.add_argument("--season", type=int, default=24, help="rows in a day (default: 24)")
parser.add_argument("--days", type=int, default=150, help="days to simulate (default: 150)")
parser.add_argument("--train-days", type=int, help="at most so many days to train on in a fold (default: all)")
parser.add_argument("--test-days", type=int, default=14, help="days to test on in a fold (default: 14)")
parser.add_argument("--folds", type=int, default=5, help="(default: 5)")
parser.add_argument("--seeds", type=int, default=2, help="runs of each network (default: 2)")
parser.add_argument("--epochs", type=int, default=10, help="epochs of each plain network (default: 10)")
parser.add_argument("--out", default="comparison.html", help="page to write (default: comparison.html)")
args = parser.parse_args()

# %% Rows and targets: row t holds what is known at t, y[t] the load of the following day, step by step
if args.csv:
    df = read_series(args.csv, time=args.time, target=args.target, columns=args.columns)
    target = args.target or df.columns[0]
else:
    df, target = make_power_usage(args.days, random_state=0), "load"
season, window_length = args.season, 8 * args.season
horizon = range(1, season + 1)
X, y = make_supervised(df, target, horizon=horizon)
channel = X.columns.get_loc(target)
print(f"{len(X)} rows, columns {list(X.columns)}; windows of up to {window_length} rows, targets: the next {season}\n")


# %% Models: any estimator on windows
def on_windows(estimator, length=2 * season, **options):
    """Train on complete windows only, and not on targets beyond the training rows."""
    return WindowedRegressor(estimator, length, horizon=horizon, **options)


def scaled(network):
    """Scale each column by the training rows."""
    return make_pipeline(PerStepTransformer(StandardScaler()), network)


training = {"epochs": args.epochs, "batch_size": 64, "learning_rate": 0.003}
naive = NaiveRegressor("seasonal", season_length=season, horizon=horizon, target_channel=channel)
phase = {"length": window_length, "seasons": (season, 7 * season)}
models = {
    "recommended": on_windows(recommended(season, season, target_channel=channel), **phase),
    "ridge": on_windows(make_pipeline(StandardScaler(), RidgeCV(10.0 ** np.arange(-2, 5))), **phase),
    "CNN-LSTM": on_windows(scaled(CNNLSTMRegressor(filters=32, kernel_size=5, pool_size=2, units=32, **training))),
    "LSTM": on_windows(scaled(LSTMRegressor(units=32, **training))),
    "CNN": on_windows(scaled(CNNRegressor(filters=32, kernel_size=5, **training))),
    "same time yesterday": on_windows(naive),
}

# %% One call
folds = TimeSeriesSplit(
    args.folds,
    test_size=args.test_days * season,
    max_train_size=args.train_days and args.train_days * season,
)
with joblib.parallel_config(backend="threading", n_jobs=2):  # threads share what is compiled for a network
    comparison = compare_models(
        models,
        X,
        y,
        cv=folds,
        baseline="same time yesterday",
        contrasts=[("recommended", "ridge"), ("CNN-LSTM", "LSTM")],
        n_seeds=args.seeds,
        season_length=season,
    )

# %% What to conclude
columns = ["rmse", "rmse_std", "mae", "mase", "skill", "n_parameters", "fit_seconds"]
table = comparison.table[columns].rename_axis(None)
with pd.option_context("display.width", 120):
    print(table.to_string(float_format="{:.3g}".format), end="\n\n")
print(comparison.verdict())
comparison.to_html(args.out)
print(f"\nAll numbers, tests and a picture: {args.out}")
