"""ETTh1, 96 hours ahead: where does a CNN-LSTM stand beside a ridge and the figures of the literature?

The usual task [1]: 7 hourly series of an electricity transformer, scaled by their first 8640 rows; windows of 336
hours, targets the next 96 hours of all series; 8640 rows to train, 2880 to validate, 2880 to test; mean squared error
over all test windows, hours and series, in the scaled units. One network for one series is trained on the windows of
all seven ("channel independence" [2]). It is the TimeDistributed CNN-LSTM on 14 subsequences of 24 hours, with each
window shown relative to its last value. Its settings were chosen on the validation rows, which also decide when
training stops; --validate prints the validation error and leaves the test rows alone.

    python etth1.py --csv ETTh1.csv              the file as published by its authors [1]
    python etth1.py --csv ETTh1.csv --seeds 3

[1] H. Zhou et al., "Informer", AAAI 2021; the file: https://github.com/zhouhaoyi/ETDataset
[2] Y. Nie et al., "A Time Series is Worth 64 Words", ICLR 2023
"""

# %% What is measured, and what can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from _common import print_machine

WINDOW, HORIZON, SEASON = 336, 96, 24
ENDS = {"train": (0, 8640), "validation": (8640, 11520), "test": (11520, 14400)}  # rows of the targets
PUBLISHED = {  # test MSE, mean absolute error
    "DLinear (Zeng et al., AAAI 2023)": (0.375, 0.399),
    "DLinear, as rerun by others": (0.386, 0.400),
    "PatchTST/64 (Nie et al., ICLR 2023)": (0.370, 0.400),
    "Informer (Zhou et al., AAAI 2021)": (0.865, 0.713),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", required=True, help="path or URL of ETTh1.csv")
    parser.add_argument("--seeds", type=int, default=1, help="networks trained, each from another seed (default: 1)")
    parser.add_argument("--epochs", type=int, default=15, help="at most (default: 15)")
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--kernel-size", type=int, default=5)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--patience", type=int, default=3)
    parser.add_argument("--validate", action="store_true", help="print the validation error only")
    return parser.parse_args()


# %% Windows
def read_scaled(path):
    """Return the series, (row, series), scaled by their first 8640 rows."""
    frame = pd.read_csv(path, index_col=0, parse_dates=True)
    first = frame.iloc[: ENDS["train"][1]]
    return ((frame - first.mean()) / first.std(ddof=0)).to_numpy()


def cut(series, start, stop):
    """Return windows (n, 336, 1) and targets (n, 96) whose targets lie in these rows, all series at each time."""
    from skhybrid import make_windows

    start = max(start - WINDOW, 0)
    pairs = [make_windows(series[start:stop, i], window_length=WINDOW, horizon=range(1, HORIZON + 1)) for i in range(7)]
    X, y = (np.stack(parts, axis=1) for parts in zip(*pairs, strict=True))  # (time, series, ...)
    return X.reshape(-1, WINDOW, 1).astype(np.float32), y.reshape(-1, HORIZON)


def errors(y, forecast):
    return {"MSE": np.mean((forecast - y) ** 2), "MAE": np.mean(np.abs(forecast - y))}


# %% What needs no network
def baselines(X_train, y_train, X, y):
    """Return the errors of three forecasts."""
    from sklearn.linear_model import Ridge

    last, last_train = X[:, -1], X_train[:, -1]  # (window, 1)
    ridge = Ridge(10, fit_intercept=False).fit(X_train[:, :, 0] - last_train, y_train - last_train)
    return {
        "ridge on changes since the last value": errors(y, ridge.predict(X[:, :, 0] - last) + last),
        "last value": errors(y, np.repeat(last, HORIZON, axis=1)),
        "same hour yesterday": errors(y, np.tile(X[:, -SEASON:, 0], HORIZON // SEASON)),
    }


# %% The network
def train(series, args, seed):
    """Return the pipeline trained on the training rows, stopped by the validation rows, and its seconds."""
    from sklearn.pipeline import make_pipeline

    from skhybrid import CNNLSTMRegressor, SubsequenceReshaper

    # The windows of both parts in one array, in time order: the network holds out the last ones itself, and leaves
    # out those in between whose targets lie in both.
    X, y = cut(series, 0, ENDS["validation"][1])
    n_validation = 7 * (ENDS["validation"][1] - ENDS["validation"][0] - HORIZON + 1)
    network = CNNLSTMRegressor(
        args.filters,
        kernel_size=args.kernel_size,
        pool_size=2,
        units=args.units,
        dense_units=(),
        dropout=args.dropout,
        window_norm="last",
        learning_rate=args.learning_rate,
        batch_size=args.batch_size,
        epochs=args.epochs,
        early_stopping=True,
        validation_fraction=n_validation / len(X),
        validation_gap=7 * (HORIZON - 1),
        n_iter_no_change=args.patience,
        random_state=seed,
    )
    model = make_pipeline(SubsequenceReshaper(WINDOW // SEASON), network)
    begin = time.perf_counter()
    model.fit(X, y)
    return model, time.perf_counter() - begin


# %% The table
def main():
    args = parse_arguments()
    series = read_scaled(args.csv)
    print_machine(1, "skhybrid", "tensorflow", "keras", "scikit-learn")
    X_train, y_train = cut(series, *ENDS["train"])
    part = "validation" if args.validate else "test"
    X, y = cut(series, *ENDS[part])
    print(f"{len(X_train)} training windows, {len(X)} {part} windows\n")
    rows, runs = {}, []
    rows |= baselines(X_train, y_train, X, y)
    for seed in range(args.seeds):
        model, seconds = train(series, args, seed)
        network = model[-1]
        runs.append({**errors(y, model.predict(X)), "epochs": network.n_epochs_, "seconds": seconds})
        runs[-1]["parameters"] = network.n_parameters_
        print(f"seed {seed}: {seconds:.0f} s", file=sys.stderr)
    runs = pd.DataFrame(runs)
    rows[f"CNN-LSTM, mean of {args.seeds} seed(s)"] = runs.mean().to_dict()
    if not args.validate:
        rows |= {f"published: {name}": {"MSE": mse, "MAE": mae} for name, (mse, mae) in PUBLISHED.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").sort_values("MSE")
    formats = {"epochs": "{:.0f}".format, "seconds": "{:.0f}".format, "parameters": "{:.0f}".format}
    print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"))
    if args.seeds > 1:
        print(f"\nCNN-LSTM, {part} MSE by seed: {runs['MSE'].min():.4f} to {runs['MSE'].max():.4f}")


if __name__ == "__main__":
    main()
