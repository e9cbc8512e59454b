"""What the parts of a network that forecasts bring: errors beside a ridge, and the time and memory they take.

    python parts.py --planted                    series whose structure is known, made here
    python parts.py --cost                       seconds of an epoch, bytes of a batch
    python parts.py --series FOLDER              series of a folder, one season ahead
    python parts.py --series FOLDER --validate   the same on the first four fifths of each, as settings are chosen

Errors are root mean squared errors over the last fifth of the windows, divided by that of the better of two ridges,
raw and relative to the last value, whose penalties the last 15 % of the training windows choose; the better one is
chosen by the test windows. No network sees the test windows, nor targets that reach into them.
"""

# %% What is measured, and what can be changed
import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _common import print_machine
from sklearn.linear_model import Ridge

PACKAGES = ("skhybrid", "tensorflow", "keras", "scikit-learn", "numpy")
PENALTIES = 10.0 ** np.arange(-3, 5)
HELD_OUT = 0.15
BASES = ("last", "mean", "raw", "seasonal")
# File, column, horizon, window and season of each series; the last 8000 rows of long ones.
SERIES = {
    "airline": ("airline_passengers_monthly.csv", "passengers_thousands", 12, 36, 12),
    "visits": ("website_visits_daily.csv", "users", 7, 56, 7),
    "S&P, log": ("sp500_monthly.csv", "close", 12, 36, 12),
    "household": ("household_power_daily.csv", "Global_active_power", 7, 56, 7),
    "CO2": ("co2_weekly.csv", "co2_ppmv", 26, 104, 52),
    "sunspots": ("sunspots_monthly.csv", "sunspots", 12, 132, 12),
    "Peyton Manning": ("wikipedia_peyton_manning_daily.csv", "log_views", 7, 56, 7),
    "ELB requests": ("nab_elb_request_count.csv", "value", 24, 288, 24),
    "metro traffic": ("metro_traffic_hourly_grid.csv.gz", "traffic_volume", 24, 168, 24),
    "ETTh1": ("ETTh1.csv.gz", "OT", 24, 168, 24),
    "Victoria": ("vic_electricity_halfhourly.csv.gz", "demand_mw", 48, 336, 48),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planted", action="store_true", help="series whose structure is known")
    parser.add_argument("--cost", action="store_true", help="seconds and bytes")
    parser.add_argument("--series", type=Path, help="folder with the series")
    parser.add_argument("--validate", action="store_true", help="leave the last fifth of each series alone")
    parser.add_argument("--names", nargs="+", default=list(SERIES), help="which series (default: all)")
    parser.add_argument("--rows", type=int, default=6000, help="rows of the planted series (default: 6000)")
    parser.add_argument("--epochs", type=int, default=60, help="at most (default: 60)")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of what is timed (default: 3)")
    return parser.parse_args()


# %% Networks and ridges
def make_network(epochs, **options):
    """Return a hybrid beside a ridge regression, refitted on all rows."""
    from skhybrid import CNNLSTMRegressor

    settings = {
        "strides": None,
        "dense_units": (),
        "learning_rate": 0.002,
        "window_norm": "last",
        "linear_path": "ridge",
        "early_stopping": True,
        "validation_fraction": HELD_OUT,
        "n_iter_no_change": 6,
        "refit": True,
        "epochs": epochs,
        "random_state": 0,
    }
    return CNNLSTMRegressor(**{**settings, **options})


def split(X, y):
    """Return training and test samples; training targets end before the first test window does."""
    n_test = len(y) - int(0.8 * len(y))
    n_training = len(y) - n_test - y.shape[1] + 1
    return X[:n_training], y[:n_training], X[-n_test:], y[-n_test:]


def rmse(y, predictions):
    return float(np.sqrt(np.mean((y - predictions) ** 2)))


def ridge_error(X, y):
    """Return the error of the better of two ridges, raw and relative to the last value."""
    windows = np.asarray(X.values if hasattr(X, "ahead") else X)
    tables = X.to_table() if hasattr(X, "ahead") else windows.reshape(len(windows), -1)
    n_past = windows[0].size
    errors = []
    for last in (0 * windows[:, -1:, 0], windows[:, -1:, 0]):
        table = tables.copy()
        table[:, :n_past] -= np.tile(np.where(np.any(last), windows[:, -1], 0), windows.shape[1])
        table /= table[: int(0.8 * len(table))].std()
        A, b, A_test, b_test = split(table, y - last)
        n_held_out = round(HELD_OUT * len(b))
        known = slice(0, len(b) - n_held_out - y.shape[1] + 1)
        on_held_out = [
            rmse(b[-n_held_out:], Ridge(p).fit(A[known], b[known]).predict(A[-n_held_out:])) for p in PENALTIES
        ]
        errors.append(rmse(b_test, Ridge(PENALTIES[np.argmin(on_held_out)]).fit(A, b).predict(A_test)))
    return min(errors)


def relative_error(network, X, y):
    """Return the error of a network in units of the ridges'."""
    X_train, y_train, X_test, y_test = split(X, y)
    return rmse(y_test, network.fit(X_train, y_train).predict(X_test)) / ridge_error(X, y)


# %% Planted series
def autoregression(rng, n_rows):
    """Return a series that is linear in its past."""
    x = np.zeros(n_rows)
    noise = rng.normal(size=n_rows)
    for t in range(24, n_rows):
        x[t] = 0.6 * x[t - 1] + 0.1 * x[t - 2] + 0.25 * x[t - 24] + noise[t]
    return 100 + 10 * x


def spikes(rng, n_rows):
    """Return noise with spikes of two shapes, of which one is followed by a high, the other by a low plateau."""
    x = 0.3 * rng.normal(size=n_rows)
    start = 20
    while start < n_rows - 20:
        is_first = rng.integers(2)
        x[start : start + 4] += [3, -3, 3, -3] if is_first else [3, 3, -3, -3]
        x[start + 12 : start + 18] += 5 if is_first else -5
        start += rng.integers(25, 40)
    return x


def heat(rng, n_rows):
    """Return a load that rises with heat and with cold, and the temperature, which is known ahead."""
    t = np.arange(n_rows)
    weather, noise = np.zeros(n_rows), rng.normal(size=n_rows)
    for i in range(1, n_rows):
        weather[i] = 0.95 * weather[i - 1] + noise[i]
    temperature = 18 + 8 * np.sin(2 * np.pi * t / 24) + 6 * np.sin(2 * np.pi * t / 1200) + weather
    load = (
        50 + 5 * np.sin(2 * np.pi * t / 24) + 3 * np.maximum(temperature - 24, 0) + 3 * np.maximum(10 - temperature, 0)
    )
    return pd.DataFrame({"load": load + rng.normal(size=n_rows), "temperature": temperature})


def planted(args):
    """Print the errors on planted series."""
    from skhybrid import make_windows

    print("\nError on planted series, in units of the ridge's\n" + f"{'':<28}{'seed 0':>9}{'seed 1':>9}")
    small = {"filters": 32, "units": 32, "learning_rate": 0.003}
    by_segments = {"kernel_size": 12, "decoder": "segments", "segment_length": 1}
    cases = {
        "linear autoregression": (autoregression, {"window_length": 48, "horizon": range(1, 13)}, {"kernel_size": 12}),
        "spikes with motifs": (
            spikes,
            {"window_length": 32, "horizon": range(1, 13)},
            {"kernel_size": 4, "strides": 1},
        ),
        "threshold in temperature": (
            heat,
            {"target": "load", "window_length": 48, "horizon": range(1, 25), "known_future": ["temperature"]},
            by_segments,
        ),
    }
    for name, (make, options, settings) in cases.items():
        errors = []
        for seed in (0, 1):
            X, y = make_windows(make(np.random.default_rng(seed), args.rows), **options)
            errors.append(relative_error(make_network(args.epochs, **small, **settings), X, y))
        print(f"{name:<28}{errors[0]:>9.3f}{errors[1]:>9.3f}", flush=True)


# %% What it costs
def cost(args):
    """Print the seconds of an epoch, and the bytes of a batch."""
    from skhybrid import CNNLSTMRegressor, Windows

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(512, 336, 1)), rng.normal(size=(512, 48))
    default = {"filters": 64, "units": 64, "epochs": 1, "random_state": 0}
    networks = {
        "default": CNNLSTMRegressor(**default),
        "segments of 24 steps": CNNLSTMRegressor(**default, kernel_size=24, strides=None),
        "and a decoder": CNNLSTMRegressor(**default, kernel_size=24, strides=None, decoder="segments"),
    }
    for network in networks.values():
        network.fit(X, y)  # compiled once
    seconds = {name: [] for name in networks}
    for _ in range(args.rounds):
        for name, network in networks.items():
            begin = time.perf_counter()
            network.fit(X, y)
            seconds[name].append(time.perf_counter() - begin)
    print("\nSeconds of a fit of one epoch on 512 windows of (336, 1), 64 filters and units\n")
    print(f"{'':<28}{'median':>9}{'min':>9}{'max':>9}{'ratio':>9}")
    for name, values in seconds.items():
        ratios = np.median(np.array(values) / seconds["default"])
        print(f"{name:<28}{np.median(values):>9.3f}{min(values):>9.3f}{max(values):>9.3f}{ratios:>9.3f}")

    network = networks["and a decoder"]
    alone = bytes_of_batch(network.fit(X[:64], y[:64]).model_, y)
    beside = bytes_of_batch(network.fit(Windows(X[:64], rng.normal(size=(64, 48, 2))), y[:64]).model_, y)
    print("\nBytes that a batch of 32 touches: inputs, targets, outputs of layers, and gradients of those trained")
    more = 100 * (beside / alone - 1)
    print(f"windows (336, 1) alone {alone}, with 48 coming steps of 2 inputs {beside}: {more:.1f} % more")


