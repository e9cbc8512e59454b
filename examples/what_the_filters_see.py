"""What do the filters see? Spikes are planted in a series, and we look which filters answer to them, and when.

Each spike of the simulated load is followed by a dip, so that whoever forecasts the next hour has to notice spikes. A
small CNN-LSTM learns it; its feature maps, filters and saliency then say which filters notice, for how long, and which
hours of the window move its forecasts. A ridge on the same windows and the last value stand beside it.

    python what_the_filters_see.py --out filters.png
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    NaiveRegressor,
    SlidingWindow,
    feature_maps,
    filters,
    make_supervised,
    receptive_field,
    saliency,
    saliency_table,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--days", type=int, default=120, help="days to simulate (default: 120)")
parser.add_argument("--filters", type=int, default=8, help="filters of the network (default: 8)")
parser.add_argument("--kernel-size", type=int, default=3, help="hours that a filter sees (default: 3)")
parser.add_argument("--epochs", type=int, default=40, help="epochs of the network (default: 40)")
parser.add_argument("--out", help="file for a picture (default: none)")
args = parser.parse_args()

# %% A load with a daily rhythm, noise, and spikes at random hours, each followed by three hours below the rhythm
rng = np.random.default_rng(0)
hours = pd.date_range("2024-01-01", periods=24 * args.days, freq="h", name="time")
spike = rng.random(len(hours)) < 1 / 30
shape = [8.0, -3.0, -2.0, -1.0]  # the spike and its three hours of recovery, in kW
load = 20 + 3 * np.sin(2 * np.pi * hours.hour / 24) + rng.normal(0, 0.5, len(hours))
load += np.convolve(spike, shape)[: len(hours)]
X, y = make_supervised(pd.DataFrame({"load": load}, hours), "load", horizon=1)
n_train = int(0.7 * len(X))
X_train, X_test, y_train, y_test = X[:n_train], X[n_train:], y[:n_train], y[n_train:]
print(f"{len(X_train)} training hours with {spike[:n_train].sum()} spikes, {len(X_test)} test hours\n")


# %% Three forecasts of the next hour
def on_windows(model, **window):
    """Scale, cut windows of a day, and give them to the model."""
    return make_pipeline(StandardScaler().set_output(transform="pandas"), SlidingWindow(24, **window), model)


network = CNNLSTMRegressor(
    args.filters, kernel_size=args.kernel_size, units=16, epochs=args.epochs, learning_rate=0.005, random_state=0
)
models = {
    "CNN-LSTM": on_windows(network),
    "ridge": on_windows(Ridge(), flatten=True),
    "last value": make_pipeline(SlidingWindow(1), NaiveRegressor()),
}
since_spike = pd.Series(np.arange(len(hours))).where(spike).ffill().rsub(np.arange(len(hours)))  # hours; NaN before
since_spike = since_spike[: len(X)].set_axis(X.index)[n_train:]
after = (since_spike < 4).to_numpy()  # the rows from which the recovery, or its end, is to be forecast
rows = {}
for name, model in models.items():
    start = time.perf_counter()
    forecast = model.fit(X_train, y_train).predict(X_test)
    print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
    rows[name] = {
        "RMSE": root_mean_squared_error(y_test, forecast),
        "after a spike": root_mean_squared_error(y_test[after], forecast[after]),
        "elsewhere": root_mean_squared_error(y_test[~after], forecast[~after]),
    }
table = pd.DataFrame.from_dict(rows, orient="index")
print("Errors in kW on the test hours; the noise is 0.50, and when a spike comes nobody can know")
print(table.to_string(float_format="{:.2f}".format))

# %% The responses of the filters at each test hour, against hours without a spike in sight
calm = (since_spike >= args.kernel_size + len(shape)).to_numpy()


def answers_to_spikes(pipe):
    """Return how each filter's mean response, so many hours after a spike, deviates from that in calm hours."""
    responses = feature_maps(pipe, X_test)[:, -1]  # (hour, filter): what each filter makes of the newest hours
    after_hours = {
        f"{k} h": responses[(since_spike == k).to_numpy()].mean(axis=0)
        for k in range(args.kernel_size + len(shape) - 1)
    }
    deviation = responses.std(axis=0)[:, None] + 1e-6  # a silent filter has none
    answers = pd.DataFrame(after_hours).rename_axis("filter")
    return (answers - responses[calm].mean(axis=0)[:, None]) / deviation


pipe = models["CNN-LSTM"]
answers = answers_to_spikes(pipe)
kernels = [" ".join(f"{weight:+.2f}" for weight in kernel) for kernel in filters(pipe)[:, 0].T]
print(
    f"\nMean response so many hours after a spike, less that in calm hours, in deviations; {args.kernel_size} in sight"
)
print(answers.assign(kernel=kernels).to_string(float_format="{:+.1f}".format))

# The control: the same network with its first weights, which next to no training has left as they were drawn.
untrained = clone(pipe).set_params(cnnlstmregressor__epochs=1, cnnlstmregressor__learning_rate=1e-9)
answers_untrained = answers_to_spikes(untrained.fit(X_train, y_train))

# %% Which hours of the window move the forecast
sizes = saliency_table(saliency(pipe, X_test), ["load"])["load"]
print("\nMean size of the attributions in kW, by lag")
print(sizes.sort_index().head(8).to_frame().T.to_string(float_format="{:.2f}".format))

# %% A picture, if asked for: a window with a spike in it, the responses, and the filters
if args.out:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from skhybrid import FeatureMapDisplay, FilterDisplay

    fig, (above, below) = plt.subplots(2, figsize=(9, 7), height_ratios=[3, 1], layout="constrained")
    row = int(np.flatnonzero(since_spike == 12)[0])
    FeatureMapDisplay.from_estimator(pipe, X_test, sample=row, ax=above)
    FilterDisplay.from_estimator(pipe, ax=below)
    fig.savefig(args.out, dpi=120)
    print(f"\nPicture: {args.out}")


# %% What to conclude
def answering(answers):
    """Return which filters answer to a spike in its own hour."""
    return answers.index[answers["0 h"] > 2].tolist() or "none"


print(
    f"\nOf {len(answers)} filters, {answering(answers)} answer to a spike in its own hour, by more than 2 deviations;"
)
print(f"with the weights that the network began with, {answering(answers_untrained)} do. ", end="")
print("A filter that answers before training has not learned to.")
print(f"A filter sees {receptive_field(pipe)} hours: what it shows later than that after a spike is its answer to the")
print("recovery. To know of the spike itself any longer is the work of the LSTM behind it.")
share = sizes.loc[sizes.index < len(shape)].sum() / sizes.sum()
print(f"The last {len(shape)} hours of the window carry {100 * share:.0f} % of the attributions.")
errors = table["after a spike"]
print(f"After a spike the CNN-LSTM errs by {errors['CNN-LSTM']:.2f} kW, the ridge by {errors['ridge']:.2f}, ", end="")
print(f"the last value by {errors['last value']:.2f}.")
if errors.idxmin() != "CNN-LSTM":
    print("So filters that visibly answer to spikes are no proof that it takes a convolution to forecast them.")
print("What filters react to is one thing and how well a network forecasts another: read both. One series, one seed.")
