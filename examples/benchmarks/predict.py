"""How long does a fitted CNN-LSTM take to predict one window, and how long a hundred thousand?

Beside the estimator is its own Keras model: `predict` as one would call it for one window, `predict_on_batch`,
which leaves out what `predict` sets up, and for many windows `predict` with batches of several sizes, of which the
fastest counts. The estimator also checks its input and returns predictions in the units of y.

    python predict.py
    python predict.py --rounds 1 --windows 2000
"""

# %% What is measured, and what can be changed
import argparse
import time

import numpy as np
from _common import column, measure, print_machine, print_spread, ratio, start

PACKAGES = ("skhybrid", "scikit-learn", "tensorflow", "keras")
BATCH_SIZES = (1024, 4096, 16384)
OURS, BY_BATCH, BY_PREDICT = "estimator.predict", "model.predict_on_batch", "model.predict"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="processes (default: 3)")
    parser.add_argument("--windows", type=int, default=100_000, help="windows of the many (default: 100000)")
    parser.add_argument("--calls", type=int, default=300, help="calls with one window (default: 300)")
    return parser.parse_args()


# %% The times, in a process of its own
def time_predictions(n_windows, n_calls, seed):
    """Return the milliseconds of each way to predict, and how far the estimator is from the model."""
    from skhybrid import CNNLSTMRegressor

    X = np.random.default_rng(seed).normal(size=(n_windows, 12, 1)).astype(np.float32)
    y = X[:, -1, 0]
    estimator = CNNLSTMRegressor(epochs=2, scale_target=False, random_state=seed).fit(X[:640], y[:640])
    model, one = estimator.model_, X[:1]
    difference = np.abs(estimator.predict(X) - model.predict(X, batch_size=4096, verbose=0)[:, 0]).max()
    return {
        "one": {
            OURS: milliseconds(lambda: estimator.predict(one), n_calls),
            BY_BATCH: milliseconds(lambda: model.predict_on_batch(one), n_calls),
            BY_PREDICT: milliseconds(lambda: model.predict(one, verbose=0), max(3, n_calls // 10)),
        },
        "many": {
            OURS: milliseconds(lambda: estimator.predict(X), 5),
            **{
                f"{BY_PREDICT}, batches of {size}": milliseconds(
                    lambda size=size: model.predict(X, batch_size=size, verbose=0), 5
                )
                for size in BATCH_SIZES
            },
        },
        "difference": float(difference / y.std()),
    }


def milliseconds(call, n_calls):
    """Return the median time of a call, after a first one that may compile."""
    call()
    times = []
    for _ in range(n_calls):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1000 * float(np.median(times))


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    work = {"worker": "time_predictions", "n_windows": args.windows, "n_calls": args.calls}
    rounds = measure({"all ways": work}, args.rounds)["all ways"]
    one, many = ({way: [r[key][way] for r in rounds] for way in rounds[0][key]} for key in ("one", "many"))
    print_spread("Milliseconds for one window, median of the calls", one, digits=2)
    print_spread(f"Milliseconds for {args.windows} windows", many, digits=1)
    best = min((way for way in many if way != OURS), key=lambda way: np.median(many[way]))
    print_spread("Ratio of the times, within each round", {f"{OURS} / {best}": ratio(many[OURS], many[best])}, digits=2)
    differences = column({"difference": rounds}, "difference")["difference"]
    print(f"Largest difference between the two, in standard deviations of y: {max(differences):.1e}")


if __name__ == "__main__":
    start(main, {"time_predictions": time_predictions})
