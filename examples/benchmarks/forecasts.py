"""Forecasts of this package beside those that a user would take instead, on series fixed beforehand.

    python forecasts.py --data FOLDER --results FILE                       all that is missing in the file
    python forecasts.py --data FOLDER --results FILE --tasks airline GDP --models ridge boosting
    python forecasts.py --data FOLDER --results FILE --loss absolute       MAE in the place of RMSE
    python forecasts.py --data FOLDER --results FILE --validate            training parts only, as settings are chosen
    python forecasts.py --data FOLDER --results FILE --refit               a backtest, refitted every 5 % of the test
    python forecasts.py --data FOLDER --results FILE --ways                what each part of the recipe brings
    python forecasts.py --results FILE --report                            tables only

The tasks are those of `_forecast_tasks.py`, the models those of `_forecast_models.py` and, of other packages, of
`_forecast_peers.py` (`pip install 'skhybrid[forecast-peers]'`). Each run is a process of its own, which adds a line to
the file of results; what is there is not run again. A model that fails leaves a line as well, and is shown as failed.

What is scored by RMSE has learned with squared errors, what is scored by MAE with absolute ones, where a model has the
choice. Errors over several seeds are the mean of each seed's error. Seconds are of fit and forecast, on so many threads
as `--threads` says; what is chosen by held out windows counts among those of fit.

So that the plain hybrid learns from the longest series in some ten minutes, the plain networks learn from 8000 windows
at most, every so many of those of longer series; the results say of how many.
"""

# %% What is measured, and what can be changed
import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple

import _forecast_models as models
import _forecast_peers as peers
import numpy as np
from _common import describe_package, print_machine, run_worker, start
from _forecast_report import CAREFUL, print_report
from _forecast_tasks import TASKS, read

PACKAGES = ("skhybrid", "tensorflow", "keras", "scikit-learn", "numpy")
SMALL = ("visits", "airline", "S&P", "GDP")  # fewer than 1000 windows to learn from
WITHOUT_INPUTS = tuple(name for name, task in TASKS.items() if not task.known)
REFITTED = ("visits", "household", "ELB requests", "sunspots", "S&P")
REFIT_SHARE = 0.05  # of the test rows
THREADS = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")]
THREADS += ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]


@dataclass(frozen=True)
class Model:
    """A model to compare.

    Attributes
    ----------
    fit : callable
        A function as those of `_forecast_models.py`.
    package : str
        What it needs beside skhybrid.
    is_ours : bool
        Whether it is a network of this package, trained from several seeds.
    losses : tuple of str
        Losses by which it learns or chooses; "any" where it knows none.
    tasks : tuple of str
        The tasks that it can do, or is meant for.
    """

    fit: Callable
    package: str = "scikit-learn"
    is_ours: bool = False
    losses: tuple[str, ...] = ("squared", "absolute")
    tasks: tuple[str, ...] = tuple(TASKS)


MODELS = {
    "last value": Model(models.last_value, losses=("any",)),
    "season ago": Model(models.season_ago, losses=("any",)),
    "ridge": Model(models.ridge),
    "boosting": Model(models.boosting),
    "plain hybrid": Model(models.plain_hybrid, is_ours=True),
    "plain LSTM": Model(models.plain_lstm, is_ours=True),
    "TCN": Model(models.tcn, is_ours=True),
    "recipe": Model(models.recipe, is_ours=True),
}
for name, fit in peers.STATISTICAL.items():
    MODELS[name] = Model(fit, "statsforecast", losses=("any",), tasks=SMALL)
for name, fit in (peers.BOOSTED | peers.NEURAL).items():
    MODELS[name] = Model(
        fit,
        "neuralforecast" if name in peers.NEURAL else "skforecast",
        losses=("squared", "absolute") if name.endswith(CAREFUL) else ("any",),
        tasks=WITHOUT_INPUTS if "PatchTST" in name else tuple(TASKS),
    )
WAYS = {name: Model(fit, is_ours=True) for name, fit in models.with_ways().items()}
COMPARED = list(MODELS)
MODELS |= WAYS
REFITTED_MODELS = [name for name, model in MODELS.items() if model.package == "scikit-learn"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the series")
    parser.add_argument("--results", type=Path, required=True, help="file of results, one a line; it is added to")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, metavar="TASK", help=f"of: {', '.join(TASKS)}")
    parser.add_argument("--models", nargs="+", choices=MODELS, metavar="MODEL", help=f"of: {', '.join(MODELS)}")
    parser.add_argument("--seeds", type=int, default=3, help="of this package's networks (default: 3)")
    parser.add_argument("--loss", choices=("squared", "absolute"), default="squared", help="default: squared")
    parser.add_argument("--validate", action="store_true", help="leave the last fifth of each series alone")
    parser.add_argument("--refit", action="store_true", help="refit every 5 %% of the test rows, on five series")
    parser.add_argument("--ways", action="store_true", help="add the parts of the recipe one by one; validates")
    parser.add_argument("--retry", action="store_true", help="run again what has failed")
    parser.add_argument("--threads", type=int, default=2, help="of each process (default: 2)")
    parser.add_argument("--report", action="store_true", help="print the tables of the results only")
    parser.add_argument(
        "--reference",
        choices=MODELS,
        default="ridge",
        metavar="MODEL",
        help="whose errors those of others are divided by (default: ridge)",
    )
    args = parser.parse_args()
    if args.data is None and not args.report:
        parser.error("--data must name the folder with the series, without --report")
    args.tasks = args.tasks or list(REFITTED if args.refit else TASKS)
    if args.ways:
        args.validate, args.models, args.reference = True, list(WAYS), next(iter(WAYS))
    args.models = args.models or (["ridge", "boosting", "recipe"] if args.refit else COMPARED)
    if args.refit and not set(args.models) <= set(REFITTED_MODELS):
        parser.error(f"--refit is for {', '.join(REFITTED_MODELS)}")
    return args


