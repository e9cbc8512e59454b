"""One network for many series beside what a user would take instead: shops of simulated sales, and ETTh1.

    python panels.py --results FILE                               what is missing in the file, but for ETTh1
    python panels.py --results FILE --csv ETTh1.csv               ETTh1 as well
    python panels.py --results FILE --tasks linear --models ridge recommended
    python panels.py --results FILE --report                      tables only

Tasks: `make_sales` of both kinds, which was fixed before any model ran on it (50 shops, 730 days, 28 days ahead),
forecast from three origins a horizon apart, the last of which is a horizon before the end, by models fitted anew at
each. "new shops": ten of the shops have rows of the two weeks before the first origin only, and they alone are scored,
from that origin. The seven series of ETTh1, 24 hours ahead, from 139 origins 25 hours apart, in the last fifth of the
rows and on each hour of the day: the seven move together, and three days hardly tell who is ahead. There all models
alike are fitted once, on the rows up to the first origin, and are told the rows that follow: an exponential smoothing
moves its level, trend and season on, networks and trees read later windows.

Models: `Forecaster()` as it is, and trained with absolute errors, which WAPE measures, and told that nothing is sold
below 0; a ridge of all series (each series a column, what is known ahead, phases); of other packages LightGBM of all
series (skforecast), by both errors as well, AutoETS for each series and, of intermittent sales, Croston's method
(statsforecast). Errors: of each series RMSSE (in units of the differences from a season before, in its rows before the
first origin) and WAPE; their means, and WAPE over all, which weighs series by volume. Of many origins also the RMSSE by
steps ahead, and by how much that of each model at an origin is above that of what is recommended, with the standard
error that means of seven origins give.
"""

# %% What is measured, and what can be changed
import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from _common import print_machine, run_worker, start

NEW_ROWS, N_NEW = 14, 10
BLOCK = 7  # origins of which errors are taken as one, as those of successive days are alike
STEPS = 1, 3, 6, 12, 24  # the last step ahead of each part of the horizon
PACKAGES = ("skhybrid", "tensorflow", "scikit-learn", "skforecast", "lightgbm", "statsforecast")


class Task(NamedTuple):
    """Many series, of which one column is forecast.

    Attributes
    ----------
    horizon, season : int
        Steps to forecast, and of the season of the naive rule.
    known : list of str
        Columns known ahead.
    freq : str
        The step, as pandas names it.
    n_origins, spacing : int
        Number of times at which forecasts are made, and steps between them.
    is_refitted : bool
        Whether models are fitted anew at each, rather than once at the first.
    """

    horizon: int
    season: int
    known: list[str]
    freq: str
    n_origins: int
    spacing: int
    is_refitted: bool


SHOPS = Task(28, 7, ["promotion", "price"], "D", n_origins=3, spacing=28, is_refitted=True)
TASKS = {
    "linear": SHOPS,
    "intermittent": SHOPS,
    "linear, new shops": SHOPS,
    "ETTh1": Task(24, 24, [], "h", n_origins=139, spacing=25, is_refitted=False),
}


def read(name, csv):
    """Return the rows of a task, (series, time), with the target as column "y"."""
    from skhybrid import make_sales

    if name == "ETTh1":
        frame = pd.read_csv(csv, index_col=0, parse_dates=True)
        return (
            frame.melt(ignore_index=False, var_name="series", value_name="y")
            .set_index("series", append=True)
            .swaplevel()
            .rename_axis(["series", "time"])
        )
    sales = make_sales(50, 730, kind=name.split(",")[0], random_state=0)[["sold", "promotion", "price"]]
    return sales.rename(columns={"sold": "y"}).rename_axis(["series", "time"])


def origins_of(name, frame):
    """Return the times of the origins."""
    times, task = frame.index.get_level_values(1).unique().sort_values(), TASKS[name]
    places = len(times) - 1 - task.horizon - task.spacing * np.arange(task.n_origins)[::-1]
    return times[places[:1] if name.endswith("new shops") else places]


def known_at(name, frame, origin):
    """Return the rows up to an origin; of new shops only the newest."""
    times, keys = frame.index.get_level_values(1), frame.index.get_level_values(0)
    is_known = times <= origin
    if name.endswith("new shops"):
        is_known &= ~(keys.isin(keys.unique()[-N_NEW:]) & (times <= origin - pd.Timedelta(days=NEW_ROWS)))
    return frame[is_known]


# %% Models: each learns from known rows, and returns a function of these, or of rows up to a later origin, and of those
# that are coming, which forecasts all series from the end of the known ones, as a Series (series, time)
def recommended(task, known, seed, **parameters):
    import skhybrid

    estimator = None
    if parameters:
        estimator = skhybrid.recommended(task.horizon, task.season, random_state=seed, **parameters)
    model = skhybrid.Forecaster(
        "y",
        horizon=task.horizon,
        estimator=estimator,
        known_future=task.known,
        min_history=min(NEW_ROWS, 2 * task.season) if task.known else None,
        bounds=(0, None) if task.known and parameters else None,
        random_state=seed,
    )
    return follow(model, task, known)


