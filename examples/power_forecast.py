"""Next hour's load: does a convolution before an LSTM earn its place?

A CNN-LSTM, a plain LSTM and a ridge get the same rows, the same folds and a search of like size; what is recommended
makes its choices in `fit`; "same as last hour" and "same as yesterday" need no training. Cross-validation on the
training rows makes every choice, the test rows are used once, at the end.

    python power_forecast.py
    python power_forecast.py --csv meter.csv --time timestamp --target load
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    Forecaster,
    LSTMRegressor,
    NaiveRegressor,
    SlidingWindow,
    WindowedRegressor,
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
parser.add_argument("--season", type=int, default=24, help="rows in a season (default: 24)")
parser.add_argument("--days", type=int, default=84, help="days to simulate (default: 84)")
parser.add_argument("--epochs", type=int, default=30, help="epochs of each network (default: 30)")
parser.add_argument("--n-jobs", type=int, help="processes to search with (default: 1)")
parser.add_argument("--quick", action="store_true", help="one candidate per model, to see that all runs")
parser.add_argument("--out", default="forecast.png", help="file for the picture (default: forecast.png)")
args = parser.parse_args()

# %% Rows and targets: row t holds what is known at t, y[t] the load of the next hour
if args.csv:  # read_series says what is wrong with a file, and which of its options settles it
    df = read_series(args.csv, time=args.time, target=args.target, columns=args.columns)
    target = args.target or df.columns[0]
else:
    df, target = make_power_usage(args.days, random_state=0), "load"
X, y = make_supervised(df, target, horizon=1)
n_train = int(0.8 * len(X))
X_train, X_test, y_train, y_test = X[:n_train], X[n_train:], y[:n_train], y[n_train:]
print(f"{len(X_train)} training rows, {len(X_test)} test rows from {X_test.index[0]} on, columns {list(X.columns)}\n")

# %% Models, and what the search may choose: 4 candidates for each network
training = {"epochs": args.epochs, "batch_size": 64, "learning_rate": 0.005, "random_state": 0}
naive = {"target_channel": X.columns.get_loc(target)}


def on_windows(model, **window):
    """Scale the columns, cut windows, and give them to the model."""
    return make_pipeline(StandardScaler().set_output(transform="pandas"), SlidingWindow(24, **window), model)


def recommend(horizon, **parameters):
    """Return what is recommended, with one network in the place of three, which take three times as long."""
    return recommended(horizon, args.season, n_estimators=1, random_state=0, **parameters)


models = {
    "CNN-LSTM": (
        on_windows(CNNLSTMRegressor(filters=8, units=24, **training)),
        {
            "slidingwindow__window_length": [12, 24],
            "cnnlstmregressor__kernel_size": [3, 5],
        },
    ),
    "LSTM": (
        on_windows(LSTMRegressor(**training)),
        {"slidingwindow__window_length": [12, 24], "lstmregressor__units": [16, 24]},
    ),
    "Ridge": (
        on_windows(Ridge(), flatten=True),
        {"slidingwindow__window_length": [12, 24, 48], "ridge__alpha": [0.1, 1, 10, 100]},
    ),
    # No scaler before this one and the naive rules: they forecast in the units of their windows.
    "Recommended": (
        make_pipeline(WindowedRegressor(recommend(1, **naive), 2 * args.season, horizon=1, seasons=[args.season])),
        {},
    ),
    "Last value": (make_pipeline(SlidingWindow(1), NaiveRegressor("last", **naive)), {}),
    "Last season": (
        make_pipeline(SlidingWindow(args.season), NaiveRegressor("seasonal", season_length=args.season, **naive)),
        {},
    ),
}
if args.quick:
    models = {
        name: (pipe, {parameter: values[:1] for parameter, values in grid.items()})
        for name, (pipe, grid) in models.items()
    }


# %% Search on the training rows, refit on all of them, forecast the test rows
def count_parameters(model):
    """Return how many numbers training has fitted, those of trees aside."""
    model = getattr(model, "estimator_", model)
    if hasattr(model, "n_parameters_"):
        return model.n_parameters_
    return sum(np.size(getattr(model, name, [])) for name in ("coef_", "intercept_"))


table, forecasts = {}, {}
for name, (pipe, grid) in models.items():
    start = time.perf_counter()
    search = GridSearchCV(
        pipe,
        grid,
        cv=TimeSeriesSplit(3),
        scoring="neg_root_mean_squared_error",
        n_jobs=args.n_jobs,
        error_score="raise",
    ).fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(f"{name}: {len(search.cv_results_['params'])} candidates in {seconds:.1f} s", file=sys.stderr)
    forecasts[name] = search.predict(X_test)
    table[name] = {
        "best": ", ".join(f"{key.split('__')[1]}={value}" for key, value in search.best_params_.items()) or "-",
        "CV RMSE": -search.best_score_,
        "RMSE": root_mean_squared_error(y_test, forecasts[name]),
        "MAE": mean_absolute_error(y_test, forecasts[name]),
        "parameters": count_parameters(search.best_estimator_[-1]),
        "seconds": seconds,
    }
table = pd.DataFrame.from_dict(table, orient="index")
print(table.to_string(float_format="{:.2f}".format, formatters={"seconds": "{:.1f}".format}))

# %% The last five days
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

hours_ahead = y_test.index + (df.index[1] - df.index[0])  # y[t] is the load one row later
shown = slice(-5 * args.season, None)
fig, ax = plt.subplots(figsize=(10, 4), layout="constrained")
ax.plot(hours_ahead[shown], y_test.iloc[shown], color="black", label="truth")
for name in ("CNN-LSTM", "LSTM", "Ridge", "Recommended"):
    ax.plot(hours_ahead[shown], forecasts[name][shown], linewidth=1, label=name)
ax.set(title="One row ahead, test rows", ylabel=f"{target} (kW)" if args.csv is None else target)
ax.legend(ncols=5)
fig.autofmt_xdate()
fig.savefig(args.out, dpi=120)


# %% What to conclude
def compare(one, other):
    """Say whether the squared errors of two forecasts differ by more than chance.

    Neighbouring errors resemble each other, so the mean of each season counts as one observation.
    """
    squared = {name: (y_test.to_numpy() - forecasts[name]) ** 2 for name in (one, other)}
    difference = pd.Series(squared[one] - squared[other])
    blocks = difference.groupby(np.arange(len(difference)) // args.season).mean()
    percent = 100 / squared[other].mean()
    mean, error = percent * difference.mean(), percent * 2 * blocks.std() / np.sqrt(len(blocks))
    verdict = "undecided" if not abs(mean) > error else "better" if mean < 0 else "worse"
    print(f"  {one} against {other}: mean squared error {mean:+.1f} % (+- {error:.1f}): {verdict}")
    return verdict


chosen = table["CV RMSE"].idxmin()
print(f"\nCross-validation chooses {chosen}, whose test RMSE is {table.loc[chosen, 'RMSE']:.2f};")
print(f"the smallest test RMSE is that of {table['RMSE'].idxmin()}. On the same {len(y_test)} test rows:")
verdicts = {compare("CNN-LSTM", other) for other in ("LSTM", "Ridge", "Last value")}
if verdicts == {"better"}:
    print("The convolution earned its place here.")
elif "worse" in verdicts:
    print("The convolution did not earn its place here: something simpler does better.")
else:
    print("Not shown that the convolution earns its place: it is not better than all the simpler models.")
print("This is one split and one seed; repeat it with others before relying on a small difference.")

# %% Tomorrow: all rows are known, and all steps of the next season are forecast at once
tomorrow = Forecaster(
    target,
    horizon=args.season,
    season_length=args.season,
    past=[column for column in df if column != target],
    estimator=recommend(args.season),
    intervals=0.8,
)
forecast = tomorrow.fit(df).forecast()
print(
    f"\nWhat comes after {df.index[-1]}, {args.season} steps forecast at once, in 80 % of all steps between the bounds:"
)
print(forecast.iloc[:: max(args.season // 8, 1)].to_string(float_format="{:.1f}".format))
print(f"\nPicture: {args.out}")
