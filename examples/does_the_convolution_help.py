"""Does the convolution before the LSTM help, and where? Six series fixed beforehand, one comparison for each.

On each series a CNN-LSTM meets a plain LSTM with as many parameters, a CNN, a ridge, what is recommended, the last
value and "same as a day ago": the same windows, folds and seeds for all, the same training for the first three. The
convolution helps (or hurts) where both tests of compare_models find a difference between CNN-LSTM and LSTM at 5 %, with
p-values adjusted over the series, and it is more than other seeds alone would make. A series of your own may be added.

    python does_the_convolution_help.py
    python does_the_convolution_help.py --csv meter.csv --time timestamp --target load --seeds 5
"""

# %% What can be changed
import argparse
import sys
import textwrap
import time

import joblib
import numpy as np
import pandas as pd
from scipy.signal import lfilter
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    LSTMRegressor,
    NaiveRegressor,
    compare_models,
    holm,
    make_power_usage,
    make_windows,
    read_series,
    recommended,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--csv", help="a file of your own, to be compared on as well")
parser.add_argument("--time", help="its column of times (default: the first)")
parser.add_argument("--target", help="its column to forecast (default: the first other one)")
parser.add_argument("--days", type=int, default=90, help="days of 24 rows in each series, of a file the last (90)")
parser.add_argument("--epochs", type=int, default=20, help="epochs of each network (default: 20)")
parser.add_argument("--seeds", type=int, default=2, help="fits of each network on each fold (default: 2)")
parser.add_argument("--n-jobs", type=int, default=2, help="fits at the same time (default: 2)")
parser.add_argument("--out", default="convolution.png", help="file for the picture (default: convolution.png)")
args = parser.parse_args()
n_rows = 24 * args.days


