"""Tomorrow's load, hour by hour: how to forecast beyond the data, and how good was it in the past week?

One network gives all 24 hours at once. The last row of the data is the forecast's origin: what the fitted pipeline
predicts for it is tomorrow. Before that, the same pipeline forecasts days that were kept out, beside a ridge and
"same hour today".

    python forecast_tomorrow.py --out tomorrow.png
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CalendarFeatures,
    CNNLSTMRegressor,
    NaiveRegressor,
    SlidingWindow,
    make_power_usage,
    make_supervised,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--days", type=int, default=90, help="days to simulate (default: 90)")
parser.add_argument("--kept-out", type=int, default=14, help="days kept out to measure errors (default: 14)")
parser.add_argument("--epochs", type=int, default=20, help="epochs of the network (default: 20)")
parser.add_argument("--out", help="file for a picture (default: none)")
args = parser.parse_args()

df = make_power_usage(args.days, random_state=0)
hours = range(1, 25)


# %% Models: all read the load of a day and where in the day and week it ends
def on_windows(model, **window):
    """Add the calendar, scale, cut windows, and give them to the model."""
    calendar = CalendarFeatures(("hour", "dayofweek"))
    pipe = make_pipeline(calendar, StandardScaler(), SlidingWindow(24, **window), model)
    return pipe.set_output(transform="pandas")  # keeps the times, by which SlidingWindow knows what it is given


models = {
    "CNN-LSTM": on_windows(CNNLSTMRegressor(epochs=args.epochs, learning_rate=0.003, random_state=0)),
    "ridge": on_windows(Ridge(10), flatten=True),
    "same hour today": make_pipeline(
        SlidingWindow(24), NaiveRegressor("seasonal", season_length=24, horizon=hours, target_channel=0)
    ),
}


# %% Fit on the rows with a complete target, forecast from the rows after them
def forecast_from(model, known, rows):
    """Fit a model to the `known` rows and forecast 24 hours from each of `rows`, which may go on after them.

    The last 24 of the known rows have no complete target yet, so training stops before them. They are still needed:
    they are the past of what follows. So predict from the first of them on, without a gap (from a later row on,
    SlidingWindow would miss the rows between, and warn), and keep the forecasts asked for. In cross-validation
    TimeSeriesSplit(gap=23) leaves such a gap: cut the windows before the split there.
    """
    X, y, X_future = make_supervised(known, "load", horizon=hours, return_future=True)
    start = time.perf_counter()
    fitted = clone(model).fit(X, y)
    forecast = fitted.predict(rows.loc[X_future.index[0] :])
    print(f"{type(fitted[-1]).__name__}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return pd.DataFrame(forecast, index=rows.loc[X_future.index[0] :].index, columns=hours).loc[known.index[-1] :]


# %% The kept out days: forecasts from every hour whose next 24 hours are known
known = df.iloc[: -24 * args.kept_out]
truth = pd.concat({hour: df["load"].shift(-hour) for hour in hours}, axis=1).loc[known.index[-1] :].dropna()
rows = {}
for name, model in models.items():
    errors = forecast_from(model, known, df).loc[truth.index] - truth
    rmse = np.sqrt((errors**2).mean())
    rows[name] = {f"RMSE +{hour} h": rmse[hour] for hour in (1, 6, 12, 24)}
    rows[name] |= {"RMSE": np.sqrt((errors**2).to_numpy().mean()), "MAE": errors.abs().to_numpy().mean()}
table = pd.DataFrame.from_dict(rows, orient="index")
print(f"Errors in kW of forecasts from {len(truth)} hours in the last {args.kept_out} days")
print(table.to_string(float_format="{:.2f}".format))

# %% Tomorrow: fit on all rows with a target, forecast from the last row
origin = df.index[-1]
times = origin + pd.to_timedelta(list(hours), unit="h")
tomorrow = pd.DataFrame(
    {name: forecast_from(model, df, df).loc[origin].to_numpy() for name, model in models.items()}, index=times
)
print(f"\nForecast in kW from {origin}, the last row; the rows before it forecast hours that are partly known")
print(tomorrow.to_string(float_format="{:.1f}".format))

# %% A picture, if asked for
if args.out:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(10, 4), layout="constrained")
    df["load"].iloc[-72:].plot(ax=ax, color="black", label="known")
    tomorrow.plot(ax=ax, linewidth=1.5)
    ax.axvline(origin, color="grey", linestyle=":")
    ax.set(title="The last three days and tomorrow", xlabel="", ylabel="load (kW)")
    ax.legend(ncols=4)
    fig.savefig(args.out, dpi=120)
    print(f"\nPicture: {args.out}")

# %% What to conclude
rmse = table["RMSE"].sort_values()
best = rmse.index[0]
print(f"\nOver the kept out days {best} has the smallest RMSE: {rmse.iloc[0]:.2f} kW, ", end="")
print(f"{100 * (1 - rmse.iloc[0] / rmse['same hour today']):.0f} % below 'same hour today'.")
if best != "CNN-LSTM":
    print(f"The network's is {100 * (rmse['CNN-LSTM'] / rmse.iloc[0] - 1):.0f} % larger, so send out {best}.")
print(f"Expect an error of that size tomorrow, from {table.loc[best, 'RMSE +1 h']:.2f} kW for the first hour ", end="")
print(f"to {table.loc[best, 'RMSE +24 h']:.2f} kW for the last. One period, one seed.")
