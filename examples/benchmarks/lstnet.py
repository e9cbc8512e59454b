"""LSTNet: does the recurrence that skips a season help, and where does the network stand beside what is recommended?

    python lstnet.py --results lstnet.jsonl                       a planted season
    python lstnet.py --results lstnet.jsonl --csv ETTh1.csv       the seven series of ETTh1 as one task

**A planted season** of 24 steps: each phase of each of two series has a level of its own that wanders from season to
season, and noise half as large is added. The mean over seasons tells the next value better than the last season alone,
which is all that the linear path over 24 steps reads. The same network with and without the recurrence that skips
seasons forecasts the next step from windows of 168; first 80 % of the rows to learn from, the rest to test.

**ETTh1**: the next 24 hours of all seven series, scaled by the 8640 training rows alone; windows of 168 hours, every
fourth of those of the 11520 rows before the test to learn from; the last fifth of these windows chooses when LSTNet, as
its authors have it, stops. What is recommended learns each series on its own, from the same windows, and chooses on
them by itself. RMSE in scaled units over all windows, hours and series of the 2880 test rows, and the root relative
squared error (RSE) that LSTNet's authors print.

Each fit leaves a line in the file of results; what is there is not trained again.
"""

# %% What is measured, and what can be changed
import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _common import print_machine

WINDOW, SEASON, HORIZON, STRIDE = 168, 24, 24, 4
N_TRAINED, TEST = 8640, (11520, 14400)  # rows of ETTh1 that scale it, and those of the test
SMALL = {"filters": 32, "units": 16, "batch_size": 128, "learning_rate": 0.005}
VALIDATION = 0.2


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="file of results, which is added to")
    parser.add_argument("--csv", help="path or URL of ETTh1.csv, to be forecast instead of a planted season")
    parser.add_argument("--seeds", type=int, default=3, help="of series and networks (default: 3)")
    parser.add_argument("--rows", type=int, default=4000, help="of the planted series (default: 4000)")
    parser.add_argument("--epochs", type=int, default=30, help="of the networks, at most (default: 30)")
    return parser.parse_args()


