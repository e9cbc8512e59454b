"""What do the windows of a long series cost in time and memory, made in different ways?

Two rows of the package, which make views of the series, stand beside a loop that copies every window. A view leaves
the copying to those who read it: the last two rows read all windows once, in batches as training does, beside the
dataset of Keras. Each way has run once on 1000 rows before it is measured, in a fresh process (Linux).

    python windows.py
    python windows.py --rows 20000 --rounds 2
"""

# %% What is measured, and what can be changed
import argparse
import time
import tracemalloc

import numpy as np
from _common import MB, PeakMemory, column, measure, print_machine, print_spread, start

PACKAGES = ("skhybrid", "numpy", "tensorflow", "keras")
BATCH_SIZE = 128


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="processes of each way (default: 5)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the series (default: 100000)")
    parser.add_argument("--features", type=int, default=8, help="columns of the series (default: 8)")
    parser.add_argument("--window", type=int, default=168, help="rows in a window (default: 168)")
    return parser.parse_args()


# %% The ways: each imports what it needs and returns a function of the series
def cut_views(window):
    from skhybrid import sliding_windows

    return lambda series: sliding_windows(series, window)


def transform_views(window):
    from skhybrid import SlidingWindow

    return SlidingWindow(window).fit_transform


def stack_copies(window):
    return lambda series: np.stack([series[i : i + window] for i in range(len(series) - window + 1)])


def read_views(window):
    from skhybrid import sliding_windows

    def read(series):
        windows = sliding_windows(series, window)
        rows = np.arange(len(windows))
        for first in range(0, len(rows), BATCH_SIZE):
            windows[rows[first : first + BATCH_SIZE]]  # a copy, as training gathers its batches

    return read


def read_keras(window):
    from keras.utils import timeseries_dataset_from_array

    def read(series):
        for _ in timeseries_dataset_from_array(series, None, sequence_length=window, batch_size=BATCH_SIZE):
            pass

    return read


WAYS = {
    "sliding_windows": cut_views,
    "SlidingWindow().fit_transform": transform_views,
    "np.stack of slices": stack_copies,
    "sliding_windows, read in batches": read_views,
    "Keras dataset, read in batches": read_keras,
}


# %% Time and memory, in a process of its own
def make(way, n_rows, n_features, window, seed):
    """Return the milliseconds of one call and how far memory rose during it, in MB.

    "resident" is all of the process; "traced" is what Python and NumPy have allocated, in a second call, since
    tracing takes time.
    """
    series = np.random.default_rng(seed).normal(size=(n_rows, n_features)).astype(np.float32)
    call = WAYS[way](window)
    call(series[: max(1000, window)])
    with PeakMemory() as memory:
        begin = time.perf_counter()
        windows = call(series)
        ms = 1000 * (time.perf_counter() - begin)
    del windows
    tracemalloc.start()
    call(series)
    return {"ms": ms, "resident": memory.growth["VmRSS"], "traced": tracemalloc.get_traced_memory()[1] / MB}


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    size = {"n_rows": args.rows, "n_features": args.features, "window": args.window}
    results = measure({way: {"worker": "make", "way": way, **size} for way in WAYS}, args.rounds)
    n_windows = args.rows - args.window + 1
    series, copied = (n * args.features * 4 / MB for n in (args.rows, n_windows * args.window))
    print(f"Series of {args.rows} x {args.features} float32 ({series:.1f} MB), windows of {args.window} rows")
    print(f"A copy of all {n_windows} windows takes {copied:.1f} MB\n")
    print_spread("Milliseconds", column(results, "ms"), digits=2)
    print_spread("Peak resident memory above that before the call, MB", column(results, "resident"))
    print_spread("Peak of what Python and NumPy allocate, MB", column(results, "traced"))
    print("TensorFlow's own memory, which holds the batches of Keras, is resident but not traced.")


if __name__ == "__main__":
    start(main, {"make": make})
