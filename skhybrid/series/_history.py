"""The rows before X: what an estimator of time keeps of its training rows, and when it uses them.

The first rows of a test fold need the last rows of the training fold. An estimator of time therefore keeps the
tail of what it was fitted on, and puts it before rows that continue the fitted data. Whether they do is decided by
their labels or, of arrays, by the first row alone, since a later row must not change an earlier result.

The functions know rows and labels; `KeepsHistory` applies them for all estimators of time.
"""

from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import warn
from skhybrid.series._timeline import Past
from skhybrid.series.labels import is_default, pack_labels, unpack_labels
from skhybrid.series.steps import FEW_LABELS, Steps, learn_steps


@dataclass(frozen=True)
class History:
    """What is kept of the known rows: those fitted, and those that `update` brought.

    Attributes
    ----------
    steps : Steps
        Which labels follow one another.
    labels : pandas.Index or None
        The labels of the known rows, where they order the rows in time.
    numbers : ndarray of shape (n_known,)
        How many steps each known row lies after the first one.
    first : ndarray of shape (n_features,)
        The first fitted row.
    spread : ndarray of shape (n_features,)
        How far fitted values lie from one another; what is a millionth of it apart counts as equal.
    hashes : ndarray of shape (n_known,)
        A number for each known row, to find equal ones without keeping them.
    are_distinct : bool
        Whether hardly any fitted row occurs twice.
    tail : ndarray of shape (n_kept, n_features)
        The last known rows.
    older : ndarray of shape (n_features,)
        The last value of each column before them; NaN where none is known.
    """

    steps: Steps
    labels: pd.Index | None
    numbers: NDArray[np.intp]
    first: NDArray[Any]
    spread: NDArray[Any]
    hashes: NDArray[np.uint64]
    are_distinct: bool
    tail: NDArray[Any]
    older: NDArray[Any]

    def __getstate__(self) -> dict[str, Any]:
        """Return arrays, numbers and text, which skops stores as well; it cannot store labels of pandas."""
        labels = None if self.labels is None else pack_labels(self.labels)
        numbers = self.numbers if self.next_step > len(self.numbers) else None  # without holes they only count
        return {**vars(self), "steps": astuple(self.steps), "labels": labels, "numbers": numbers}

    def __setstate__(self, state: dict[str, Any]) -> None:
        labels = None if state["labels"] is None else unpack_labels(*state["labels"])
        numbers = np.arange(len(state["hashes"])) if state["numbers"] is None else state["numbers"]
        vars(self).update({**state, "steps": Steps(*state["steps"]), "labels": labels, "numbers": numbers})

    @property
    def next_step(self) -> int:
        """The number of the step after the last known row."""
        return int(self.numbers[-1]) + 1

    @property
    def n_forgotten(self) -> int:
        """How many known rows are not kept."""
        return len(self.numbers) - len(self.tail)


