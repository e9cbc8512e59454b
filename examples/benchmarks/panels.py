"""One network for many series beside what a user would take instead: shops of simulated sales, and ETTh1.

    python panels.py --results FILE                               what is missing in the file, but for ETTh1
    python panels.py --results FILE --csv ETTh1.csv               ETTh1 as well
    python panels.py --results FILE --tasks linear --models ridge recommended
    python panels.py --results FILE --report                      tables only

Tasks: `make_sales` of both kinds, which was fixed before any model ran on it (50 shops, 730 days, 28 days ahead); the
seven series of ETTh1, 24 hours ahead. Each is forecast from three origins a horizon apart, the last of which is a
horizon before the end, by models fitted anew at each. "new shops": ten of the shops have rows of the two weeks before
the first origin only, and they alone are scored, from that origin.

Models: `Forecaster()` as it is; a ridge of all series (each series a column, what is known ahead, phases); of other
packages LightGBM of all series (skforecast), AutoETS for each series and, of intermittent sales, Croston's method
(statsforecast). Errors: of each series RMSSE (in units of the differences from a season before, in its rows before the
first origin) and WAPE; their means, and WAPE over all, which weighs series by volume.
"""

# %% What is measured, and what can be changed
import argparse
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from _common import print_machine, run_worker, start

