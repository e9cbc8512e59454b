"""One series on a line of steps: what is known of each step, the coming ones among them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.forecasting._calendar import is_holiday, step_of, year_waves
from skhybrid.forecasting._columns import Encoder
from skhybrid.forecasting._roles import Roles
from skhybrid.series.phases import Clock
from skhybrid.series.steps import Steps


class Archived(NamedTuple):
    """What was known at some steps of those that followed.

    Attributes
    ----------
    told : str
        What a message calls it.
    columns : ndarray of shape (n_columns,)
        Which of the numbers known ahead it tells.
    numbers : ndarray of shape (n_steps,)
        Where the values known at each step are; -1 for nowhere.
    values : ndarray of shape (n_origins, horizon, n_columns)
        The values; NaN where they are not known.
    """

    told: str
    columns: NDArray[np.intp]
    numbers: NDArray[np.intp]
    values: NDArray[np.float64]

    def at(self, steps: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what was known at some steps, (n_steps, horizon, n_columns)."""
        unknown = np.full((1, *self.values.shape[1:]), np.nan)
        return np.concatenate([self.values, unknown])[self.numbers[steps]]


@dataclass(frozen=True)
class Grid:
    """One series, from its first known row on.

    Attributes
    ----------
    labels : pandas.Index
        The time (or number) of each step.
    numbers : ndarray of shape (n_rows,)
        The step of each row.
    targets : ndarray of shape (n_steps, n_targets)
        NaN where a target is not known.
    past : ndarray of shape (n_steps, n_past)
        What else is read up to the origin; NaN where it is not known.
    known : ndarray of shape (n_steps, n_known)
        What is known ahead, with what the calendar tells.
    phases : ndarray of shape (n_steps, n_seasons)
        The phase of each season.
    static : ndarray of shape (n_static,)
        What never changes.
    archived : Archived or None
        What was known ahead at each step, where it differs from what was known later.
    """

    labels: pd.Index
    numbers: NDArray[np.intp]
    targets: NDArray[np.float64]
    past: NDArray[np.float64]
    known: NDArray[np.float64]
    phases: NDArray[np.float64]
    static: NDArray[np.float64]
    archived: Archived | None = None

    @property
    def last(self) -> int:
        """The step of the last row of which a target is known."""
        is_known = np.flatnonzero(~np.isnan(self.targets).all(axis=1))
        return int(is_known[-1]) if len(is_known) else -1


@dataclass(frozen=True)
class GridMaker:
    """How the rows of a series become a grid.

    Attributes
    ----------
    roles : Roles
        What columns are for.
    encoder : Encoder
        How they become numbers.
    steps : Steps
        Which labels follow one another.
    clock : Clock
        How phases are counted.
    seasons : tuple of int
        Lengths of the seasons whose phases are told.
    has_year : bool
        Whether the time of year is told.
    holidays : str, sequence of str or None
        The country whose holidays are told.
    n_ahead : int
        Number of steps after the last row of a grid.
    """

    roles: Roles
    encoder: Encoder
    steps: Steps
    clock: Clock
    seasons: tuple[int, ...]
    has_year: bool
    holidays: Any
    n_ahead: int

    def make(self, frame: pd.DataFrame, names: pd.Index | None = None) -> Grid:
        """Lay the rows of a series on a grid.

        Parameters
        ----------
        frame : DataFrame
            Rows with the columns of the roles; in coming ones targets are NaN.
        names : pandas.Index, default=None
            The times of the steps after the last row, where the rows alone do not tell them.
        """
        numbers = self.steps.number(frame.index, len(frame))
        n_steps = int(numbers[-1]) + 1 + self.n_ahead
        labels = name_steps(frame.index, numbers, self.steps, n_steps, names)

        def spread(columns):
            values = self.encoder.encode(frame, columns)
            spread = np.full((n_steps, values.shape[1]), np.nan)
            spread[numbers] = values
            return spread

        told = [spread(self.roles.known)]
        told += [year_waves(labels)] if self.has_year else []
        told += [is_holiday(labels, self.holidays)] if self.holidays is not None else []
        phases = np.empty((n_steps, 0))
        if self.seasons:
            phases = self.clock.phases(labels, np.arange(n_steps), [0], self.seasons)[:, 0].astype(np.float64)
        return Grid(
            labels,
            numbers,
            spread(self.roles.targets),
            spread(self.roles.past),
            np.concatenate(told, axis=1),
            phases,
            self._static(frame),
        )

    def _static(self, frame):
        """Return the values that never change; refuse those that do."""
        for name in self.roles.static:
            values = frame[name].dropna()
            if (values != values.iloc[0]).any():
                raise ValueError(
                    f"static must name columns that have one value in a series, but {name!r} has {values.iloc[0]!r} "
                    "and others; name it in past or known_future."
                )
        return self.encoder.encode(frame.iloc[:1], self.roles.static)[0]


def name_steps(
    labels: pd.Index, numbers: NDArray[np.intp], steps: Steps, n_steps: int, names: pd.Index | None = None
) -> pd.Index:
    """Return the label of each step, also of those without a row, and of those that come.

    Where rows are steps whatever their labels, or steps differ in a way that nothing tells, those that come are named
    by `names`; without, they are missing (NaT).
    """
    made = _make_labels(labels, steps, n_steps)
    known = labels.to_numpy()
    if made is None:
        values = pd.Series(
            pd.NaT if isinstance(labels, pd.DatetimeIndex) else np.nan, index=range(n_steps), dtype=labels.dtype
        )
        after = slice(int(numbers[-1]) + 1, int(numbers[-1]) + 1 + (0 if names is None else len(names)))
        if names is not None:
            values.iloc[after] = names[: n_steps - after.start]
        values.iloc[numbers] = labels
        return pd.Index(values)
    if (made[numbers].to_numpy() == known).all():
        return made
    values = pd.Series(made)
    values.iloc[numbers] = labels  # some come a little early or late
    return pd.Index(values)


def _make_labels(labels, steps, n_steps):
    """Return labels one step apart from the first one on; None where nothing tells the step."""
    if steps.counts_rows:
        return None
    if isinstance(labels, pd.DatetimeIndex):
        offset = step_of(labels, steps)
        return None if offset is None else pd.date_range(labels[0], periods=n_steps, freq=offset, unit=labels.unit)
    if isinstance(labels, pd.PeriodIndex):
        length = step_of(labels, steps).n if steps.freq is not None else 1
        return pd.PeriodIndex.from_ordinals(labels.asi8[0] + length * np.arange(n_steps), freq=labels.freq)  # type: ignore[attr-defined]
    if np.isnan(steps.usual):
        return labels[:1].append(labels[:1] + np.arange(1, n_steps)) if labels.dtype.kind in "iuf" else None
    if isinstance(labels, pd.TimedeltaIndex):
        return labels[0] + pd.to_timedelta(np.arange(n_steps) * round(steps.usual), unit="ns")
    made = labels.to_numpy()[0] + steps.usual * np.arange(n_steps)
    return pd.Index(made.astype(labels.dtype)) if float(steps.usual).is_integer() else pd.Index(made)
