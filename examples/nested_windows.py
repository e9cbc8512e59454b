"""Subsequences inside a window: is a convolution per subsequence worth the detour?

A window of 32 hours can be read as 4 subsequences of 8 hours: the same convolution runs over each, and an LSTM then
reads 4 steps instead of 32. Here this nested network (TimeDistributed, 4-D windows) is compared with its plain twin, a
plain LSTM, a ridge and the last value, all on the same windows.

    python nested_windows.py
"""

# %% What can be changed
import argparse
import sys
import time

import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline

from skhybrid import (
    CNNLSTMRegressor,
    LSTMRegressor,
    NaiveRegressor,
    PerStepTransformer,
    SubsequenceReshaper,
    make_power_usage,
    make_windows,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--days", type=int, default=60, help="days to simulate (default: 60)")
parser.add_argument("--epochs", type=int, default=20, help="epochs of each network (default: 20)")
parser.add_argument("--seeds", type=int, default=2, help="runs of each network (default: 2)")
args = parser.parse_args()

# %% Windows first, then the split: cutting windows learns nothing, so it leaks nothing
load = make_power_usage(args.days, random_state=0)["load"]
X, y = make_windows(load, window_length=32)  # (window, hour, feature)
n_train = int(0.8 * len(X))
X_train, X_test, y_train, y_test = X[:n_train], X[n_train:], y[:n_train], y[n_train:]

# %% Models: the same settings for the nested network and its plain twin
settings = {"filters": 16, "kernel_size": 3, "pool_size": 2, "padding": "valid", "units": 32, "dense_units": ()}
training = {"epochs": args.epochs, "learning_rate": 0.003}


def networks(seed):
    """Return the networks, each after a scaler of the hours in its windows."""
    hybrid = CNNLSTMRegressor(**settings, **training, random_state=seed)
    lstm = LSTMRegressor(units=32, dense_units=(), **training, random_state=seed)
    return {
        "nested CNN-LSTM": make_pipeline(PerStepTransformer(), SubsequenceReshaper(n_seq=4), hybrid),
        "plain CNN-LSTM": make_pipeline(PerStepTransformer(), clone(hybrid)),
        "plain LSTM": make_pipeline(PerStepTransformer(), lstm),
    }


# %% Train each network once per seed
results = []


def score(name, forecast, parameters, seconds=0.0):
    """Note the errors of one run on the test windows."""
    rmse, mae = root_mean_squared_error(y_test, forecast), mean_absolute_error(y_test, forecast)
    results.append({"model": name, "RMSE": rmse, "MAE": mae, "parameters": parameters, "seconds": seconds})


for seed in range(args.seeds):
    fitted = networks(seed)
    for name, pipe in fitted.items():
        start = time.perf_counter()
        pipe.fit(X_train, y_train)
        seconds = time.perf_counter() - start
        score(name, pipe.predict(X_test), pipe[-1].n_parameters_, seconds)
        print(f"{name}, seed {seed}: {seconds:.1f} s", file=sys.stderr)

ridge = Ridge().fit(X_train[:, :, 0], y_train)
score("ridge", ridge.predict(X_test[:, :, 0]), ridge.coef_.size + 1)
score("last value", NaiveRegressor().fit(X_train, y_train).predict(X_test), 0)
score("same hour yesterday", NaiveRegressor("seasonal", season_length=24).fit(X_train, y_train).predict(X_test), 0)

# %% Shapes on the way, without the axis of samples
nested = fitted["nested CNN-LSTM"]
print(f"windows {X_train.shape} -> subsequences {nested[:-1].transform(X_train).shape} -> targets {y_train.shape}\n")


def layer_table(model):
    """Return name, output shape and number of parameters of each layer."""
    rows = [(layer.name, str(tuple(layer.output.shape[1:])), layer.count_params()) for layer in model.layers]
    return pd.DataFrame(rows, columns=["layer", "output", "parameters"])


for name in ("nested CNN-LSTM", "plain CNN-LSTM"):
    model = fitted[name][-1].model_
    print(f"{name}, {model.count_params()} parameters")
    print(layer_table(model).to_string(index=False), end="\n\n")

# %% Errors
runs = pd.DataFrame(results).groupby("model", sort=False)
table = runs.mean().rename_axis(None)
if args.seeds > 1:
    table.insert(1, "RMSE spread", runs["RMSE"].std())
print(f"{len(X_test)} test windows, kW, mean of {args.seeds} seed(s)")
print(table.to_string(float_format="{:.2f}".format, formatters={"parameters": "{:.0f}".format}, na_rep="-"))

# %% What to conclude
rmse = table["RMSE"]
difference = rmse["nested CNN-LSTM"] - rmse["plain CNN-LSTM"]
print(f"\nNested against plain CNN-LSTM: RMSE {difference:+.2f} kW, ", end="")
print(f"parameters x{table['parameters']['nested CNN-LSTM'] / table['parameters']['plain CNN-LSTM']:.2f}, ", end="")
print(f"time x{table['seconds']['nested CNN-LSTM'] / table['seconds']['plain CNN-LSTM']:.2f}.")
print(f"Smallest RMSE: {rmse.idxmin()} ({rmse.min():.2f} kW); last value: {rmse['last value']:.2f} kW.")
simpler = [name for name in ("plain LSTM", "ridge", "last value") if rmse[name] <= rmse["nested CNN-LSTM"]]
if simpler:
    print(f"The detour is not worth it here: {' and '.join(simpler)} did at least as well.")
else:
    print("The nested network was ahead of the simpler models on these test windows.")
print("One split of one simulated series: differences as small as the spread over the seeds mean nothing.")