def ridge(task, known, seed):
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skhybrid import Forecaster

    model = Forecaster(
        "y",
        horizon=task.horizon,
        estimator=make_pipeline(StandardScaler(), RidgeCV(10.0 ** np.arange(-2, 5))),
        known_future=task.known,
        static=["name"],
        min_history=NEW_ROWS if task.known else None,
    )
    return follow(model, task, known)


def follow(model, task, known):
    """Fit a Forecaster, and return what brings it the rows that follow, and forecasts."""

    def named(rows):
        return rows.assign(name=rows.index.get_level_values(0).astype(str)) if "name" in model.static else rows

    def last_time(rows):
        return rows.index.get_level_values(1).max()

    model.fit(named(known))
    end = last_time(known)

    def forecast(known, coming):
        nonlocal end
        if last_time(known) > end:
            model.update(named(known[known.index.get_level_values(1) > end]))
            end = last_time(known)
        return model.forecast(coming[task.known] if task.known else None)["forecast"]

    return forecast


def season_ago(task, known, seed):
    def forecast(known, coming):
        forecasts = {}
        for key, rows in known["y"].groupby(level=0):
            steps = coming.loc[key].index[: task.horizon]
            last = rows.to_numpy()[-task.season :]
            forecasts[key] = pd.Series(np.resize(last, task.horizon)[: len(steps)], steps)
        return pd.concat(forecasts)

    return forecast


def light_gbm(task, known, seed, **parameters):
    from lightgbm import LGBMRegressor
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    def told(rows):  # what is known of steps
        times = rows.index
        phases = {"day": times.dayofweek} | ({"hour": times.hour} if task.freq == "h" else {})
        return rows[task.known].assign(**phases).astype(float)

    season = task.season
    forecaster = ForecasterRecursiveMultiSeries(
        LGBMRegressor(n_estimators=300, learning_rate=0.05, random_state=seed, verbose=-1, **parameters),
        lags=[*range(1, season + 1), 2 * season, 4 * season],
        window_features=RollingFeatures(stats=["mean", "mean"], window_sizes=[season, 4 * season]),
        encoding="ordinal_category",
    )
    keys = known.index.get_level_values(0).unique()
    series = {key: known.loc[key, "y"].astype(float).asfreq(task.freq) for key in keys}
    series = {key: rows for key, rows in series.items() if len(rows) > 4 * season}  # others have no lags
    forecaster.fit(series, exog={key: told(known.loc[key]).asfreq(task.freq) for key in series})

    def forecast(known, coming):
        exog = {key: told(coming.loc[key][: task.horizon]).asfreq(task.freq) for key in series}
        last = pd.DataFrame({key: known.loc[key, "y"].astype(float)[-4 * season :] for key in series})
        table = forecaster.predict(
            steps=task.horizon, levels=list(series), exog=exog, last_window=last.asfreq(task.freq)
        )
        return table.set_index("level", append=True).swaplevel()["pred"]

    return forecast


def statistical(make_model):
    """Return a function that fits a model of statsforecast to each series."""

    def fit(task, known, seed):
        def values(rows):
            return {key: of_series.to_numpy(dtype=float) for key, of_series in rows["y"].groupby(level=0)}

        fitted = {key: (make_model(task.season).fit(y), len(y)) for key, y in values(known).items()}

        def forecast(known, coming):
            forecasts = {}
            for key, y in values(known).items():
                model, n_rows = fitted[key]
                made = model.predict(task.horizon) if len(y) == n_rows else model.forward(y, task.horizon)
                forecasts[key] = pd.Series(made["mean"], coming.loc[key].index[: task.horizon])
            return pd.concat(forecasts)

        return forecast

    return fit


def auto_ets(season):
    from statsforecast.models import AutoETS

    return AutoETS(season_length=season)


def croston(season):
    from statsforecast.models import CrostonOptimized

    return CrostonOptimized()


MODELS = {
    "recommended": recommended,
    "recommended, absolute errors": partial(recommended, loss="mae"),
    "ridge": ridge,
    "season ago": season_ago,
    "LightGBM": light_gbm,
    "LightGBM, absolute errors": partial(light_gbm, objective="mae"),
    "AutoETS": statistical(auto_ets),
    "Croston": statistical(croston),
}


