"""Leaks of the future into the past, found by altering the future and looking at what moves."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv

from skhybrid.evaluation.leakage._alteration import (
    MAX_LAG,
    PANDAS,
    alter_rows,
    as_array,
    as_table,
    feature_names,
    find_horizon,
    find_missing_rows,
    find_moved,
    take_rows,
)

__all__ = ["LeakageReport", "check_leakage"]

NOT_SEEN = "not seen"


class Leak(NamedTuple):
    """One kind of leak: what is wrong, in a sentence with the way out, and in which folds (none: in all the data)."""

    kind: str
    message: str
    folds: tuple[int, ...] = ()

    def __str__(self):
        where = f" (fold {', '.join(map(str, self.folds))})" if self.folds else ""
        return f"{self.kind}{where}: {self.message}"


@dataclass(frozen=True)
class LeakageReport:
    """What :func:`check_leakage` found, what it looked at, and what it could not see.

    Parameters
    ----------
    findings : tuple of Leak
        The leaks, each with its `kind`, a `message` that ends with the way out, and the `folds` it was found in,
        counted from 0; the figures in the message are those of the first of them. `kind` is one of

        - "order": training rows lie after test rows, as in shuffled folds;
        - "target feature": a feature is the target itself;
        - "prefitted": a part of the estimator was fitted before the split;
        - "preparation": the steps before the split let later data into earlier rows of X;
        - "horizon": `fit` learns from training targets that lie in the test period;
        - "held rows": a parameter of the estimator holds values of the test rows, and `fit` uses them;
        - "look-ahead": the prediction for a row depends on later rows.

    checked : tuple of str
        What was looked at.

    not_seen : tuple of str
        Where a leak may be that this check could not see, and how to let it see more.

    Examples
    --------
    >>> from skhybrid import LeakageReport
    >>> LeakageReport((), ("order of the rows in 5 folds",), ()).is_clean
    True
    """

    findings: tuple[Leak, ...]
    checked: tuple[str, ...]
    not_seen: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether no leak was found, which says nothing of what was not seen."""
        return not self.findings

    def raise_for_leaks(self) -> "LeakageReport":
        """Raise where leaks were found, so that a test suite fails.

        Returns
        -------
        self : LeakageReport
            The report, where it is clean.

        Raises
        ------
        AssertionError
            If there are findings; its text is the report.
        """
        if self.findings:
            raise AssertionError(str(self))
        return self

    def __str__(self):
        n_leaks = len(self.findings)
        head = f"{n_leaks} kind{'s' * (n_leaks > 1)} of leakage found." if n_leaks else "No leakage found."
        lines = [
            *(f"LEAK {leak}" for leak in self.findings),
            *(f"checked: {what}" for what in self.checked),
            *(f"not seen: {what}" for what in self.not_seen),
        ]
        return "\n".join([head, *(textwrap.fill(line, 110, subsequent_indent="    ") for line in lines)])

    __repr__ = __str__


