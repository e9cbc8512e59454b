"""Intervals around the same forecasts: how often they hold the truth, and how wide they are.

    python intervals.py --data FOLDER --results FOLDER                 all that is missing in the folder
    python intervals.py --data FOLDER --results FOLDER --names CO2 household --seeds 1
    python intervals.py --results FOLDER --report                      tables only
    python intervals.py --shift PICTURE.png                            series that change at once, drawn and in a table

The series are those of `_interval_tasks.py`. What is recommended learns from the rows before the test part, and
forecasts it from every row. Around these forecasts lie, each at 80 and 95 %:

- "ours": `Forecaster(intervals=(0.8, 0.95))`, which calibrates by itself on the rows before the test part;
- "Gaussian": normal intervals with the spread of errors at each step;
- "quantiles": what the same network forecasts with the quantile loss, uncalibrated (its own forecasts);
- "ours, of quantiles": the intervals of a `Forecaster` with that network, which start from what it says;
- "binned" (skforecast): conformal by bin of the forecast, out-of-sample errors;
- "ACI", "EnbPI" (MAPIE): adaptive conformal inference, and ensemble batch prediction intervals, for each step; errors
  are handed over once they are known, a horizon at a time. Infinite bounds are cut at the largest earlier error.

Other methods get the errors of a backtest of the last three eighths of the training rows, refitted three times.
Coverage is of all test rows and steps. Its error is that of a bootstrap of blocks of two horizons. By step, by phase of
the shortest season and by third of the forecast, the largest deviation is given. The interval score is of Gneiting and
Raftery (2007); smaller is better. Sums and maxima are those over the horizon, from 100 paths, or by summing bounds.
"shops" are fifty of `make_sales` of each kind, 28 days ahead: for how many of them coverage of 168 days is within 8
points of 80 %, and the coverage of five more that come with four weeks of rows after the fit.
"""

# %% What is measured, and what can be changed
import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _common import print_machine, run_worker, start
from _interval_tasks import NAMES, read_series, seasons_of

LEVELS = (0.8, 0.95)
PACKAGES = ("skhybrid", "tensorflow", "scikit-learn", "skforecast", "mapie")
FROM_QUANTILES = {"quantiles": "bounds", "ours, of quantiles": "calibrated"}
METHODS = ("ours", "Gaussian", *FROM_QUANTILES, "binned", "ACI", "EnbPI")
N_BINS, GAMMA, N_PATHS, N_BOOTSTRAPS = 10, 0.05, 100, 200
SUMMED = ("Victoria", "metro traffic", "ETTh1")
KINDS = ("linear", "intermittent")
SHIFTS = {"variance": "Errors three times as large", "level": "Five units higher"}
N_SHIFTED = 50


# %% Forecasts
def make_forecaster(name, data, seed, **options):
    from skhybrid import Forecaster

    task, series, n_test = read_series(name, Path(data))
    model = Forecaster(
        horizon=task.horizon,
        season_length=seasons_of(task),
        random_state=seed,
        **options,
    )
    return model, series, n_test


def as_arrays(forecasts, columns, series):
    """Return forecasts of a backtest as arrays (n_origins, horizon), the truth with NaN where it is missing."""
    wide = forecasts.pivot_table(index="origin", columns="step", values=list(columns))
    arrays = {column: wide[column].to_numpy(dtype=np.float64) for column in columns}
    places = series.index.get_indexer(wide.index)
    arrays["y_true"] = series.to_numpy()[places[:, None] + 1 + np.arange(arrays["y_true"].shape[1])]
    return places, arrays


def forecast(name, data, seed, folder):
    """Make the forecasts of a series with our intervals, and the errors that other methods are calibrated on."""
    warnings.simplefilter("ignore")
    model, series, n_test = make_forecaster(name, data, seed, intervals=LEVELS)
    frame = series.ffill().to_frame()
    begin = time.perf_counter()
    tested = model.backtest(frame, test_size=n_test)
    seconds = time.perf_counter() - begin
    bounds = [f"{side}_{100 * level:g}" for level in LEVELS for side in ("lower", "upper")]
    places, arrays = as_arrays(tested.forecasts, ("y_true", "forecast", *bounds), series)
    training = frame.iloc[: len(frame) - n_test]
    n_eighth = len(training) // 8
    model, *_ = make_forecaster(name, data, seed)
    earlier = model.backtest(training, test_size=3 * n_eighth, refit=n_eighth).forecasts
    earlier_places, calibration = as_arrays(earlier, ("y_true", "forecast"), series)
    np.savez(
        Path(folder) / f"{name.replace(' ', '_')}_{seed}.npz",
        **arrays,
        places=places,
        earlier=earlier_places,
        earlier_true=calibration["y_true"],
        earlier_forecast=calibration["forecast"],
    )
    return {"seconds": seconds}


