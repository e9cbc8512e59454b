"""Does memory stay level over many fits, and does a series of a million rows train without its windows being copied?

Three questions, Linux only. First, small networks are fitted again and again in one process, six architectures in
turn, beside the same with SciKeras as its documentation uses it, without keras.backend.clear_session(). Then each fit
has an architecture of its own, as in a long random search, many more than there are programs kept. Last, windows of 168
rows are trained on for one epoch from a memory map, once after SlidingWindow in a pipeline and once as the view that
sliding_windows gives. A fit on a few rows comes before, so that TensorFlow's start and the compiling do not count; what
a batch needs does, and a second run with fewer --rows tells it from what the rows need.

    python memory.py
    python memory.py --parts series --rows 50000
"""

# %% What is measured, and what can be changed
import argparse
import gc
import tempfile
from itertools import cycle, islice, product
from pathlib import Path

import numpy as np
from _common import MB, PeakMemory, build_keras, column, measure, print_machine, print_spread, resident, start

PACKAGES = ("skhybrid", "scikit-learn", "numpy", "tensorflow", "keras", "scikeras")
PARTS = ["fits", "networks", "series"]
N_FEATURES = 8


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="processes of each row (default: 1)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--fits", type=int, default=500, help="fits of skhybrid (default: 500)")
    parser.add_argument("--scikeras-fits", type=int, default=100, help="fits of SciKeras, 0 for none (default: 100)")
    parser.add_argument("--first-fits", type=int, default=20, help="fits before memory is first read (default: 20)")
    parser.add_argument("--networks", type=int, default=300, help="architectures in one process (default: 300)")
    parser.add_argument("--first-networks", type=int, default=100, help="of them before memory is read (default: 100)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the long series (default: 1000000)")
    parser.add_argument("--window", type=int, default=168, help="rows in a window of it (default: 168)")
    parser.add_argument("--batch-size", type=int, default=1024, help="windows in a batch of it (default: 1024)")
    args = parser.parse_args()
    if args.first_fits >= min(args.fits, args.scikeras_fits or args.fits):
        parser.error("--first-fits must be less than --fits and --scikeras-fits")
    if args.first_networks >= args.networks:
        parser.error("--first-networks must be less than --networks")
    return args


# %% Many fits in one process, of few networks and of many
def make_skhybrid(filters, kernel_size, seed):
    from skhybrid import CNNLSTMRegressor

    return CNNLSTMRegressor(filters, kernel_size=kernel_size, units=4, epochs=2, random_state=seed)


def make_scikeras(filters, kernel_size, seed):
    from scikeras.wrappers import KerasRegressor

    network = {"shape": (12, 1), "filters": filters, "kernel_size": kernel_size, "units": 4}
    return KerasRegressor(build_keras, loss="mse", optimizer="adam", epochs=2, verbose=0, **network)


MAKERS = {"skhybrid": make_skhybrid, "SciKeras": make_scikeras}


def repeat_fits(library, n_fits, n_networks, n_first, seed):
    """Return the MB by which resident memory has grown between the first fits and the last."""
    X = np.random.default_rng(seed).normal(size=(64, 12, 1)).astype(np.float32)
    architectures = islice(product(range(2, n_networks + 2, 2), (2, 3, 5)), n_networks)
    for i, (filters, kernel_size) in enumerate(islice(cycle(architectures), n_fits)):
        if i == n_first:
            first = read_memory()
        MAKERS[library](filters, kernel_size, seed + i).fit(X, X[:, -1, 0])
    growth = read_memory() - first
    return {"growth": growth, "growth_per_fit": growth / (n_fits - n_first)}


def read_memory():
    gc.collect()
    return resident("VmRSS")["VmRSS"]


# %% One fit on a long series
def fit_pipeline(network, X, y, window):
    from sklearn.pipeline import make_pipeline

    from skhybrid import SlidingWindow

    make_pipeline(SlidingWindow(window), network).fit(X, y)


def fit_view(network, X, y, window):
    from skhybrid import sliding_windows

    network.fit(sliding_windows(X, window), y[window - 1 :])


ROADS = {"SlidingWindow in a pipeline": fit_pipeline, "sliding_windows of the memory map": fit_view}


def fit_series(road, path, window, batch_size, seed):
    """Return the MB by which resident memory, and each part of it, rises during the fit."""
    from skhybrid import CNNLSTMRegressor

    network = CNNLSTMRegressor(epochs=1, batch_size=batch_size, random_state=seed)
    y = np.array(np.load(path, mmap_mode="r")[1:, 0])
    X = np.load(path, mmap_mode="r")[:-1]  # mapped anew: none of its pages is resident yet
    n_first = window + 64  # no more, or what it allocates could serve the long fit unseen
    ROADS[road](network, X[:n_first].copy(), y[:n_first], window)
    with PeakMemory() as memory:
        ROADS[road](network, X, y, window)
    return {**memory.growth, "total": memory.peak["VmRSS"]}


def write_series(path, n_rows):
    """Write noise (n_rows, 8) in pieces, so that this process holds no series either."""
    rng = np.random.default_rng(0)
    series = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_rows, N_FEATURES))
    for first in range(0, n_rows, 100_000):
        piece = series[first : first + 100_000]
        piece[:] = rng.normal(size=piece.shape)
    series.flush()


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    if "fits" in args.parts:
        compare_fits(args)
    if "networks" in args.parts:
        watch_networks(args)
    if "series" in args.parts:
        with tempfile.TemporaryDirectory() as folder:
            compare_series(args, Path(folder, "series.npy"))


def compare_fits(args):
    n_fits = {"skhybrid": args.fits, "SciKeras": args.scikeras_fits}
    work = {"worker": "repeat_fits", "n_networks": 6, "n_first": args.first_fits}
    tasks = {f"{name}, {n} fits": {**work, "library": name, "n_fits": n} for name, n in n_fits.items() if n}
    results = measure(tasks, args.rounds)
    print_spread(f"Growth of resident memory after fit {args.first_fits}, MB", column(results, "growth"))
    print_spread("Growth per fit, MB", column(results, "growth_per_fit"), digits=3)


def watch_networks(args):
    n, n_first = args.networks, args.first_networks
    work = {"worker": "repeat_fits", "library": "skhybrid", "n_fits": n, "n_networks": n, "n_first": n_first}
    results = measure({f"skhybrid, {n} networks": work}, args.rounds)
    print_spread(f"Growth of resident memory after network {n_first}, MB", column(results, "growth"))


def compare_series(args, path):
    write_series(path, args.rows)
    raw = args.rows * N_FEATURES * 4 / MB
    print(f"Series of {args.rows} x {N_FEATURES} float32: {raw:.1f} MB")
    print(f"A copy of all its windows of {args.window} rows: {raw * args.window:.1f} MB\n")
    work = {"worker": "fit_series", "path": str(path), "window": args.window, "batch_size": args.batch_size}
    results = measure({road: {**work, "road": road} for road in ROADS}, args.rounds)
    print_spread("Peak of resident memory above that before the fit, MB", column(results, "VmRSS"))
    print_spread("Peak of anonymous memory above that before the fit, MB", column(results, "RssAnon"))
    print_spread("Peak of file pages above those before the fit, MB", column(results, "RssFile"))
    print_spread("Peak of resident memory of the process, TensorFlow included, MB", column(results, "total"))


if __name__ == "__main__":
    start(main, {"repeat_fits": repeat_fits, "fit_series": fit_series})
