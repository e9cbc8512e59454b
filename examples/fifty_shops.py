"""Sales of fifty shops, four weeks ahead, by one network: promotions and prices known, some shops new.

One `Forecaster` learns from all shops. Beside it stand a ridge of all shops, and "same day last week". The last four
weeks are forecast as they would have been; then the coming four, also of a shop that opened two weeks ago.

    python fifty_shops.py
    python fifty_shops.py --kind intermittent
    python fifty_shops.py --csv sales.csv --series shop --time date --target sold --known promotion price
"""

# %% What can be changed
import argparse

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import Forecaster, NaiveRegressor, make_sales

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--csv", help="a file of your own; without it, sales are simulated")
parser.add_argument("--series", default="shop", help="its column of shops (default: shop)")
parser.add_argument("--time", default="date", help="its column of dates (default: date)")
parser.add_argument("--target", default="sold", help="its column to forecast (default: sold)")
parser.add_argument("--known", nargs="*", default=["promotion", "price"], help="columns known ahead")
parser.add_argument("--kind", choices=("linear", "intermittent"), default="linear", help="of simulated sales")
parser.add_argument("--shops", type=int, default=50, help="to simulate (default: 50)")
parser.add_argument("--days", type=int, default=500, help="to simulate (default: 500)")
args = parser.parse_args()

# %% The table, (shop, date): the last four weeks stand for those to come, of which only args.known are read
if args.csv:
    sales = pd.read_csv(args.csv, parse_dates=[args.time]).set_index([args.series, args.time]).sort_index()
else:
    sales = make_sales(args.shops, args.days, kind=args.kind, random_state=0)
dates = sales.index.get_level_values(1)
today = dates.max() - pd.Timedelta(days=28)
known, coming = sales[dates <= today], sales[dates > today]
opening = known.index.get_level_values(0)[-1]  # the last shop is as new as if it had opened two weeks ago
is_new = (known.index.get_level_values(0) == opening) & (
    known.index.get_level_values(1) <= today - pd.Timedelta(days=14)
)
known = known[~is_new]

# %% One forecaster for all: errors of four weeks, by weight of what is sold, and by shop
options = {"target": args.target, "horizon": 28, "known_future": args.known, "bounds": (0, None), "min_history": 14}
last_week = NaiveRegressor("seasonal", season_length=7, horizon=range(1, 29))
models = {
    "recommended": Forecaster(random_state=0, **options),
    "ridge": Forecaster(estimator=make_pipeline(StandardScaler(), RidgeCV(10.0 ** np.arange(-2, 5))), **options),
    "same day last week": Forecaster(args.target, horizon=28, estimator=last_week, calendar=None, min_history=14),
}
print(f"Errors of four weeks from {today - pd.Timedelta(days=28):%Y-%m-%d}: WAPE over all, median RMSSE of the shops")
for name, model in models.items():
    backtest = model.backtest(known.drop(opening), test_size=28)
    wape, rmsse = backtest.errors()["wape"].iloc[0], backtest.errors("series")["rmsse"].median()
    print(f"  {name:20} {100 * wape:5.1f} %   {rmsse:.3f}")

# %% The coming four weeks of each shop
forecast = models["recommended"].fit(known).forecast(coming[args.known])
print("\nThe coming four weeks, largest shops first, beside what they sold in the last four")
before = known[args.target][known.index.get_level_values(1) > today - pd.Timedelta(days=28)].groupby(level=0).sum()
totals = pd.DataFrame({"coming": forecast["forecast"].groupby(level=0).sum(), "last": before})
print(totals.sort_values("last", ascending=False).head(5).to_string(float_format="{:.0f}".format))
print(f"The new one, {opening}: {totals.loc[opening, 'coming']:.0f} (its two weeks: {totals.loc[opening, 'last']:.0f})")