def check_leakage(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any,
    prepare: Callable[[Any], tuple[Any, Any]] | None = None,
    known_future: Sequence[Any] = (),
    random_state: int = 0,
) -> LeakageReport:
    """Look for ways in which the future reaches the past: alter the future, and see whether the past moves.

    Row t of X holds what is known at time t, ``y[t]`` is what row t should predict. All leaks are collected in one
    report; ``check_leakage(...).raise_for_leaks()`` makes a test of it.

    - **Order.** In each fold all training rows must lie before the first test row; shuffled and `KFold` folds do not.
    - **Features.** No feature may be the target itself, up to scale and shift. A feature that is the target's own past
      is none, however smooth the series is: it equals the target best at a lag.
    - **Look-ahead.** The estimator is fitted, and the second half of the test rows is altered: the predictions for the
      first half must not move. Any padding inside a window that ends at t is fine.
    - **Horizon.** Training targets that become known only after the first test row's time are altered: the fit must
      not move. An `embargo` (:class:`WindowedRegressor`) passes, since it does not learn from them.
    - **What the estimator holds.** A frozen part was fitted before the split, on whatever rows; parameters with one
      value per row are altered in the test rows: the fit must not move.
    - **Preparation**, with `prepare` only. The raw data after the first test row's time are altered: the rows of X up
      to that time must not move. Scalers fitted on all rows, centred means, convolutions with `same` padding over the
      whole series and gaps filled from behind are found so.

    Numbers are altered by mirroring them above the largest value of their column (they stay positive and leave the
    range known so far), text, flags and integers of few values by exchanging the values; times and missing values
    stay.

    Parameters
    ----------
    estimator : estimator object
        Any estimator or pipeline with `fit` and `predict`. Only clones of it are fitted.

    X : DataFrame, Series or array-like of shape (n_samples, ...)
        Features or windows in time order. With `prepare` the raw data that it takes, one row per time step.

    y : Series, DataFrame or array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        What each row should predict. None with `prepare`, which makes it.

    cv : int, cross-validation splitter or iterable
        The folds as for :func:`~sklearn.model_selection.cross_validate`.

    prepare : callable, default=None
        Function of the raw data that returns ``(X, y)``: all steps before the split. Unless there is one row of X
        for each raw row, X or y must be pandas objects with labels of the raw data, as :func:`make_supervised` and
        :func:`make_windows` give them for a DataFrame. Without it these steps are not seen.

    known_future : sequence of column labels or int, default=()
        Columns of the raw data that are known in advance (calendar, holidays, prices) and are not altered; used with
        `prepare` only.

    random_state : int, default=0
        Set wherever the estimator has a `random_state` that is no integer, so that two fits can be compared.

    Returns
    -------
    report : LeakageReport
        `findings`, `checked`, `not_seen`, `is_clean` and `raise_for_leaks()`.

    Raises
    ------
    ValueError
        If y is missing, or given beside `prepare`, or the rows that `prepare` returns cannot be found in the raw data.

    Notes
    -----
    Each fold in time order costs one fit and two predictions of the test rows, and two fits more where training
    targets lie in the test period. Folds that are not in time order are reported and not fitted. `prepare` is called
    once for each such fold and up to six times more.

    A leak is what moves; a clean report is no proof. In particular a difference between two fits that is no larger
    than that between two fits of the same data is reported under `not_seen`.

    References
    ----------
    S. Kapoor, A. Narayanan (2023). Leakage and the reproducibility crisis in machine-learning-based science.
    Patterns 4(9), 100804.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from skhybrid import check_leakage, make_power_usage, make_supervised
    >>> df = make_power_usage(n_days=10, random_state=0)
    >>> def next_hour(df):
    ...     return make_supervised(df, target="load")
    >>> def next_hour_scaled(df):
    ...     return make_supervised((df - df.mean()) / df.std(), target="load")
    >>> check_leakage(Ridge(), df, cv=TimeSeriesSplit(3), prepare=next_hour).is_clean
    True
    >>> report = check_leakage(Ridge(), df, cv=TimeSeriesSplit(3), prepare=next_hour_scaled)
    >>> [leak.kind for leak in report.findings]
    ['preparation', 'horizon']
    """
    _check_arguments(estimator, X, y, prepare)
    data = _Given(X, y) if prepare is None else _Prepared(X, prepare, known_future)
    estimator = _seeded(estimator, random_state)
    folds = list(check_cv(cv, data.y, classifier=is_classifier(estimator)).split(data.X, data.y))
    notes = [*_check_order(folds, data.X), *_check_features(data.X, data.y), *_check_frozen(estimator), *data.check()]
    in_time = [number for number, (train, test) in enumerate(folds) if train.max() < test.min()]
    if len(in_time) < len(folds):
        notes.append(Leak(NOT_SEEN, "what the estimator does in folds that are not in time order; mend these first."))
    for number in in_time:
        later_y, moved = data.alter_future(folds[number][1].min())
        fold = _Fold(estimator, data.X, data.y, *folds[number])
        fold_notes = [*moved, *_check_look_ahead(fold), *_check_targets(fold, later_y), *_check_held_rows(fold)]
        notes += [note._replace(folds=(number,)) for note in fold_notes]
    return LeakageReport(
        findings=tuple(note for note in _merged(notes) if note.kind != NOT_SEEN),
        checked=(f"order of the rows in {len(folds)} folds", *data.checked, f"look-ahead in {len(in_time)} folds"),
        not_seen=tuple(note.message for note in _merged(notes) if note.kind == NOT_SEEN),
    )


def _check_arguments(estimator, X, y, prepare):
    if not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise ValueError(
            f"estimator must have fit and predict, but is {estimator!r}; pass the whole pipeline with its last step."
        )
    if prepare is not None and y is not None:
        raise ValueError(
            "y must be None with prepare, which makes it from the raw data X, but was given; leave it out."
        )
    if prepare is None and y is None:
        raise ValueError(
            "y must hold the targets, but is None; pass y, or prepare=, which makes X and y from raw data."
        )
    if prepare is None and len(X) != len(y):
        raise ValueError(
            f"y must have one target per row of X, but X has {len(X)} rows and y has {len(y)}; take both from the "
            "same rows."
        )


