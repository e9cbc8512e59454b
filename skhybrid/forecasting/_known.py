"""The rows that a forecaster knows: which of them precede a table, and where rows without labels belong."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from skhybrid.forecasting._table import Part, Table
from skhybrid.series.labels import is_default


def join(known: pd.DataFrame | None, frame: pd.DataFrame, columns: Sequence[Hashable], name: str) -> pd.DataFrame:
    """Return the rows of a series with those known before them.

    What a table lacks of the targets' columns is known of the rows that were known before.
    """
    frame = frame.reindex(columns=list(columns))
    if known is None:
        return frame
    frame = like_known(frame, known, name)
    before = known.loc[known.index < frame.index[0]]
    again = known.index.intersection(frame.index)
    lacking = [column for column in columns if frame[column].isna().all()]
    if len(again) and lacking:
        frame = frame.drop(columns=lacking).join(known[lacking])[list(columns)]
    return pd.concat([before, frame]) if len(before) else frame


def count_known(frame: pd.DataFrame, targets: Sequence[Hashable]) -> int:
    """Return how many rows there are up to the last one of which a target is known."""
    known = np.flatnonzero(frame[list(targets)].notna().any(axis=1))
    return int(known[-1]) + 1 if len(known) else 0


def like_known(frame: pd.DataFrame, known: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rows with their times in the zone of the known ones; refuse labels of another kind."""
    labels, fitted = frame.index, known.index
    zone = getattr(fitted, "tz", None)
    if isinstance(labels, pd.DatetimeIndex) and labels.tz is not None and zone is not None:
        return frame.set_axis(labels.tz_convert(zone))
    try:
        _ = labels[0] < fitted[0]
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must have an index like that of the fitted rows ({fitted.dtype}), but its labels are of type "
            f"{labels.dtype}; convert them."
        ) from None
    return frame


def place(table: Table, known: Mapping[Hashable, pd.DataFrame]) -> Table:
    """Return a table whose rows are numbered as they follow the known ones, where labels only number them from 0.

    Such rows are known ones where their first row equals exactly one of these, and follow them otherwise.
    """
    parts = {}
    for key, part in table.parts.items():
        fitted = known.get(key)
        is_numbered = is_default(part.frame.index) and fitted is not None and is_default(fitted.index)
        if table.is_panel or not is_numbered:  # those of many series are labels
            parts[key] = part
            continue
        start = _find(part.frame.iloc[0], fitted)
        labels = pd.RangeIndex(start, start + len(part.frame))
        parts[key] = Part(part.frame.set_axis(labels), part.positions)
    index = table.labels if table.is_panel else next(iter(parts.values())).frame.index
    return Table(parts, index, table.is_panel)


def _find(row, known):
    """Return the place of a row among the known ones, or that after them."""
    columns = [name for name in known.columns if name in row.index]
    if not columns:
        return len(known)
    values, wanted = known[columns].to_numpy(), row[columns].to_numpy()
    places = np.flatnonzero((values == wanted).all(axis=1))
    return int(places[0]) if len(places) == 1 else len(known)
