"""Leaks that a fit on one fold shows: what moves when later rows or targets are altered."""

import numpy as np
from sklearn.base import clone, is_classifier

from skhybrid.evaluation.leakage._alteration import PANDAS, alter_rows, find_moved, take_rows
from skhybrid.evaluation.leakage._estimator import nested_parameters
from skhybrid.evaluation.leakage.report import NOT_SEEN, Leak


class Fold:
    """An estimator fitted on the training rows of one fold, and what it predicts for the test rows."""

    def __init__(self, estimator, X, y, rows, order):
        train, test = rows
        self.estimator, self.y, self.train, self.test, self.order = estimator, y, train, np.sort(test), order
        self.X_train, self.X_test = take_rows(X, train), take_rows(X, self.test)
        self.model = clone(estimator).fit(self.X_train, take_rows(y, train))
        self.predictions = _respond(self.model, self.X_test)

    @property
    def first_test(self):
        """The first test row."""
        return self.test[0]

    def refit(self, estimator, y):
        """Return the predictions of `estimator` fitted on other targets."""
        return _respond(clone(estimator).fit(self.X_train, take_rows(y, self.train)), self.X_test)

    def moves(self, estimator, y):
        """Return whether a fit of `estimator` on y differs from that of the fold; None if two equal fits do as much."""
        try:
            shift = _shift(self.predictions, self.refit(estimator, y))
        except ValueError:  # it must have read the altered values in order to refuse them
            return True
        if shift <= 1e-9 * _spread(self.y):
            return False
        repeated = _shift(self.predictions, self.refit(self.estimator, self.y))
        return True if shift > 10 * repeated else None


def find_look_ahead(fold):
    """Yield whether predictions for the first half of the test rows depend on the second half."""
    half = _find_half(fold.order.moments[fold.test])
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


def _find_half(moments):
    """Return how many rows come before the middle, none of them of the same time as one after; 0 if there is one time.

    A model may read what other series do at the same time.
    """
    half = int(np.searchsorted(moments, moments[len(moments) // 2]))
    half = half or int(np.searchsorted(moments, moments[0], side="right"))
    return half if half < len(moments) else 0


def find_late_targets(fold, later_y):
    """Yield whether the fit depends on training targets that lie in the test period."""
    moved = fold.train[find_moved(take_rows(fold.y, fold.train), take_rows(later_y, fold.train)).any(axis=1)]
    if not len(moved):
        return
    moments = fold.order.moments
    gap = moments[fold.first_test] - moments[moved.min()]
    message = (
        f"the last {len(moved)} training targets lie in the test period, and the fit learns from them; split with "
        f"{fold.order.splitter}(gap={gap}), or take WindowedRegressor(embargo={gap}) without a gap."
    )
    if len(moved) == len(fold.train):
        message = (
            "every training target moves when the test period is altered, so that all are made with it; scale y in "
            "the folds, for example with TransformedTargetRegressor."
        )
    yield from _if_fit_moves(Leak("horizon", message), fold, fold.estimator, later_y)


def find_held_rows(fold):
    """Yield the parameters that hold one value per row, where the fit uses those of the test rows."""
    for name, value in nested_parameters(fold.estimator).items():
        if isinstance(value, (*PANDAS, np.ndarray)) and value.shape[:1] == fold.y.shape[:1]:
            leak = Leak("held rows", f"{name} holds values of the test rows, and the fit uses them; leave them out.")
            altered = fold.order.unsort(alter_rows(fold.order.sort(value), fold.test))
            other = clone(fold.estimator).set_params(**{name: altered})
            yield from _if_fit_moves(leak, fold, other, fold.y)


def _if_fit_moves(leak, fold, estimator, y):
    """Yield `leak` if a fit of `estimator` on y differs from that of the fold."""
    moves = fold.moves(estimator, y)
    if moves is None:
        yield Leak(NOT_SEEN, "what moves the fit, since two fits of the same data differ as much; set random_state.")
    elif moves:
        yield leak


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
