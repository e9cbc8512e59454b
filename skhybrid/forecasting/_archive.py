"""What was known ahead at each origin: archived forecasts of inputs, in the place of what was measured later."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skhybrid.forecasting._cut import Cutter
from skhybrid.forecasting._grid import Archived, Grid, GridMaker
from skhybrid.forecasting._known import like_known
from skhybrid.forecasting._table import ALONE, Table, whose


@dataclass(frozen=True)
class Archive:
    """Forecasts of inputs as they were made.

    Attributes
    ----------
    columns : list of column labels
        The inputs.
    parts : mapping of Hashable to DataFrame
        Those of each series, indexed by (origin, time).
    """

    columns: list[Hashable]
    parts: Mapping[Hashable, pd.DataFrame]

    def complete(self, table: Table) -> Table:
        """Return a table that has the columns, which are not known where it had them not."""
        parts = {
            key: part._replace(frame=part.frame.reindex(columns=part.frame.columns.union(self.columns, sort=False)))
            for key, part in table.parts.items()
        }
        return table._replace(parts=parts)

    def followed_by(self, other: "Archive | None") -> "Archive":
        """Return these and others, which count where both tell the same."""
        if other is None:
            return self
        if set(other.columns) != set(self.columns):
            raise ValueError(
                f"archive must have the columns of that given before, {self.columns}, but has {other.columns}; pass "
                "these."
            )
        parts = dict(self.parts)
        for key, frame in other.parts.items():
            both = pd.concat([parts[key], frame]) if key in parts else frame
            parts[key] = both[~both.index.duplicated(keep="last")]
        return replace(self, parts=parts)

    def lay(self, key: Hashable, grid: Grid, maker: GridMaker, cutter: Cutter) -> Grid:
        """Return the grid of a series with what was known at its steps of those that followed."""
        frame = self.parts.get(key)
        told = f"{self.columns}{whose(key)}"
        n_numbers = [len(maker.encoder.levels.get(name, [name])) for name in maker.roles.known]
        is_archived = np.repeat([name in self.columns for name in maker.roles.known], n_numbers)
        columns = np.flatnonzero(is_archived)
        known = [name for name in maker.roles.known if name in self.columns]
        numbers = np.full(len(grid.labels), -1)
        if frame is None:
            return replace(grid, archived=Archived(told, columns, numbers, np.empty((0, cutter.horizon, len(columns)))))
        named = np.flatnonzero(grid.labels.notna())  # steps that nothing names yet are not in it
        origins, times = (grid.labels[named].get_indexer(frame.index.get_level_values(i)) for i in range(2))
        steps = named[times] - named[origins] - 1 - cutter.lead
        is_used = (origins >= 0) & (times >= 0) & (steps >= 0) & (steps < cutter.horizon)
        places, blocks = np.unique(named[origins[is_used]], return_inverse=True)
        values = np.full((len(places), cutter.horizon, len(columns)), np.nan)
        values[blocks, steps[is_used]] = maker.encoder.encode(frame, known)[is_used]
        numbers[places] = np.arange(len(places))
        return replace(grid, archived=Archived(told, columns, numbers, values))


def read_archive(archive: Any, table: Table, known_future: Sequence[Hashable]) -> Archive | None:
    """Return the archive that a frame is, of the series of a table."""
    if archive is None:
        return None
    levels = ("series", "origin", "time") if table.is_panel else ("origin", "time")
    if not isinstance(archive, pd.DataFrame) or archive.index.nlevels != len(levels):
        found = f"{archive.index.nlevels} levels" if isinstance(archive, pd.DataFrame) else type(archive).__name__
        raise ValueError(
            f"archive must be a DataFrame with ({', '.join(levels)}) as index, but has {found}; set these columns as "
            "index."
        )
    others = [name for name in archive.columns if name not in known_future]
    if others or archive.empty:
        raise ValueError(
            f"archive must hold columns of known_future, {list(known_future)}, but has {list(archive.columns)} in "
            f"{len(archive)} rows; leave out others, or name them in known_future."
        )
    if not archive.index.is_unique:
        twice = archive.index[archive.index.duplicated()][0]
        raise ValueError(f"archive must hold each {levels} once, but has {twice} more than once; drop the others.")
    parts = dict(iter(archive.groupby(level=0))) if table.is_panel else {ALONE: archive}
    fitted = next(iter(table.parts.values())).frame
    return Archive(list(archive.columns), {key: _like_rows(part, fitted) for key, part in parts.items()})


def _like_rows(frame, fitted):
    """Return an archive by (origin, time), with both in the zone of the rows."""
    levels = [frame.index.get_level_values(i) for i in (-2, -1)]
    labels = [like_known(pd.DataFrame(index=level), fitted, "archive").index for level in levels]
    return frame.set_axis(pd.MultiIndex.from_arrays(labels, names=["origin", "time"]))
