"""ETTh1, 96 to 720 hours ahead: where does a CNN-LSTM stand beside a ridge and the figures of the literature?

    python etth1.py --csv ETTh1.csv --results FOLDER                    the file as published by its authors [1]
    python etth1.py --csv ETTh1.csv --results FOLDER --horizons 96 --seeds 1
    python etth1.py --csv ETTh1.csv --results FOLDER --validate         validation rows only, as settings are chosen
    python etth1.py --csv ETTh1.csv --results FOLDER --bases            linear paths alone, on folds of training rows

The usual task [1]: 7 hourly series of an electricity transformer, scaled by their first 8640 rows, which are
trained on; 2880 rows to validate, 2880 to test; mean squared error over all test windows, hours and series, in the
scaled units. One network for one series is trained on the windows of all seven ("channel independence" [2]).

The network is the recommended one, with what `SETTINGS` changes. It learns the series themselves, not what the linear
path leaves (`linear_weight=0`), and by absolute errors, for the validation rows are full of outliers. These rows, and
none of the test, decide when training stops, on penalties and shares, and what `SETTINGS` holds. As in the literature,
they are not trained on. As there, too, all is relative to what the window holds, and nothing to the mean of the
training rows, of which the validation rows, whose level is another, would take much. On three folds inside the training
rows (--bases) that takes 2 % off the error of the linear path at 720 hours, and adds 1 % to it at 96.

Each network leaves its forecasts and errors in FOLDER; what is there is not trained again, unless --units or --epochs
differ. A network takes some ten minutes on one core. Protocols differ: until 2024 much published code left out the
last test windows.

[1] H. Zhou et al., "Informer", AAAI 2021; the file: https://github.com/zhouhaoyi/ETDataset
[2] Y. Nie et al., "A Time Series is Worth 64 Words", ICLR 2023
"""

# %% What is measured, and what can be changed
import argparse
import json
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from _common import print_machine