# %% Running
def score(task, model, seed, csv):
    """Return the errors of a model, in a process of its own."""
    name, task = task, TASKS[task]
    frame = read(name, csv)
    origins = origins_of(name, frame)
    keys = frame.index.get_level_values(0).unique()
    scored = keys[-N_NEW:] if name.endswith("new shops") else keys
    found, begin = [], time.perf_counter()
    for number, origin in enumerate(origins):
        known, coming = known_at(name, frame, origin), frame[frame.index.get_level_values(1) > origin]
        if number == 0 or task.is_refitted:
            forecast_from = MODELS[model](task, known, seed)
        forecast = forecast_from(known, coming).rename("forecast").rename_axis(["series", "time"])
        due = coming[["y"]].groupby(level=0).head(task.horizon)
        joined = due.join(forecast, how="left", validate="one_to_one")  # by both levels, or steps meet those of others
        joined = joined.assign(origin=number, step=joined.groupby(level=0).cumcount())
        found.append(joined[joined.index.get_level_values(0).isin(scored)])
    seconds = time.perf_counter() - begin
    found = pd.concat(found)
    if found["forecast"].isna().any():
        raise ValueError(f"{int(found['forecast'].isna().sum())} forecasts are missing")
    before = frame[frame.index.get_level_values(1) <= origins[0]]["y"]
    scales = before.groupby(level=0).apply(lambda rows: np.sqrt(np.mean(rows.diff(task.season) ** 2)))
    return {**errors_of(found, scales), "seconds": seconds}


def errors_of(found, scales):
    """Return the errors of forecasts, with the size of the differences from a season before of each series."""
    error, size = found["forecast"] - found["y"], found["y"].abs()
    wape = error.abs().groupby(level=0).sum() / size.groupby(level=0).sum()
    scaled = found.assign(square=(error / scales.reindex(found.index, level=0)) ** 2)
    return {
        "rmsse": float(mean_rmsse(scaled)),
        "wape_mean": float(wape[np.isfinite(wape)].mean()),
        "wape": float(error.abs().sum() / size.sum()),
        "by_step": [mean_rmsse(rows).round(4) for _, rows in scaled.groupby("step")],
        "by_origin": [mean_rmsse(rows).round(4) for _, rows in scaled.groupby("origin")],
    }


def mean_rmsse(scaled):
    """Return the mean over series of the root of a mean square."""
    return np.sqrt(scaled.groupby(level=0)["square"].mean()).mean()


def run_missing(args):
    done = read_results(args.results)
    for name in args.tasks:
        for model in args.models:
            if (model == "Croston" and name != "intermittent") or (name == "ETTh1" and not args.csv):
                continue
            for seed in range(args.seeds if model.startswith("recommended") else 1):
                if (name, model, seed) in done:
                    continue
                result = run_worker({"worker": "score", "task": name, "model": model, "seed": seed, "csv": args.csv})
                with open(args.results, "a") as file:
                    file.write(json.dumps({"task": name, "model": model, "seed": seed, **result}) + "\n")
                print(f"{name}, {model}, {seed}: {result['seconds']:.0f} s", file=sys.stderr)


def read_results(path):
    """Return the results in a file by task, model and seed."""
    lines = path.read_text().splitlines() if path.exists() else []
    results = map(json.loads, lines)
    return {(result["task"], result["model"], result["seed"]): result for result in results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="file of results, one a line; it is added to")
    parser.add_argument("--csv", help="path of ETTh1.csv")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="default: all")
    parser.add_argument("--seeds", type=int, default=3, help="of what is recommended (default: 3)")
    parser.add_argument("--report", action="store_true", help="print the tables of the results only")
    args = parser.parse_args()
    if not args.report:
        run_missing(args)
    print_machine(1, *PACKAGES)
    results = pd.DataFrame(list(read_results(args.results).values()))
    for name, rows in results.groupby("task", sort=False):
        table = rows.groupby("model")[["rmsse", "wape_mean", "wape", "seconds"]].mean().sort_values("rmsse")
        print(f"\n{name}: means over series, and seeds; WAPE over all")
        print(table.to_string(float_format="{:.3f}".format))
        if not TASKS[name].is_refitted and "recommended" in table.index:
            print_many(rows)


def print_many(rows):
    """Print the errors of parts of the horizon, and how sure the differences between models are, of many origins."""
    parts = list(zip((0, *STEPS), STEPS, strict=False))
    by_step = rows.groupby("model", sort=False)["by_step"].agg(lambda lists: np.mean(list(lists), axis=0))
    table = {model: [errors[start:stop].mean() for start, stop in parts] for model, errors in by_step.items()}
    columns = [f"to {stop}" for stop in STEPS]
    print("\nRMSSE by steps ahead")
    print(pd.DataFrame.from_dict(table, "index", columns=columns).to_string(float_format="{:.3f}".format))
    by_origin = rows.groupby("model", sort=False)["by_origin"].agg(lambda lists: np.mean(list(lists), axis=0))
    print("\nRMSSE at an origin, above that of what is recommended: mean, standard error, share of origins")
    for model, errors in by_origin.drop("recommended").items():
        above = errors - by_origin["recommended"]
        means = [block.mean() for block in np.array_split(above, len(above) // BLOCK)]
        error = np.std(means, ddof=1) / np.sqrt(len(means))
        print(f"{model:12} {above.mean():+.3f} {error:.3f} {np.mean(above > 0):.0%}")


if __name__ == "__main__":
    start(main, {"score": score})
