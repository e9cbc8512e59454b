"""Leaks of the future into the past, found by altering the future and looking at what moves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from skhybrid._nested import predicts
from skhybrid.evaluation._forecasters import is_forecaster
from skhybrid.evaluation.leakage._data import Given, Prepared
from skhybrid.evaluation.leakage._estimator import find_prefitted, make_seeded
from skhybrid.evaluation.leakage._fold import Fold, find_held_rows, find_late_targets, find_look_ahead
from skhybrid.evaluation.leakage._rows import find_disorder, find_target_features
from skhybrid.evaluation.leakage.report import NOT_SEEN, Leak, LeakageReport, merge

__all__ = ["check_leakage"]
from skhybrid.series.carrier import Windows


def check_leakage(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any,
    groups: Any = None,
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
      whole series and gaps filled from later values are found so.

    Several series, with labels of two levels, series and time, are looked at in the order of their times: what they
    share at one time is no leak. Split them with :class:`PanelTimeSeriesSplit`. Folds that hold whole series out have
    no order in time, and are looked at for the other leaks.

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

    groups : array-like of shape (n_samples,), default=None
        The series of each row, for splitters as `LeaveOneGroupOut`, and where X and y have no labels of two levels: the
        rows of a series are in time order then. Not with `prepare`.

    prepare : callable, default=None
        Function of the raw data that returns ``(X, y)``: all steps before the split. Unless there is one row of X
        for each raw row, X or y must be pandas objects with labels of the raw data, as :func:`make_supervised` and
        :func:`make_windows` give them for a DataFrame. Without it these steps are not seen.

    known_future : sequence of column labels or int, default=()
        Columns of the raw data that are known in advance (calendar, holidays, prices) and are not altered; used with
        `prepare` only.

    random_state : int, default=0
        Set wherever the estimator has a `random_state` that is not an integer, so that two fits can be compared.

    Returns
    -------
    report : LeakageReport
        `findings`, `checked`, `not_seen`, `is_clean` and `raise_for_leaks()`.

    Raises
    ------
    ValueError
        If `estimator` is a Forecaster, y is missing, or given beside `prepare`, X has an index that is not strictly
        increasing, or the rows that `prepare` returns cannot be found in the raw data.

    Notes
    -----
    Each fold in time order costs one fit and two predictions of the test rows, and two fits more where training
    targets lie in the test period. Folds that are not in time order are reported and not fitted. `prepare` is called
    once for each such fold and up to six times more.

    A leak is what moves; a clean report is not a proof. In particular a difference between two fits that is no larger
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
    _check_arguments(estimator, X, y, prepare, groups)
    data = Given(X, y, groups) if prepare is None else Prepared(X, prepare, known_future)
    estimator = make_seeded(estimator, random_state)
    order = data.order
    given = order.unsort(data.X), order.unsort(data.y)
    splits = check_cv(cv, given[1], classifier=is_classifier(estimator)).split(*given, groups)
    folds = [tuple(rows if order.is_single else np.sort(order.rank[rows]) for rows in fold) for fold in splits]
    apart = [number for number, fold in enumerate(folds) if order.holds_apart(*fold)]
    rows = (data.X, data.y, data.steps) if order.is_single else order.one_by_one(data.X, data.y)
    notes = [
        *find_disorder(folds, data.X, order.splitter, apart),
        *find_target_features(*rows),
        *find_prefitted(estimator),
        *data.check(),
    ]
    in_time = [n for n, (train, test) in enumerate(folds) if n not in apart and train.max() < test.min()]
    if len(in_time) + len(apart) < len(folds):
        notes.append(Leak(NOT_SEEN, "what the estimator does in folds that are not in time order; mend these first."))
    for number in (fitted := sorted([*in_time, *apart])):
        fold = Fold(estimator, data.X, data.y, folds[number], order)
        notes += [note._replace(folds=(number,)) for note in _look_into(fold, data, in_time=number in in_time)]
    return LeakageReport(
        findings=tuple(note for note in merge(notes) if note.kind != NOT_SEEN),
        checked=(f"order of the rows in {len(folds)} folds", *data.checked, f"look-ahead in {len(fitted)} folds"),
        not_seen=tuple(note.message for note in merge(notes) if note.kind == NOT_SEEN),
    )


def _look_into(fold, data, *, in_time):
    """Yield the leaks that a fit shows; those of late targets where a fold is in time."""
    yield from find_look_ahead(fold)
    if in_time:
        later_y, moved = data.alter_future(fold.first_test)
        yield from moved
        yield from find_late_targets(fold, later_y)
    yield from find_held_rows(fold)


def _check_arguments(estimator, X, y, prepare, groups):
    if isinstance(X, Windows):
        raise ValueError(
            "X must hold arrays or a table, of which one part at a time is altered, but is Windows; pass the rows, and "
            "WindowedRegressor(known_future=...) as the estimator, which makes windows of them."
        )
    if is_forecaster(estimator):
        raise ValueError(
            "estimator must predict what y holds row by row, but is a Forecaster, which finds its targets in X, and "
            "reads of later rows known_future alone; check what prepares X, with prepare= and a regressor."
        )
    if groups is not None and (prepare is not None or len(groups) != len(X)):
        raise ValueError(
            f"groups must hold the series of each of the {len(X)} rows of X, and be None with prepare, but has "
            f"{len(groups)} values; label the raw data (series, time) instead where prepare makes the rows."
        )
    if not hasattr(estimator, "fit") or not predicts(estimator):
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
