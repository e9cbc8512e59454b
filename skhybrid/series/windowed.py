"""Any estimator on the windows of a series: exact for every horizon, window length searchable."""

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import fit_context
from skhybrid.series._windowed import Windowed, inner_has
from skhybrid.series.quantiles import find_quantiles, predict_quantiles


def _forecasts_quantiles(self):
    return find_quantiles(getattr(self, "estimator_", self.estimator)) is not None


class WindowedRegressor(RegressorMixin, Windowed):
    """Train a regressor on the windows of a series, one prediction for each row.

    Row t is predicted from the window of the rows ``t - window_length + 1, ..., t``. Rows without a complete window
    are left out of training altogether. The first rows of a test fold take the end of the training rows as their
    past, by the same rule as :class:`SlidingWindow`.

    This is the exact way for a horizon of several steps: with targets h steps ahead, the targets of the last
    ``h - 1`` training rows lie beyond the first test row's time, so these rows must not be trained on; yet the first
    test rows need them as their past. ``horizon=h`` keeps them as history only, and has networks that stop early
    validate as far from the rows that they train on. (A ``gap`` of the splitter would take them away altogether; never
    use both.) Set ``embargo=0`` for a final fit on everything, and leave `horizon` as it is.

    Several series, in one X with labels of two levels, series and time (see :class:`SlidingWindow`), train one
    estimator on the windows of all. These are ordered by time, and at one time by series, so that an estimator that
    holds out the last ones validates on what is later.

    With ``warm_start=True`` in `estimator`, or in the last step of a pipeline, another `fit` trains `estimator_` on.

    A bagging ensemble around it draws rows as targets, by their weights, and no window loses its past; an estimator
    that takes no weights is refused there. `AdaBoostRegressor` draws the rows themselves, out of order and without
    their labels, which cannot be noticed: have it inside, not around.

    Parameters
    ----------
    estimator : estimator object
        Any regressor, or pipeline that ends in one. Estimators for sequences get windows of shape
        (n_samples, window_length, n_features), others flattened ones, oldest step first. Where something is known
        ahead, the former get :class:`Windows`, the others its `to_table`.

    window_length : int, default=24
        Number of rows in a window.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted rows is the past of the rows given to `predict`; see :class:`SlidingWindow`.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes, and NaN in X and y. "raise" refuses them, except NaN in y with weight 0, and NaN in X
        where all windows that it lies in have weight 0. "drop" leaves windows and targets that touch one out of
        training, and rows for which something known ahead is NaN; to predict, windows are filled (see `predict`), and a
        warning counts such rows. An estimator that takes tables with NaN, as gradient boosting by histograms does, gets
        NaN instead.

    warmup : int, default=0
        Number of rows at the start (of each series) that are history only. In a search over `window_length`, one
        `warmup` of the longest ``window_length - 1`` has all candidates trained on the same rows. 0 takes
        ``window_length - 1``.

    horizon : int or sequence of int, default=None
        How many steps ahead the target lies, as in :func:`make_supervised`. From it derive `embargo` and, where the
        estimator, or one inside it, has a `validation_gap` that is None, this gap: both ``max(horizon) - 1``. Of
        several series the gap is the largest number of samples before one whose targets may lie after it.

    embargo : int, default=None
        Number of steps at the end whose rows are history only. None is ``max(horizon) - 1``, and 0 without `horizon`.
        Of several series it is counted from the last time of all: where one ends early, its targets are known by then
        (with ``freq="rows"``, where no time tells that, it is counted from the end of each).

    known_future : sequence of str or int, default=None
        Columns of X that hold what is known ahead, as ``make_supervised(known_future=...)`` returns them. They belong
        to the moment of the forecast: they are taken from the last row of a window alone, and are not part of it.
        Names are those of the original columns: "holiday" stands for all columns ``holiday_t+k``, of which each name
        needs the same steps. Integers are positions of these columns, in their order in X: all steps of a column
        together, as many as `horizon` has. In the rows to predict none of them may be NaN, unless the estimator takes
        tables with NaN.

    seasons : sequence of int, default=()
        Lengths of seasons, in steps. The phase of each step of `horizon` in each of them is known ahead as well: it is
        counted by the labels of the rows, or of arrays from the first fitted row, as in :func:`make_windows`.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted clone of `estimator`; of a warm start and `partial_fit`, the one that is trained on.

    n_training_rows_ : int
        Number of rows that the last `fit` or `partial_fit` trained on.

    n_left_out_ : int
        Number of rows that it left out, as their window or target touches a hole or NaN.

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

    What is known ahead, here whether the next day is a holiday, enters once beside the window:

    >>> import pandas as pd
    >>> df = pd.DataFrame({"load": [3.0, 3, 9, 3, 9, 3, 3, 9, 3, 9], "holiday": [0, 0, 1, 0, 1, 0, 0, 1, 0, 1]})
    >>> X, y = make_supervised(df, "load", known_future=["holiday"])
    >>> model = WindowedRegressor(LinearRegression(), window_length=2, horizon=1, known_future=["holiday"])
    >>> model.fit(X[:6], y[:6]).read_windows(X[6:])
    array([[3., 3., 1.],
           [3., 9., 0.],
           [9., 3., 1.]])
    >>> model.predict(X[6:]).round(6)
    array([9., 3., 9.])
    """

    @available_if(inner_has("partial_fit"))
    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y, sample_weight=None, **fit_params):
        """Train the estimator on by its own `partial_fit`; there only where it has one.

        The first call is as `fit`. In later ones X holds rows that follow those known so far, by the rules of `predict`
        and `update`: their first windows reach back into the rows before, and X becomes known.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            What each row should predict.

        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows as targets, for estimators that take them.

        **fit_params : dict
            As in `fit`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If no row is left to train on, among which the last `embargo` rows of each call are not, or `window_length`,
            `known_future` or `seasons` is another than before.
        """
        return self._partial_fit(X, y, sample_weight, fit_params)

    @available_if(_forecasts_quantiles)
    def predict_quantiles(self, X):
        """Predict the quantiles of each row's target; there if `estimator`, or the last step of it, does.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in `predict`.

        Returns
        -------
        y : ndarray of shape (n_rows, n_quantiles) or (n_rows, n_outputs, n_quantiles)
            The quantiles in the order of the estimator's `quantiles`.
        """
        return predict_quantiles(self.estimator_, self.read_windows(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.target_tags = inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags


class WindowedClassifier(ClassifierMixin, Windowed):
    """Train a classifier on the windows of a series, one label for each row.

    Row t is predicted from the window of the rows ``t - window_length + 1, ..., t``. Rows without a complete window
    are left out of training altogether. The first rows of a test fold take the end of the training rows as their
    past, by the same rule as :class:`SlidingWindow`.

    Where the label of row t is known only later, for example what happens within the next h rows, the labels of the
    last rows of a training part are not known yet at the first test row's time: ``embargo=h`` keeps these rows as
    history only. (A ``gap`` of the splitter would take them away altogether; never use both.)

    Several series, in one X with labels of two levels, series and time (see :class:`SlidingWindow`), train one
    estimator on the windows of all. These are ordered by time, and at one time by series, so that an estimator that
    holds out the last ones validates on what is later.

    With ``warm_start=True`` in `estimator`, or in the last step of a pipeline, another `fit` trains `estimator_` on.

    A bagging ensemble around it draws rows as targets, by their weights, and no window loses its past; an estimator
    that takes no weights is refused there. `AdaBoostRegressor` draws the rows themselves, out of order and without
    their labels, which cannot be noticed: have it inside, not around.

    Parameters
    ----------
    estimator : estimator object
        Any classifier, or pipeline that ends in one. Estimators for sequences get windows of shape
        (n_samples, window_length, n_features), others flattened ones, oldest step first. Where something is known
        ahead, the former get :class:`Windows`, the others its `to_table`.

    window_length : int, default=24
        Number of rows in a window.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted rows is the past of the rows given to `predict`; see :class:`SlidingWindow`.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes, and NaN in X and y. "raise" refuses them, except NaN in y with weight 0, and NaN in X
        where all windows that it lies in have weight 0. "drop" leaves windows and targets that touch one out of
        training, and rows for which something known ahead is NaN; to predict, windows are filled (see `predict`), and a
        warning counts such rows. An estimator that takes tables with NaN, as gradient boosting by histograms does, gets
        NaN instead.

    warmup : int, default=0
        Number of rows at the start (of each series) that are history only. In a search over `window_length`, one
        `warmup` of the longest ``window_length - 1`` has all candidates trained on the same rows. 0 takes
        ``window_length - 1``.

    horizon : int, default=None
        How many steps ahead the label lies. From it derive `embargo` and, where the estimator, or one inside it, has a
        `validation_gap` that is None, this gap: both ``horizon - 1``; of several series it is the largest number of
        samples before one whose labels may lie after it.

    embargo : int, default=None
        Number of steps at the end whose rows are history only: those whose labels are not known yet. None is
        ``horizon - 1``, and 0 without `horizon`. Of several series it is counted from the last time of all (with
        ``freq="rows"`` from the end of each).

    known_future : sequence of str or int, default=None
        Columns of X that hold what is known ahead, as ``make_supervised(known_future=...)`` returns them. They belong
        to the moment of the forecast: they are taken from the last row of a window alone, and are not part of it.
        Names are those of the original columns: "holiday" stands for all columns ``holiday_t+k``, of which each name
        needs the same steps. Integers are positions of these columns, in their order in X: all steps of a column
        together, as many as `horizon` has. In the rows to predict none of them may be NaN, unless the estimator takes
        tables with NaN.

    seasons : sequence of int, default=()
        Lengths of seasons, in steps. The phase of each step of `horizon` in each of them is known ahead as well: it is
        counted by the labels of the rows, or of arrays from the first fitted row, as in :func:`make_windows`.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted clone of `estimator`; of a warm start and `partial_fit`, the one that is trained on.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_training_rows_ : int
        Number of rows that the last `fit` or `partial_fit` trained on.

    n_left_out_ : int
        Number of rows that it left out, as their window or target touches a hole or NaN.

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

    @available_if(inner_has("partial_fit"))
    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y, classes=None, sample_weight=None, **fit_params):
        """Train the estimator on by its own `partial_fit`; there only where it has one.

        The first call is as `fit`. In later ones X holds rows that follow those known so far, by the rules of `predict`
        and `update`: their first windows reach back into the rows before, and X becomes known.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : array-like of shape (n_rows,)
            The label of each row, all of them among `classes`.

        classes : array-like of shape (n_classes,), default=None
            All labels that later calls may bring. The first call needs them.

        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows as targets, for estimators that take them.

        **fit_params : dict
            As in `fit`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If no row is left to train on, among which the last `embargo` rows of each call are not, or `window_length`,
            `known_future` or `seasons` is another than before.
        """
        return self._partial_fit(X, y, sample_weight, fit_params, classes=classes)

    @available_if(inner_has("predict_proba"))
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

    @available_if(inner_has("decision_function"))
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
