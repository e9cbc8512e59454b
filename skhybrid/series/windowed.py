"""Any estimator on the windows of a series: exact for every horizon, window length searchable."""

from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from skhybrid._nested import look_inside
from skhybrid._validation import (
    HasMethods,
    check_is_fitted,
    check_weights,
    fit_context,
    non_negative_int,
    positive_int,
)
from skhybrid.series._history import KeepsHistory, check_steps, pad_past
from skhybrid.series.windows import sliding_windows


class _Windowed(KeepsHistory, MetaEstimatorMixin, BaseEstimator):
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
            its rows do not follow one another: the index is not strictly increasing, or steps are missing in it.
        """
        rows, index, y = self._check_rows_and_targets(X, y)
        training = self._training_rows(len(rows))
        windows = sliding_windows(rows, self.window_length)[training.start - self._n_before :]
        weights = {}
        if sample_weight is not None:
            weights["sample_weight"] = check_weights(sample_weight, len(rows))[training]
        self.estimator_ = clone(self.estimator)
        self._flatten = not takes_windows(self.estimator_)
        self.estimator_.fit(self._shape(windows[: training.stop - training.start]), y[training], **weights)
        self.n_training_rows_ = training.stop - training.start
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
        return self._shape(sliding_windows(pad_past(rows, before, self._n_before), self.window_length))

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

    @property
    def _n_before(self):
        return self.window_length - 1

    def _check_index(self, X):
        """Return the labels of X, among which none may be missing, or None."""
        index = super()._check_index(X)
        check_steps(index)
        return index

    def _training_rows(self, n_rows):
        """Return the rows to train on, those between warm-up and embargo."""
        if 0 < self.warmup < self._n_before:
            raise ValueError(
                f"warmup={self.warmup} must be at least window_length - 1 = {self._n_before}, the rows that a complete "
                "window needs as its past; pass a larger warmup, or 0."
            )
        start, stop = max(self.warmup, self._n_before), n_rows - self.embargo
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


class WindowedRegressor(RegressorMixin, _Windowed):
    """Train a regressor on the windows of a series, one prediction for each row.

    Row t is predicted from the window of the rows ``t - window_length + 1, ..., t``. Rows without a complete window
    are left out of training altogether. The first rows of a test fold take the end of the training rows as their
    past, by the same rule as :class:`SlidingWindow`.

    This is the exact way for a horizon of several steps: with targets h steps ahead, the targets of the last
    ``h - 1`` training rows lie beyond the first test row's time, so these rows must not be trained on; yet the first
    test rows need them as their past. ``embargo=h - 1`` keeps them as history only. (A ``gap`` of the splitter would
    take them away altogether; never use both.) Set ``embargo=0`` for a final fit on everything.

    Parameters
    ----------
    estimator : estimator object
        Any regressor, or pipeline that ends in one. Estimators for sequences get windows of shape
        (n_samples, window_length, n_features), others flattened ones, oldest step first.

    window_length : int, default=24
        Number of rows in a window.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted rows is the past of the rows given to `predict`; see :class:`SlidingWindow`.

    warmup : int, default=0
        Number of rows at the start that are history only. In a search over `window_length`, one `warmup` of the
        longest ``window_length - 1`` has all candidates trained on the same rows. 0 takes ``window_length - 1``.

    embargo : int, default=0
        Number of rows at the end that are history only: the horizon minus 1.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted clone of `estimator`.

    n_training_rows_ : int
        Number of rows trained on.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X was a DataFrame with string names.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skhybrid import WindowedRegressor, make_supervised
    >>> X, y = make_supervised(np.arange(20.0) ** 2)
    >>> model = WindowedRegressor(LinearRegression(), window_length=3).fit(X[:15], y[:15])
    >>> model.predict(X[15:]).round(6)
    array([256., 289., 324., 361.])
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.target_tags = inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags


def _inner_has(method):
    """Return whether the estimator, fitted where it is, has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), method)


class WindowedClassifier(ClassifierMixin, _Windowed):
    """Train a classifier on the windows of a series, one label for each row.

    Row t is predicted from the window of the rows ``t - window_length + 1, ..., t``. Rows without a complete window
    are left out of training altogether. The first rows of a test fold take the end of the training rows as their
    past, by the same rule as :class:`SlidingWindow`.

    Where the label of row t is known only later, for example what happens within the next h rows, the labels of the
    last rows of a training part are not known yet at the first test row's time: ``embargo=h`` keeps these rows as
    history only. (A ``gap`` of the splitter would take them away altogether; never use both.)

    Parameters
    ----------
    estimator : estimator object
        Any classifier, or pipeline that ends in one. Estimators for sequences get windows of shape
        (n_samples, window_length, n_features), others flattened ones, oldest step first.

    window_length : int, default=24
        Number of rows in a window.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted rows is the past of the rows given to `predict`; see :class:`SlidingWindow`.

    warmup : int, default=0
        Number of rows at the start that are history only. In a search over `window_length`, one `warmup` of the
        longest ``window_length - 1`` has all candidates trained on the same rows. 0 takes ``window_length - 1``.

    embargo : int, default=0
        Number of rows at the end that are history only: those whose labels are not known yet.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted clone of `estimator`.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_training_rows_ : int
        Number of rows trained on.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X was a DataFrame with string names.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skhybrid import WindowedClassifier
    >>> load = np.array([1, 2, 5, 1, 2, 5, 1, 2, 5, 1, 2, 5.0])[:, None]
    >>> follows = np.array(["low", "high", "low"] * 4)  # what follows, high after low and low
    >>> model = WindowedClassifier(KNeighborsClassifier(1), window_length=2).fit(load[:8], follows[:8])
    >>> model.predict(load[8:])
    array(['low', 'low', 'high', 'low'], dtype='<U4')
    """

    @property
    def classes_(self):
        """The labels."""
        return self.estimator_.classes_

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probability of each class, for each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        Returns
        -------
        p : ndarray of shape (n_rows, n_classes)
            Probabilities in the order of `classes_`.
        """
        windows = self.read_windows(X)
        return self.estimator_.predict_proba(windows)

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X):
        """Return the estimator's confidence scores, for each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        Returns
        -------
        scores : ndarray of shape (n_rows,) or (n_rows, n_classes)
            Scores in the order of `classes_`; of two classes, that of the second one.
        """
        windows = self.read_windows(X)
        return self.estimator_.decision_function(windows)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.classifier_tags = inner.classifier_tags
        tags.classifier_tags.multi_label = False  # one label a row
        return tags


def takes_windows(estimator):
    """Return whether an estimator takes windows, (n_samples, n_steps, n_features), or only tables."""
    readers = look_inside(estimator).readers
    return all(map(takes_windows, readers)) if readers else get_tags(estimator).input_tags.three_d_array