# %% A planted season
def plant_season(n_rows, seed, n_series=2, memory=0.995, noise=0.5):
    """Return series (row, series) whose phases have levels that wander, and noise."""
    rng = np.random.default_rng(seed)
    n_seasons = -(-n_rows // SEASON)
    levels = rng.normal(size=(n_seasons, SEASON, n_series))
    for i in range(1, n_seasons):
        levels[i] = memory * levels[i - 1] + np.sqrt(1 - memory**2) * levels[i]
    series = levels.reshape(-1, n_series)[:n_rows]
    return series + noise * rng.normal(size=series.shape)


def fit_planted(args, seed, skip):
    """Return the test RMSE of the network, with or without the recurrence that skips seasons."""
    from skhybrid import LSTNetRegressor, sliding_windows

    series = plant_season(args.rows, seed)
    X, y = sliding_windows(series, WINDOW)[:-1], series[WINDOW:]
    n = int(0.8 * len(series)) - WINDOW
    model = LSTNetRegressor(**SMALL, skip=skip, epochs=args.epochs, random_state=seed)
    begin = time.perf_counter()
    model.fit(X[:n], y[:n])
    seconds = time.perf_counter() - begin
    return {"RMSE": rmse(y[n:], model.predict(X[n:])), "parameters": model.n_parameters_, "seconds": seconds}


def yesterday_planted(args, seed):
    series = plant_season(args.rows, seed)
    test = series[int(0.8 * len(series)) :]
    return {"RMSE": rmse(test, series[int(0.8 * len(series)) - SEASON : -SEASON]), "parameters": 0, "seconds": 0.0}


# %% ETTh1
def read_windows(csv):
    """Return windows (n, 168, 7) and the 24 hours after each, (n, 7, 24), to learn from, and those of the test."""
    from skhybrid import sliding_windows

    frame = pd.read_csv(csv, index_col=0, parse_dates=True).to_numpy()
    first = frame[:N_TRAINED]
    series = (frame - first.mean(axis=0)) / first.std(axis=0)
    parts = []
    for rows in (series[: TEST[0]], series[TEST[0] - WINDOW : TEST[1]]):
        both = sliding_windows(rows, WINDOW + HORIZON)
        parts.append((both[:, :WINDOW], both[:, WINDOW:].transpose(0, 2, 1)))
    (X, y), test = parts
    return X[::STRIDE], y[::STRIDE], *test


def fit_lstnet(args, seed):
    from skhybrid import LSTNetRegressor

    X, y, X_test, y_test = read_windows(args.csv)
    stopping = {"early_stopping": True, "validation_fraction": VALIDATION, "validation_gap": HORIZON // STRIDE}
    model = LSTNetRegressor(batch_size=128, epochs=args.epochs, n_iter_no_change=5, random_state=seed, **stopping)
    begin = time.perf_counter()
    model.fit(X, y.reshape(len(y), -1))
    seconds = time.perf_counter() - begin
    return {**errors(y_test, model.predict(X_test)), "parameters": model.n_parameters_, "seconds": seconds}


def fit_recommended(args, seed):
    from skhybrid import recommended

    X, y, X_test, y_test = read_windows(args.csv)
    forecasts, n_parameters, begin = [], 0, time.perf_counter()
    for i in range(y.shape[1]):
        model = recommended(HORIZON, SEASON, validation_gap=HORIZON // STRIDE, random_state=seed)
        model.fit(X[:, :, [i]], y[:, i])
        forecasts.append(model.predict(X_test[:, :, [i]]))
        n_parameters += model.n_parameters_
    seconds = time.perf_counter() - begin
    return {**errors(y_test, np.stack(forecasts, axis=1)), "parameters": n_parameters, "seconds": seconds}


def yesterday(args, seed):
    _, _, X_test, y_test = read_windows(args.csv)
    newest = X_test[:, -SEASON:].transpose(0, 2, 1)
    return {**errors(y_test, newest), "parameters": 0, "seconds": 0.0}


# %% Errors
def rmse(y, forecast):
    return float(np.sqrt(np.mean((y - forecast) ** 2)))


def errors(y, forecast):
    """Return RMSE and, relative to the mean of the test values of each series, the root relative squared error."""
    forecast = np.reshape(forecast, y.shape)
    spread = y - y.mean(axis=(0, 2), keepdims=True)
    return {"RMSE": rmse(y, forecast), "RSE": float(np.sqrt(np.sum((y - forecast) ** 2) / np.sum(spread**2)))}


# %% Tables
PLANTED = {
    "LSTNet": lambda args, seed: fit_planted(args, seed, SEASON),
    "LSTNet without skip": lambda args, seed: fit_planted(args, seed, None),
    "same step a season ago": yesterday_planted,
}
ETTH1 = {"LSTNet": fit_lstnet, "recommended, each series": fit_recommended, "same hour yesterday": yesterday}


def main():
    args = parse_arguments()
    print_machine(1, "skhybrid", "tensorflow", "keras")
    if args.csv:
        found = collect("etth1", ETTH1, args)
        print_means("ETTh1, mean over the seeds", found, ["RMSE", "RSE", "parameters", "seconds"])
        return
    planted = collect("planted", PLANTED, args)
    print_means("A planted season, mean over the seeds", planted, ["RMSE", "parameters", "seconds"])
    pairs = zip(planted["LSTNet"], planted["LSTNet without skip"], strict=True)
    print("RMSE with skip, in units of that without:", *(f"{a['RMSE'] / b['RMSE']:.3f}" for a, b in pairs))


def collect(task, models, args):
    """Return the results of all models and seeds, {name: list}, training those that the file lacks."""
    return {
        name: [find_or_fit(task, name, fit, args, seed) for seed in range(args.seeds)] for name, fit in models.items()
    }


def find_or_fit(task, name, fit, args, seed):
    case = {"task": task, "model": name, "seed": seed, "epochs": args.epochs, "rows": args.rows}
    lines = args.results.read_text().splitlines() if args.results.exists() else []
    for result in map(json.loads, lines):
        if case.items() <= result.items():
            return result
    result = {**case, **fit(args, seed)}
    with open(args.results, "a") as file:
        file.write(json.dumps(result) + "\n")
    return result


def print_means(title, results, columns):
    rows = {name: {c: np.mean([result[c] for result in found]) for c in columns} for name, found in results.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")[columns]
    formats = {c: "{:.3f}".format if c in ("RMSE", "RSE") else "{:.0f}".format for c in columns}
    print(title, table.to_string(formatters=formats), sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
