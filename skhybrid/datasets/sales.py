"""Simulated daily sales of many shops."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import expit, logit

from skhybrid._validation import check_positive_int
from skhybrid.datasets._parameters import streams

_WEEK = np.array([-0.15, -0.15, -0.10, -0.05, 0.10, 0.30, 0.05])  # Monday to Sunday, 0 in the mean
_KINDS = ("linear", "intermittent")
_LATE = 0.3  # share of the shops that open after the first day


def make_sales(
    n_shops: int = 50,
    n_days: int = 730,
    *,
    kind: str = "linear",
    start: Any = "2023-01-01",
    random_state: Any = None,
) -> pd.DataFrame:
    """Simulate the daily sales of shops of very different sizes, with promotions and prices that are known ahead.

    About 30 % of the shops open late, on a day of the first two thirds; all sell until the last day.

    Parameters
    ----------
    n_shops : int, default=50
        Number of shops. More shops with the same integer `random_state` begin with the fewer.
    n_days : int, default=730
        Days from `start` to the last day. No row depends on later days, but when a late shop opens is a share of
        `n_days`: with the same integer `random_state`, rows that two lengths have in common are equal.
    kind : {"linear", "intermittent"}, default="linear"
        How sales come about, see the notes. "linear": in proportion to the size of a shop, and linear in promotion and
        price. "intermittent": whole numbers of which 30 to 80 % are 0 in each shop, with promotions that do most at
        weekends. With the same integer `random_state`, both have the same opening days, areas, promotions and prices.
    start : str or date, default="2023-01-01"
        The first day.
    random_state : int, RandomState instance or None, default=None
        Give an integer for the same sales every time.

    Returns
    -------
    df : DataFrame of shape (n_rows, 4)
        `sold`, numbers for "linear" and integers for "intermittent"; `promotion`, 1 on the days of one and otherwise 0;
        `price`; and `area` in square metres, which is constant within a shop. Indexed by `shop` ("shop 01" and so on;
        from 100 shops on "shop 001", so that they sort as text) and `date`, sorted by both.

    Raises
    ------
    ValueError
        If `n_shops` or `n_days` is not a positive integer, `kind` is unknown, or `start` is not a day.

    See Also
    --------
    make_power_usage : One series, hourly.

    Notes
    -----
    A shop has, each drawn once and independently of those of other shops:

    - a size, log-normal with median 1, 95 % within a factor of 10 to either side;
    - an area, 400 size exp(0.25 z) with a standard normal z;
    - a usual price, uniform from 9.5 to 10.5, and a week of its own: for each weekday a number uniform within 0.05 of
      -0.15, -0.15, -0.10, -0.05, 0.10, 0.30, 0.05 (Monday to Sunday).

    Each week from Monday to Sunday is one of promotion with probability 0.15. The price is within 1 of the usual price,
    uniformly, and is drawn anew on each day with probability 1/28. Neither depends on what is sold. The week, a yearly
    wave and the price make the pull of a day::

        pull = week + 0.12 cos(2 pi (day of the year - 350) / 365.25) - 0.05 (price - 10)

    "linear"::

        sold = max(0, 40 size (1 + pull + 0.4 promotion + drift + 0.08 noise))

    with standard normal noise, and with drift = 0.998 drift of the day before + 0.006 z, from 0 on: a random walk, but
    drawn back so slowly that it is seen over months only. That keeps its standard deviation below 0.1 in however many
    days. The least that the bracket can be without drift and noise, 0.6, is nearly 5 standard deviations above 0, so
    practically no day is cut off at 0.

    "intermittent"::

        chance = 1 / (1 + exp(-(a + 3 pull + (0.5 + 1.0 weekend) promotion)))
        sold = 1 + negative binomial of mean 3 sqrt(size) (1 + 0.5 promotion) and shape 2 with that chance, otherwise 0

    where weekend is 1 on Saturdays and Sundays, and 1 / (1 + exp(-a)) is uniform from 0.25 to 0.6. The variance of a
    negative binomial of mean m and shape 2 is m + m^2 / 2. The share of days without a sale is from 30 to 80 % in a
    shop that is seen for some months; in a few weeks, chance can lead it further.

    All of that goes on before a shop opens as well; these rows are left out.

    Examples
    --------
    >>> from skhybrid.datasets import make_sales
    >>> df = make_sales(3, 10, random_state=0)
    >>> df.loc["shop 02"].head(3).round(1)
                 sold  promotion  price  area
    date
    2023-01-01  137.8          0   10.1  1004
    2023-01-02  159.1          1   10.1  1004
    2023-01-03  169.3          1   10.1  1004
    >>> df.groupby("shop").size().to_dict()  # the third opens two days late
    {'shop 01': 10, 'shop 02': 10, 'shop 03': 8}
    """
    n_shops = check_positive_int(n_shops, "n_shops")
    n_days = check_positive_int(n_days, "n_days")
    if kind not in _KINDS:
        raise ValueError(f"kind must be {' or '.join(map(repr, _KINDS))}, but is {kind!r}.")
    days = pd.date_range(_check_day(start), periods=n_days, freq="D")
    weekday = days.day_of_week.to_numpy()
    wave = np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 350) / 365.25)
    width = max(2, len(str(n_shops)))
    shops = {
        f"shop {number:0{width}}": _simulate(days, weekday, wave, kind, rng)
        for number, rng in enumerate(streams(random_state, n_shops), start=1)
    }
    return pd.concat(shops, names=["shop", "date"])


def _check_day(start: Any) -> pd.Timestamp:
    try:
        day = pd.Timestamp(start)
    except (ValueError, TypeError):
        day = None
    if day is None or day is pd.NaT or day.tz is not None or day != day.normalize():
        raise ValueError(
            f"start must be a day without time of day and time zone, but is {start!r}; pass for example '2023-01-01'."
        )
    return day


def _simulate(
    days: pd.DatetimeIndex, weekday: NDArray[Any], wave: NDArray[Any], kind: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the days of one shop from its opening on."""
    shop, promotions, prices, sales = rng.spawn(4)  # what is drawn for each day shifts no draw of another kind
    size = 10 ** (shop.standard_normal() / 2)
    area = 400 * size * np.exp(0.25 * shop.standard_normal())
    week = _WEEK + shop.uniform(-0.05, 0.05, 7)
    price = _price(shop.uniform(9.5, 10.5), len(days), prices)
    promotion = _promotion(weekday, promotions)
    pull = week[weekday] + 0.12 * wave - 0.05 * (price - 10)
    if kind == "linear":
        sold: NDArray[Any] = _linear(size, pull, promotion, sales)
    else:
        sold = _intermittent(size, pull, promotion, weekday >= 5, sales)
    table = pd.DataFrame({"sold": sold, "promotion": promotion, "price": price, "area": round(area)}, index=days)
    return table.iloc[_opening(len(days), shop) :]