def forecast_quantiles(name, data, seed, folder):
    """Forecast quantiles with the same network, and make intervals of them, (n_origins, horizon, n_levels, 2) each."""
    from skhybrid import recommended

    warnings.simplefilter("ignore")
    task, *_ = read_series(name, Path(data))
    levels = sorted({0.5, *(tail for level in LEVELS for tail in ((1 - level) / 2, (1 + level) / 2))})
    network = recommended(task.horizon, seasons_of(task), random_state=seed).set_params(
        loss="quantile", quantiles=levels
    )
    model, series, n_test = make_forecaster(name, data, seed, estimator=network, intervals=LEVELS)
    frame = series.ffill().to_frame()
    training, rows = frame.iloc[: len(frame) - n_test], frame.iloc[len(frame) - n_test - 1 :]
    begin = time.perf_counter()
    model.fit(training)
    seconds = time.perf_counter() - begin
    found = model.predict_quantiles(rows)
    order = [levels.index(tail) for level in LEVELS for tail in ((1 - level) / 2, (1 + level) / 2)]
    bounds = found[:, :, order].reshape(*found.shape[:2], len(LEVELS), 2)
    path = Path(folder) / f"{name.replace(' ', '_')}_{seed}_quantiles.npz"
    np.savez(path, bounds=bounds, calibrated=model.predict_interval(rows))
    return {"seconds": seconds}


# %% Intervals around given forecasts: each returns the bounds (n_origins, horizon, n_levels, 2)
def ours(made, season):
    names = [f"{side}_{100 * level:g}" for level in LEVELS for side in ("lower", "upper")]
    return np.stack([made[name] for name in names], axis=2).reshape(*made["forecast"].shape, len(LEVELS), 2)


def gaussian(made, season):
    from scipy.stats import norm

    spread = np.nanstd(made["earlier_true"] - made["earlier_forecast"], axis=0)
    distance = spread[:, None] * norm.ppf((1 + np.array(LEVELS)) / 2)
    return made["forecast"][:, :, None, None] + np.array([-1, 1]) * distance[:, :, None]


def binned(made, season):
    from skforecast.preprocessing import QuantileBinner

    errors = np.abs(made["earlier_true"] - made["earlier_forecast"]).ravel()
    is_known = ~np.isnan(errors)
    binner = QuantileBinner(n_bins=N_BINS)
    binner.fit(made["earlier_forecast"].ravel()[is_known])
    bins = binner.transform(made["earlier_forecast"].ravel()[is_known])
    of_bin = np.array([np.quantile(errors[is_known][bins == i], LEVELS) for i in range(int(bins.max()) + 1)])
    distance = of_bin[binner.transform(made["forecast"].ravel()).astype(int)].reshape(*made["forecast"].shape, -1)
    return made["forecast"][:, :, None, None] + np.array([-1, 1]) * distance[:, :, :, None]


def as_forecast():
    """Return a fitted regressor that returns its only feature: a forecast made before."""
    from sklearn.linear_model import LinearRegression

    line = np.array([0.0, 1.0])
    return LinearRegression().fit(line[:, None], line)


def mapie(method):
    def make(made, season):
        from mapie.regression import TimeSeriesRegressor

        n_rows, horizon = made["forecast"].shape
        bounds = np.empty((n_rows, horizon, len(LEVELS), 2))
        for step in range(horizon):
            known = ~np.isnan(made["earlier_true"][:, step])
            X = made["earlier_forecast"][known, step, None]
            model = TimeSeriesRegressor(as_forecast(), method=method, cv="prefit")
            model.fit(X, made["earlier_true"][known, step])
            done = 0
            for first in range(0, n_rows, horizon):
                ready = max(first - step, 0)  # forecasts from before are known: from `step + 1` steps ago
                new = np.arange(done, ready)
                new = new[~np.isnan(made["y_true"][new, step])]
                if len(new):
                    options = {"gamma": GAMMA, "confidence_level": LEVELS} if method == "aci" else {"ensemble": False}
                    learn = model.adapt_conformal_inference if method == "aci" else model.update
                    learn(made["forecast"][new, step, None], made["y_true"][new, step], **options)
                    done = ready
                rows = slice(first, min(first + horizon, n_rows))
                X = made["forecast"][rows, step, None]
                _, found = model.predict(X, confidence_level=LEVELS, allow_infinite_bounds=True)
                widest = np.nanmax(np.abs(made["earlier_true"] - made["earlier_forecast"])[:, step])
                bounds[rows, step] = np.clip(found.transpose(0, 2, 1), X[:, :, None] - widest, X[:, :, None] + widest)
        return bounds

    return make


