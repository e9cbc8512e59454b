"""How much longer do the statistics of RollingFeatures take than those of pandas' rolling?

Both put the statistics beside the columns of the same series, in turn: each ratio is that of two calls, one after the
other. pandas keeps running sums, which take the same time for all windows, but whose values depend on all rows before.

    python rolling.py
    python rolling.py --rows 5000 --rounds 1 --calls 3
"""

# %% What is measured, and what can be changed
import argparse
import time

import numpy as np
import pandas as pd
from _common import column, measure, print_machine, print_spread, start

PACKAGES = ("skhybrid", "numpy", "pandas")
WINDOWS = (3, 24, 168, 720)
STATISTICS = ("mean", "std", "min", "max")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="processes (default: 3)")
    parser.add_argument("--calls", type=int, default=15, help="calls of each case and process (default: 15)")
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the series (default: 50000)")
    parser.add_argument("--features", type=int, default=4, help="columns of the series (default: 4)")
    return parser.parse_args()


# %% The times, in a process of its own
def time_statistics(n_rows, n_features, n_calls, seed):
    """Return the median milliseconds of both for each window and statistics, and the median of their ratios."""
    series = pd.DataFrame(np.random.default_rng(seed).normal(size=(n_rows, n_features)))
    cases = [(window, (statistic,)) for window in WINDOWS for statistic in STATISTICS]
    cases += [(window, STATISTICS) for window in WINDOWS]
    return {
        f"{window} rows, {' '.join(statistics)}": time_case(series, window, statistics, n_calls)
        for window, statistics in cases
    }


def time_case(series, window, statistics, n_calls):
    from skhybrid import RollingFeatures

    rolling = RollingFeatures((window,), statistics=statistics).fit(series)
    ways = (lambda: rolling.transform(series), lambda: roll_with_pandas(series, window, statistics))
    for way in ways:
        way()
    ms = 1000 * np.array([[seconds(way) for way in ways] for _ in range(n_calls)])
    ours, pandas = np.median(ms, axis=0)
    return {"skhybrid": ours, "pandas": pandas, "ratio": np.median(ms[:, 0] / ms[:, 1])}


def roll_with_pandas(series, window, statistics):
    rolling = series.rolling(window, min_periods=1)
    options = {"std": {"ddof": 0}}
    return pd.concat([series, *(getattr(rolling, name)(**options.get(name, {})) for name in statistics)], axis=1)


def seconds(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    work = {"worker": "time_statistics", "n_rows": args.rows, "n_features": args.features, "n_calls": args.calls}
    rounds = measure({"all cases": work}, args.rounds)["all cases"]
    cases = {case: [r[case] for r in rounds] for case in rounds[0]}
    print(f"Series of {args.rows} x {args.features}, medians of {args.calls} calls\n")
    for name in ("skhybrid", "pandas"):
        print_spread(f"Milliseconds of {name}", column(cases, name), digits=2)
    print_spread("Ratio of the times, skhybrid / pandas", column(cases, "ratio"), digits=2)


if __name__ == "__main__":
    start(main, {"time_statistics": time_statistics})