def _seeded(estimator, random_state):
    """Return a clone in which every random state is an integer."""
    loose = [
        name
        for name, value in _parameters(estimator).items()
        if name.split("__")[-1] == "random_state" and not isinstance(value, Integral)
    ]
    seeded = clone(estimator)
    seeded.set_params(**dict.fromkeys(loose, random_state))
    return seeded


def _parameters(estimator):
    """Return the nested parameters, but for those inside of frozen parts, which cannot be set."""
    parameters = estimator.get_params(deep=True)
    frozen = [f"{name}__" for name, value in parameters.items() if isinstance(value, FrozenEstimator)]
    frozen += ["estimator__"] if isinstance(estimator, FrozenEstimator) else []
    return {name: value for name, value in parameters.items() if not name.startswith(tuple(frozen))}


def _merged(notes):
    """Return one note per kind, and per message of what was not seen, with the folds of all."""
    groups: dict[Any, list[Leak]] = {}
    for note in notes:
        groups.setdefault(note.message if note.kind == NOT_SEEN else note.kind, []).append(note)
    return [group[0]._replace(folds=tuple(f for note in group for f in note.folds)) for group in groups.values()]


# --- data, and what becomes of them when the future is altered --------------------------------------------------------


class _Given:
    """Rows and targets as they were given."""

    def __init__(self, X, y):
        self.X, self.y = as_array(X), as_array(y)
        self.horizon = find_horizon(self.X, self.y)
        found = [f"training targets for a horizon of {self.horizon}, read from X"] if self.horizon else []
        self.checked = ("features against the target", *found)

    def check(self):
        """Yield what cannot be seen without the steps before the split."""
        yield Leak(NOT_SEEN, "steps before the split (scaling, smoothing, filling of gaps, windows); pass prepare=.")
        if not self.horizon:
            yield Leak(
                NOT_SEEN,
                "whether training targets lie in the test period, as no feature is the target's own past, which would "
                "tell the horizon; pass prepare=.",
            )

    def alter_future(self, row):
        """Return the targets with those altered that are not known at the time of `row`, and the leaks on the way."""
        if not self.horizon:
            return self.y, []
        return alter_rows(self.y, slice(max(row - self.horizon + 1, 0), None)), []


