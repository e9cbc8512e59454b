"""A reader of time series that says what is wrong with a file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skhybrid._validation import short
from skhybrid.datasets._parameters import fixed_step
from skhybrid.datasets._reading import as_numbers, check_columns, read_table

_CHOICES = {
    "order": ("raise", "sort"),
    "duplicates": ("raise", "first", "mean"),
    "irregular": ("raise", "nearest", "keep"),
    "gaps": ("raise", "interpolate", "ffill", "nan", "keep"),
    "missing": ("raise", "interpolate", "ffill", "nan"),
}


def read_series(
    path: Any,
    *,
    time: str | int | None = None,
    target: str | None = None,
    columns: Sequence[str] | str | None = None,
    freq: Any = None,
    time_format: str | None = None,
    order: str = "raise",
    duplicates: str = "raise",
    irregular: str = "raise",
    gaps: str = "raise",
    missing: str = "raise",
    read_csv_kwargs: dict[str, Any] | None = None,
) -> pd.DataFrame:
    r"""Read a time series from a CSV file, or say in one message all that is wrong with it.

    Nothing is repaired unless a parameter says how.

    Parameters
    ----------
    path : str, Path, URL or file object
        Whatever `pandas.read_csv` takes, compressed files included.
    time : str or int, default=None
        Column of the times, by name or position; None for the first column of the file.
    target : str, default=None
        Column which must be there and be numeric; all others are kept too. None to name none.
    columns : str or sequence of str, default=None
        Columns to keep beside the time and the target; None for all.
    freq : str or pandas offset, default=None
        Step of the grid the times should lie on, such as "h", "B" (Monday to Friday) or "MS". None takes the most
        common step: months if most times are the first or the last day of one, and "B" for daily rows without
        weekends.
    time_format : str, default=None
        Format of the times, such as "%d/%m/%Y %H:%M". None means ISO 8601: no other format is guessed, since the
        order of day and month cannot be seen. Times with several UTC offsets become UTC.
    order : {"raise", "sort"}, default="raise"
        What to do where times step back. Rows with the same time keep their order.
    duplicates : {"raise", "first", "mean"}, default="raise"
        What to do where several rows have the same time.
    irregular : {"raise", "nearest", "keep"}, default="raise"
        What to do with times off the grid: "nearest" moves them to the nearest time of the grid, by up to half a
        step; "keep" leaves the series irregular, and then no gaps are looked for.
    gaps : {"raise", "interpolate", "ffill", "nan", "keep"}, default="raise"
        What to do where the grid has times without a row. All but "keep" insert those rows: with values on the
        straight line between their neighbours in time, with the last value before, or with NaN.
    missing : {"raise", "interpolate", "ffill", "nan"}, default="raise"
        The same for missing values in the rows of the file; "nan" leaves them. Rows inserted by `gaps` do not count.
    read_csv_kwargs : dict, default=None
        Further options of `pandas.read_csv`, such as ``{"sep": ";", "decimal": ","}``.

    Returns
    -------
    df : DataFrame of shape (n_rows, n_columns)
        Numeric columns in the units of the file (True and False as 1 and 0), indexed by time in ascending order.
        `df.index.freq` is set if the result is regular.

    Raises
    ------
    ValueError
        With every problem found and the parameter which settles it. Rows are counted from 0 below the header.

    Notes
    -----
    "interpolate" looks ahead: it takes the next known value, which was unknown at the time it fills. In a row the
    model learns from or is scored on, that is a leak; "ffill" does not look ahead. "mean" of repeated times and
    "nearest" may also use what came later, within one step.

    A clock with daylight saving time repeats an hour in autumn and leaves one out in spring: these are a duplicate
    and a gap here. Times in UTC have neither.

    Examples
    --------
    >>> from io import StringIO
    >>> from skhybrid.datasets import read_series
    >>> file = "time,load\n2024-01-01 00:00,3.0\n2024-01-01 01:00,5.0\n2024-01-01 03:00,4.0\n"
    >>> read_series(StringIO(file), target="load", gaps="ffill")
                         load
    time
    2024-01-01 00:00:00   3.0
    2024-01-01 01:00:00   5.0
    2024-01-01 02:00:00   5.0
    2024-01-01 03:00:00   4.0
    """
    chosen = {"order": order, "duplicates": duplicates, "irregular": irregular, "gaps": gaps, "missing": missing}
    _check_choices(chosen)
    source = "the file" if hasattr(path, "read") else str(path)
    table = read_table(path, source, time, read_csv_kwargs or {})
    time, names = check_columns(list(table.columns), source, time, target, columns)
    times = _as_times(table[time], time_format)
    raw = table[names].copy()  # in few blocks, as pandas needs where columns are many
    numbers = as_numbers(raw).copy()
    bad = raw.notna() & ~np.isfinite(numbers)
    is_text = (bad.sum() > raw.notna().sum() / 2) & (raw.columns != target)
    text = list(raw.columns[is_text])
    problems = [
        *_describe_bad_times(times, table[time]),
        *_describe_text(text, raw),
        *_describe_bad_numbers(bad.drop(columns=text), raw),
    ]
    if times.hasnans:  # nothing can be said about order, steps and gaps
        raise ValueError(_complaint(source, problems))
    frame = numbers.mask(bad, 0).drop(columns=text)  # 0: not to be reported again as missing
    frame, grid, found = _arrange(frame.set_axis(times), freq, chosen)
    problems += [_with_way_out(what, name) for name, what in found.items() if what and chosen[name] == "raise"]
    if problems:
        raise ValueError(_complaint(source, problems))
    return _fill(frame, grid, gaps, missing)


def _check_choices(chosen: dict[str, str]) -> None:
    for name, value in chosen.items():
        if value not in _CHOICES[name]:
            raise ValueError(f"{name} must be {_either(_CHOICES[name])}, but is {value!r}.")


def _either(values: Sequence[str]) -> str:
    return " or ".join(map(repr, values))


def _as_times(text: pd.Series, time_format: str | None) -> pd.DatetimeIndex:
    """Return the times, NaT where the text is none; several UTC offsets become UTC."""
    text = text.astype(str)
    offset = text.str.extract(r"\d:\d.*?(Z|[+-]\d\d:?(?:\d\d)?)$")[0]
    if offset.notna().any():
        text = text.where(offset.notna())  # a time without an offset among others with one is none
    times = pd.to_datetime(
        text, format=time_format or "ISO8601", errors="coerce", utc=len(offset.dropna().unique()) > 1
    )
    return pd.DatetimeIndex(times, name=text.name)


def _describe_bad_times(times: pd.DatetimeIndex, text: pd.Series) -> list[str]:
    bad = np.flatnonzero(times.isna())
    if not bad.size:
        return []
    return [
        f"{bad.size} of {len(text)} values of the time column {text.name!r} are no times, "
        f"first {short(str(text.iloc[bad[0]]))} in row {bad[0]}; pass time= for another column or time_format= "
        "for times that are not ISO 8601."
    ]


def _describe_text(text: list[str], raw: pd.DataFrame) -> list[str]:
    if not text:
        return []
    values = raw[text[0]].dropna()
    first = short(str(values.iloc[0])) if len(values) else "nothing"
    rest = [name for name in raw.columns if name not in set(text)]
    return [
        f"columns {short(text)} hold no numbers, first {first}; pass columns={short(rest)} to leave them out, or "
        "read_csv_kwargs= such as {'thousands': ','} or {'decimal': ','}."
    ]


def _describe_bad_numbers(bad: pd.DataFrame, raw: pd.DataFrame) -> list[str]:
    return [
        f"{bad[name].sum()} values of column {name!r} are no finite numbers, first "
        f"{short(str(raw[name].iloc[int(bad[name].argmax())]))} in row {bad[name].argmax()}; "
        "pass read_csv_kwargs= such as {'thousands': ','} or {'na_values': [...]}."
        for name in bad.columns[bad.any()]
    ]


def _complaint(source: str, problems: list[str]) -> str:
    if len(problems) == 1:
        return f"{source}: {problems[0]}"
    return f"{source} has {len(problems)} problems:" + "".join(f"\n- {problem}" for problem in problems)


def _with_way_out(what: str, name: str) -> str:
    other = ", or another freq" if name == "irregular" else ""
    return f"{what}; pass {name}={_either(_CHOICES[name][1:])}{other}."


def _arrange(
    frame: pd.DataFrame, freq: Any, chosen: dict[str, str]
) -> tuple[pd.DataFrame, pd.DatetimeIndex | None, dict[str, str]]:
    """Sort, move and merge the rows as chosen; return them, the grid to fill and what was found on the way."""
    found = {"order": _describe_steps_back(frame.index)}
    frame = frame.sort_index(kind="stable")
    grid = _grid(pd.DatetimeIndex(frame.index.unique()), freq)
    found["irregular"] = _describe_off_grid(frame.index, grid)
    if found["irregular"] and chosen["irregular"] == "nearest":
        frame = frame.set_axis(_nearest(frame.index, grid))
    found["duplicates"] = _describe_repeats(frame.index)
    frame = _merge(frame, chosen["duplicates"])
    if found["irregular"] and chosen["irregular"] == "keep":
        grid = None
    found["gaps"] = _describe_gaps(frame.index, grid)
    if found["gaps"] and chosen["gaps"] == "keep":
        grid = None
    found["missing"] = _describe_missing(frame)
    return frame, grid, found


def _grid(times: pd.DatetimeIndex, freq: Any) -> pd.DatetimeIndex | None:
    """Return all times from the first to the last at step `freq`, or at the usual step; None if there is none."""
    offset = to_offset(freq) if freq is not None else _usual_step(times)
    if offset is None:
        return None
    start, end, step = offset.rollback(times[0]), offset.rollforward(times[-1]), fixed_step(offset)
    if step is not None:  # most times lie on the grid, the first perhaps not
        start += ((times - start) % step).to_series().mode()[0] - step
        end += step
    grid = pd.date_range(start, end, freq=offset, name=times.name)
    first, last = grid.get_indexer(times[[0, -1]], method="nearest")
    return grid[first : last + 1]


def _usual_step(times: pd.DatetimeIndex) -> Any:
    """Return the most common step as a pandas offset, or None if fewer than half of the steps are like it."""
    steps = times.to_series().diff().iloc[1:]
    if steps.empty:
        return None
    day = pd.Timedelta(days=1)
    step = steps.mode()[0]
    if step >= 28 * day:
        months = int(pd.Series(12 * times.year + times.month).diff().mode()[0])
        if times.is_month_start.mean() > 0.5:
            return pd.offsets.MonthBegin(months)
        if times.is_month_end.mean() > 0.5:
            return pd.offsets.MonthEnd(months)
    if step == day and times.day_of_week.max() < 5 and (np.diff(times.day_of_week) < 0).any():
        return pd.offsets.BusinessDay()
    if (steps == step).mean() < 0.5 or (times[-1] - times[0]) / step > 1000 * len(times):
        return None
    return pd.offsets.Day(step.days) if step % day == pd.Timedelta(0) else to_offset(step)


def _nearest(times: pd.Index, grid: pd.DatetimeIndex | None) -> pd.DatetimeIndex:
    if grid is None:
        raise ValueError("irregular='nearest' needs a grid, but the times share no step; pass freq=.")
    return grid[grid.get_indexer(times, method="nearest")]


def _merge(frame: pd.DataFrame, duplicates: str) -> pd.DataFrame:
    if frame.index.is_unique:
        return frame
    return frame.groupby(level=0).mean() if duplicates == "mean" else frame[~frame.index.duplicated()]


def _describe_steps_back(times: pd.Index) -> str:
    back = np.flatnonzero(times[1:] < times[:-1])
    if not back.size:
        return ""
    return f"{back.size} rows step back in time, first from {times[back[0]]} to {times[back[0] + 1]}"


def _describe_repeats(times: pd.Index) -> str:
    again = times[times.duplicated()]
    return f"{len(again)} rows repeat the time of an earlier row, first {again[0]}" if len(again) else ""


def _describe_off_grid(times: pd.Index, grid: pd.DatetimeIndex | None) -> str:
    if grid is None:
        return "the times are irregular: they share no step" if len(times.unique()) > 1 else ""
    off = times[~times.isin(grid)]
    if off.empty:
        return ""
    return f"the times are irregular: {len(off)} are off the grid of step {grid.freqstr}, first {off[0]}"


def _describe_gaps(times: pd.Index, grid: pd.DatetimeIndex | None) -> str:
    if grid is None:
        return ""
    places = np.unique(grid.get_indexer(times, method="nearest"))
    absent = np.diff(places) - 1  # between one row and the next
    before = np.flatnonzero(absent)
    if not before.size:
        return ""
    longest = before[absent[before].argmax()]
    return (
        f"{absent.sum()} time steps of {grid.freqstr} are missing in {before.size} gaps, first after "
        f"{grid[places[before[0]]]}, longest ({absent[longest]} steps) after {grid[places[longest]]}"
    )


def _describe_missing(frame: pd.DataFrame) -> str:
    empty = frame.isna()
    count = empty.sum()
    if not count.any():
        return ""
    each = ", ".join(f"{name!r} {n}" for name, n in count[count > 0].items())
    return f"{count.sum()} values are missing ({each}), first at {frame.index[int(empty.any(axis=1).argmax())]}"


def _fill(frame: pd.DataFrame, grid: pd.DatetimeIndex | None, gaps: str, missing: str) -> pd.DataFrame:
    """Put the rows on the grid; `gaps` says how the new rows are filled, `missing` how the old ones."""
    full = frame if grid is None else frame.reindex(grid)
    empty = full.isna()
    old = full.index.isin(frame.index)[:, None]
    filled = full
    for cells, how in ((empty & old, missing), (empty & ~old, gaps)):
        if how == "interpolate":
            filled = filled.mask(cells, full.interpolate(method="time", limit_area="inside"))
        elif how == "ffill":
            filled = filled.mask(cells, full.ffill())
    left = list(filled.columns[(filled.isna() & old).any()])
    if left and missing != "nan":
        ends = "begin" if missing == "ffill" else "begin or end"
        raise ValueError(
            f"missing={missing!r} needs a value to fill from, but columns {left} {ends} with NaN; "
            "pass missing='nan' and drop these rows."
        )
    return filled
