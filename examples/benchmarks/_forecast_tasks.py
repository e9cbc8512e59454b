"""The tasks of `forecasts.py`: which series, how far ahead, from how long a past, and what is known of the future.

The table was fixed before any model was run on it, and is not changed afterwards. For all tasks:

- The last fifth of the rows is the test part. A test origin is a row whose coming targets all lie in it; every one
  counts. Models learn from windows whose targets all lie before it.
- The horizon is one season: the next day, week or year; two hours where steps are minutes.
- The longest window that a model may read holds eight horizons, or the longest season and one horizon if that is more;
  at most a third of the training rows, in whole horizons.
- Errors are in the units of the transformed column.
- Where a value is missing, windows hold the last known one in its place. Origins with a missing target are left out,
  of training and of scoring.
- The phase of each coming step is known to all models: of the day and the week where steps are shorter than a day, of
  the week and the year for days, of the year above.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import lfilter

TEST_SHARE = 0.2
WEEKLY, OTHER, NONE, AHEAD = "weekly rhythm", "other season", "no season", "inputs known ahead"


@dataclass(frozen=True)
class Task:
    """A series to forecast.

    Attributes
    ----------
    group : str
        The group by which results are summed up.
    file, time, column : str
        The file, its column of times, and the one to forecast.
    freq : str
        The step, as pandas names it.
    season, horizon : int
        Steps of the season that the seasonal naive rule repeats, and steps to forecast.
    seasons : tuple of int
        Seasons whose phase is counted in steps.
    has_year : bool
        Whether the phase of the year is told by the day.
    log : bool
        Whether the column's logarithm is forecast.
    zone : str or None
        Time zone whose clock the phases follow, where times are in UTC.
    known : tuple of str
        Columns known ahead.
    weather_error : float
        Standard deviation, in kelvin, of an error of the temperatures known ahead; a first-order autoregression in
        time, of which half is left after six hours.
    """

    group: str
    file: str
    time: str
    column: str
    freq: str
    season: int
    horizon: int
    seasons: tuple[int, ...] = ()
    has_year: bool = False
    log: bool = False
    zone: str | None = None
    known: tuple[str, ...] = ()
    weather_error: float = 0.0

    def window(self, n_rows: int) -> int:
        """Return the longest window that a model may read, of a series of so many rows."""
        longest = max(8 * self.horizon, max(self.seasons, default=0) + self.horizon)
        n_training = n_rows - round(TEST_SHARE * n_rows)
        return min(longest, n_training // 3) // self.horizon * self.horizon


VICTORIA = ("vic_electricity_halfhourly.csv.gz", "time_utc", "demand_mw", "30min", 48, 48, (48, 336))
VICTORIA_KNOWN = ("temperature_c", "holiday")
METRO = ("metro_traffic_hourly_grid.csv.gz", "date_time", "traffic_volume", "h", 24, 24, (24, 168))
METRO_KNOWN = ("temp", "rain_1h", "snow_1h", "clouds_all", "is_holiday")

TASKS = {
    "Victoria": Task(WEEKLY, *VICTORIA, zone="Australia/Melbourne"),
    "metro traffic": Task(WEEKLY, *METRO),
    "household": Task(
        WEEKLY, "household_power_daily.csv", "date", "Global_active_power", "D", 7, 7, (7,), has_year=True
    ),
    "Peyton Manning": Task(
        WEEKLY, "wikipedia_peyton_manning_daily.csv", "date", "log_views", "D", 7, 7, (7,), has_year=True
    ),
    "visits": Task(WEEKLY, "website_visits_daily.csv", "date", "users", "D", 7, 7, (7,), has_year=True),
    "ETTh1": Task(OTHER, "ETTh1.csv.gz", "date", "OT", "h", 24, 24, (24, 168)),
    "ELB requests": Task(OTHER, "nab_elb_request_count.csv", "timestamp", "value", "5min", 288, 24, (288,)),
    "CO2": Task(OTHER, "co2_weekly.csv", "date", "co2_ppmv", "W-SAT", 52, 52, has_year=True),
    "sunspots": Task(OTHER, "sunspots_monthly.csv", "month", "sunspots", "MS", 132, 12, (12, 132)),
    "airline": Task(
        OTHER, "airline_passengers_monthly.csv", "month", "passengers_thousands", "MS", 12, 12, (12,), log=True
    ),
    "S&P": Task(NONE, "sp500_monthly.csv", "date", "close", "MS", 12, 12, (12,), log=True),
    "GDP": Task(NONE, "us_macro_quarterly.csv", "date", "realgdp", "QS", 4, 4, (4,), log=True),
    "Victoria, weather": Task(AHEAD, *VICTORIA, zone="Australia/Melbourne", known=VICTORIA_KNOWN),
    "metro, weather": Task(AHEAD, *METRO, known=METRO_KNOWN),
    "Victoria, forecast weather": Task(
        AHEAD, *VICTORIA, zone="Australia/Melbourne", known=VICTORIA_KNOWN, weather_error=1.5
    ),
    "metro, forecast weather": Task(AHEAD, *METRO, known=METRO_KNOWN, weather_error=1.5),
}
# Values that a quirk of the file makes impossible: temperatures of 0 K, and 9.8 m of rain in an hour.
IMPOSSIBLE = {"temp": lambda kelvin: kelvin == 0, "rain_1h": lambda mm: mm > 100}
TEMPERATURES = ("temperature_c", "temp")


class Series(NamedTuple):
    """A series, and the windows that models learn from and are scored on.

    Attributes
    ----------
    frame : DataFrame
        The target, the other columns of the past, and those known ahead; no value is missing.
    is_known : ndarray of bool, shape (n_rows,)
        Where the target was not missing.
    known : list of str
        Columns of `frame` that are known ahead, those of the phase of the year among them.
    n_training : int
        Number of rows before the test part.
    window : int
        The longest window that a model may read.
    train, test : tuple of (ndarray or Windows, ndarray)
        X and y.
    origins : ndarray of shape (n_test_windows,)
        The rows at which the windows of `test` end.
    """

    frame: pd.DataFrame
    is_known: np.ndarray
    known: list[str]
    n_training: int
    window: int
    train: tuple[Any, Any]
    test: tuple[Any, Any]
    origins: np.ndarray


def read(task: Task, folder: Path, *, validate: bool = False) -> Series:
    """Read a series; to `validate`, its training part alone, of which the last fifth is then the test part."""
    from skhybrid import Windows, make_windows

    frame = _read_frame(task, folder)
    if validate:
        frame = frame.iloc[: len(frame) - round(TEST_SHARE * len(frame))]
    n_rows, horizon, window = len(frame), task.horizon, task.window(len(frame))
    n_training = n_rows - round(TEST_SHARE * n_rows)
    is_known = frame[task.column].notna().to_numpy()
    frame = _add_known(task, frame.ffill())
    known = [column for column in frame if column not in (task.column, *_past_only(task))]
    X, y = make_windows(
        frame,
        task.column,
        window_length=window,
        horizon=range(1, horizon + 1),
        known_future=known,
        seasons=task.seasons,
    )
    if task.has_year:  # what the past of the phase of the year tells, its future does
        X = Windows(X.values[:, :, :-2], X.ahead, seasons=task.seasons)
    first_target = np.arange(window, window + len(y))
    counts = sliding_window_view(is_known, horizon).all(axis=1)[first_target]
    in_training = np.flatnonzero(counts & (first_target + horizon <= n_training))
    in_test = np.flatnonzero(counts & (first_target >= n_training))
    return Series(
        frame,
        is_known,
        known,
        n_training,
        window,
        (X[in_training], y.to_numpy()[in_training]),
        (X[in_test], y.to_numpy()[in_test]),
        first_target[in_test] - 1,
    )


def _read_frame(task, folder):
    """Return the columns on a regular index, with NaN where a value is missing."""
    frame = pd.read_csv(folder / task.file)
    if task.time not in frame:  # of quarters
        frame[task.time] = pd.PeriodIndex.from_fields(year=frame["year"], quarter=frame["quarter"]).start_time
    times = pd.DatetimeIndex(pd.to_datetime(frame[task.time]))
    if task.freq == "5min":  # some rows come a minute early or late
        times = times.round(task.freq)
    columns = [task.column, *task.known]
    frame = frame[columns].astype(float).set_axis(times)
    frame = frame[~frame.index.duplicated()].asfreq(task.freq)
    if task.zone is not None:
        frame = frame.tz_localize("UTC").tz_convert(task.zone)
    for column in task.known:
        if column in IMPOSSIBLE:
            frame[column] = frame[column].mask(IMPOSSIBLE[column](frame[column]))
    if task.log:
        frame[task.column] = np.log(frame[task.column])
    return frame


def _add_known(task, frame):
    """Return the columns with those of the phase of the year, and a weather forecast in the place of the weather."""
    if task.has_year:
        angle = 2 * np.pi * frame.index.day_of_year.to_numpy() / 365.25
        frame = frame.assign(year_sin=np.sin(angle), year_cos=np.cos(angle))
    if task.weather_error:
        [column] = set(task.known) & set(TEMPERATURES)
        n_steps = pd.Timedelta("6h") / pd.Timedelta(pd.tseries.frequencies.to_offset(task.freq))
        kept = 0.5 ** (1 / n_steps)
        noise = np.random.default_rng(0).normal(size=len(frame)) * np.sqrt(1 - kept**2)
        noise[0] /= np.sqrt(1 - kept**2)  # stationary from the first row on
        error = task.weather_error * lfilter([1], [1, -kept], noise)
        frame = frame.assign(**{f"{column}_forecast": frame[column] + error})
    return frame


def _past_only(task):
    return set(TEMPERATURES) if task.weather_error else ()
