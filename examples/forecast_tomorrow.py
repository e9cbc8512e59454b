"""The next two days, hour by hour, from a table with the weather known ahead: one call, a picture, and each day again.

    python forecast_tomorrow.py --out tomorrow.svg
    python forecast_tomorrow.py --csv load.csv --time time --target load --known temperature holiday

The table has a row for each hour. Its last three days stand for the time to come: of these only the columns of --known
are read, as a weather forecast would give them (here it is the weather as it came, so that errors are a little too
small). The two weeks before are forecast as they would have been, beside a ridge and "same hour the day before".
"""

# %% What can be changed
import argparse

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import Forecaster, NaiveRegressor, make_power_usage, read_series

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--csv", help="a file of your own; without it, simulated days are used")
parser.add_argument("--time", help="its column of times (default: the first)")
parser.add_argument("--target", default="load", help="its column to forecast (default: load)")
parser.add_argument("--known", nargs="*", default=["temperature"], help="columns known ahead (default: temperature)")
parser.add_argument("--season", type=int, default=24, help="rows in a day (default: 24)")
parser.add_argument("--days", type=int, default=90, help="days to simulate (default: 90)")
parser.add_argument("--out", help="file for a picture (default: none)")
args = parser.parse_args()

# %% The table: all rows but those of the last three days are known
if args.csv:
    df = read_series(args.csv, time=args.time, target=args.target)
else:
    df = make_power_usage(args.days, random_state=0)
day, horizon = args.season, 2 * args.season
known, coming = df.iloc[: -3 * day], df.iloc[-3 * day :]

# %% How good is a forecast? Two weeks as they would have been forecast, from every sixth hour
options = {"target": args.target, "horizon": horizon, "known_future": args.known}
same_hour = NaiveRegressor("seasonal", season_length=day, horizon=range(1, horizon + 1))
models = {
    "recommended": Forecaster(random_state=0, **options),
    "ridge": Forecaster(estimator=make_pipeline(StandardScaler(), RidgeCV(10.0 ** np.arange(-2, 5))), **options),
    "same hour the day before": Forecaster(args.target, horizon=horizon, estimator=same_hour, calendar=None),
}
backtests = {
    name: model.backtest(known, test_size=14 * day, refit=7 * day, stride=day // 4) for name, model in models.items()
}
print("Errors over the last two weeks, fitted anew each week")
for name, backtest in backtests.items():
    errors = backtest.errors().iloc[0]
    print(f"  {name:26} RMSE {errors['rmse']:8.2f}   MAE {errors['mae']:8.2f}   {100 * errors['wape']:5.1f} %")
best = min(backtests, key=lambda name: backtests[name].errors()["rmse"].iloc[0])

# %% Tomorrow, and the day after: the forecast, and intervals that hold what comes in 80 % of all hours
model = models[best].set_params(intervals=0.8).fit(known)
forecast = model.forecast(coming[args.known])
print(f"\nForecast by {best} from {known.index[-1]}, every third hour")
print(forecast.iloc[:: max(day // 8, 1)].to_string(float_format="{:.1f}".format))

paths = model.forecast_paths(coming[args.known], random_state=0).iloc[:day]
low, high = paths.sum().quantile([0.1, 0.9])
print(f"The sum of the first day lies between {low:.0f} and {high:.0f} with a chance of 80 %")

# %% A day later: its rows are known now, and the forecast starts from them. Fit anew now and then, as above.
later = model.update(coming.iloc[:day]).forecast(coming[args.known])
change = (later["forecast"] - forecast["forecast"]).abs().mean()
print(f"\nA day later the forecast of that day has moved by {change:.1f} on average")
truth = coming[args.target].iloc[:day]
inside = (forecast["lower_80"].iloc[:day] <= truth) & (truth <= forecast["upper_80"].iloc[:day])
print(f"and {inside.sum()} of the {day} hours that came lay in their intervals")

# %% A picture, if asked for
if args.out:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(10, 4), layout="constrained")
    known[args.target].iloc[-4 * day :].plot(ax=ax, color="black", label="known")
    forecast["forecast"].plot(ax=ax, label="forecast", color="C0")
    ax.fill_between(forecast.index, forecast["lower_80"], forecast["upper_80"], alpha=0.25, label="80 % interval")
    later["forecast"].plot(ax=ax, label="a day later", linestyle="--", color="C1")
    ax.axvline(known.index[-1], color="grey", linestyle=":")
    ax.set(title="The last four days, and what comes", xlabel="", ylabel=args.target)
    fig.legend(ncols=4, loc="outside lower center")
    fig.savefig(args.out, dpi=120)
    print(f"\nPicture: {args.out}")