N_ORIGINS, NEW_ROWS, N_NEW = 3, 14, 10
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
    """

    horizon: int
    season: int
    known: list[str]
    freq: str


SHOPS = Task(28, 7, ["promotion", "price"], "D")
TASKS = {"linear": SHOPS, "intermittent": SHOPS, "linear, new shops": SHOPS, "ETTh1": Task(24, 24, [], "h")}


def read(name, csv):
    """Return the rows of a task, (series, time), with the target as column "y"."""
    from skhybrid import make_sales

    if name == "ETTh1":
        frame = pd.read_csv(csv, index_col=0, parse_dates=True)
        return (
            frame.melt(ignore_index=False, var_name="series", value_name="y")
            .set_index("series", append=True)
            .swaplevel()
        )
    sales = make_sales(50, 730, kind=name.split(",")[0], random_state=0)[["sold", "promotion", "price"]]
    return sales.rename(columns={"sold": "y"}).rename_axis(["series", "time"])


def origins_of(name, frame):
    """Return the times of the origins."""
    times, horizon = frame.index.get_level_values(1).unique().sort_values(), TASKS[name].horizon
    places = [len(times) - 1 - horizon * k for k in range(N_ORIGINS, 0, -1)]
    return times[places[:1] if name.endswith("new shops") else places]


def known_at(name, frame, origin):
    """Return the rows up to an origin; of new shops only the newest."""
    times, keys = frame.index.get_level_values(1), frame.index.get_level_values(0)
    is_known = times <= origin
    if name.endswith("new shops"):
        is_known &= ~(keys.isin(keys.unique()[-N_NEW:]) & (times <= origin - pd.Timedelta(days=NEW_ROWS)))
    return frame[is_known]


# %% Models: each returns the forecasts of all series from the end of the known rows, as a Series (series, time)
def recommended(task, known, coming, seed):
    from skhybrid import Forecaster

    least = min(NEW_ROWS, 2 * task.season) if task.known else None
    model = Forecaster("y", horizon=task.horizon, known_future=task.known, min_history=least, random_state=seed)
    return model.fit(known).forecast(coming[task.known] if task.known else None)["forecast"]


def ridge(task, known, coming, seed):
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
    named = known.assign(name=known.index.get_level_values(0).astype(str))
    return model.fit(named).forecast(coming[task.known] if task.known else None)["forecast"]


def season_ago(task, known, coming, seed):
    forecasts = {}
    for key, rows in known["y"].groupby(level=0):
        steps = coming.loc[key].index[: task.horizon]
        last = rows.to_numpy()[-task.season :]
        forecasts[key] = pd.Series(np.resize(last, task.horizon)[: len(steps)], steps)
    return pd.concat(forecasts)


def light_gbm(task, known, coming, seed):
    from lightgbm import LGBMRegressor
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    def told(rows):  # what is known of steps
        times = rows.index
        phases = {"day": times.dayofweek} | ({"hour": times.hour} if task.freq == "h" else {})
        return rows[task.known].assign(**phases).astype(float)

    season = task.season
    forecaster = ForecasterRecursiveMultiSeries(
        LGBMRegressor(n_estimators=300, learning_rate=0.05, random_state=seed, verbose=-1),
        lags=[*range(1, season + 1), 2 * season, 4 * season],
        window_features=RollingFeatures(stats=["mean", "mean"], window_sizes=[season, 4 * season]),
        encoding="ordinal_category",
    )
    keys = known.index.get_level_values(0).unique()
    series = {key: known.loc[key, "y"].astype(float).asfreq(task.freq) for key in keys}
    series = {key: rows for key, rows in series.items() if len(rows) > 4 * season}  # others have no lags
    forecaster.fit(series, exog={key: told(known.loc[key]).asfreq(task.freq) for key in series})
    exog = {key: told(coming.loc[key]).asfreq(task.freq) for key in series}
    table = forecaster.predict(steps=task.horizon, levels=list(series), exog=exog)
    return table.set_index("level", append=True).swaplevel()["pred"]


def statistical(make_model):
    """Return a function that fits a model of statsforecast to each series."""

    def fit(task, known, coming, seed):
        from statsforecast import StatsForecast

        long = known["y"].rename_axis(["unique_id", "ds"]).reset_index()
        model = make_model(task.season)
        forecast = StatsForecast([model], freq=task.freq).forecast(h=task.horizon, df=long)
        return forecast.set_index(["unique_id", "ds"])[forecast.columns[-1]]

    return fit


def auto_ets(season):
    from statsforecast.models import AutoETS

    return AutoETS(season_length=season)


def croston(season):
    from statsforecast.models import CrostonOptimized

    return CrostonOptimized()


MODELS = {
    "recommended": recommended,
    "ridge": ridge,
    "season ago": season_ago,
    "LightGBM": light_gbm,
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
    for origin in origins:
        coming = frame[frame.index.get_level_values(1) > origin]
        forecast = MODELS[model](task, known_at(name, frame, origin), coming, seed).rename_axis(["series", "time"])
        joined = (
            coming["y"].groupby(level=0).head(task.horizon).to_frame().join(forecast.rename("forecast"), how="left")
        )
        found.append(joined[joined.index.get_level_values(0).isin(scored)])
    seconds = time.perf_counter() - begin
    found = pd.concat(found)
    if found["forecast"].isna().any():
        raise ValueError(f"{int(found['forecast'].isna().sum())} forecasts are missing")
    before = frame[frame.index.get_level_values(1) <= origins[0]]["y"]
    scales = before.groupby(level=0).apply(lambda rows: np.sqrt(np.mean(rows.diff(task.season) ** 2)))
    error = found["forecast"] - found["y"]
    rmsse = np.sqrt((error**2).groupby(level=0).mean()) / scales.loc[scored]
    wape = error.abs().groupby(level=0).sum() / found["y"].abs().groupby(level=0).sum()
    return {
        "rmsse": float(rmsse.mean()),
        "wape_mean": float(wape[np.isfinite(wape)].mean()),
        "wape": float(error.abs().sum() / found["y"].abs().sum()),
        "seconds": seconds,
    }


def run_missing(args):
    done = read_results(args.results)
    for name in args.tasks:
        for model in args.models:
            if (model == "Croston" and name != "intermittent") or (name == "ETTh1" and not args.csv):
                continue
            for seed in range(args.seeds if model == "recommended" else 1):
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


if __name__ == "__main__":
    start(main, {"score": score})
