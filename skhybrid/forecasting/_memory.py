"""What a fitted forecaster remembers: how rows become samples, and the rows that it knows."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.forecasting._ahead import forecast_ahead, whose
from skhybrid.forecasting._grid import Grid
from skhybrid.forecasting._known import like_known, place
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import Part, Table, attach, read_table
from skhybrid.forecasting._within import Forecasts, forecast_within


@dataclass(frozen=True)
class Memory:
    """What a fitted forecaster remembers.

    Attributes
    ----------
    plan : Plan
        How rows become samples, and what is predicted of them forecasts.
    known : mapping of Hashable to DataFrame
        The known rows of each series.
    names : list
        The names of the levels of the index.
    is_panel : bool
        Whether there are many series.
    columns : tuple of (column label or None, column label or None)
        The columns of a table that hold the series and the time, where its index does not.
    max_fill : int
        How many of the newest values of a window may be missing.
    """

    plan: Plan
    known: Mapping[Hashable, pd.DataFrame]
    names: list[Any]
    is_panel: bool
    columns: tuple[Any, Any]
    max_fill: int

    def read(self, X: Any, y: Any = None) -> Table:
        """Return the rows of X by series, numbered as they follow those known where they have no labels."""
        if y is not None:
            X, _ = attach(X, y, list(self.plan.maker.roles.targets))
        return place(self._read(X, "X"), self.known)

    def read_future(self, future: Any) -> Table:
        """Return the rows of a future table by series."""
        table = self._read(future, "future")
        known = next(iter(self.known.values()))
        parts = {
            key: Part(like_known(part.frame, self.known.get(key, known), "future"), part.positions)
            for key, part in table.parts.items()
        }
        return table._replace(parts=parts)

    def _read(self, X, name):
        series, time = self.columns
        table = read_table(X, series=series, time=time, name=name)
        if table.is_panel != self.is_panel:
            kinds = ("one series", "many series")
            raise ValueError(
                f"{name} must hold {kinds[self.is_panel]}, as in fit, but holds {kinds[table.is_panel]}; pass rows "
                "with the same kind of index."
            )
        return table

    def forecast_ahead(
        self, estimator: Any, future: Table | None, n_steps: int | None, series: Iterable[Hashable] | None
    ) -> dict[Hashable, pd.DataFrame]:
        """Return forecasts of what comes after the known rows of each series."""
        known = self.known if series is None else {key: self._known_of(key) for key in series}
        return forecast_ahead(self.plan, estimator, known, future, n_steps, self.max_fill)

    def forecast_within(
        self, estimator: Any, table: Table, choose: Callable[[Grid, int], NDArray[np.intp]]
    ) -> Iterator[Forecasts]:
        """Yield the forecasts from origins in a table that are chosen in the grid of each series."""
        return forecast_within(self.plan, estimator, self.known, table, choose, self.max_fill)

    def followed_by(self, table: Table) -> "Memory":
        """Return what is remembered once the rows of a table have followed."""
        return replace(self, known={**self.known, **{key: self._join(key, part) for key, part in table.parts.items()}})

    def _known_of(self, key):
        """Return the known rows of a series."""
        if key in self.known:
            return self.known[key]
        raise ValueError(
            f"series must name series that are known, but {key!r} is not one of the {len(self.known)} "
            f"({', '.join(map(repr, list(self.known)[:5]))}, ...); update with its rows first."
        )

    def _join(self, key, part):
        """Return the known rows of a series with those that follow."""
        roles, known = self.plan.maker.roles, self.known.get(key)
        frame = part.frame[roles.used]
        if known is None:
            return frame
        frame = like_known(frame, known, "X")
        is_known = known[list(roles.targets)].notna().any(axis=1).to_numpy()
        known = known.iloc[: np.flatnonzero(is_known)[-1] + 1]  # rows that were coming ones come now
        if not frame.index[0] > known.index[-1]:
            raise ValueError(
                f"X must follow the rows known so far{whose(key)}, which end at {known.index[-1]}, but starts at "
                f"{frame.index[0]}; pass later rows."
            )
        return pd.concat([known, frame])