# %% The series, fixed before any network saw them
def make_motifs(n_rows, rng):
    """Simulate rises and falls of 4 steps; 7 steps after the end of a rise come 3 high steps, of a fall 3 low ones.

    A rise and a fall hold the same values, so that only their shape announces what follows. Single spikes mean nothing.
    """
    starts = np.cumsum(rng.integers(20, 31, n_rows // 20 + 1))
    starts = starts[starts < n_rows]
    is_rise = rng.random(len(starts)) < 0.5
    rises, falls = np.zeros((2, n_rows))
    rises[starts[is_rise]] = falls[starts[~is_rise]] = 1
    quiet = [0] * 6
    series = np.convolve(rises, [1, 2, 3, 4, *quiet, 3, 3, 3]) + np.convolve(falls, [4, 3, 2, 1, *quiet, -3, -3, -3])
    return series[:n_rows] + 3 * (rng.random(n_rows) < 0.03) + rng.normal(0, 0.3, n_rows)


def make_series(n_rows):
    """Return the series by name, each from a stream of random numbers of its own."""
    motifs, seasonal, linear, walk, weak = np.random.default_rng(0).spawn(5)
    day = 2 * np.pi * np.arange(n_rows) / 24
    return {
        "load curve": make_power_usage(args.days, random_state=0)["load"].to_numpy(),
        "spikes and motifs": make_motifs(n_rows, motifs),
        "smooth seasonal": 3 * np.sin(day) + np.sin(2 * day) + seasonal.normal(0, 0.3, n_rows),
        "linear autoregression": lfilter([1], [1, -1.2, 0.4], linear.normal(size=n_rows)),
        "random walk": walk.normal(size=n_rows).cumsum(),
        "nearly independent": lfilter([1], [1, -0.1], weak.normal(size=n_rows)),
    }


series = make_series(n_rows)
if args.csv:  # read_series says what is wrong with a file, and which of its options settles it
    df = read_series(args.csv, time=args.time, target=args.target, columns=args.target and [args.target])
    series[args.csv] = df.iloc[-n_rows:, 0].to_numpy()

# %% The models: networks and ridge after the same scaler, the others in the units of the series
training = {"epochs": args.epochs, "batch_size": 64, "learning_rate": 0.005}
HYBRID, LSTM = "CNN-LSTM", "LSTM"
models = {
    HYBRID: make_pipeline(StandardScaler(), CNNLSTMRegressor(16, units=16, **training, random_state=0)),
    LSTM: make_pipeline(StandardScaler(), LSTMRegressor(22, **training, random_state=0)),  # 2497 parameters, as 2465
    "CNN": make_pipeline(StandardScaler(), CNNRegressor(16, **training, random_state=0)),
    "ridge": make_pipeline(StandardScaler(), Ridge()),
    "recommended": recommended(1, 24, random_state=0),
    "last value": NaiveRegressor(),
    "a day ago": NaiveRegressor("seasonal", season_length=24),
}


# %% One comparison for each series
def compare(series):
    """Compare all models on windows of a day: 6 folds, the last two fifths of the windows are tested."""
    X, y = make_windows(series, window_length=24)
    X = X.reshape(len(X), -1)  # (window, hour), which all models read
    cv = TimeSeriesSplit(6, test_size=len(X) // 15)
    pair = [(HYBRID, LSTM)]
    return compare_models(models, X, y, cv=cv, baseline="last value", contrasts=pair, n_seeds=args.seeds)


comparisons = {}
with joblib.parallel_config(backend="threading", n_jobs=args.n_jobs):
    for name, values in series.items():
        start = time.perf_counter()
        comparisons[name] = compare(values)
        print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
        print(f"{name}, {len(values)} rows: {comparisons[name]}\n")


# %% What the convolution brought on each
def decide(test):
    """Say whether the convolution helps: by the rule of compare_models, with p-values adjusted over the series."""
    found = (test[["p_folds", "p_dm"]] < 0.05).all() and test["t_folds"] * test["dm"] > 0
    if not found or abs(test["difference"]) <= 2 * test["se_seeds"]:
        return "not shown"
    return "helps" if test["difference"] < 0 else "hurts"


tests = pd.concat({name: comparison.contrasts for name, comparison in comparisons.items()}).droplevel(["a", "b"])
p_values = ["p_folds", "p_dm"]
tests[p_values] = tests[p_values].apply(holm)
summary = pd.DataFrame(
    {
        "CNN-LSTM / LSTM": 1 + tests["relative"],
        "p (folds)": tests["p_folds"],
        "p (DM)": tests["p_dm"],
        "convolution": tests.drop(columns="metric").apply(decide, axis=1),
        "best model": pd.Series({name: comparison.best_ for name, comparison in comparisons.items()}),
    }
)
print(f"Ratio of the RMSE with and without the convolution; p-values adjusted over the {len(tests)} series (Holm)")
print(summary.to_string(float_format="{:.3f}".format))

# %% All errors, series by series
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

fig, axes = plt.subplots(-(-len(series) // 2), 2, figsize=(14, 2.2 * len(series)), layout="constrained", squeeze=False)
for ax in axes.flat[len(series) :]:
    ax.set_axis_off()
for ax, (name, comparison) in zip(axes.flat, comparisons.items(), strict=False):
    comparison.plot(ax=ax)
    ax.set_title(name, loc="left", pad=26, fontweight="bold")  # above the legend
fig.savefig(args.out, dpi=100)


# %% What to conclude
def name_series(verdict):
    """List the series with a verdict, each with the change in RMSE."""
    chosen = summary.index[summary["convolution"] == verdict]
    change = 100 * tests.loc[chosen, "relative"]
    return ", ".join(f"{name} ({change[name]:+.1f} %)" for name in chosen) or "none"


conclusion = f"""
The convolution helps on: {name_series("helps")}; it hurts on: {name_series("hurts")}; neither is shown on:
{name_series("not shown")}. In brackets: the RMSE with the convolution, against that without. What is not shown may be
chance, or too small for so few rows. The CNN-LSTM has the lowest mean error of all models on
{(summary["best model"] == HYBRID).sum()} of {len(summary)} series. All this is about these settings and this training.
"""
print("\n" + textwrap.fill(" ".join(conclusion.split()), 110))
print(f"\nPicture: {args.out}")
