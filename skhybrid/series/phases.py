"""The phases of coming steps in their seasons: for a season of m steps 0, 1, ..., m - 1, and again from 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BusinessDay, Day, Tick, Week

from skhybrid.series.labels import is_default
from skhybrid.series.steps import Steps, as_offset, is_uneven

_DAY = 24 * 60 * 60 * 10**9  # nanoseconds
_MONTH = _DAY * 146_097 / 4800  # in the mean of 400 years
_EPOCH = pd.Timestamp("1970-01-01")


@dataclass(frozen=True)
class Clock:
    """How steps are counted, so that a label alone tells the phase of its row.

    Attributes
    ----------
    kind : {"rows", "times", "durations", "periods", "numbers"}
        The labels that it reads. "rows" counts rows from the first one, whatever their labels.
    unit : {"nanoseconds", "months", "workdays", "units"}
        What a step is measured in; "units" are periods or numbers.
    length : int or float
        The length of a step.
    zone : tzinfo or None
        The time zone of the fitted labels, whose local time counts.
    """

    kind: str = "rows"
    unit: str = "units"
    length: Any = 1
    zone: Any = None

    def phases(
        self, labels: pd.Index | None, numbers: NDArray[np.intp], horizons: Sequence[int], seasons: Sequence[int]
    ) -> NDArray[np.intp]:
        """Return the phases of the steps at each horizon after some rows, (n_rows, n_horizons, n_seasons).

        Parameters
        ----------
        labels : pandas.Index or None
            The labels of the rows.
        numbers : ndarray of shape (n_rows,)
            How many steps each row lies after the first row of the series; read where rows are counted.
        horizons, seasons : sequence of int
            The steps ahead, and the lengths of the seasons.
        """
        ahead = np.asarray(horizons)
        if self.kind == "rows":
            counts = [numbers[:, None] + ahead] * len(seasons)
        else:
            labels = self._check_kind(labels, seasons)
            if self.unit == "nanoseconds" and self.length % _DAY:
                counts = self._count_times(labels, ahead, seasons)
            else:
                counts = [self._count(labels)[:, None] + ahead] * len(seasons)
        return np.stack([count % season for count, season in zip(counts, seasons, strict=True)], axis=2)

    def _check_kind(self, labels, seasons):
        """Return labels in the zone of the fitted ones; refuse labels of another kind."""
        has_zone = getattr(labels, "tz", None) is not None
        if labels is None or _kind_of(labels) != self.kind or has_zone != (self.zone is not None):
            found = "none" if labels is None else f"labels of type {labels.dtype}"
            zone = (
                "" if self.kind != "times" else " with a time zone" if self.zone is not None else " without time zone"
            )
            raise ValueError(
                f"seasons={tuple(seasons)} are counted by the labels of the fitted rows, which are {self.kind}{zone}, "
                f"but X has {found}; pass rows with labels of the same kind."
            )
        return labels.tz_convert(self.zone) if has_zone else labels

    def _count_times(self, labels, ahead, seasons):
        """Return for each season the numbers of steps by the clock on the wall, or in UTC where no day fits it."""
        times = labels.as_unit("ns").asi8[:, None] + ahead * self.length
        local = _local(times, self.zone)
        spans = [season * self.length for season in seasons]
        fits_day = [span % _DAY == 0 or _DAY % span == 0 for span in spans]
        return [self._floor(local if fits else times) for fits in fits_day]

    def _count(self, labels):
        """Return the numbers of the steps on which labels lie."""
        if self.kind == "periods":
            return labels.asi8 // self.length
        if self.kind == "numbers":
            return np.floor(labels.to_numpy() / self.length + 0.25).astype(np.intp)
        labels = labels.tz_localize(None) if self.zone is not None else labels  # local time
        if self.unit == "months":
            return ((labels.year - _EPOCH.year) * 12 + labels.month - 1).to_numpy() // self.length
        if self.unit == "workdays":
            return np.busday_count(_EPOCH.date(), labels.to_numpy().astype("datetime64[D]")) // self.length
        return self._floor(labels.as_unit("ns").asi8)

    def _floor(self, times):
        """Return the steps in which times lie, which begin a little before, as labels may come early."""
        return (times + self.length // 4) // self.length


def learn_clock(labels: pd.Index | None, steps: Steps, seasons: Sequence[int]) -> Clock:
    """Return the clock of fitted labels, which must be a regular step apart unless rows are counted."""
    return Clock() if labels is None or is_default(labels) else read_clock(labels, steps, seasons)


def read_clock(labels: pd.Index, steps: Steps, seasons: Sequence[int]) -> Clock:
    """Return the clock of fitted labels, which are read even where they only number the rows."""
    if steps.counts_rows:
        return Clock()
    unit, length = _measure(labels, steps)
    if not length:
        raise ValueError(
            f"seasons={tuple(seasons)} needs rows that are a regular step apart, but their labels are not; pass freq, "
            "or freq='rows' to count rows whatever their labels."
        )
    return Clock(_kind_of(labels), unit, length, getattr(labels, "tz", None))


def _measure(labels, steps):
    """Return what a step is measured in, and its length; 0 where steps are not regular."""
    if steps.freq is None and not steps.is_regular:
        return "units", 0
    offset = as_offset(steps.freq, labels) if steps.freq is not None else None
    if isinstance(labels, pd.TimedeltaIndex):
        return "nanoseconds", _nanoseconds(offset) if offset is not None else round(steps.usual)
    if isinstance(labels, pd.PeriodIndex):
        return "units", offset.n if offset is not None else round(steps.usual)
    if not isinstance(labels, pd.DatetimeIndex):
        return "units", steps.usual
    if offset is None and is_uneven(steps.inferred):
        offset = to_offset(steps.inferred)
    if offset is not None:
        return _measure_offset(offset)
    if steps.inferred is None and steps.usual > 27 * _DAY:  # the same day of each month, for one
        return "months", round(steps.usual / _MONTH)
    return "nanoseconds", round(steps.usual)


def _measure_offset(offset):
    """Return what the step of an offset between times is measured in, and its length; 0 where it is not regular."""
    if isinstance(offset, Day | Week):
        return "nanoseconds", offset.n * _DAY * (7 if isinstance(offset, Week) else 1)
    if isinstance(offset, Tick):
        return "nanoseconds", _nanoseconds(offset)
    if type(offset) is BusinessDay:  # those with holidays are subclasses
        return "workdays", offset.n
    n_months = _nanoseconds((_EPOCH + 120 * offset - _EPOCH) / 120) / _MONTH
    return "months", round(n_months) if n_months > 0.9 else 0


def _nanoseconds(step):
    return pd.Timedelta(step) // pd.Timedelta(1, "ns")


def _kind_of(labels):
    """Return which kind of labels these are, of which a clock reads one."""
    kinds = {pd.DatetimeIndex: "times", pd.TimedeltaIndex: "durations", pd.PeriodIndex: "periods"}
    return next((kind for index, kind in kinds.items() if isinstance(labels, index)), "numbers")


def _local(times, zone):
    """Return times in UTC, in nanoseconds, as a clock on the wall shows them."""
    if zone is None:
        return times
    labels = pd.DatetimeIndex(times.ravel().view("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)
    return labels.tz_localize(None).as_unit("ns").asi8.reshape(times.shape)