def bytes_of_batch(model, y):
    """Return the bytes of a batch of 32, in float32, from the shapes of a model's layers."""
    n_numbers = sum(np.prod(tensor.shape[1:]) for tensor in model.inputs) + y.shape[1]
    for layer in model.layers:
        outputs = layer.output if isinstance(layer.output, list) else [layer.output]
        n_times = 2 if layer.trainable_weights else bool(layer.weights)
        n_numbers += n_times * sum(np.prod(tensor.shape[1:]) for tensor in outputs)
    return int(32 * 4 * n_numbers)


# %% Series of a folder
def series(args):
    """Print the errors on series of a folder."""
    kinds = ("linear path", "one network", "mean of 3")
    print("\nError one season ahead, in units of the ridges'\n")
    print(f"{'':<24}" + "".join(f"{kind:>14}" for kind in kinds) + f"{'epochs':>12}")
    errors = []
    for name in args.names:
        X, y, season = read_series(args, name)
        options = {"filters": 64, "units": 64, "kernel_size": season, "dropout": 0.3}
        options |= {"season_length": season, "linear_bases": BASES}
        networks = [
            make_network(0, **{**options, "early_stopping": False, "refit": False}),
            make_network(args.epochs, **options),
            make_network(args.epochs, **options, n_estimators=3),
        ]
        errors.append([relative_error(network, X, y) for network in networks])
        best = networks[-1].best_epochs_
        cells = "".join(f"{error:>14.3f}" for error in errors[-1])
        print(f"{f'{name} ({len(y)})':<24}{cells}{f'{min(best)} to {max(best)}':>12}", flush=True)
    means = np.exp(np.log(errors).mean(axis=0))
    print(f"{'geometric mean':<24}" + "".join(f"{mean:>14.4f}" for mean in means))


def read_series(args, name):
    """Return windows and targets of a series, and its season."""
    from skhybrid import make_windows

    file, column, horizon, window, season = SERIES[name]
    values = pd.read_csv(args.series / file)[column].interpolate().to_numpy(dtype=float)[-8000:]
    values = np.log(values) if "log" in name else values
    if args.validate:
        values = values[: int(0.8 * len(values))]
    return *make_windows(values, window_length=window, horizon=range(1, horizon + 1)), season


def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    if args.planted:
        planted(args)
    if args.cost:
        cost(args)
    if args.series is not None:
        series(args)


if __name__ == "__main__":
    main()
