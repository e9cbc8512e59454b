"""A simulated load curve."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from skhybrid._validation import check_positive_int
from skhybrid.datasets._parameters import check_not_negative, fixed_step, streams

_START = "2024-01-01"  # a Monday
_FADE = 3.0  # hours in which the after-effect of a burst falls to 1/e


def make_power_usage(
    n_days: int = 60,
    *,
    freq: Any = "h",
    spike_rate: float = 1.5,
    noise: float = 1.0,
    random_state: Any = None,
    return_parts: bool = False,
) -> Any:
    """Simulate the electric load of a small district: cycles, trend, bursts that fade, and noise.

    Each row is the load at that instant, not the mean of a period. All but the noise is drawn in continuous time,
    so another `freq` samples the same curve. No row depends on `n_days`: a longer series with the same integer
    `random_state` begins with the rows of the shorter one.

    Parameters
    ----------
    n_days : int, default=60
        Length in days, from Monday 2024-01-01 00:00 on.
    freq : str or pandas offset, default="h"
        Fixed step between two rows, such as "15min", "30min", "h" or "D".
    spike_rate : float, default=1.5
        Expected number of bursts per day, at random times; 0 for none. A burst adds about 16 kW at once, of which
        1/e is left after 3 hours.
    noise : float, default=1.0
        Standard deviation of the independent noise in each row, in kW.
    random_state : int, RandomState instance or None, default=None
        Give an integer for the same series every time.
    return_parts : bool, default=False
        Also return the parts the load is the sum of.

    Returns
    -------
    df : DataFrame of shape (n_rows, 3)
        `load` in kW, `temperature` in degrees Celsius, and `workday`, 1 from Monday to Friday and otherwise 0;
        indexed by `time`.
    parts : DataFrame of shape (n_rows, 6)
        `trend`, `daily`, `weekly`, `weather` (heating and cooling), `spikes` and `noise`, each in kW.
        Their sum over a row is `load`. Only if `return_parts` is true.

    Raises
    ------
    ValueError
        If `n_days` is not a positive integer, `freq` is not a fixed step, or `spike_rate` or `noise` is negative.

    Examples
    --------
    >>> from skhybrid.datasets import make_power_usage
    >>> df = make_power_usage(7, random_state=0)
    >>> df.shape, df.index[0].day_name()
    ((168, 3), 'Monday')
    >>> df, parts = make_power_usage(7, random_state=0, return_parts=True)
    >>> bool(abs(parts.sum(axis=1) - df["load"]).max() < 1e-12)
    True
    """
    n_days = check_positive_int(n_days, "n_days")
    check_not_negative(spike_rate, "spike_rate", "bursts per day")
    check_not_negative(noise, "noise", "kW")
    step = _check_step(freq)
    index = pd.date_range(_START, periods=-(-pd.Timedelta(days=n_days) // step), freq=freq, name="time")
    hours = ((index - index[0]) / pd.Timedelta(hours=1)).to_numpy()  # since the start
    weather_rng, spike_rng, noise_rng = streams(random_state, 3)

    workday = (index.day_of_week < 5).astype(int)
    temperature = _temperature(hours, n_days, weather_rng)
    parts = pd.DataFrame(
        {
            "trend": 40 + 0.02 * hours / 24,
            "daily": 6 * _cycle(hours, 24, peak=16) + 4 * _cycle(hours, 12, peak=8),
            "weekly": np.where(workday, 0.0, -8.0),
            "weather": 0.6 * np.maximum(15 - temperature, 0) + 0.8 * np.maximum(temperature - 22, 0),
            "spikes": _spikes(hours, n_days, spike_rate, spike_rng),
            "noise": noise * noise_rng.standard_normal(len(hours)),
        },
        index=index,
    )
    df = pd.DataFrame({"load": parts.sum(axis=1), "temperature": temperature, "workday": workday}, index=index)
    return (df, parts) if return_parts else df


def _check_step(freq: Any) -> pd.Timedelta:
    step = fixed_step(freq)
    if step is None or not step > pd.Timedelta(0):  # NaT is not
        raise ValueError(f"freq must be a fixed step in time, but is {freq!r}; pass for example '15min', 'h' or 'D'.")
    return step


def _cycle(hours: NDArray[Any], period: float, *, peak: float) -> NDArray[Any]:
    """Return a cosine wave of height 1 which is highest at hour `peak`."""
    return np.cos(2 * np.pi * (hours - peak) / period)


def _temperature(hours: NDArray[Any], n_days: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return degrees Celsius: the year, the day, and weather that lasts for days."""
    weather = lfilter([1.5], [1, -0.8], rng.standard_normal(n_days + 1))  # one anomaly a day
    season = 10 - 9 * _cycle(hours, 365.25 * 24, peak=15 * 24)
    return season + 3 * _cycle(hours, 24, peak=15) + np.interp(hours / 24, np.arange(n_days + 1), weather)


def _spikes(hours: NDArray[Any], n_days: int, rate: float, rng: np.random.Generator) -> NDArray[Any]:
    """Return the sum of bursts at Poisson times, each fading exponentially from its own time on."""
    counts, places, heights = rng.spawn(3)  # three streams: more days only append to each
    day = np.repeat(np.arange(n_days), counts.poisson(rate, n_days))
    start = 24 * (day + places.random(len(day)))
    height = heights.gamma(4, 4, len(day))
    first = np.searchsorted(hours, start)  # the first row at or after the burst
    seen = first < len(hours)
    first, start, height = first[seen], start[seen], height[seen]
    jumps = np.zeros(len(hours))
    np.add.at(jumps, first, height * np.exp((start - hours[first]) / _FADE))
    step = hours[1] if len(hours) > 1 else 0.0
    return lfilter([1], [1, -np.exp(-step / _FADE)], jumps)
