"""How long does a grid search over a CNN-LSTM take, beside SciKeras and skorch?

Every peer runs scikit-learn's GridSearchCV over the same grid, folds and windows, with the network Conv1D -> LSTM(32)
-> Dense(16) -> Dense(1), Adam and batches of 32; --cell gru has a GRU in the LSTM's place. Each search starts in a
fresh process: building and compiling the networks counts, importing the libraries does not, neither here nor in the
processes of joblib. Each round has a seed of its own, so that the rounds also tell how far the errors depend on it.

    python grid_search.py
    python grid_search.py --rounds 1 --epochs 5 --peers "skhybrid n_jobs=1" SciKeras
"""

# %% What is measured, and what can be changed
import argparse
import os
import time
from importlib.util import find_spec

import joblib
import numpy as np
from _common import build_keras, column, measure, print_machine, print_spread, ratio, start
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

N_STEPS = 12
PACKAGES = ("skhybrid", "scikit-learn", "tensorflow", "keras", "scikeras", "torch", "skorch")
PEERS = {
    "skhybrid n_jobs=1": {"library": "skhybrid", "n_jobs": 1},
    "skhybrid n_jobs=2 (threads)": {"library": "skhybrid", "n_jobs": 2, "backend": "threading"},
    "skhybrid n_jobs=2 (processes)": {"library": "skhybrid", "n_jobs": 2},
    "SciKeras n_jobs=1": {"library": "SciKeras", "n_jobs": 1},
    "SciKeras n_jobs=2": {"library": "SciKeras", "n_jobs": 2},
    "skorch n_jobs=1": {"library": "skorch", "n_jobs": 1},
    "skorch n_jobs=2": {"library": "skorch", "n_jobs": 2},
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="searches of each peer (default: 3)")
    parser.add_argument("--epochs", type=int, default=60, help="epochs of each fit (default: 60)")
    parser.add_argument("--folds", type=int, default=5, help="folds of TimeSeriesSplit (default: 5)")
    parser.add_argument("--kernel-sizes", type=int, nargs="+", default=[2, 3, 5], help="to search (default: 2 3 5)")
    parser.add_argument("--filters", type=int, nargs="+", default=[16, 32], help="to search (default: 16 32)")
    parser.add_argument("--cell", choices=("lstm", "gru"), default="lstm", help="of the recurrence (default: lstm)")
    parser.add_argument("--peers", nargs="+", default=[""], help="parts of their names (default: all)")
    return parser.parse_args()


def make_data():
    """Return standardized windows (905, 12, 1) of a random walk with a season, and the value after each."""
    noise = np.random.default_rng(0).normal(size=917)
    series = noise.cumsum() + 5 * np.sin(2 * np.pi * np.arange(917) / 12)
    series = ((series - series.mean()) / series.std()).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(series[:-1], N_STEPS)
    return windows[:, :, None].copy(), series[N_STEPS:]


# %% The estimators: what is imported and seeded before the clock starts, then how each is made
def prepare_skhybrid(seed):
    import skhybrid.estimators.regressors  # noqa: F401


def make_skhybrid(cell, epochs, seed):
    from skhybrid import CNNLSTMRegressor

    return CNNLSTMRegressor(units=32, cell=cell, dense_units=16, epochs=epochs, batch_size=32, random_state=seed)


def prepare_scikeras(seed):
    import keras
    import scikeras.wrappers  # noqa: F401

    # The random_state of SciKeras would switch TensorFlow to deterministic operations, which are slower.
    keras.utils.set_random_seed(seed)


def make_scikeras(cell, epochs, seed):
    from scikeras.wrappers import KerasRegressor

    options = {"loss": "mse", "optimizer": "adam", "epochs": epochs, "batch_size": 32, "verbose": 0}
    return KerasRegressor(model=build_keras, model__shape=(N_STEPS, 1), model__cell=cell, **options)


def prepare_skorch(seed):
    import skorch  # noqa: F401
    import torch
    import torch._dynamo  # the first optimizer of a process would import it, which takes a second

    torch.set_num_threads(1)  # for networks of this size faster than two, also with one job
    torch.manual_seed(seed)


