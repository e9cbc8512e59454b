"""The tasks of `intervals.py`: which series, how far ahead, and which rows are forecast.

The table was fixed before any interval was computed for it, and is not changed afterwards. Series and horizons are
those of `forecasts.py`, the eight longest of its series without inputs known ahead; each is forecast one horizon ahead.

- The last fifth of the rows is the test part, every row of it an origin whose targets all lie in it. Models learn from,
  and intervals are calibrated on, the rows before it alone.
- Of Victoria the rows end with March 2014, so that the heat of January 2014 lies in the test part.
- Where a value is missing, the last known one stands in windows; errors at missing targets do not count.
"""

from pathlib import Path

import pandas as pd
from _forecast_tasks import TASKS, TEST_SHARE, Task, _read_frame

NAMES = ("Victoria", "metro traffic", "ETTh1", "ELB requests", "household", "Peyton Manning", "CO2", "sunspots")
VICTORIA_UNTIL = "2014-04-01"
YEAR_OF_WEEKS = (52,)


def read_series(name: str, folder: Path) -> tuple[Task, pd.Series, int]:
    """Return the task, the series on a regular index, and the number of rows of its test part."""
    task = TASKS[name]
    series = _read_frame(task, folder)[task.column]
    if name == "Victoria":
        series = series[series.index < VICTORIA_UNTIL]
    return task, series, round(TEST_SHARE * len(series))


def seasons_of(task: Task) -> tuple[int, ...]:
    """Return the seasons of a task, in steps; of weeks the year."""
    return task.seasons or YEAR_OF_WEEKS