WINDOW, SEASON, N_SERIES = 720, 24, 7
HORIZONS = (96, 192, 336, 720)
ENDS = {"train": (0, 8640), "validation": (8640, 11520), "test": (11520, 14400)}  # rows of the targets
SETTINGS = {
    "dropout": 0.5,
    "loss": "mae",
    "learning_rate": 0.0003,
    "batch_size": 256,
    "n_iter_no_change": 3,
    "linear_weight": 0.0,
    "linear_bases": ("last", "smoothed", "seasonal"),
    # One network, and no more than its linear path beside it: windows carry no phase, and validation rows stay apart.
    "n_estimators": 1,
    "validation_folds": 1,
    "refit": False,
    "boosting": False,
    "linear_half_life": None,
    "linear_squares": False,
    "linear_by_phase": False,
}
COLUMNS = ["MSE", "MAE", "epochs", "share", "parameters", "seconds"]
PUBLISHED = {  # test MSE at 96, 192, 336 and 720 hours
    "SegRNN (Lin et al. 2023)": (0.351, 0.392, 0.423, 0.466),
    "DUET (Qiu et al., KDD 2025)": (0.352, 0.398, 0.414, 0.429),
    "xLSTM-Mixer (Kraus et al. 2024)": (0.359, 0.402, 0.408, 0.419),
    "PatchTST/64 (Nie et al., ICLR 2023)": (0.370, 0.413, 0.422, 0.447),
    "NLinear (Zeng et al., AAAI 2023)": (0.374, 0.408, 0.429, 0.440),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", required=True, help="path or URL of ETTh1.csv")
    parser.add_argument("--results", type=Path, required=True, help="folder of results, which are added to")
    parser.add_argument("--horizons", nargs="+", type=int, default=HORIZONS, help="hours ahead (default: all four)")
    parser.add_argument("--seeds", type=int, default=3, help="networks trained, each from another seed (default: 3)")
    parser.add_argument("--units", type=int, default=128, help="filters and units (default: 128)")
    parser.add_argument("--epochs", type=int, default=8, help="at most (default: 8)")
    parser.add_argument(
        "--bases", action="store_true", help="print errors of linear paths on folds of the training rows"
    )
    parser.add_argument("--validate", action="store_true", help="print validation errors only")
    return parser.parse_args()


# %% Windows
def read_scaled(path):
    """Return the series, (row, series), scaled by their first 8640 rows."""
    frame = pd.read_csv(path, index_col=0, parse_dates=True)
    first = frame.iloc[: ENDS["train"][1]]
    return ((frame - first.mean()) / first.std(ddof=0)).to_numpy()


def cut(series, start, stop, horizon):
    """Return windows (n, 720, 1) and targets (n, horizon) whose targets lie in these rows, all series at each time."""
    from skhybrid import make_windows

    start = max(start - WINDOW, 0)
    steps = range(1, horizon + 1)
    pairs = [make_windows(series[start:stop, i], window_length=WINDOW, horizon=steps) for i in range(N_SERIES)]
    X, y = (np.stack(parts, axis=1) for parts in zip(*pairs, strict=True))  # (time, series, ...)
    return X.reshape(-1, WINDOW, 1).astype(np.float32), y.reshape(-1, horizon)


def errors(y, forecast):
    return {"MSE": float(np.mean((forecast - y) ** 2)), "MAE": float(np.mean(np.abs(forecast - y)))}


# %% What needs no network
def baselines(series, X, y):
    """Return the errors of three forecasts, the ridge's of two lengths of windows."""
    from sklearn.linear_model import Ridge

    horizon = y.shape[1]
    X_train, y_train = cut(series, *ENDS["train"], horizon)
    last, last_train = X[:, -1], X_train[:, -1]  # (window, 1)
    rows = {
        "last value": errors(y, np.repeat(last, horizon, axis=1)),
        "same hour yesterday": errors(y, np.tile(X[:, -SEASON:, 0], horizon // SEASON)),
    }
    for length in (WINDOW, 336):
        ridge = Ridge(10, fit_intercept=False).fit(X_train[:, -length:, 0] - last_train, y_train - last_train)
        rows[f"ridge on {length} changes since the last value"] = errors(
            y, ridge.predict(X[:, -length:, 0] - last) + last
        )
    return rows


# %% The network
def train(series, args, horizon, seed):
    """Return the network trained on the training rows, stopped by the validation rows, and its seconds."""
    from skhybrid import recommended

    # The windows of both parts in one array, in time order: the network holds out the last ones itself, and leaves
    # out those in between whose targets lie in both.
    X, y = cut(series, 0, ENDS["validation"][1], horizon)
    n_validation = N_SERIES * (ENDS["validation"][1] - ENDS["validation"][0] - horizon + 1)
    network = recommended(
        horizon,
        SEASON,
        filters=args.units,
        units=args.units,
        epochs=args.epochs,
        validation_fraction=n_validation / len(X),
        validation_gap=N_SERIES * (horizon - 1),
        random_state=seed,
        **SETTINGS,
    )
    begin = time.perf_counter()
    network.fit(X, y)
    return network, time.perf_counter() - begin


def measure(series, args, horizon, seed, part):
    """Train a network; return what is kept of it, and its forecasts of a part."""
    network, seconds = train(series, args, horizon, seed)
    X, y = cut(series, *ENDS[part], horizon)
    forecast = network.predict(X)
    row = {"horizon": horizon, "seed": seed, "part": part, **errors(y, forecast), "seconds": seconds}
    row |= {"epochs": network.best_epoch_, "share": float(network.gate_.mean()), "parameters": network.n_parameters_}
    return row, forecast


def measure_missing(series, args, part):
    """Train the networks whose results are missing; return the errors of all, and the files of their forecasts."""
    args.results.mkdir(parents=True, exist_ok=True)
    rows = []
    for horizon, seed in product(args.horizons, range(args.seeds)):
        path = args.results / f"{part}_{horizon}_{args.units}_{args.epochs}_{seed}.json"
        if not path.exists():
            row, forecast = measure(series, args, horizon, seed, part)
            np.save(path.with_suffix(".npy"), forecast.astype(np.float32))
            path.write_text(json.dumps(row) + "\n")
            print(f"{horizon} hours, seed {seed}: {row['seconds']:.0f} s", file=sys.stderr)
        rows.append({**json.loads(path.read_text()), "path": path.with_suffix(".npy")})
    return pd.DataFrame(rows)


# %% What linear paths are relative to, chosen by the training rows alone
BASES = {
    "all": "auto",
    "relative to the window": SETTINGS["linear_bases"],
    "last and smoothed": ("last", "smoothed"),
    "last": ("last",),
}
FOLDS = [(4320, 5760), (5760, 7200), (7200, 8640)]  # rows of the targets; what is before them is learned from


def errors_by_bases(series, horizon):
    """Return the squared errors of linear paths without networks, one row for each choice of bases."""
    from skhybrid import recommended

    options = {name: value for name, value in SETTINGS.items() if name not in ("linear_bases", "n_iter_no_change")}
    table = pd.DataFrame(index=list(BASES))
    for start, stop in FOLDS:
        X, y = cut(series, 0, start, horizon)
        X_test, y_test = cut(series, start, stop, horizon)
        share = N_SERIES * (stop - start - horizon + 1) / len(X)  # chooses the penalties
        for name, bases in BASES.items():
            path = recommended(
                horizon,
                SEASON,
                epochs=0,
                early_stopping=False,
                validation_fraction=share,
                validation_gap=N_SERIES * (horizon - 1),
                linear_bases=bases,
                **options,
            )
            table.loc[name, f"rows {start} to {stop}"] = errors(y_test, path.fit(X, y).predict(X_test))["MSE"]
    return table.assign(mean=table.mean(axis=1))


# %% The table
def table_of(series, horizon, runs, part):
    """Return the errors at one horizon: of what needs no network, of the networks, and those published."""
    X, y = cut(series, *ENDS[part], horizon)
    rows = baselines(series, X, y)
    rows[f"CNN-LSTM, mean of {len(runs)} seed(s)"] = runs[COLUMNS].mean().to_dict()
    rows[f"mean forecast of {len(runs)} network(s)"] = errors(
        y, np.mean([np.load(path) for path in runs["path"]], axis=0)
    )
    if part == "test" and horizon in HORIZONS:
        rows |= {f"published: {name}": {"MSE": of_all[HORIZONS.index(horizon)]} for name, of_all in PUBLISHED.items()}
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("MSE")


def main():
    args = parse_arguments()
    series = read_scaled(args.csv)
    print_machine(1, "skhybrid", "tensorflow", "keras", "scikit-learn")
    if args.bases:
        for horizon in args.horizons:
            print(f"\n{horizon} hours ahead, mean squared error on folds of the training rows")
            print(errors_by_bases(series, horizon).to_string(float_format="{:.3f}".format))
        return
    part = "validation" if args.validate else "test"
    formats = dict.fromkeys(("epochs", "seconds", "parameters"), "{:.0f}".format)
    for horizon, runs in measure_missing(series, args, part).groupby("horizon"):
        table = table_of(series, horizon, runs, part)
        print(f"\n{horizon} hours ahead, {part} rows; networks {runs['MSE'].min():.4f} to {runs['MSE'].max():.4f}")
        print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"))


if __name__ == "__main__":
    main()