AROUND = {"ours": ours, "Gaussian": gaussian, "binned": binned, "ACI": mapie("aci"), "EnbPI": mapie("enbpi")}


# %% Scores
def load(name, seed, folder):
    with np.load(Path(folder) / f"{name.replace(' ', '_')}_{seed}.npz") as packed:
        return dict(packed)


def score(name, method, data, seed, folder):
    warnings.simplefilter("ignore")
    task, *_ = read_series(name, Path(data))
    made, season = load(name, seed, folder), seasons_of(task)[0]
    if method in FROM_QUANTILES:
        with np.load(Path(folder) / f"{name.replace(' ', '_')}_{seed}_quantiles.npz") as packed:
            bounds = packed[FROM_QUANTILES[method]][-len(made["forecast"]) - task.horizon : -task.horizon]
    else:
        bounds = AROUND[method](made, season)
    return {f"{100 * level:g}": summarize(made, bounds[:, :, i], level, season) for i, level in enumerate(LEVELS)}


def summarize(made, bounds, level, season):
    """Return coverage with its error, the largest deviations by groups, and the mean interval score."""
    truth, (lower, upper) = made["y_true"], np.moveaxis(bounds, 2, 0)
    inside = np.where(np.isnan(truth), np.nan, (lower <= truth) & (truth <= upper))
    horizon = truth.shape[1]
    phases = (made["places"][:, None] + 1 + np.arange(horizon)) % season
    thirds = np.searchsorted(np.quantile(made["forecast"], [1 / 3, 2 / 3]), made["forecast"])
    steps = np.broadcast_to(np.arange(horizon), truth.shape)
    tail = 1 - level
    beyond = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    return {
        "coverage": float(np.nanmean(inside)),
        "error": bootstrap(inside, 2 * horizon),
        "n_blocks": len(truth) // (2 * horizon),
        **{
            f"by_{group}": deviation(inside, slots, level)
            for group, slots in (("step", steps), ("phase", phases), ("third", thirds))
        },
        "score": float(np.nanmean(upper - lower + 2 / tail * beyond)),
        "width": float(np.mean(upper - lower)),
    }


def deviation(inside, slots, level):
    """Return the largest deviation of coverage from its level over groups."""
    known = ~np.isnan(inside)
    counts = np.bincount(slots[known])
    shares = np.bincount(slots[known], inside[known])[counts > 0] / counts[counts > 0]
    return float(np.abs(shares - level).max())


def bootstrap(inside, length):
    """Return the standard error of the mean, by a bootstrap of blocks of rows."""
    means = np.nanmean(inside, axis=1)
    blocks = [means[i : i + length] for i in range(0, len(means), length)]
    rng = np.random.default_rng(0)
    drawn = [
        np.nanmean(np.concatenate([blocks[i] for i in rng.integers(len(blocks), size=len(blocks))]))
        for _ in range(N_BOOTSTRAPS)
    ]
    return float(np.std(drawn))


def score_paths(name, data, seed, folder):
    """Return how often intervals of 80 % for the sum and the maximum over the horizon hold, from paths and bounds."""
    from skhybrid import ConformalIntervals

    warnings.simplefilter("ignore")
    task, *_ = read_series(name, Path(data))
    made = load(name, seed, folder)
    intervals = ConformalIntervals(LEVELS, season_length=seasons_of(task)).fit(
        made["earlier_true"], made["earlier_forecast"]
    )
    begin = time.perf_counter()
    paths = intervals.sample_paths(made["forecast"], made["y_true"], n_paths=N_PATHS, random_state=seed)
    seconds = time.perf_counter() - begin
    bounds = ours(made, None)[:, :, 0]
    found = {"seconds_of_200": seconds / len(paths) * 200 / N_PATHS}
    for kind, reduce in (("sum", np.sum), ("maximum", np.max)):
        truth = reduce(made["y_true"], axis=1)
        known = ~np.isnan(truth)
        lower, upper = np.quantile(reduce(paths, axis=2), [0.1, 0.9], axis=1)
        found[f"{kind}, paths"] = float(((lower <= truth) & (truth <= upper))[known].mean())
        lower, upper = reduce(bounds, axis=1).T
        found[f"{kind}, bounds"] = float(((lower <= truth) & (truth <= upper))[known].mean())
    return found