class _Prepared:
    """Rows and targets made from raw data; row i stands at row `positions[i]` of them."""

    checked = ("features against the target", "prepare and training targets, by altering the raw data")

    def __init__(self, raw, prepare, known_future):
        self.raw, self.known_future = as_array(raw), known_future
        unknown = [name for name in known_future if name not in feature_names(self.raw)]
        if unknown:
            raise ValueError(
                f"known_future must name columns of the raw data X, but {unknown[0]!r} is not one of "
                f"{feature_names(self.raw)}; pass some of these."
            )
        self.make = lambda raw: _prepare(prepare, raw)
        self.X, self.y, self.positions = self.make(self.raw)
        X, y, positions = self.make(self.raw)
        if not np.array_equal(positions, self.positions) or find_moved(self.X, X).any() or find_moved(self.y, y).any():
            raise ValueError(
                "prepare must return the same rows each time it is called with the same data, but does not; seed what "
                "is random in it."
            )

    def check(self):
        """Yield the leaks seen from the middle of the data, and where gaps end: what fills them may come from there."""
        missing = find_missing_rows(self.raw)
        ends = np.flatnonzero(missing[:-1] & ~missing[1:]) + 1
        some = ends[np.linspace(0, len(ends) - 1, min(len(ends), 3), dtype=int)]
        for cut in [len(self.raw) // 2, *some]:
            yield from self._alter_from(cut)[1]

    def alter_future(self, row):
        """Return the targets after all raw data later than `row` were altered, and the leaks on the way."""
        return self._alter_from(self.positions[row] + 1)

    def _alter_from(self, cut):
        n = np.searchsorted(self.positions, cut)  # rows whose time is before the cut
        try:
            X, y, positions = self.make(alter_rows(self.raw, slice(cut, None), self.known_future))
        except ValueError as error:
            return self.y, [Leak(NOT_SEEN, f"prepare, which refuses the altered raw data ({error}).")]
        if not np.array_equal(positions[: np.searchsorted(positions, cut)], self.positions[:n]):
            message = "which rows prepare keeps depends on later data; choose them by what is known at their time."
            return self.y, [Leak("preparation", message)]
        moved = find_moved(take_rows(self.X, slice(0, n)), take_rows(X, slice(0, n)))
        leaks = [Leak("preparation", self._describe(moved, cut))] if moved.any() else []
        return y, leaks

    def _describe(self, moved, cut):
        rows = np.flatnonzero(moved.any(axis=1))
        reach = cut - self.positions[rows[0]]
        what = "all" if len(rows) == len(moved) else f"{len(rows)} of the {len(moved)}"
        names = feature_names(self.X)
        columns = ", ".join(str(names[j]) for j in np.flatnonzero(moved.any(axis=0))[:5])
        return (
            f"{what} rows of X before row {cut} of the raw data move when the raw data from there on are altered, as "
            f"far as {reach} rows back (features {columns}); fit scalers and filters inside the pipeline, smooth over "
            "past rows only, and name columns that are known in advance in known_future=."
        )


def _prepare(prepare, raw):
    """Return X, y and the row of the raw data at which each row stands."""
    X, y = (as_array(part) for part in prepare(raw.copy()))
    labels = raw.index if isinstance(raw, PANDAS) else pd.RangeIndex(len(raw))
    for part in (X, y):
        if isinstance(part, PANDAS) and labels.is_unique:
            positions = labels.get_indexer(part.index)
            if (positions >= 0).all() and (np.diff(positions) > 0).all():
                return X, y, positions
    if len(X) == len(raw):
        return X, y, np.arange(len(raw))
    raise ValueError(
        f"prepare must return X or y with labels of the raw data, in their order, since it makes {len(X)} rows of "
        f"{len(raw)}, whose time is not known otherwise; pass raw data with a time index and keep its labels."
    )


# --- checks -----------------------------------------------------------------------------------------------------------


def _check_order(folds, X):
    """Yield the folds whose training rows lie behind a test row, or stand in both parts."""
    reach = int(np.prod(X.shape[1:-1])) if len(X.shape) in (3, 4) else 1  # steps of a window
    for number, (train, test) in enumerate(folds):
        later = train[train >= test.min()]
        if not len(later):
            continue
        is_near = np.zeros(len(X), dtype=bool)
        for distance in range(-reach, reach + 1):
            is_near[np.clip(test + distance, 0, len(X) - 1)] = True
        yield Leak(
            "order",
            f"{len(later)} of {len(train)} training rows do not lie before the first test row, and "
            f"{is_near[later].sum()} of them are within {reach} row(s) of a test row, where windows overlap and hold "
            "each other's targets; split with TimeSeriesSplit, since KFold and shuffled folds mix past and future.",
            (number,),
        )


def _check_features(X, y):
    """Yield the features that are a target up to scale and shift."""
    features, targets = as_table(X), as_table(y)
    found = [
        str(name)
        for name, feature in zip(feature_names(X), features.T, strict=False)
        if any(_is_target(feature, target) for target in targets.T)
    ]
    if found:
        yield Leak(
            "target feature",
            f"feature {', '.join(found[:5])} is the target (a correlation of at least 0.9999, and none as high with "
            "the target of any earlier row); leave it out, or shift the target with make_supervised.",
        )


def _is_target(feature, target):
    unexplained = _unexplained(feature, target)
    if unexplained > 1 - 0.9999**2:
        return False
    # The past of a smooth series is close to the target too, yet closest to the target of an earlier row.
    lags = range(1, min(len(target) // 2, MAX_LAG) + 1)
    return all(unexplained + 1e-12 < 0.1 * _unexplained(feature[lag:], target[:-lag]) for lag in lags)


def _unexplained(x, y):
    """Return the share of the variance of y that a line through x leaves, 1 where there are too few values."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 10 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 1.0
    return 1 - np.corrcoef(x, y)[0, 1] ** 2


def _check_frozen(estimator):
    """Yield the parts of the estimator that were fitted before the split."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    frozen = [str(part) for part in parts if isinstance(part, FrozenEstimator)]
    if frozen:
        yield Leak(
            "prefitted",
            f"{frozen[0]} was fitted before the split, on test rows as well unless it comes from other data; pass it "
            "without FrozenEstimator, so that it is fitted in each fold.",
        )


class _Fold:
    """An estimator fitted on the training rows of one fold, and what it predicts for the test rows."""

    def __init__(self, estimator, X, y, train, test):
        self.estimator, self.y, self.train, self.test = estimator, y, train, np.sort(test)
        self.X_train, self.X_test = take_rows(X, train), take_rows(X, self.test)
        self.model = clone(estimator).fit(self.X_train, take_rows(y, train))
        self.predictions = _respond(self.model, self.X_test)

    def refit(self, estimator, y):
        """Return the predictions of `estimator` fitted on other targets."""
        return _respond(clone(estimator).fit(self.X_train, take_rows(y, self.train)), self.X_test)

    def moves(self, estimator, y):
        """Tell whether a fit of `estimator` on y differs from that of the fold; None if two equal fits do as much."""
        try:
            shift = _shift(self.predictions, self.refit(estimator, y))
        except ValueError:  # it must have read the altered values in order to refuse them
            return True
        if shift <= 1e-9 * _spread(self.y):
            return False
        repeated = _shift(self.predictions, self.refit(self.estimator, self.y))
        return True if shift > 10 * repeated else None


def _check_look_ahead(fold):
    """Yield whether predictions for the first half of the test rows depend on the second half."""
    half = len(fold.test) // 2
    if half == 0:
        yield Leak(NOT_SEEN, "look-ahead of the predictions in folds with a single test row; pass cv= with more.")
        return
    tolerance = 1e-5 * _spread(fold.y)  # float32 sums depend on the batch
    try:
        altered = _respond(fold.model, alter_rows(fold.X_test, slice(half, None)))
    except ValueError as error:
        yield Leak(NOT_SEEN, f"look-ahead of the predictions, since the altered rows are refused ({error}).")
        return
    shift = _shift(fold.predictions[:half], altered[:half])
    if shift <= tolerance:
        return
    if _shift(fold.predictions[:half], _respond(fold.model, fold.X_test)[:half]) > tolerance:
        yield Leak(NOT_SEEN, "look-ahead of the predictions, which differ from call to call; seed what is random.")
        return
    yield Leak(
        "look-ahead",
        f"predictions for {half} test rows move by up to {shift:.3g} when the test rows after them are altered; let "
        "each row be transformed from itself, fitted statistics and rows before it only.",
    )


def _check_targets(fold, later_y):
    """Yield whether the fit depends on training targets that lie in the test period."""
    moved = fold.train[find_moved(take_rows(fold.y, fold.train), take_rows(later_y, fold.train)).any(axis=1)]
    if not len(moved):
        return
    gap = fold.test[0] - moved.min()
    message = (
        f"the last {len(moved)} training targets lie in the test period, and the fit learns from them; split with "
        f"TimeSeriesSplit(gap={gap}), or take WindowedRegressor(embargo={gap}) without a gap."
    )
    if len(moved) == len(fold.train):
        message = (
            "every training target moves when the test period is altered, so that all are made with it; scale y in "
            "the folds, for example with TransformedTargetRegressor."
        )
    yield from _if_fit_moves(Leak("horizon", message), fold, fold.estimator, later_y)


def _check_held_rows(fold):
    """Yield the parameters that hold one value per row, where the fit uses those of the test rows."""
    for name, value in _parameters(fold.estimator).items():
        if isinstance(value, (*PANDAS, np.ndarray)) and value.shape[:1] == fold.y.shape[:1]:
            leak = Leak("held rows", f"{name} holds values of the test rows, and the fit uses them; leave them out.")
            other = clone(fold.estimator).set_params(**{name: alter_rows(value, fold.test)})
            yield from _if_fit_moves(leak, fold, other, fold.y)


def _if_fit_moves(leak, fold, estimator, y):
    """Yield `leak` if a fit of `estimator` on y differs from that of the fold."""
    moves = fold.moves(estimator, y)
    if moves is None:
        yield Leak(NOT_SEEN, "what moves the fit, since two fits of the same data differ as much; set random_state.")
    elif moves:
        yield leak


# --- predictions ------------------------------------------------------------------------------------------------------


def _respond(model, X):
    """Return what moves first: probabilities where there are any, else predictions."""
    for method in ("predict_proba", "decision_function"):
        if is_classifier(model) and hasattr(model, method):
            return np.asarray(getattr(model, method)(X))
    return np.asarray(model.predict(X))


def _shift(a, b):
    """Return the largest difference of two predictions, inf if they cannot be compared."""
    if a.shape != b.shape:
        return np.inf
    if a.dtype.kind not in "biuf":
        return float((a != b).any())
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return float(np.nan_to_num(np.abs(np.where(same, 0.0, b - a.astype(float))), nan=np.inf).max(initial=0.0))


def _spread(y):
    """Return the scale of the targets, on which a shift of the predictions counts."""
    y = np.asarray(y)
    return float(np.nanstd(y) + 0.1 * np.nanmax(np.abs(y))) if y.dtype.kind in "iuf" else 1.0
