"""The tables of `forecasts.py`, from its results."""

import numpy as np
import pandas as pd
from _forecast_tasks import TASKS

METRICS = {"squared": "rmse", "absolute": "mae"}
LEVEL, N_DRAWS = 0.9, 10_000  # of the bootstrap intervals
ENOUGH_WINDOWS = 1000
# The best of several models on each series, by the test windows: a bar that is higher than any single one's.
BEST_OF = {
    "best of simple models": ("last value", "season ago", "AutoETS", "AutoTheta", "MSTL", "ridge"),
    "best of ridge, boosting": ("ridge", "boosting"),
}
BETTER_OF_TWO = ("LightGBM", "NF LSTM", "NF NHITS", "NF PatchTST")  # at the defaults, or with care
CAREFUL = ", careful"


def print_report(results, loss, reference):
    """Print errors by series, their ratios to a reference's by group, seconds, and what failed."""
    runs = pd.DataFrame(results)
    if "rmse" not in runs:
        return print("No results.")
    runs["failed"] = runs["error"].notna() if "error" in runs else False
    order = list(dict.fromkeys(runs["model"]))
    errors = errors_of(runs, METRICS[loss]).reindex(order)
    add_best(errors)
    if reference not in errors.index:
        raise SystemExit(f"no results of {reference}, by whose errors those of the others are divided")
    print_errors(errors, failed_of(runs), METRICS[loss].upper(), reference)
    ratios = errors / errors.loc[reference]
    n_windows = runs.groupby("task")["n_windows"].max()
    title = f"Geometric mean of {METRICS[loss].upper()} / {reference}'s ({LEVEL:.0%} interval), series won"
    print_ratios(title, ratios, kinds_of(errors))
    print_ratios(title, ratios, sizes_of(errors, n_windows))
    print_seconds(runs)
    return print_failures(runs)


# %% Errors
def errors_of(runs, metric):
    """Return the mean over the seeds of each seed's error, (model, task); NaN where one has failed."""
    by_run = runs.assign(value=runs[metric].mask(runs["failed"]))
    grouped = by_run.groupby(["model", "task"])["value"]
    errors = grouped.mean().where(grouped.count() == grouped.size()).reset_index()
    errors = errors.pivot_table("value", "model", "task", dropna=False)
    return errors[[task for task in TASKS if task in errors]]


def failed_of(runs):
    """Return the (model, task) that failed with at least one seed."""
    return set(runs.loc[runs["failed"], ["model", "task"]].itertuples(index=False, name=None))


def add_best(errors):
    """Add rows of the best of several models, where at least two have run."""
    for name, parts in {**BEST_OF, **{f"better {name}": (name, name + CAREFUL) for name in BETTER_OF_TWO}}.items():
        rows = errors.reindex(errors.index.intersection(parts))
        if len(rows) > 1:
            errors.loc[name] = rows.min()


def print_errors(errors, failed, metric, reference):
    """Print a table for each kind of series, with the ratio to the reference's error in brackets."""
    for kind, tasks in kinds_of(errors).items():
        table = pd.DataFrame(
            {task: [cell(errors, failed, name, task, reference) for name in errors.index] for task in tasks}
        )
        table.index = errors.index.rename(None)
        table = table[(table != "-").any(axis=1)]
        print(f"{metric}, {kind}; in brackets divided by {reference}'s", table.to_string(), sep="\n", end="\n\n")


def cell(errors, failed, name, task, reference):
    """Return an error and its ratio, "failed", or "-" where there is none."""
    error = errors.loc[name, task]
    if np.isnan(error):
        return "failed" if (name, task) in failed else "-"
    return f"{error:#.4g} ({error / errors.loc[reference, task]:.3f})"


# %% Ratios by group
def kinds_of(errors):
    """Return the tasks of each kind."""
    groups = dict.fromkeys(task.group for task in TASKS.values())
    kinds = {group: [name for name in errors if TASKS[name].group == group] for group in groups}
    return {kind: tasks for kind, tasks in kinds.items() if tasks}


def sizes_of(errors, n_windows):
    """Return the tasks without inputs known ahead by the number of their windows, and all of them."""
    alone = [name for name in errors if not TASKS[name].known]
    groups = {
        f"{ENOUGH_WINDOWS} windows or more": [name for name in alone if n_windows[name] >= ENOUGH_WINDOWS],
        "fewer": [name for name in alone if n_windows[name] < ENOUGH_WINDOWS],
        "all without inputs": alone,
        "all": list(errors),
    }
    return {group: tasks for group, tasks in groups.items() if tasks}


def print_ratios(title, ratios, groups):
    """Print how models stand on each group of series."""
    table = pd.DataFrame(
        {group: [summary(ratios.loc[name, tasks]) for name in ratios.index] for group, tasks in groups.items()}
    )
    table.index = ratios.index.rename(None)
    table.columns = [f"{group} ({len(tasks)})" for group, tasks in groups.items()]
    print(title, table.to_string(), sep="\n")
    print("* of some of the series only", end="\n\n")


def summary(ratios):
    """Return the geometric mean of ratios, its interval, and how many are below 1."""
    known = ratios.dropna().to_numpy()
    if not len(known):
        return "-"
    mean, low, high = geometric_mean(known)
    mark = "*" if len(known) < len(ratios) else " "
    interval = f" ({low:.3f}-{high:.3f})" if len(known) > 1 else ""
    return f"{mean:.3f}{interval} {np.sum(known < 1)}/{len(known)}{mark}"


def geometric_mean(ratios):
    """Return a geometric mean, and the ends of its bootstrap interval over series."""
    logs = np.log(ratios)
    draws = np.random.default_rng(0).choice(logs, (N_DRAWS, len(logs))).mean(axis=1)
    ends = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return np.exp([logs.mean(), *ends])


# %% Seconds and failures
def print_seconds(runs):
    """Print the median and the largest seconds over the series, of the mean over the seeds."""
    columns = ["fit_seconds", "fit_cpu_seconds", "forecast_seconds", "forecast_cpu_seconds"]
    by_series = runs[~runs["failed"]].groupby(["model", "task"])[columns].mean()
    table = by_series.groupby("model").agg(["median", "max"])
    table.columns = [f"{column.replace('_seconds', '').replace('_', ' ')} {kind}" for column, kind in table.columns]
    table.insert(0, "series", by_series.groupby("model").size())
    table = table.loc[[name for name in dict.fromkeys(runs["model"]) if name in table.index]].rename_axis(None)
    threads = ", ".join(str(n) for n in sorted(runs["threads"].dropna().astype(int).unique()))
    print(f"Seconds on {threads} thread(s), median and largest over the series; cpu: of all threads")
    print(table.to_string(float_format="{:.2f}".format), end="\n\n")


def print_failures(runs):
    """Print what failed, and why."""
    for run in runs[runs["failed"]].itertuples():
        print(f"failed: {run.model} on {run.task}, seed {run.seed}: {run.error}")
