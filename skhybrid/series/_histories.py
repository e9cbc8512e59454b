"""The known rows of several series: a history and a line of steps for each, asked as one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid.series._history import History
from skhybrid.series._panel import Labels, Panel
from skhybrid.series._timeline import Timeline
from skhybrid.series.steps import Steps, gaps_of


@dataclass(frozen=True)
class Histories:
    """What is kept of the known rows of each series.

    Attributes
    ----------
    by_key : dict
        The history of each series.
    steps : Steps
        Those of series too short to tell, and of series that come later.
    are_short : bool
        Whether none of the fitted series has labels enough to tell its steps for sure.
    """

    by_key: dict[Any, History]
    steps: Steps
    are_short: bool


@dataclass(frozen=True, eq=False)
class Lines:
    """The rows of each series on a line of steps of its own, to be read as one :class:`Timeline`."""

    panel: Panel
    lines: list[Timeline]

    def each(self, function: Callable[[Timeline], NDArray[Any]]) -> NDArray[Any]:
        """Return what a function makes of each line, in the order of the rows."""
        return self.panel.join([function(line) for line in self.lines])

    def touches_unknown(self, *, unborn: bool, missing: bool = True) -> NDArray[np.bool_]:
        """Return which rows of X have an unknown step in their window; see :class:`Timeline`."""
        return self.each(lambda line: line.touches_unknown(unborn=unborn, missing=missing))

    def windows(self, *, fill: bool = True) -> NDArray[np.floating]:
        """Return the window of each row of X; see :class:`Timeline`."""
        return self.each(lambda line: line.windows(fill=fill))

    @property
    def numbers(self) -> NDArray[np.intp]:
        """How many steps each row of X lies after the first known row of its series."""
        return self.each(lambda line: line.numbers)

    @property
    def n_unborn(self) -> int:
        """How many steps at the start were never there, at least."""
        return min(line.n_unborn for line in self.lines)


def check_same_kind(history: History | Histories, labels: Labels) -> None:
    """Refuse several series after a fit to one, and the reverse."""
    knows_several, are_several = isinstance(history, Histories), isinstance(labels, Panel)
    if knows_several == are_several:
        return
    one, several = "one series", "several series, with labels (series, time)"
    raise ValueError(
        f"X must hold {several if knows_several else one}, as the fitted data did, but holds "
        f"{several if are_several else one}; pass rows with the same levels of labels (in a pipeline with "
        "set_output(transform='pandas') on the steps before), or fit again."
    )


def count_left(history: Any, labels: Labels, n_rows: int) -> NDArray[np.intp]:
    """Return how many steps after each of the last `n_rows` known rows the known rows end, those of all series."""
    if not isinstance(labels, Panel):
        return _count_left(history, n_rows)
    distinct = labels.distinct

    def count(key, places, times):
        of_series = history.by_key[key]
        return _count_left(of_series, len(places)) + _count_after(times, distinct, of_series)

    return labels.join(labels.each(count))


def _count_left(history, n_rows):
    return history.numbers[-1] - history.numbers[-n_rows:]


def _count_after(times, distinct, history):
    """Return how many steps of a series surely lie between its end and that of all series.

    They are no more than the others have times there, and no more than fit in.
    """
    ahead = distinct[distinct.get_loc(times[-1]) :]
    if len(ahead) == 1 or history.steps.counts_rows:  # which rows would follow nothing tells
        return 0
    usual = history.steps.usual
    if np.isnan(usual):
        usual = np.median(gaps_of(times)) if len(times) > 1 else np.inf
    return min(len(ahead) - 1, int(gaps_of(ahead).sum() / usual + 0.25))


def count_skipped(known: Any, history: Any, labels: Labels, n_rows: int) -> NDArray[np.intp]:
    """Return how many steps are missing between the rows known before and the last `n_rows`, (n_series,)."""
    if not isinstance(labels, Panel):
        return np.array([history.numbers[-n_rows] - known.next_step])
    return np.array(
        [
            history.by_key[key].numbers[-len(places)] - known.by_key[key].next_step
            for key, places in zip(labels.keys, labels.places, strict=True)
            if key in known.by_key
        ],
        dtype=np.intp,
    )


def begins_in(history: Any, labels: Labels, n_rows: int, n_first: int) -> NDArray[np.bool_]:
    """Return which rows are among the first `n_first` of a series of which none is known but those of X."""
    if not isinstance(labels, Panel):
        return _begins_in(history, n_rows, n_first)
    by_key: Any = history.by_key
    return labels.join(labels.each(lambda key, places, times: _begins_in(by_key[key], len(places), n_first)))


def _begins_in(history, n_rows, n_first):
    return (np.arange(n_rows) < n_first) & (n_rows == len(history.numbers))