def make_skorch(cell, epochs, seed):
    import torch
    from _torch_network import CNNRecurrent
    from skorch import NeuralNetRegressor

    return NeuralNetRegressor(
        CNNRecurrent,
        module__n_features=1,
        module__cell=cell,
        optimizer=torch.optim.Adam,
        lr=0.001,  # as Keras has it
        max_epochs=epochs,
        batch_size=32,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


# Preparation, estimator, and what precedes the names of the network's parameters.
LIBRARIES = {
    "skhybrid": (prepare_skhybrid, make_skhybrid, ""),
    "SciKeras": (prepare_scikeras, make_scikeras, "model__"),
    "skorch": (prepare_skorch, make_skorch, "module__"),
}


# %% The search, in a process of its own
def search(library, cell, grid, folds, epochs, n_jobs, seed, backend="loky"):
    """Return the seconds of the search, the best candidate's RMSE, and how many graphs were compiled."""
    prepare, make, prefix = LIBRARIES[library]
    prepare(seed)
    model = GridSearchCV(
        make(cell, epochs, seed),
        {prefix + name: values for name, values in grid.items()},
        cv=TimeSeriesSplit(folds),
        scoring="neg_root_mean_squared_error",
        refit=False,
        n_jobs=n_jobs,
        error_score="raise",
    )
    X, y = make_data()
    y = y.reshape(-1, 1) if library == "skorch" else y
    in_processes = n_jobs > 1 and backend == "loky"
    counted = library == "skhybrid" and not in_processes
    with joblib.parallel_config(backend=backend):
        if in_processes:
            prepare_processes(prepare, seed, n_jobs)
        n_before = count_graphs() if counted else 0
        begin = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - begin
    rmse = -model.cv_results_["mean_test_score"].max()
    return {"seconds": seconds, "rmse": rmse, "builds": count_graphs() - n_before if counted else None}


def prepare_processes(prepare, seed, n_jobs):
    """Have the processes of joblib, which the search will use again, import the libraries."""

    def prepare_one():
        prepare(seed)
        time.sleep(0.5)  # or one process would take both calls
        return os.getpid()

    prepared = set()
    while len(prepared) < n_jobs:
        prepared.update(joblib.Parallel(n_jobs)(joblib.delayed(prepare_one)() for _ in range(n_jobs)))


def count_graphs():
    from skhybrid.engine import count_builds

    return count_builds()


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    peers = {name: peer for name, peer in PEERS.items() if any(part in name for part in args.peers)}
    if not all(map(find_spec, ("torch", "skorch"))):
        print("skorch is left out: torch and skorch are not both installed\n")
        peers = {name: peer for name, peer in peers.items() if peer["library"] != "skorch"}
    if not peers:
        raise SystemExit(f"--peers must hold parts of {list(PEERS)}, but holds {args.peers}")

    grid = {"kernel_size": args.kernel_sizes, "filters": args.filters}
    work = {"worker": "search", "cell": args.cell, "grid": grid, "folds": args.folds, "epochs": args.epochs}
    results = measure({name: {**work, **peer} for name, peer in peers.items()}, args.rounds)
    seconds, rmse = column(results, "seconds"), column(results, "rmse")
    n_networks = len(args.kernel_sizes) * len(args.filters)
    n_fits = n_networks * args.folds
    print_spread(f"Seconds for {n_fits} fits of {args.epochs} epochs", seconds, digits=2)
    print_spread("Ratios of seconds, within each round", compare(seconds), digits=2)
    print_spread("RMSE of the best candidate, mean over the folds; a seed a round", rmse, digits=4)
    print_error_ratio(rmse)
    for name, builds in column(results, "builds").items():
        if builds[0] is not None:  # each network has one graph to train and one to predict
            print(f"{name}: {max(builds)} graphs compiled for {n_networks} networks in {n_fits} fits")


def compare(seconds):
    """Return, by round, the ratios between peers: one job each, and each with the jobs that suit it best."""
    best = {}
    for library in LIBRARIES:
        names = [name for name in seconds if PEERS[name]["library"] == library]
        if names:
            best[f"best {library}"] = seconds[min(names, key=lambda name: np.median(seconds[name]))]
    rows = {**seconds, **best}
    pairs = [
        ("SciKeras n_jobs=1", "skhybrid n_jobs=1"),
        ("best SciKeras", "best skhybrid"),
        ("best skorch", "best skhybrid"),
    ]
    return {f"{a} / {b}": ratio(rows[a], rows[b]) for a, b in pairs if a in rows and b in rows}


def print_error_ratio(rmse):
    """Compare the means of the errors over the seeds: a search may be fast, but must not be worse."""
    ours, theirs = rmse.get("skhybrid n_jobs=1"), rmse.get("SciKeras n_jobs=1")
    if ours and theirs:
        ours, theirs = np.mean(ours), np.mean(theirs)
        print(f"Mean RMSE over the seeds: skhybrid {ours:.4f}, SciKeras {theirs:.4f}, ratio {ours / theirs:.3f}\n")


if __name__ == "__main__":
    start(main, {"search": search})