def remember(rows: NDArray[Any], labels: pd.Index | None, steps: Steps, n_kept: int) -> History:
    """Keep of the fitted `rows` what `find_past` will need."""
    some = rows[:: len(rows) // 1000 + 1]
    some = some[~np.isnan(some).any(axis=1)]
    quartiles = np.quantile(some, [0.25, 0.75], axis=0) if len(some) else np.zeros((2, rows.shape[1]))
    n_forgotten = max(len(rows) - n_kept, 0)
    hashes = _hash_rows(rows)
    n_repeated = int((np.diff(np.sort(hashes)) == 0).sum())
    return History(
        steps=steps,
        labels=labels,
        numbers=steps.number(labels, len(rows)),
        first=rows[0].copy(),
        spread=quartiles[1] - quartiles[0],  # a spike does not widen it
        hashes=hashes,
        are_distinct=n_repeated < 0.01 * len(hashes),
        tail=rows[n_forgotten:].copy(),
        older=_last_known(rows[:n_forgotten]),
    )


def extend(history: History, rows: NDArray[Any], labels: pd.Index | None, n_kept: int, context: str) -> History:
    """Return the history with `rows`, which follow the rows known so far."""
    start, steps = history.next_step, _number(history, labels, len(rows))
    known: Any = history.labels
    if context == "labels" or _has_labels(history, labels):
        labels = _like_known(history, labels)
        if not labels[0] > known[-1]:
            raise ValueError(
                f"X must follow the rows known so far, which end at {known[-1]}, but starts at {labels[0]}; pass later "
                "rows."
            )
        start += history.steps.between(known[-1:], labels[:1]) - 1
        all_labels = known.append(labels)
    elif context == "auto" and len(places := _places(history, rows[0])) == 1:
        raise ValueError(
            f"X must follow the rows known so far, but its first row equals row {places[0]} of them; pass later rows, "
            "or set context='carry' where they follow all the same."
        )
    else:  # labels of some rows alone are of no use, unless they only number them
        only_numbered = known is not None and is_default(known) and labels is not None
        all_labels = pd.RangeIndex(len(known) + len(rows)) if only_numbered else None
    tail = np.concatenate([history.tail, rows])
    n_forgotten = max(len(tail) - n_kept, 0)
    return replace(
        history,
        labels=all_labels,
        numbers=np.concatenate([history.numbers, start + steps]),
        hashes=np.concatenate([history.hashes, _hash_rows(rows)]),
        tail=tail[n_forgotten:],
        older=_last_known(np.concatenate([history.older[None], tail[:n_forgotten]])),
    )


def find_past(
    history: History, rows: NDArray[Any], labels: pd.Index | None, context: str, *, may_refuse: bool = False
) -> Past:
    """Return what is known of the rows before `rows`.

    The context "labels" is "auto" where labels are always read, as those of several series are. Which steps between
    `rows` are holes is judged by the fitted labels alone. Where holes are refused and few labels
    are fitted, all of which may lie within a week of trading days, it is judged by all labels.
    """
    if context == "labels" or (context == "auto" and _has_labels(history, labels)):
        start, steps = _find_by_labels(history, _like_known(history, labels), may_refuse)
    else:
        steps = _number(history, labels, len(rows), may_refuse)
        if context == "none":
            unknown = np.full_like(history.older, np.nan)
            return Past(history.tail[:0], history.numbers[:0], steps, 0, unknown, history.first)
        start = history.next_step if context == "carry" else _find_by_values(history, rows[0])
    numbers = history.numbers[history.n_forgotten :]
    before = slice(0, int(np.searchsorted(numbers, start)))
    are_kept = start >= (numbers[0] if len(numbers) else history.next_step)
    older = history.older if are_kept else np.full_like(history.older, np.nan)
    return Past(history.tail[before], start - numbers[before], steps, start, older, history.first)


def tell_missing(history: History, past: Past, n_before: int) -> tuple[str, str]:
    """Return in a clause each what is missing in the windows of X, and what to do about it."""
    n_missing = past.start - history.next_step
    if n_missing > 0:
        return (
            f"X starts {n_missing + 1} steps after the fitted data ends, so that {n_missing} rows between them are "
            "missing from its first windows",
            "pass these rows as well, cut the windows before the split with make_windows, or split without a gap",
        )
    is_forgotten = len(history.tail) and 0 < past.start < history.numbers[history.n_forgotten] + n_before
    if is_forgotten and history.n_forgotten:
        kept = f"X starts within the fitted data, of which only the last {len(history.tail)} rows are kept"
        return kept, f"start {n_before} rows earlier, and leave out what comes for these"
    return "steps or values are missing", "fill them before to have all windows whole"


def _has_labels(history, labels):
    """Return whether labels say where rows lie: both have some, and do not both number their rows from 0."""
    if history.labels is None or labels is None:
        return False
    known = history.labels
    return not is_default(labels) or (known.dtype.kind in "iuf" and known[0] != 0)


def _like_known(history, labels):
    """Return labels in the time zone of the known ones; refuse labels of another kind."""
    known = history.labels
    if not _are_alike(labels, known):
        raise ValueError(
            f"X must have an index like the fitted one ({known.dtype}), but its labels are of type {labels.dtype}; "
            "pass rows with the same kind of index."
        )
    return labels.tz_convert(known.tz) if isinstance(labels, pd.DatetimeIndex) and labels.tz is not None else labels


def _are_alike(labels, known):
    """Return whether labels can be compared."""
    try:
        _ = labels[0] < known[0]
    except (TypeError, ValueError):  # ValueError: periods of another length
        return False
    return True


def _number(history, labels, n_rows, may_refuse=False):
    """Return how many steps each row lies after the first one."""
    if labels is None or is_default(labels):
        return np.arange(n_rows)
    steps, known = history.steps.number(labels, n_rows), history.labels
    is_too_short = known is not None and len(known) < FEW_LABELS and history.steps.freq is None
    if may_refuse and is_too_short and len(steps) - 1 != steps[-1] and _are_alike(labels, known):
        return learn_steps(known.union(labels), None).number(labels, n_rows)
    return steps


def _find_by_labels(history, labels, may_refuse):
    """Return how many steps the first of the labels lies after the first known row, and the others after it."""
    known = history.labels
    if labels[0] < known[0]:
        raise ValueError(
            f"X must not start before the fitted data, but starts at {labels[0]} and the fitted data at {known[0]}; "
            "cross-validate with TimeSeriesSplit, which never tests on the past, or set context='carry' where X "
            "follows the fitted data all the same."
        )
    n_inside = int(labels.searchsorted(known[-1], side="right"))
    numbers, after = history.numbers[_places_of_labels(known, labels[:n_inside])], labels[n_inside:]
    if len(after):
        first = history.numbers[-1] + history.steps.between(known[-1:], after[:1])
        numbers = np.concatenate([numbers, first + _number(history, after, len(after), may_refuse)])
    return int(numbers[0]), numbers - numbers[0]


def _places_of_labels(known, labels):
    """Return the places of labels among the known ones, as an array or, where they follow one another, a slice."""
    first = int(known.searchsorted(labels[0])) if len(labels) else 0
    if known[first : first + len(labels)].equals(labels):
        return slice(first, first + len(labels))
    places = known.get_indexer(labels)
    if (places < 0).any():
        raise ValueError(
            f"X must continue the fitted data or be part of it, but its label {labels[places < 0][0]} lies between "
            "fitted labels without being one; cross-validate with TimeSeriesSplit."
        )
    return places


def _find_by_values(history, row):
    """Return how many steps `row`, the first of X, lies after the first known row, found by its values."""
    places = _places(history, row)
    is_near = (places == 0) | (places >= history.n_forgotten)
    if len(places) == 1 and (is_near[0] or history.are_distinct):
        return int(history.numbers[places[0]])
    if not is_near.any():  # values that recur say nothing
        return history.next_step
    if len(history.tail) == 0:  # no row has a past that could be another's
        return 0
    taken = "the fitted data, without rows before it" if places[0] == 0 else "continuing it"
    warn(
        f"X starts with a row that occurs more than once in the fitted data ({len(places)} times), and is taken as "
        f"{taken}; pass a DataFrame with a time index, or say context='carry' (X continues the fitted data) or "
        "context='none'."
    )
    return 0 if places[0] == 0 else history.next_step


def _places(history, row):
    """Return the places of the known rows that equal `row`, except for rounding where they are kept."""
    is_equal = history.hashes == _hash_rows(row[None])
    is_equal[history.n_forgotten :] |= _equals(history.tail, row, history.spread)
    is_equal[0] |= _equals(history.first, row, history.spread)
    return np.flatnonzero(is_equal)


def _last_known(rows):
    """Return the last value of each column that is not NaN; NaN where there is none."""
    if len(rows) == 0 or not np.isnan(rows[-1]).any():
        return rows[-1].copy() if len(rows) else np.full(rows.shape[1], np.nan, dtype=rows.dtype)
    is_known = ~np.isnan(rows)
    last = len(rows) - 1 - is_known[::-1].argmax(axis=0)
    return np.take_along_axis(rows, last[None], axis=0)[0]


def _equals(rows, row, spread):
    """Return which rows equal `row`, except for the rounding of arithmetic, as that of a scaler; NaN equals NaN."""
    rounding = 8 * max(np.finfo(rows.dtype).eps, np.finfo(row.dtype).eps) * np.abs(row)
    is_equal = np.abs(rows - row) <= np.fmax(1e-6 * spread, rounding)
    if np.isnan(np.sum(row)):
        is_equal |= np.isnan(rows) & np.isnan(row)
    return is_equal.all(axis=-1)


def _hash_rows(rows):
    """Return a number for each row by the mixing function of SplitMix64 (Steele, Lea, Flood 2014)."""
    blocks = [_hash_block(rows[i : i + 2**16]) for i in range(0, len(rows), 2**16)]  # so that it takes little memory
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _hash_block(rows):
    numbers = np.add(rows.T, 0.0, dtype=np.float64, order="C")  # 0 for -0, which equals it
    mixed = numbers.view(np.uint64)  # (feature, row)
    mixed += np.arange(1, len(mixed) + 1, dtype=np.uint64)[:, None] * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed.sum(axis=0, dtype=np.uint64)
