"""The table of a file as pandas reads it, and what is wrong where it is none."""

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhybrid._validation import cut, short

_SEPARATORS = (";", "\t", "|", ",")
_DATE = r"\s*\d{4}-\d\d|\s*\d{1,2}[./]\d{1,2}[./]\d{2,4}"
_NOT_WHOLE = ("chunksize", "iterator", "index_col")


def read_table(path: Any, source: str, time: str | int | None, options: dict[str, Any]) -> pd.DataFrame:
    """Return the columns as pandas reads them, the times still as text."""
    if wrong := [name for name in _NOT_WHOLE if options.get(name) not in (None, False)]:
        raise ValueError(
            f"read_csv_kwargs must leave the file whole and its times a column, but holds {short(wrong)}; leave that "
            "out, and name the times by time=."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # mixed columns are reported in full later
            table = pd.read_csv(path, **{"converters": {0 if time is None else time: str}, **options})
    except UnicodeError as error:
        raise ValueError(
            f"{source} must be text in UTF-8, but is not ({cut(str(error), 100)}); pass its encoding, for example "
            "read_csv_kwargs={'encoding': 'latin-1'} or 'utf-16'."
        ) from None
    except pd.errors.EmptyDataError:
        raise ValueError(f"{source} must hold a header and rows, but is empty; pass another file.") from None
    except pd.errors.ParserError as error:
        raise ValueError(
            f"{source} must hold a table, but its rows have not the columns of its header ({cut(str(error), 100)}); "
            "pass how it is written, for example read_csv_kwargs={'sep': ';'} or {'skiprows': 1}."
        ) from None
    if table.empty:
        columns = short(list(table.columns))
        raise ValueError(f"{source} must hold a header and rows, but has columns {columns} and no row; pass others.")
    return table


def check_columns(
    present: list[Any], source: str, time: str | int | None, target: str | None, columns: Sequence[str] | str | None
) -> tuple[Any, list[Any]]:
    """Return the name of the time column and the names of the columns to keep."""
    _check_header(present, source, time)
    if isinstance(time, int) and time not in present and 0 <= time < len(present):
        time = present[time]
    columns = [columns] if isinstance(columns, str) else columns
    time = present[0] if time is None else time
    rest = [name for name in present if name != time]
    asked: dict[str, Any] = {"time": [time], "target": [] if target is None else [target], "columns": columns or []}
    for name, wanted in asked.items():
        choice = present if name == "time" else rest
        if absent := [one for one in wanted if one not in choice]:
            raise ValueError(
                f"{name} names {short(absent)}, but {source} has the columns {short(choice)}; pass one of these."
            )
    keep = rest if columns is None else list(dict.fromkeys([*columns, *asked["target"]]))
    if not keep:
        raise ValueError(f"{source} must have columns beside the time, but has {short(present)}; pass another file.")
    return time, keep


def _check_header(present, source, time):
    """Refuse a file of one column that holds several, and one whose first line is a row."""
    first = str(present[0])
    found = max(_SEPARATORS, key=first.count)
    if len(present) == 1 and found in first:
        raise ValueError(
            f"{source} must have columns beside the time, but has {short(present)}, which seems to hold several; pass "
            f"read_csv_kwargs={{'sep': {found!r}}}."
        )
    if time is None and re.match(_DATE, first):
        raise ValueError(
            f"{source} must have a header, but its first line is {short(present)}; pass "
            "read_csv_kwargs={'header': None}, which numbers the columns from 0, or {'names': [...]}."
        )


def as_numbers(raw: pd.DataFrame) -> pd.DataFrame:
    """Return all columns as numbers, NaN for what is none, and flags as 1 and 0."""
    is_number = np.array([dtype.kind in "iuf" for dtype in raw.dtypes])
    if is_number.all():
        return raw
    return pd.concat(
        [column if fits else _as_number(column) for (_, column), fits in zip(raw.items(), is_number, strict=True)],
        axis=1,
    )


def _as_number(column):
    number = pd.to_numeric(column, errors="coerce")
    return number.astype(int) if number.dtype == bool else number