def score_shops(kind, seed):
    """Return the coverage of the intervals of 80 % of fifty shops, and of new ones."""
    from skhybrid import Forecaster, make_sales

    warnings.simplefilter("ignore")
    sales = make_sales(55, 730, kind=kind, random_state=seed)[["sold", "promotion", "price"]]
    keys, times = (sales.index.get_level_values(i) for i in range(2))
    first = times.unique().sort_values()[-168]
    is_new = keys.isin(keys.unique()[-5:])
    options = {"horizon": 28, "known_future": ["promotion", "price"], "bounds": (0, None), "random_state": seed}
    model = Forecaster("sold", intervals=0.8, min_history=14, **options)
    model.fit(sales[~is_new & (times < first)])
    model.update(sales[is_new & (times < first) & (times >= first - pd.Timedelta(days=28))])
    truth, bounds = model.paired_intervals(sales[times >= first], level=0.8)
    inside = (bounds[:, :, 0] <= truth) & (truth <= bounds[:, :, 1])
    shares = inside.reshape(55, -1).mean(axis=1)  # shop by shop, each from as many origins
    found = {}
    for name, of_name in (("old", shares[:50]), ("new", shares[50:])):
        found[f"{name}, coverage"] = float(np.mean(of_name))
        found[f"{name}, share within 8 points"] = float(np.mean(np.abs(of_name - 0.8) <= 0.08))
    return found


