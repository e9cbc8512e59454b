"""What regressors and classifiers on the windows of a series share: which windows they train on, and ask."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier

from skhybrid._nested import predicts
from skhybrid._progress import follow_fit
from skhybrid._validation import (
    HasMethods,
    as_before_on_error,
    check_finite,
    check_horizon,
    check_input,
    check_is_fitted,
    check_parameters,
    check_training_data,
    check_weights,
    fit_context,
    naming_columns,
    non_negative_int,
    positive_int,
    warn,
)
from skhybrid.series._coming import Coming, check_ahead, learn_coming
from skhybrid.series._histories import begins_in, count_left, count_skipped
from skhybrid.series._keeps_history import KeepsHistory
from skhybrid.series._metadata import cut_to, find_routing, route
from skhybrid.series._panel import Panel, count_overlaps, per_series, read_labels
from skhybrid.series._training_rows import TrainingData, fill_targets
from skhybrid.series._warm_start import continue_from, last_step, trains_on
from skhybrid.series.carrier import Windows
from skhybrid.series.readers import networks_on_tables, takes_nan, takes_windows


def inner_has(method):
    """Return whether the estimator, fitted where it is, has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), method)


def open_parameters(estimator, end="validation_gap"):
    """Return the names of the parameters of an estimator, and of those inside, that end so and are None."""
    return [
        name for name, value in estimator.get_params().items() if f"__{name}".endswith(f"__{end}") and value is None
    ]


