"""What is known of the coming steps: rows of a future table, checked against those that a forecast needs."""

from collections.abc import Hashable, Sequence

import pandas as pd

from skhybrid.forecasting._table import Table


def add_coming(
    past: pd.DataFrame,
    coming: pd.DataFrame | None,
    steps: pd.Index,
    lead: int,
    columns: Sequence[Hashable],
    whose: str,
) -> pd.DataFrame:
    """Return the rows up to the origin with the coming ones, in which targets are missing.

    Parameters
    ----------
    past : DataFrame
        The rows up to the origin.
    coming : DataFrame or None
        What is known of later ones.
    steps : pandas.Index
        The times of the coming steps.
    lead : int
        Of how many of these nothing need be known.
    columns : sequence of column labels
        The columns that are known ahead.
    whose : str
        What a message adds to name the series.
    """
    if not columns:
        return past
    needed = steps[lead:]
    span = f"the {len(needed)} coming steps{whose}, {needed[0]} to {needed[-1]}"
    if coming is None:
        raise ValueError(
            f"future must hold {list(columns)} for {span}, but nothing is known of them; pass a DataFrame of these "
            "rows, labelled with their times."
        )
    lacking = [name for name in columns if name not in coming.columns]
    if lacking:
        raise ValueError(
            f"future must hold the columns of known_future, {list(columns)}, but lacks {lacking}; add them."
        )
    missing = needed.difference(coming.index)
    if len(missing):
        raise ValueError(
            f"future must hold a row for each of {span}, but lacks {len(missing)} of them (first {missing[0]}; its "
            f"rows are {coming.index[0]} to {coming.index[-1]}); add these rows."
        )
    rows = coming[list(columns)].reindex(steps)
    is_nan = rows.loc[needed].isna()
    if is_nan.to_numpy().any():
        name = is_nan.columns[is_nan.any()][0]
        raise ValueError(
            f"future must hold no NaN in {span}, but column {name!r} has {int(is_nan[name].sum())} (first at "
            f"{needed[is_nan[name]][0]}); fill them."
        )
    return pd.concat([past, rows])


def check_same_series(future: Table, keys: Sequence[Hashable]) -> None:
    """Refuse a future table that lacks a series."""
    missing = [key for key in keys if key not in future.parts]
    if missing:
        raise ValueError(
            f"future must hold the coming rows of each series, but lacks those of {missing[0]!r} ({len(missing)} in "
            "all); add them, or name those to forecast with series=[...]."
        )