# %% Series that change
def shift(path):
    """Print and draw the coverage of intervals of 80 %, season by season, of simulated series that change at once."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(2, 1, figsize=(8, 5), sharex=True, layout="constrained")
    seasons = np.arange(-4, 9)
    table = pd.DataFrame(index=pd.Index(seasons, name="season after the change"))
    for ax, kind in zip(axes, ("variance", "level"), strict=True):
        for adaptive, name in ((True, "that follow"), (False, "that stay")):
            shares = np.array([cover_shift(kind, seed, adaptive, seasons) for seed in range(N_SHIFTED)])
            table[f"{kind}, {name}"] = shares.mean(axis=0)
            ax.plot(seasons, 100 * shares.mean(axis=0), marker="o", label=f"intervals {name}")
        ax.axhline(80, color="grey", linewidth=1)
        ax.axvline(-0.5, color="grey", linewidth=1, linestyle=":")
        ax.set(ylabel="coverage, %", ylim=(0, 100), title=f"{SHIFTS[kind]} at once")
    axes[0].legend(loc="lower left")
    axes[1].set_xlabel("season after the change")
    plt.savefig(path)
    print(f"coverage of 80 % intervals, mean of {N_SHIFTED} simulated series")
    print(table.to_string(float_format="{:.2f}".format))


def cover_shift(kind, seed, adaptive, seasons):
    """Return the coverage of the forecasts that are made in each season."""
    from skhybrid import ConformalIntervals

    season, n_fitted, changed = 12, 360, 480
    rng, steps = np.random.default_rng(seed), np.arange(1, 13)
    x = rng.normal(size=720 + season)
    for t in range(1, len(x)):
        x[t] += 0.8 * x[t - 1]
    truth = np.stack([x[steps + row] for row in range(720)])
    forecasts = x[:720, None] * 0.8**steps
    is_late = np.arange(720)[:, None] + steps >= changed
    shifted = forecasts + 3 * (truth - forecasts) if kind == "variance" else truth + 5
    truth = np.where(is_late, shifted, truth)
    intervals = ConformalIntervals(0.8, season_length=season, adaptive=adaptive)
    intervals.fit(truth[:n_fitted], forecasts[:n_fitted])
    first = n_fitted + season - 1  # the first forecast made when all fitted truth is known
    bounds = intervals.predict_interval(forecasts[first:], truth[first:])[:, :, 0]
    inside = (bounds[..., 0] <= truth[first:]) & (truth[first:] <= bounds[..., 1])
    rows = changed + season * seasons - first
    return [inside[row : row + season].mean() for row in rows]


# %% Running
def run_missing(args):
    args.results.mkdir(parents=True, exist_ok=True)
    done = read_results(args.results)
    made_first = ["forecast", *(["forecast_quantiles"] if set(FROM_QUANTILES) & set(args.methods) else [])]
    for seed in range(args.seeds):
        for name in args.names:
            common = {"name": name, "data": str(args.data), "seed": seed, "folder": str(args.results)}
            jobs = [*((worker, {}) for worker in made_first), *[("score", {"method": m}) for m in args.methods]]
            jobs += [("score_paths", {})] if name in SUMMED else []
            for worker, options in jobs:
                method = options.get("method", worker)
                if (name, method, seed) not in done:
                    record(args.results, name, method, seed, {"worker": worker, **common, **options})
        for kind in args.shops:
            if (kind, "score_shops", seed) not in done:
                record(args.results, kind, "score_shops", seed, {"worker": "score_shops", "kind": kind, "seed": seed})


def record(folder, name, method, seed, job):
    result = run_worker(job)
    with open(folder / "intervals.jsonl", "a") as file:
        file.write(json.dumps({"series": name, "method": method, "seed": seed, **result}) + "\n")
    print(f"{name}, {method}, {seed}: done", file=sys.stderr)


def read_results(folder):
    """Return the results in a folder by series, method and seed."""
    path = folder / "intervals.jsonl"
    results = map(json.loads, path.read_text().splitlines() if path.exists() else [])
    return {(result["series"], result["method"], result["seed"]): result for result in results}


def print_report(results):
    for level in LEVELS:
        key = f"{100 * level:g}"
        rows = pd.DataFrame(
            [{**{k: r[k] for k in ("series", "method", "seed")}, **r[key]} for r in results.values() if key in r]
        )
        table = rows.groupby(["series", "method"], sort=False).mean(numeric_only=True).drop(columns="seed")
        shown = table.copy()
        for column in ("coverage", "error", "by_step", "by_phase", "by_third"):
            shown[column] *= 100
        print(f"\n{key} %: coverage in percent, largest deviations in points")
        print(shown.to_string(float_format="{:.3g}".format))
        coverage = table.reset_index().pivot_table("coverage", "series", "method")
        print("\nmean absolute deviation of coverage, points")
        print((100 * (coverage - level).abs().mean()).to_string(float_format="{:.2f}".format))
        scores = table.reset_index().pivot_table("score", "series", "method")
        ratios = np.exp(np.log(scores[["ours"]].to_numpy() / scores).mean())
        print("\ninterval score of ours / of the other, geometric mean over series")
        print(ratios.to_string(float_format="{:.3f}".format))
        if set(FROM_QUANTILES) <= set(scores):
            raw, ours = (scores[method] for method in FROM_QUANTILES)
            print(f"of ours, of quantiles / of the quantiles: {np.exp(np.log(ours / raw).mean()):.3f}")
    for result in results.values():
        if result["method"] == "score_shops":
            shown = ", ".join(f"{name} {value:.3f}" for name, value in result.items() if "," in name)
            print(f"\n80 % intervals of {result['series']} sales: {shown}")
    paths = pd.DataFrame([result for result in results.values() if result["method"] == "score_paths"])
    if len(paths):
        print("\n80 % intervals of the sum and the maximum over the horizon: coverage")
        print(paths.drop(columns=["method", "seed"]).groupby("series").mean().to_string(float_format="{:.3f}".format))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the series")
    parser.add_argument("--results", type=Path, help="folder of results, which are added to")
    parser.add_argument("--names", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="default: all")
    parser.add_argument("--shops", nargs="*", choices=KINDS, default=list(KINDS), help="kinds of sales (default: all)")
    parser.add_argument("--seeds", type=int, default=1, help="of what is recommended (default: 1)")
    parser.add_argument("--report", action="store_true", help="print the tables of the results only")
    parser.add_argument("--shift", type=Path, metavar="PICTURE", help="draw how intervals follow series that change")
    args = parser.parse_args()
    if args.shift:
        shift(args.shift)
        return
    if args.results is None:
        parser.error("--results must name a folder, without --shift")
    if not args.report:
        run_missing(args)
    print_machine(1, *PACKAGES)
    print_report(read_results(args.results))


if __name__ == "__main__":
    workers = (forecast, forecast_quantiles, score, score_paths, score_shops)
    start(main, {worker.__name__: worker for worker in workers})
