"""What the labels of steps tell: lengths of seasons, the phases in them, the time of year, holidays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import (
    BusinessDay,
    CustomBusinessDay,
    Day,
    MonthBegin,
    MonthEnd,
    QuarterBegin,
    QuarterEnd,
    Tick,
    Week,
)

from skhybrid.series.steps import Steps, as_offset

_DAY = pd.Timedelta(days=1)
_SEASONS: dict[Any, int] = {
    (BusinessDay,): 5,
    (Day,): 7,
    (Week,): 52,
    (MonthBegin, MonthEnd): 12,
    (QuarterBegin, QuarterEnd): 4,
}


def find_seasons(labels: pd.Index, steps: Steps) -> tuple[int, ...]:
    """Return the lengths of the seasons that steps of such a length usually have; none where they are not times.

    Below a day the day and the week, of days the week, of workdays five, of weeks, months and quarters the year.
    """
    offset = step_of(labels, steps)
    if offset is None or isinstance(offset, CustomBusinessDay) or (steps.freq is None and not steps.is_regular):
        return ()  # nothing counts the steps of such labels by the label alone
    for kinds, season in _SEASONS.items():
        if isinstance(offset, kinds):
            return (season,) if offset.n == 1 else ()
    length = _length(offset)
    if length is None or length > _DAY or _DAY % length:
        return ()
    return (_DAY // length, 7 * (_DAY // length))


def knows_year(labels: pd.Index, steps: Steps) -> bool:
    """Return whether steps are days or weeks, of which the time of year is told by the date."""
    offset = step_of(labels, steps)
    return isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex) and isinstance(offset, Day | Week | BusinessDay)


def step_of(labels: pd.Index, steps: Steps) -> Any:
    """Return the step of labels as an offset of pandas; None where they are not times, or the step is not known."""
    if not isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex) or steps.counts_rows:
        return None
    if steps.freq is not None:
        return as_offset(steps.freq, labels)
    if isinstance(labels, pd.PeriodIndex):
        return labels.freq
    if steps.inferred is not None:
        return to_offset(steps.inferred)
    if not steps.is_regular or np.isnan(steps.usual):
        return None
    return to_offset(pd.Timedelta(round(steps.usual), "ns"))


def year_waves(labels: pd.Index) -> NDArray[np.float64]:
    """Return the sine and the cosine of the day of the year, (n_steps, 2)."""
    times = labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else pd.DatetimeIndex(labels)
    angles = 2 * np.pi * times.day_of_year.to_numpy() / 365.25
    return np.column_stack([np.sin(angles), np.cos(angles)])


def is_holiday(labels: pd.Index, country: str | Sequence[str]) -> NDArray[np.float64]:
    """Return which steps lie on a public holiday by the local date, (n_steps, 1)."""
    try:
        import holidays
    except ImportError:
        raise ImportError(
            f"holidays={country!r} needs the package holidays, which is not installed; run 'pip install "
            "skhybrid[holidays]', or pass a column of holidays by known_future."
        ) from None
    times = labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else pd.DatetimeIndex(labels)
    parts = [country] if isinstance(country, str) else list(country)
    years = range(times.year.min(), times.year.max() + 1)
    try:
        days = holidays.country_holidays(*parts, years=years)
    except (NotImplementedError, KeyError) as unknown:
        raise ValueError(
            f"holidays={country!r} must be a country, or a pair of country and subdivision, that the package holidays "
            f"knows ({unknown}); pass for example 'DE' or ('AU', 'VIC')."
        ) from None
    dates = times.tz_localize(None).normalize()
    return np.asarray(dates.isin(pd.DatetimeIndex(list(days))), dtype=np.float64)[:, None]


def _length(offset):
    """Return the length of a step that always has the same; None of others."""
    return pd.Timedelta(offset) if isinstance(offset, Tick | pd.Timedelta) else None
