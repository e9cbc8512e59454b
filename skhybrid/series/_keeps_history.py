"""What all estimators of time share: how they read rows, and keep those that later rows have as their past."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator, TransformerMixin

from skhybrid._progress import Followed, clone_unfollowed, follow_fit
from skhybrid._validation import StrOptions, as_before_on_error, check_finite, check_input, fit_context, warn
from skhybrid.series._histories import Histories, Lines, check_same_kind
from skhybrid.series._history import History, extend, find_past, remember, tell_missing
from skhybrid.series._panel import Labels, Panel, learn_panel_steps, read_labels
from skhybrid.series._timeline import Timeline, lay_out
from skhybrid.series.steps import FEW_LABELS, Steps, check_steps, learn_steps

CONTEXTS = {"auto", "carry", "none"}


class Gap(NamedTuple):
    """How many windows of a series are not complete, and in a clause each what is missing and what to do about it."""

    n_incomplete: int
    missing: str
    way_out: str


class KeepsHistory(Followed, BaseEstimator):
    """Mixin for estimators whose rows have a past: how they read X, and which rows precede it.

    Whatever the rows of X must be (finite numbers, in order, each label once, none missing) is checked here, so that a
    new rule reaches all such estimators at once. Of several series each has a history of its own. A class defines
    `_n_before` and has the parameters `context`, `freq` and `missing`.
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "context": [StrOptions(CONTEXTS)],
        "freq": [str, BaseOffset, timedelta, None],
        "missing": [StrOptions({"raise", "drop"})],
    }

    context: str
    freq: Any
    missing: str
    _history: History | Histories
    _as_fitted: Any  # an unfitted estimator with the parameters of the fit; `context` alone is read later

    @property
    def _n_before(self) -> int:
        """Number of rows in the longest past of a row."""
        raise NotImplementedError

    @property
    def _n_kept(self) -> int:
        """Number of known rows that are kept."""
        return 2 * self._n_before

    def _check_rows(self, X: Any, *, reset: bool) -> tuple[NDArray[Any], Labels]:
        """Return the rows of X as floats, (time, feature), and their labels."""
        labels = read_labels(X)  # first, so that shuffled rows are called shuffled whatever they hold
        rows = check_input(self, X, reset=reset, allow_nd=False)
        self._check_values(rows, self.missing if reset else self._as_fitted.missing)
        return rows, labels

    @staticmethod
    def _check_values(rows: NDArray[Any], missing: str) -> None:
        """Refuse inf in rows, and NaN where it is not to be dropped."""
        way_out = "fill or drop them before, or set missing='drop'"
        check_finite(rows, "X", allow_nan=missing == "drop", way_out=way_out)

    def _remember(self, rows: NDArray[Any], labels: Labels) -> Timeline | Lines:
        """Keep the end of the fitted rows, and the parameters; return the rows, before which there are none."""
        history: History | Histories
        line: Timeline | Lines
        if isinstance(labels, Panel):
            steps, shared = learn_panel_steps(labels, self.freq)
            steps_of = dict(zip(labels.keys, steps, strict=True))
            found = labels.each(lambda key, places, times: self._begin(rows[places], times, steps_of[key]))
            histories = [begun for begun, _ in found]
            are_short = all(len(begun.numbers) < FEW_LABELS for begun in histories)
            history = Histories(dict(zip(labels.keys, histories, strict=True)), shared, are_short)
            line = Lines(labels, [line for _, line in found])
        else:
            history, line = self._begin(rows, labels, learn_steps(labels, self.freq))
        self._as_fitted, self._history = clone_unfollowed(self), history
        return line

    def _begin(self, rows: NDArray[Any], labels: pd.Index | None, steps: Steps) -> tuple[History, Timeline]:
        """Return what is kept of the first rows of a series, and these rows, before which there are none."""
        history = remember(rows, labels, steps, self._n_kept)
        if self.missing == "raise":
            check_steps(history.numbers, labels)
        return history, lay_out(find_past(history, rows, labels, "none"), rows, self._n_before)

    def _learn_rows(self, X: Any) -> Timeline | Lines:
        """Keep the end of X; return its rows, before which there are none."""
        with follow_fit(self, X), as_before_on_error(self):
            return self._remember(*self._check_rows(X, reset=True))

    def _read_rows(self, X: Any) -> Timeline | Lines:
        """Return the rows of X after their past; warn of what is missing there."""
        rows, labels = self._check_rows(X, reset=False)
        return self._with_past(self._history, rows, labels)

    def _with_past(self, history: History | Histories, rows: NDArray[Any], labels: Labels) -> Timeline | Lines:
        """Return rows after their past; warn of what is missing there."""
        check_same_kind(history, labels)
        if isinstance(history, Histories) and isinstance(labels, Panel):
            found = labels.each(lambda key, places, times: self._follow(history, key, rows[places], times))
            gaps = {key: gap for key, (_, gap) in zip(labels.keys, found, strict=True) if gap}
            if gaps:
                first, *others = gaps
                also = f" and {len(others)} others" if others else ""
                self._warn_of_gaps(f"In series {first!r}{also}, {gaps[first].missing}", [*gaps.values()], len(rows))
            return Lines(labels, [line for line, _ in found])
        line, gap = self._place(history, rows, labels, self.context)
        if gap:
            self._warn_of_gaps(gap.missing, [gap], len(rows))
        return line

    def _follow(self, history: Histories, key: Any, rows: NDArray[Any], times: pd.Index) -> tuple[Timeline, Gap | None]:
        """Return the rows of a series after their past, of which there is none where the series is new."""
        known = history.by_key.get(key)
        if known is None:
            return self._place(remember(rows, times, history.steps, 0), rows, times, "none", history.are_short)
        context = "labels" if self.context == "auto" else self.context
        return self._place(known, rows, times, context, history.are_short)

    def _place(
        self, history: Any, rows: NDArray[Any], labels: Any, context: str, may_be_short: bool = True
    ) -> tuple[Timeline, Gap | None]:
        """Return the rows of one series after their past, and what is missing there."""
        n_before, refuses_holes = self._as_fitted._n_before, self._as_fitted.missing == "raise"
        past = find_past(history, rows, labels, context, may_refuse=refuses_holes and may_be_short)
        if refuses_holes:
            check_steps(past.steps, labels)
        line = lay_out(past, rows, n_before)
        n_incomplete = int(line.touches_unknown(unborn=False).sum())
        return line, Gap(n_incomplete, *tell_missing(history, past, n_before)) if n_incomplete else None

    @staticmethod
    def _warn_of_gaps(missing: str, gaps: list[Gap], n_rows: int) -> None:
        n_incomplete = sum(gap.n_incomplete for gap in gaps)
        warn(f"{missing}: the windows of {n_incomplete} of the {n_rows} rows of X are not complete; {gaps[0].way_out}.")

    def _extend(self, rows: NDArray[Any], labels: Labels) -> None:
        """Take rows that follow those known so far into the history."""
        known = self._history
        check_same_kind(known, labels)
        if isinstance(known, Histories) and isinstance(labels, Panel):
            found = labels.each(lambda key, places, times: self._lengthen_one(known, key, rows[places], times))
            self._history = replace(known, by_key={**known.by_key, **dict(zip(labels.keys, found, strict=True))})
        else:
            self._history = self._lengthen(known, rows, labels, self.context)

    def _lengthen_one(self, known: Histories, key: Any, rows: NDArray[Any], times: pd.Index) -> History:
        """Return the history of a series with rows that follow, or that begin it."""
        if key in known.by_key:
            return self._lengthen(known.by_key[key], rows, times, "labels")
        return self._as_fitted._begin(rows, times, known.steps)[0]

    def _lengthen(self, known: Any, rows: NDArray[Any], labels: Any, context: str) -> History:
        """Return the history of one series with rows that follow."""
        fitted = self._as_fitted
        history = extend(known, rows, labels, fitted._n_kept, context)
        if fitted.missing == "raise":
            check_steps(history.numbers[-len(rows) :], labels)
        return history

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "drop"
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]  # as `check_input` does
        return tags


class TransformsRows(TransformerMixin, KeepsHistory):
    """Base of the transformers of rows, each of which becomes something made of it and of the rows before it."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Keep the end of X, the past of the rows that follow it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is not as it should be, X holds inf, its index is not strictly increasing or does not fit
            `freq`; with ``missing="raise"``, if X holds NaN, or steps are missing in its index.
        """
        self._learn_rows(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Fit to X and transform it: X is the fitted data, so no rows precede it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        X_new : ndarray or DataFrame of n_rows rows
            As of `transform`.
        """
        return self._learn_rows(X).each(self._make)

    def _make(self, line: Timeline) -> NDArray[Any]:
        """Return what becomes of the rows of one series."""
        raise NotImplementedError
