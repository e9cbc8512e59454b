"""How long does Ctrl-C take while a network trains, and is the network afterwards as it was before?

Ten estimators in both loops, each in a process of its own: a network is trained for an epoch, is to be trained on for a
hundred thousand more, and is interrupted in the midst of them. Then it must predict as before the interrupted training,
and after one more epoch as if there had been none. Two networks in threads, whose epochs take long, and a search in two
processes, all of which get the signal as from a terminal, are interrupted likewise.

    python interrupts.py
    python interrupts.py --rounds 1 --only LSTMRegressor --seconds 1
"""

# %% What is measured, and what can be changed
import argparse
import os
import signal
import sys
import threading
import time

import numpy as np
from _common import column, measure, print_machine, print_spread, start

PACKAGES = ("skhybrid", "scikit-learn", "tensorflow", "keras")
WINDOWS, IMAGES, CLIPS = (24, 4), (12, 12, 1), (4, 8, 8, 1)
ESTIMATORS = {
    **dict.fromkeys(("CNNLSTMRegressor", "LSTMRegressor", "GRURegressor", "SimpleRNNRegressor"), WINDOWS),
    **dict.fromkeys(("CNNRegressor", "DenseRegressor", "LSTMFCNRegressor", "CNNLSTMClassifier"), WINDOWS),
    "Conv2DLSTMRegressor": IMAGES,
    "Conv3DLSTMRegressor": CLIPS,
}
LOOPS = {"programs": "auto", "Keras' loop": "keras"}
THREADS, PROCESSES = "two networks in threads", "search in two processes"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="processes for each (default: 1)")
    parser.add_argument("--seconds", type=float, default=4.0, help="from the start of the fit to Ctrl-C (default: 4)")
    parser.add_argument("--rows", type=int, default=3000, help="samples (default: 3000)")
    parser.add_argument("--only", nargs="*", default=[], help="estimators (default: all, threads and processes)")
    return parser.parse_args()


# %% One interruption, in a process of its own
def interrupt_network(name, engine, n_rows, seconds, seed, n_jobs=None):
    """Return the seconds from Ctrl-C to the error, whether the network was as before, and how far a warm fit is off."""
    import skhybrid

    X, y = make_samples(ESTIMATORS[name], n_rows, seed)
    y = (y > 0).astype(int) if name.endswith("Classifier") else y
    options = {"warm_start": True, "random_state": 0, "engine": engine}
    if n_jobs is not None:
        options |= {"n_estimators": n_jobs, "n_jobs": n_jobs}
    model = getattr(skhybrid, name)(epochs=1, **options).fit(X, y)
    before, n_before = model.predict(X[:99]), model.n_epochs_
    waited = interrupt_after(seconds, lambda: model.set_params(epochs=100_000).fit(X, y))
    as_before = bool(np.array_equal(model.predict(X[:99]), before) and model.n_epochs_ == n_before)
    predict = getattr(model, "predict_proba", model.predict)  # of labels, a difference would not be seen
    model.set_params(epochs=1).fit(X, y)
    whole = getattr(skhybrid, name)(epochs=1, **options).fit(X, y).fit(X, y)
    difference = np.abs(predict(X[:99]) - getattr(whole, "predict_proba", whole.predict)(X[:99])).max()
    return {"seconds": waited, "as_before": as_before, "difference": float(difference)}


def interrupt_search(engine, n_rows, seconds, seed):
    """Return the seconds from Ctrl-C to the error of a search whose processes get it as well."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    from skhybrid import CNNLSTMRegressor

    os.setpgrp()  # so that the signal reaches the processes of the search, and no other
    X, y = make_samples(WINDOWS, n_rows, seed)
    network = CNNLSTMRegressor(epochs=100_000, random_state=0, engine=engine)
    search = GridSearchCV(network, {"filters": [8, 16]}, cv=TimeSeriesSplit(2), n_jobs=2)
    waited = interrupt_after(seconds, lambda: search.fit(X, y), send_to_group)
    return {"seconds": waited, "as_before": not hasattr(search, "cv_results_"), "difference": 0.0}


def make_samples(shape, n_rows, seed):
    X = np.random.default_rng(seed).normal(size=(n_rows, *shape)).astype(np.float32)
    return X, X.reshape(n_rows, -1)[:, -4:].sum(axis=1)


def send_to_itself():
    os.kill(os.getpid(), signal.SIGINT)


def send_to_group():
    os.killpg(0, signal.SIGINT)


def interrupt_after(seconds, fit, send=send_to_itself):
    """Return the seconds from Ctrl-C, so long after the start of a fit, until it ends in KeyboardInterrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which what runs in the background ignores
    sent = []

    def interrupt():
        sent.append(time.perf_counter())
        send()

    timer = threading.Timer(seconds, interrupt)
    timer.start()
    try:
        fit()
    except KeyboardInterrupt:
        return time.perf_counter() - sent[0]
    sys.exit("the fit ended before Ctrl-C")


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    results = measure(list_tasks(args), args.rounds)
    print_spread("Seconds from Ctrl-C to KeyboardInterrupt", column(results, "seconds"), digits=3)
    rounds = [(name, result) for name, of_one in results.items() for result in of_one]
    changed = [name for name, result in rounds if not result["as_before"]]
    print(f"Changed by the training that was interrupted: {', '.join(changed) or 'none'}.")
    difference = max(result["difference"] for _, result in rounds)
    print(f"One more epoch differs from the same without an interruption by at most {difference:.1e}.")


def list_tasks(args):
    """Return what is interrupted, by its row in the table."""
    common, tasks = {"seconds": args.seconds}, {}
    for loop, engine in LOOPS.items():
        of_all = {"n_rows": args.rows, "engine": engine, **common}
        for name in args.only or ESTIMATORS:
            tasks[f"{name}, {loop}"] = {"worker": "interrupt_network", "name": name, **of_all}
        if not args.only:
            long = {"name": "LSTMRegressor", "n_jobs": 2, **of_all, "n_rows": 10 * args.rows}
            tasks[f"{THREADS}, {loop}"] = {"worker": "interrupt_network", **long}
            tasks[f"{PROCESSES}, {loop}"] = {"worker": "interrupt_search", **of_all}
    return tasks


if __name__ == "__main__":
    start(main, {"interrupt_network": interrupt_network, "interrupt_search": interrupt_search})
