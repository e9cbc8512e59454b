"""What all estimators of time share: how they read rows, and keep those that later rows have as their past."""

from datetime import timedelta
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator, TransformerMixin, clone

from skhybrid._validation import StrOptions, as_before_on_error, check_finite, check_input, fit_context, warn
from skhybrid.series._history import History, extend, find_past, remember, tell_missing
from skhybrid.series._timeline import Timeline, lay_out
from skhybrid.series.labels import time_index
from skhybrid.series.steps import check_steps, learn_steps

CONTEXTS = {"auto", "carry", "none"}


class KeepsHistory(BaseEstimator):
    """Mixin for estimators whose rows have a past: how they read X, and which rows precede it.

    Whatever the rows of X must be (finite numbers, in order, each label once, none missing) is checked here, so that a
    new rule reaches all such estimators at once. A class defines `_n_before` and has the parameters `context`, `freq`
    and `missing`.
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "context": [StrOptions(CONTEXTS)],
        "freq": [str, BaseOffset, timedelta, None],
        "missing": [StrOptions({"raise", "drop"})],
    }

    context: str
    freq: Any
    missing: str
    _history: History
    _as_fitted: Any  # an unfitted estimator with the parameters of the fit; `context` alone is read later

    @property
    def _n_before(self) -> int:
        """Number of rows in the longest past of a row."""
        raise NotImplementedError

    @property
    def _n_kept(self) -> int:
        """Number of known rows that are kept."""
        return 2 * self._n_before

    def _check_rows(self, X: Any, *, reset: bool) -> tuple[NDArray[Any], pd.Index | None]:
        """Return the rows of X as floats, (time, feature), and their labels."""
        labels = time_index(X)  # first, so that shuffled rows are called shuffled whatever they hold
        rows = check_input(self, X, reset=reset, allow_nd=False)
        self._check_values(rows, self.missing if reset else self._as_fitted.missing)
        return rows, labels

    @staticmethod
    def _check_values(rows: NDArray[Any], missing: str) -> None:
        """Refuse inf in rows, and NaN where it is not to be dropped."""
        way_out = "fill or drop them before, or set missing='drop'"
        check_finite(rows, "X", allow_nan=missing == "drop", way_out=way_out)

    def _remember(self, rows: NDArray[Any], labels: pd.Index | None) -> Timeline:
        """Keep the end of the fitted rows, and the parameters; return the rows, before which there are none."""
        history = remember(rows, labels, learn_steps(labels, self.freq), self._n_kept)
        if self.missing == "raise":
            check_steps(history.numbers, labels)
        self._as_fitted, self._history = clone(self), history
        return lay_out(find_past(history, rows, labels, "none"), rows, self._n_before)

    def _learn_rows(self, X: Any) -> Timeline:
        """Keep the end of X; return its rows, before which there are none."""
        with as_before_on_error(self):
            return self._remember(*self._check_rows(X, reset=True))

    def _read_rows(self, X: Any) -> Timeline:
        """Return the rows of X after their past; warn of what is missing there."""
        rows, labels = self._check_rows(X, reset=False)
        return self._with_past(self._history, rows, labels)

    def _with_past(self, history: History, rows: NDArray[Any], labels: pd.Index | None) -> Timeline:
        """Return rows after their past; warn of what is missing there."""
        n_before, refuses_holes = self._as_fitted._n_before, self._as_fitted.missing == "raise"
        past = find_past(history, rows, labels, self.context, may_refuse=refuses_holes)
        if refuses_holes:
            check_steps(past.steps, labels)
        line = lay_out(past, rows, n_before)
        n_incomplete = int(line.touches_unknown(unborn=False).sum())
        if n_incomplete:
            missing, way_out = tell_missing(history, past, n_before)
            warn(f"{missing}: the windows of {n_incomplete} of the {len(rows)} rows of X are not complete; {way_out}.")
        return line

    def _extend(self, rows: NDArray[Any], labels: pd.Index | None) -> None:
        """Take rows that follow those known so far into the history."""
        fitted = self._as_fitted
        history = extend(self._history, rows, labels, fitted._n_kept, self.context)
        if fitted.missing == "raise":
            check_steps(history.numbers[-len(rows) :], labels)
        self._history = history

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
        return self._make(self._learn_rows(X))

    def _make(self, line: Timeline) -> NDArray[Any]:
        """Return what becomes of the rows of X."""
        raise NotImplementedError
