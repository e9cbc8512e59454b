"""What regressors and classifiers on the windows of a series share: which windows they train on, and ask."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags

from skhybrid._nested import look_inside
from skhybrid._validation import (
    HasMethods,
    as_before_on_error,
    check_is_fitted,
    check_parameters,
    check_weights,
    fit_context,
    non_negative_int,
    positive_int,
)
from skhybrid.series._history import KeepsHistory, check_steps, pad_past
from skhybrid.series._warm_start import continue_from, last_step, trains_on
from skhybrid.series.windows import sliding_windows


def inner_has(method):
    """Return whether the estimator, fitted where it is, has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), method)


class Windowed(KeepsHistory, MetaEstimatorMixin, BaseEstimator):
    """What regressors and classifiers on the windows of a series share."""

    _parameter_constraints = KeepsHistory._parameter_constraints | {
        "estimator": [HasMethods(["fit", "predict"])],
        "window_length": [positive_int],
        "warmup": [non_negative_int],
        "embargo": [non_negative_int],
    }

    def __init__(self, estimator, window_length=24, *, context="auto", warmup=0, embargo=0):
        self.estimator = estimator
        self.window_length = window_length
        self.context = context
        self.warmup = warmup
        self.embargo = embargo

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Train the estimator on the complete windows of X.

        Where `estimator`, or the last step of a pipeline, has ``warm_start=True``, another fit trains `estimator_` on,
        with the parameters that `estimator` has by then. The rows of X take the place of those fitted before as the
        past of what follows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : array-like of shape (n_rows,) or, for regressors, (n_rows, n_outputs)
            What each row should predict, as :func:`make_supervised` gives it.

        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows as targets, for estimators that take them. As history every row counts.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If no row is left to train on, `warmup` is shorter than the history a window needs, X holds NaN or inf, or
            its rows do not follow one another: the index is not strictly increasing, or steps are missing in it. Where
            a warm start is not possible: `window_length`, or what `estimator` is made of, is another than before, or
            the ``warm_start=True`` is inside an ensemble, a search or the like, which trains new clones.
        """
        again = hasattr(self, "estimator_") and trains_on(self.estimator)
        with self._as_before_on_error(again):
            rows, index, y = self._check_rows_and_targets(X, y, reset=not again)
            self._make_estimator(again)
            self._train("fit", rows, None, y, sample_weight)
            self._remember(rows, index)
        return self

    def predict(self, X):
        """Predict the target of each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order. Where a row's past is not known, the oldest known row is repeated.

        Returns
        -------
        y : ndarray of shape (n_rows,) or, for regressors, (n_rows, n_outputs)
            One prediction per row.
        """
        windows = self.read_windows(X)
        return self.estimator_.predict(windows)

    def read_windows(self, X):
        """Return the window of each row, as the estimator gets it in `predict`.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        Returns
        -------
        windows : ndarray of shape (n_rows, window_length, n_features) or (n_rows, window_length * n_features)
            The windows, flattened unless the estimator takes sequences. Where a row's past is not known, the oldest
            known row is repeated.
        """
        check_is_fitted(self)
        rows, before = self._with_past(X)
        n_steps = self._as_fitted.window_length
        return self._shape(sliding_windows(pad_past(rows, before, n_steps - 1), n_steps))

    def update(self, X):
        """Take rows that follow into the history, without training.

        Predicting and then updating, batch by batch, gives the predictions of one batch.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows that follow those known so far.

        Returns
        -------
        self : object
            The estimator, with a longer history.

        Raises
        ------
        ValueError
            If the labels of X do not follow those known so far.
        """
        check_is_fitted(self)
        self._extend(X)
        return self

    def _partial_fit(self, X, y, sample_weight, **options):
        """Train the estimator for one more time, on the windows that end in X; rows of X follow those known."""
        again = hasattr(self, "estimator_")
        check_parameters(self)  # scikit-learn leaves that out where partial_fit is called again
        with self._as_before_on_error(again):
            before = self._with_past(X)[1] if again else None
            rows, index, y = self._check_rows_and_targets(X, y, reset=not again)
            self._make_estimator(again)
            if again:
                self._extend(X)  # or refuse X, before anything is trained on it
            else:
                self._remember(rows, index)
            self._train("partial_fit", rows, before, y, sample_weight, **options)
        return self

    def _as_before_on_error(self, again):
        """Put back all attributes where training fails, those of the estimator that is trained on among them."""
        return as_before_on_error(self, *([last_step(self.estimator_)] if again else []))

    def _make_estimator(self, again):
        """Take a clone of the estimator, or the one that is trained `again`, with the parameters of today."""
        if not again:
            self.estimator_ = clone(self.estimator)
            self._flatten = not takes_windows(self.estimator_)
            return
        fitted_length = self._as_fitted.window_length
        if self.window_length != fitted_length:
            raise ValueError(
                f"window_length must be {fitted_length}, as in the fit that is continued, but is {self.window_length}; "
                "set it back, or start with a new estimator."
            )
        self.estimator_ = continue_from(self.estimator_, self.estimator)

    def _train(self, method, rows, before, y, sample_weight, **options):
        """Train the estimator on the complete windows that end in `rows`, where None is `before` at the very start."""
        is_start = before is None
        known = rows if is_start else np.concatenate([before, rows])
        first = self._n_before - (len(known) - len(rows))  # the row with which the first window ends
        training = self._training_rows(len(rows), max(first, self.warmup) if is_start else first)
        windows = sliding_windows(known, self.window_length)[training.start - first : training.stop - first]
        if sample_weight is not None:
            options["sample_weight"] = check_weights(sample_weight, len(rows))[training]
        getattr(self.estimator_, method)(self._shape(windows), y[training], **options)
        self.n_training_rows_ = training.stop - training.start

    @property
    def _n_before(self):
        return self.window_length - 1

    def _check_index(self, X):
        """Return the labels of X, among which none may be missing, or None."""
        index = super()._check_index(X)
        check_steps(index)
        return index

    def _training_rows(self, n_rows, start):
        """Return the rows to train on, those from `start` to the embargo."""
        if 0 < self.warmup < self._n_before:
            raise ValueError(
                f"warmup={self.warmup} must be at least window_length - 1 = {self._n_before}, the rows that a complete "
                "window needs as its past; pass a larger warmup, or 0."
            )
        stop = n_rows - self.embargo
        if stop <= start:
            raise ValueError(
                f"window_length={self.window_length} with warmup={self.warmup} and embargo={self.embargo} needs at "
                f"least {start + self.embargo + 1} rows, but X has n_samples={n_rows}; pass a smaller window_length "
                "or a longer series."
            )
        return slice(start, stop)

    def _shape(self, windows):
        """Return the windows as the estimator takes them."""
        return windows.reshape(len(windows), -1) if self._flatten else windows


def takes_windows(estimator):
    """Return whether an estimator takes windows, (n_samples, n_steps, n_features), or only tables."""
    readers = look_inside(estimator).readers
    return all(map(takes_windows, readers)) if readers else get_tags(estimator).input_tags.three_d_array
