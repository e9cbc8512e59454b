"""Steps: which rows follow one another, and how many are missing between two of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import Day, Tick

FEW_LABELS = 10  # ten workdays in a row have a weekend among them
_DAY = float(pd.Timedelta(days=1) // pd.Timedelta(1, "ns"))


@dataclass(frozen=True)
class Steps:
    """How the labels of rows become numbers of steps.

    Attributes
    ----------
    freq : None, str or pandas offset
        A step, as the user gave it: None, to take the usual step; "rows", where each row is a step.
    usual : float
        The median step of the fitted labels, in nanoseconds, periods or as a number; NaN where it is not known.
    longest, longest_after : float
        A longer step between two rows is a hole, and so is one between the fitted rows and those that follow.
    inferred : str or None
        The offset that pandas finds in the fitted labels.
    is_exact : bool
        Whether that offset has steps of different lengths, as months have, and says of all labels whether they follow.
    """

    freq: Any = None
    usual: float = np.nan
    longest: float = np.inf
    longest_after: float = np.inf
    inferred: str | None = None
    is_exact: bool = False

    def number(self, labels: pd.Index | None, n_rows: int) -> NDArray[np.intp]:
        """Return how many steps each row lies after the first one."""
        if labels is None or self.counts_rows or len(labels) < 2:
            return np.arange(n_rows)
        if self.freq is not None:
            return _positions_on_grid(labels, self.freq)
        if np.isnan(self.usual):  # fitted to one row
            return learn_steps(labels, None).number(labels, n_rows)
        if self.is_exact:
            positions = pd.date_range(labels[0], labels[-1], freq=self.inferred).get_indexer(labels)
            if (positions >= 0).all():
                return positions
        gaps = gaps_of(labels)
        is_hole = gaps > self.longest
        if not is_hole.any():
            return np.arange(n_rows)
        steps = np.where(is_hole, np.rint(gaps / self.usual), 1).astype(np.intp)
        if is_uneven(self.inferred):
            for i in np.flatnonzero(is_hole):
                steps[i] = self._count(labels[i : i + 2], gaps[i])
        return np.concatenate([[0], np.cumsum(steps)])

    def between(self, last: pd.Index, first: pd.Index) -> int:
        """Return how many steps the label `first` lies after the fitted label `last`, both an index of one label."""
        if self.counts_rows:
            return 1
        labels = last.append(first)
        if self.freq is not None:
            return int(_positions_on_grid(labels, self.freq)[-1])
        gap = gaps_of(labels)[0]
        if self.is_exact:
            return max(self._count(labels, gap), 1)
        return max(self._count(labels, gap), 2) if gap > self.longest_after else 1

    def _count(self, labels, gap):
        """Return how many steps there are between two labels that are a gap apart."""
        if not is_uneven(self.inferred):
            return round(gap / self.usual)
        grid = pd.date_range(labels[0], labels[1], freq=self.inferred)
        return int((grid < labels[1] - pd.Timedelta(self.usual / 2, "ns")).sum())  # a little late is not a step later

    @property
    def counts_rows(self) -> bool:
        """Whether each row is a step, whatever its label."""
        return isinstance(self.freq, str) and self.freq == "rows"

    @property
    def is_regular(self) -> bool:
        """Whether the fitted steps are alike, or those of a calendar."""
        return self.is_exact or self.longest < 2 * self.usual


def learn_steps(labels: pd.Index | None, freq: Any) -> Steps:
    """Return the steps of fitted labels.

    Unless `freq` says more, steps are regular where nine in ten are alike (months, whose days differ, count as alike),
    or where more than half are equal and the others are multiples of them, unless they are days and none is at a
    weekend. A hole is then longer than one and a half of them. Months and the like are counted on their calendar. Steps
    that are not regular, as those of trading days, may differ up to ten times; what follows the fitted rows does so
    after the longest of them at the latest.
    """
    if freq is not None:
        _check_freq(freq, labels)
        return Steps(freq)
    if labels is None or len(labels) < 2:
        return Steps()
    gaps = gaps_of(labels)
    usual = float(np.median(gaps))
    is_regular = np.mean(np.abs(gaps / usual - 1) <= 0.2) >= 0.9 or _are_multiples(labels, gaps, usual)
    longest = (1.5 if is_regular else 10) * usual
    longest_after = longest if is_regular else float(gaps[gaps <= longest].max())
    return Steps(None, usual, longest, longest_after, *_infer(labels, gaps, usual, longest))


def _are_multiples(labels, gaps, usual):
    """Return whether more than half of the steps are equal and the others multiples of them, and these no weekends."""
    if isinstance(labels, pd.DatetimeIndex) or (isinstance(labels, pd.PeriodIndex) and isinstance(labels.freq, Day)):
        are_workdays = bool((labels.day_of_week < 5).all())
        if are_workdays and (isinstance(labels, pd.PeriodIndex) or usual >= _DAY):
            return False
    return bool(np.mean(gaps == usual) > 0.5 and (gaps % usual == 0).all())


def _infer(labels, gaps, usual, longest):
    """Return the offset that pandas finds in a part of labels without a hole, and whether it is exact.

    That of workdays is exact where the labels have all of them; otherwise there are holidays, which nothing tells.
    """
    if not isinstance(labels, pd.DatetimeIndex):
        return None, False
    parts = (labels[-64:], _longest_run(labels, gaps <= longest), _longest_run(labels, gaps <= 1.5 * usual))
    inferred = next(filter(None, (pd.DatetimeIndex(part, freq="infer").freqstr for part in parts)), None)
    if inferred is None or not is_uneven(inferred):
        return inferred, False
    grid = pd.date_range(labels[0], labels[-1], freq=inferred)
    is_whole = len(grid) == len(labels) or not inferred.startswith(("B", "C"))
    return inferred, bool(is_whole and (grid.get_indexer(labels) >= 0).all())


def _longest_run(labels, follow):
    """Return the longest part of labels each of which follows the one before, or its end."""
    edges = np.concatenate([[0], np.flatnonzero(~follow) + 1, [len(labels)]])
    longest = np.argmax(np.diff(edges))
    return labels[max(edges[longest], edges[longest + 1] - 64) : edges[longest + 1]]


def is_uneven(offset: str | None) -> bool:
    """Return whether there is an offset, and its steps differ in length."""
    return offset is not None and not isinstance(to_offset(offset), Tick | Day)


def check_steps(steps: NDArray[np.intp], labels: pd.Index | None, name: str = "X") -> None:
    """Refuse rows among which steps are missing."""
    holes = np.flatnonzero(np.diff(steps) > 1)
    if labels is None or len(holes) == 0:
        return
    raise ValueError(
        f"{name} must hold rows that follow one another, but steps are missing in its index ({len(holes)} holes, the "
        f"first of them after {labels[holes[0]]}); cross-validate with TimeSeriesSplit, fill the missing rows, leave "
        "out what touches them (missing='drop'), or say freq='rows' where the rows follow one another all the same."
    )


def _check_freq(freq, labels):
    """Refuse a `freq` that is no step, or that the labels cannot have."""
    if isinstance(freq, str) and freq == "rows":
        return
    try:
        offset = as_offset(freq, labels)
        is_step = bool(getattr(offset, "n", offset))  # a Timedelta has no n; 0 of either is no step
    except (ValueError, TypeError, AttributeError):
        is_step = False
    if not is_step:
        raise ValueError(
            f"freq must be None, a pandas offset such as 'h' or 'B', or 'rows', but is {freq!r}; pass one of these."
        )
    if not isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        has = "no labels" if labels is None else f"labels of type {labels.dtype}"
        raise ValueError(
            f"freq={freq!r} needs rows with times as their labels, but X has {has}; pass a DataFrame with a time index "
            "(in a pipeline with set_output(transform='pandas') on the steps before), or freq=None."
        )


def as_offset(freq: Any, labels: pd.Index | None) -> Any:
    """Return the step that `freq` means between times, durations, or periods, where it has other names."""
    if isinstance(labels, pd.PeriodIndex):
        return pd.PeriodDtype(freq).freq
    offset: Any = to_offset(freq)
    return pd.Timedelta(offset) if isinstance(labels, pd.TimedeltaIndex) else offset


def _positions_on_grid(labels, freq):
    """Return the number of each label among those that `freq` makes from the first one on."""
    offset = as_offset(freq, labels)
    if isinstance(labels, pd.PeriodIndex):
        positions, rest = np.divmod(labels.asi8 - labels.asi8[0], offset.n)
        is_on_grid = (rest == 0) & (labels.freq == offset)
    elif isinstance(offset, pd.Timedelta) or (isinstance(offset, Tick) and not isinstance(offset, Day)):
        positions, rest = np.divmod(_since_first(labels), pd.Timedelta(offset) // pd.Timedelta(1, "ns"))
        is_on_grid = rest == 0
    else:
        positions = pd.date_range(labels[0], labels[-1], freq=offset).get_indexer(labels)
        is_on_grid = positions >= 0
    if not is_on_grid.all():
        raise ValueError(
            f"freq={freq!r} must make all labels of X from its first one, but does not make {labels[~is_on_grid][0]}; "
            "pass the offset that they have, or freq='rows' where rows follow one another whatever their times."
        )
    return positions


def _since_first(labels):
    """Return the time since the first label, in nanoseconds."""
    return (labels.asi8 - labels.asi8[0]) * (pd.Timedelta(1, labels.unit) // pd.Timedelta(1, "ns"))


def gaps_of(labels):
    """Return the steps between labels, in nanoseconds, periods or as numbers."""
    if isinstance(labels, pd.DatetimeIndex | pd.TimedeltaIndex):
        return np.diff(labels.asi8) * (pd.Timedelta(1, labels.unit) / pd.Timedelta(1, "ns"))
    return np.diff(labels.asi8 if hasattr(labels, "asi8") else labels.to_numpy()).astype(float)