def _opening(n_days: int, rng: np.random.Generator) -> int:
    """Return on which of the days a shop opens."""
    is_late, share = rng.random() < _LATE, rng.random()
    return int(is_late * share * n_days * 2 / 3)


def _promotion(weekday: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return 1 for the days of some weeks, which start on Mondays, and otherwise 0."""
    week = (weekday[0] + np.arange(len(weekday))) // 7
    return (rng.random(week[-1] + 1) < 0.15)[week].astype(np.int64)


def _price(usual: float, n_days: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return prices within 1 of the usual one, each of which holds until the next is drawn."""
    changes, news = rng.random((n_days, 2)).T  # drawn day by day: more days only append
    drawn = np.maximum.accumulate(np.where(changes < 1 / 28, np.arange(n_days), 0))
    return np.round(usual + 2 * news[drawn] - 1, 2)


def _linear(size: float, pull: NDArray[Any], promotion: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float64]:
    steps, noise = rng.standard_normal((len(pull), 2)).T
    drift = lfilter([0.006], [1, -0.998], steps)
    return np.maximum(0, 40 * size * (1 + pull + 0.4 * promotion + drift + 0.08 * noise))


def _intermittent(
    size: float, pull: NDArray[Any], promotion: NDArray[Any], weekend: NDArray[Any], rng: np.random.Generator
) -> NDArray[np.int64]:
    chances, amounts = rng.spawn(2)
    chance = expit(logit(chances.uniform(0.25, 0.6)) + 3 * pull + (0.5 + 1.0 * weekend) * promotion)
    mean = 3 * np.sqrt(size) * (1 + 0.5 * promotion)  # of what is sold beyond the first piece
    amount = 1 + amounts.negative_binomial(2, 2 / (2 + mean))
    return np.where(chances.random(len(pull)) < chance, amount, 0)