class Windowed(KeepsHistory, MetaEstimatorMixin, BaseEstimator):
    """What regressors and classifiers on the windows of a series share."""

    _parameter_constraints = KeepsHistory._parameter_constraints | {
        "estimator": [HasMethods(["fit"])],  # some predict once they are fitted only
        "window_length": [positive_int],
        "warmup": [non_negative_int],
        "horizon": [positive_int, "array-like", None],
        "embargo": [non_negative_int, None],
        "known_future": ["array-like", None],
        "seasons": ["array-like"],
    }

    __metadata_request__fit = {"sample_weight": True}
    __metadata_request__partial_fit = {"sample_weight": True}
    _coming: Coming

    def __init__(
        self,
        estimator,
        window_length=24,
        *,
        context="auto",
        freq=None,
        missing="raise",
        warmup=0,
        horizon=None,
        embargo=None,
        known_future=None,
        seasons=(),
    ):
        self.estimator = estimator
        self.window_length = window_length
        self.context = context
        self.freq = freq
        self.missing = missing
        self.warmup = warmup
        self.horizon = horizon
        self.embargo = embargo
        self.known_future = known_future
        self.seasons = seasons

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **fit_params):
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

        **fit_params : dict
            With ``sklearn.set_config(enable_metadata_routing=True)``, what `estimator` asks for; `sample_weight` it has
            to ask for then as well. What has one value for each row is cut as the rows are that are trained on.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If no row is left to train on, `warmup` is shorter than the history a window needs, X holds inf, or its
            index is not strictly increasing or does not fit `freq`; with ``missing="raise"``, if steps are missing in
            it, or X or y hold NaN that no weight of 0 excuses. If X has not the columns of `known_future`, or its rows
            are not a regular step apart, as `seasons` needs. Where a warm start is not possible: `window_length`,
            `known_future`, `seasons` or what `estimator` is made of is another than before, or the ``warm_start=True``
            is inside an ensemble, a search or the like, which trains new clones.
        """
        again = hasattr(self, "estimator_") and trains_on(self.estimator)
        with follow_fit(self, X, y, sample_weight, n_parts=1) as progress, self._as_before_on_error(again):
            data = self._check_training_data(X, y, *route(self, "fit", sample_weight, fit_params), reset=not again)
            self._make_estimator(again, data.rows.shape[1])
            if again:
                self._coming.check_continued()
            line = self._remember(data.rows, data.labels)
            self._train("fit", line, data, progress)
        return self

    def predict(self, X):
        """Predict the target of each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order. What is not known in a row's window is filled by the value before it
            in the window, else by the first one after it, else by the last one known before the window; unless X
            starts where the fitted data starts, a warning counts such rows.

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
        windows : ndarray of shape (n_rows, window_length, n_features) or (n_rows, n_columns), or Windows
            The windows, flattened unless the estimator takes sequences; filled up as in `predict`. Where something is
            known ahead, :class:`Windows` or, flattened, what its `to_table` returns.
        """
        check_is_fitted(self)
        rows, known, labels = self._take_apart(X)
        check_ahead(known, allow_nan=self._passes_nan)
        self._coming.check_place(self.context)
        line = self._with_past(self._history, rows, labels)
        windows = line.windows(fill=not self._passes_nan)
        return self._shape(windows, self._coming.ahead(known, labels, line.numbers))

    def update(self, X):
        """Take rows that follow into the history, without training.

        Predicting and then updating, batch by batch, gives the predictions of one batch. Where rows are missing before
        X, a warning counts them, and they stay missing in later windows.

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
            If the labels of X do not follow those known so far; of arrays, if the first row of X equals one known row,
            unless ``context="carry"``.
        """
        check_is_fitted(self)
        rows, _, labels = self._take_apart(X)
        known = self._history
        self._extend(rows, labels)
        n_missing = count_skipped(known, self._history, labels, len(rows))
        if n_missing.any():
            where = f"In {np.count_nonzero(n_missing)} series, " if isinstance(labels, Panel) else ""
            warn(
                f"{where}X starts {n_missing.max() + 1} steps after the rows known so far, so that {n_missing.sum()} "
                "rows between them will be missing from later windows; pass all rows that follow."
            )
        return self

    def get_metadata_routing(self):
        """Return where metadata goes, such as weights: to the estimator inside, where it asks for them.

        Returns
        -------
        routing : MetadataRouter
            As scikit-learn's guide to metadata routing describes it.
        """
        return find_routing(self)

    def _take_apart(self, X):
        """Return the rows of X of which windows are made, what is known ahead of them, and their labels."""
        labels = read_labels(X)  # first, so that shuffled rows are called shuffled whatever they hold
        rows, known = self._coming.split(check_input(self, X, reset=False, allow_nd=False))
        self._check_values(rows, self._as_fitted.missing)
        return rows, known, labels

    def _partial_fit(self, X, y, sample_weight, fit_params, **options):
        """Train the estimator for one more time, on the windows that end in X; rows of X follow those known."""
        again = hasattr(self, "estimator_")
        check_parameters(self)  # scikit-learn leaves that out where partial_fit is called again
        with follow_fit(self, X, y, sample_weight, n_parts=1) as progress, self._as_before_on_error(again):
            routed = route(self, "partial_fit", sample_weight, fit_params)
            data = self._check_training_data(X, y, *routed, reset=not again)
            self._make_estimator(again, data.rows.shape[1])
            if again:
                known = self._history
                self._extend(data.rows, data.labels)  # or refuse X, before anything is trained on it
                line = self._with_past(known, data.rows, data.labels)
            else:
                line = self._remember(data.rows, data.labels)
            self._train("partial_fit", line, data, progress, **options)
        return self

    def _as_before_on_error(self, again):
        """Put back all attributes where training fails, those of the estimator that is trained on among them."""
        return as_before_on_error(self, *([last_step(self.estimator_)] if again else []))

    def _make_estimator(self, again, n_channels):
        """Take a clone of the estimator, or the one that is trained `again`, with the parameters of today."""
        if not predicts(self.estimator):
            raise ValueError(
                f"estimator must predict once it is fitted, but {type(self.estimator).__name__} has no predict; pass a "
                "regressor or a classifier."
            )
        estimator = self._coming.name_channels(
            self._with_gap(clone(self.estimator)), getattr(self, "feature_names_in_", ())
        )
        is_flat = not takes_windows(estimator)
        if is_flat:
            self._coming.tell_tables(networks_on_tables(estimator), n_channels)
        if not again:
            self.estimator_ = estimator
            self._flatten = is_flat
            self._passes_nan = self.missing == "drop" and self._flatten and takes_nan(estimator)
            return
        looks_ahead = self._coming.columns.size or self._coming.seasons
        for name in ("window_length", "known_future", "seasons", *(["horizon"] if looks_ahead else [])):
            value, fitted = getattr(self, name), getattr(self._as_fitted, name)
            if np.ravel(value).tolist() != np.ravel(fitted).tolist():
                raise ValueError(
                    f"{name} must be {fitted!r}, as in the fit that is continued, but is {value!r}; set it back, or "
                    "start with a new estimator."
                )
        self.estimator_ = continue_from(self.estimator_, estimator)

    def _with_gap(self, estimator):
        """Return an estimator which validates on the last rows, the horizon apart from those that it trains on."""
        estimator.set_params(**dict.fromkeys(open_parameters(estimator, "validation"), "last"))
        if self.horizon is not None:
            estimator.set_params(**dict.fromkeys(open_parameters(estimator), self._n_ahead))
        return estimator

    def _check_training_data(self, X, y, sample_weight, metadata, *, reset):
        """Return the rows to fit to; NaN is left in them where it may be."""
        labels = read_labels(X)  # first, so that shuffled rows are called shuffled whatever they hold
        y, has_target = fill_targets(y)
        rows, y = check_training_data(self, X, y, reset=reset, allow_nd=False, labels=is_classifier(self))
        weights = None if sample_weight is None else check_weights(sample_weight, len(rows))
        check_finite(rows, "X", allow_nan=True)
        if reset:
            self._coming = learn_coming(
                self.known_future,
                self.seasons,
                self.horizon,
                names=getattr(self, "feature_names_in_", None),
                n_columns=rows.shape[1],
                labels=labels,
                freq=self.freq,
            )
        return TrainingData(*self._coming.split(rows), labels, y, has_target, weights, metadata)

    def _refuse_nan(self, data, is_due):
        """Refuse NaN in X, and in y where it is to be trained on, except where it has weight 0.

        NaN in X has weight 0 where all windows that it lies in have.
        """
        in_X = per_series(data.labels, self._holds_nan, data.rows) | (~data.knows_ahead & is_due)
        for name, has_nan in (("X", in_X), ("y", ~data.has_target & is_due)):
            counts = has_nan if data.weights is None else has_nan & (data.weights > 0)
            if counts.any():
                raise ValueError(
                    f"{name} must hold finite numbers, but holds NaN (first in row {np.flatnonzero(counts)[0]}); leave "
                    "out what touches it (missing='drop'), give all windows that do weight 0, or fill it before."
                )

    def _holds_nan(self, rows):
        """Return which rows of a series have NaN in their window, among these rows."""
        n_nan = np.cumsum(np.isnan(rows).any(axis=1))  # up to each row
        n_nan[self.window_length :] -= n_nan[: -self.window_length].copy()  # in the window of each row
        return n_nan > 0

    def _train(self, method, line, data, progress, **options):
        """Train the estimator on the complete windows that end in the rows of X."""
        is_broken = ~data.has_target | line.touches_unknown(unborn=False, missing=not self._passes_nan)
        if not self._passes_nan:
            is_broken |= ~data.knows_ahead
        is_due = self._rows_due(line, data.labels)
        if self.missing == "raise":
            self._refuse_nan(data, is_due)
        rows = np.flatnonzero(is_due & ~is_broken)
        if len(rows) == 0:
            raise ValueError(
                f"X must hold a complete window with a target, but all {int(is_due.sum())} windows touch missing steps "
                "or values; pass a smaller window_length or a longer series."
            )
        self.n_training_rows_, self.n_left_out_ = len(rows), int((is_due & is_broken).sum())
        chosen = self._order(rows, data.labels)
        options |= cut_to(chosen, data.metadata, len(data.rows))
        if data.weights is not None:
            options["sample_weight"] = check_weights(data.weights[chosen], len(rows))  # not only zeros
        ahead = self._coming.ahead(data.known, data.labels, line.numbers)[chosen]
        windows = self._shape(line.windows(fill=False)[chosen], ahead)
        names = getattr(self, "feature_names_in_", np.arange(0))
        columns = naming_columns(names[self._coming.past] if len(names) else ())
        with progress.inside(self.estimator_), columns:
            getattr(self.estimator_, method)(windows, data.y[chosen], **options)

    def _order(self, rows, labels):
        """Return the rows to train on as they go to the estimator: in time, since the last ones may validate."""
        if isinstance(labels, Panel):
            rows = labels.in_time(rows)
            if self.horizon is not None:
                gap = count_overlaps(labels, rows, self._n_ahead + 1)
                self.estimator_.set_params(**dict.fromkeys(open_parameters(self.estimator), gap))
            return rows
        is_run = rows[-1] - rows[0] == len(rows) - 1
        return slice(rows[0], rows[-1] + 1) if is_run else rows  # a slice makes a view of the windows, not a copy

    def _rows_due(self, line, labels):
        """Return which rows are to be trained on: those with a whole past, from the warmup to the embargo."""
        if 0 < self.warmup < self._n_before:
            raise ValueError(
                f"warmup={self.warmup} must be at least window_length - 1 = {self._n_before}, the rows that a complete "
                "window needs as its past; pass a larger warmup, or 0."
            )
        embargo = self._n_ahead if self.embargo is None else self.embargo
        has_past = ~line.touches_unknown(unborn=True, missing=False)
        n_rows = len(has_past)
        is_due = has_past & (count_left(self._history, labels, n_rows) >= embargo)
        is_due &= ~begins_in(self._history, labels, n_rows, self.warmup)
        if not is_due.any():
            raise ValueError(
                f"window_length={self.window_length} with warmup={self.warmup} and embargo={embargo} needs at least "
                f"{max(line.n_unborn, self.warmup) + embargo + 1} rows, but X has n_samples={n_rows}"
                f"{' in all series' if isinstance(labels, Panel) else ''}; pass a smaller window_length or a longer "
                "series."
            )
        return is_due

    @property
    def _n_before(self):
        return self.window_length - 1

    @property
    def _n_ahead(self):
        """Number of steps between a row and its target."""
        return 0 if self.horizon is None else max(check_horizon(self.horizon)) - 1

    @property
    def _n_kept(self):
        return max(super()._n_kept, 1 if len(self.seasons) else 0)  # a row among several equal ones has a place then

    def _shape(self, windows, ahead):
        """Return the windows, and what is known ahead of them, as the estimator takes them."""
        if ahead.shape[2] == 0:
            return windows.reshape(len(windows), -1) if self._flatten else windows
        carried = Windows(windows, ahead, seasons=self._coming.seasons)
        return carried.to_table() if self._flatten else carried
