"""The tables of `forecasts.py`, from its results."""

import numpy as np
import pandas as pd
from _forecast_tasks import TASKS

SECONDS = {
    "fit_seconds": "fit",
    "fit_cpu_seconds": "fit, cpu",
    "forecast_seconds": "forecast",
    "forecast_cpu_seconds": "forecast, cpu",
}
COLUMNS = ("task", "model", "rmse", "mae", "n_windows", "threads", "error", *SECONDS)  # a failed run has not all
METRICS = {"squared": "rmse", "absolute": "mae"}
LEVEL, N_DRAWS = 0.9, 10_000  # of the bootstrap intervals
ENOUGH_WINDOWS = 1000
STATISTICAL = [f"{name}{care}" for name in ("AutoETS", "AutoTheta", "MSTL") for care in ("", ", refitted")]
# The best of those that have run on a series, by its test windows: a bar that is higher than any single one's.
BEST_OF = {
    "best of simple models": ("last value", "season ago", "ridge", *STATISTICAL),
    "best of ridge, boosting": ("ridge", "boosting"),
}
BETTER_OF_TWO = ("LightGBM", "NF LSTM", "NF NHITS", "NF PatchTST")  # at the defaults, or with care
CAREFUL = ", careful"


def print_report(results, loss, reference):
    """Print errors by series, their ratios to a reference's by group, seconds, and what failed."""
    runs = pd.DataFrame(results, columns=sorted({*COLUMNS, *(name for result in results for name in result)}))
    runs["failed"] = runs["error"].notna()
    metric = METRICS[loss]
    errors = errors_of(runs, metric)
    if reference not in errors.index:
        raise SystemExit(f"no results of {reference}, by whose errors those of the others are divided")
    add_best(errors)
    print_errors(errors, failed_of(runs), metric.upper(), reference)
    ratios = errors / errors.loc[reference]
    title = f"Geometric mean of {metric.upper()} / {reference}'s ({LEVEL:.0%} interval), series won"
    print_ratios(title, ratios, kinds_of(errors))
    print_ratios(title, ratios, sizes_of(errors, runs.groupby("task")["n_windows"].max()))
    print_seconds(runs)
    print_failures(runs)


# %% Errors
def errors_of(runs, metric):
    """Return the mean over the seeds of each seed's error, (model, task); NaN where one has failed."""
    values = runs[metric].where(~runs["failed"]).astype(float)
    means = values.groupby([runs["model"], runs["task"]]).agg(lambda of_seeds: of_seeds.mean(skipna=False))
    models, tasks = dict.fromkeys(runs["model"]), set(runs["task"])
    return pd.DataFrame(
        {task: [means.get((model, task), np.nan) for model in models] for task in TASKS if task in tasks},
        index=list(models),
    )


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
        table.index = errors.index
        table = table[(table != "-").any(axis=1)]
        print(f"{metric}, {kind}; in brackets divided by {reference}'s", table.to_string(), sep="\n", end="\n\n")


def cell(errors, failed, name, task, reference):
    """Return an error and its ratio, "failed", or "-" where there is none."""
    error = errors.loc[name, task]
    if np.isnan(error):
        return "failed" if (name, task) in failed else "-"
    ratio = error / errors.loc[reference, task]
    return f"{error:#.4g}" + ("" if np.isnan(ratio) else f" ({ratio:.3f})")


# %% Ratios by group
def kinds_of(errors):
    """Return the tasks of each kind."""
    groups = dict.fromkeys(task.group for task in TASKS.values())
    kinds = {group: [name for name in errors if TASKS[name].group == group] for group in groups}
    return {kind: tasks for kind, tasks in kinds.items() if tasks}


def sizes_of(errors, n_windows):
    """Return the tasks without inputs known ahead by the number of their windows, and all tasks."""
    alone = [name for name in errors if not TASKS[name].known]
    groups = {
        f"{ENOUGH_WINDOWS} windows or more": [name for name in alone if n_windows[name] >= ENOUGH_WINDOWS],
        "fewer": [name for name in alone if n_windows[name] < ENOUGH_WINDOWS],
        "all": list(errors),
    }
    return {group: tasks for group, tasks in groups.items() if tasks}


def print_ratios(title, ratios, groups):
    """Print how models stand on each group of series."""
    table = pd.DataFrame(
        {group: [summary(ratios.loc[name, tasks]) for name in ratios.index] for group, tasks in groups.items()}
    )
    table.index = ratios.index
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
    interval = f" ({low:.2f}-{high:.2f})" if len(known) > 1 else ""
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
    done = runs[~runs["failed"]]
    by_series = done.groupby(["model", "task"], sort=False)[list(SECONDS)].mean().rename(columns=SECONDS)
    by_model = by_series.groupby("model", sort=False)
    largest = by_model[["fit", "forecast"]].max().add_prefix("largest ")
    table = pd.concat([by_model.size().rename("series"), by_model.median(), largest], axis=1).rename_axis(None)
    threads = ", ".join(str(n) for n in sorted(done["threads"].astype(int).unique()))
    print(f"Median seconds over the series, on {threads} thread(s), and the largest; cpu: of all threads")
    print(table.to_string(float_format="{:.2f}".format), end="\n\n")


def print_failures(runs):
    """Print what failed, and why."""
    for run in runs[runs["failed"]].itertuples():
        print(f"failed: {run.model} on {run.task}, seed {run.seed}: {run.error}")