# %% What is run
class Run(NamedTuple):
    """One model on one series."""

    task: str
    model: str
    seed: int
    loss: str
    validate: bool
    refit: bool


def planned(args):
    """Yield the runs that are asked for, all models of a series after one another."""
    for task, model in product(args.tasks, args.models):
        kind = MODELS[model]
        if task in kind.tasks:
            loss = args.loss if args.loss in kind.losses else "any"
            for seed in range(args.seeds if kind.is_ours else 1):
                yield Run(task, model, seed, loss, args.validate, args.refit)


def read_results(path):
    """Return the results in a file; of two of the same run, the later one."""
    lines = path.read_text().splitlines() if path.exists() else []
    results = map(json.loads, lines)
    return {Run(*(result[name] for name in Run._fields)): result for result in results}


def run_missing(args):
    """Run what the file of results lacks, and add to it."""
    os.environ.update(dict.fromkeys(THREADS, str(args.threads)))
    done = read_results(args.results)
    for run in planned(args):
        if run in done and not (args.retry and "error" in done[run]):
            continue
        begin = time.perf_counter()
        result = attempt(run, args)
        with open(args.results, "a") as file:
            file.write(json.dumps({**run._asdict(), **result}) + "\n")
        outcome = result.get("error", "done")
        print(f"{', '.join(map(str, run))}: {outcome}, {time.perf_counter() - begin:.1f} s", file=sys.stderr)


def attempt(run, args):
    """Return the result of a run, or the error with which it failed."""
    if describe_package(MODELS[run.model].package).endswith("not installed"):
        return {"error": f"{MODELS[run.model].package} is not installed"}
    try:
        return run_worker(
            {"worker": "score", "data": str(args.data.resolve()), "threads": args.threads, **run._asdict()}
        )
    except SystemExit as failure:  # that of the process
        return {"error": str(failure).strip().splitlines()[-1]}


# %% One model on one series, in a process of its own
def score(data, task, model, seed, loss, validate, refit, threads):
    """Return the errors of a model, and what it took."""
    name, task, model = task, TASKS[task], MODELS[model]
    series = read(task, Path(data), validate=validate)
    seconds = {"fit": np.zeros(2), "forecast": np.zeros(2)}  # on the clock, and of all threads
    forecasts = []
    for part in backtest(series, task.horizon) if refit else [series]:
        with added_to(seconds["fit"]):
            forecast, chosen = model.fit(part, task, seed, loss)
        with added_to(seconds["forecast"]):
            forecasts.append(forecast())
    y, forecasts = series.test[1], np.concatenate(forecasts)
    if forecasts.shape != y.shape or not np.isfinite(forecasts).all():
        raise ValueError(f"forecasts of {name} must be finite, of shape {y.shape}, but are of {forecasts.shape}")
    return {
        "rmse": models.SCORES["squared"](y, forecasts),
        "mae": models.SCORES["absolute"](y, forecasts),
        "n_windows": len(series.train[1]),
        "n_test": len(y),
        **{f"{part}_seconds": float(values[0]) for part, values in seconds.items()},
        **{f"{part}_cpu_seconds": float(values[1]) for part, values in seconds.items()},
        "chosen": chosen,
        "threads": threads,
        "packages": [describe_package(package) for package in dict.fromkeys((*PACKAGES, model.package))],
    }


@contextmanager
def added_to(totals):
    """Add the seconds of a block to an array: those on the clock, and those of all threads of this process."""
    begin = np.array([time.perf_counter(), time.process_time()])
    yield
    totals += np.array([time.perf_counter(), time.process_time()]) - begin


def backtest(series, horizon):
    """Yield the series as it is known at each refit: the test windows until the next, and all windows known by then.

    The windows whose targets lie partly before and partly in the test part are in neither part, and left out.
    """
    from skhybrid import Windows

    (X, y), (X_test, y_test) = series.train, series.test
    n_rows = len(series.frame) - series.n_training
    block = (series.origins - series.n_training + 1) // max(round(REFIT_SHARE * n_rows), 1)
    for i in np.unique(block):
        now = np.flatnonzero(block == i)
        origin = series.origins[now[0]]
        known = np.flatnonzero(series.origins + horizon <= origin)
        values, ahead = (
            np.concatenate([getattr(X, name), getattr(X_test, name)[known]]) for name in ("values", "ahead")
        )
        yield series._replace(
            n_training=origin + 1,
            train=(Windows(values, ahead, seasons=X.seasons), np.concatenate([y, y_test[known]])),
            test=(X_test[now], y_test[now]),
            origins=series.origins[now],
        )


def main():
    args = parse_arguments()
    if not args.report:
        run_missing(args)
    packages = dict.fromkeys((*PACKAGES, *(MODELS[name].package for name in args.models)))
    print_machine(args.seeds, *packages)
    args.models = list(dict.fromkeys((args.reference, *args.models)))
    asked = set(planned(args))
    results = [result for run, result in read_results(args.results).items() if run in asked]
    print_report(results, args.loss, args.reference)


if __name__ == "__main__":
    start(main, {"score": score})
