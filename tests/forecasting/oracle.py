"""What a forecaster should do, one series, origin and step at a time."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class Recorder(RegressorMixin, BaseEstimator):
    """A regressor of tables that keeps what it is given, and forecasts the mean of each row for all steps."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.sample_weight_ = X, y, sample_weight
        return self

    def predict(self, X):
        self.asked_ = X
        return np.repeat(X.mean(axis=1)[:, None], self.y_[0].size, axis=1)


class RecorderOfWindows(Recorder):
    """One that takes windows, and forecasts 0."""

    def predict(self, X):
        self.asked_ = X
        return np.zeros((len(X), self.y_[0].size))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


class SeriesOracle:
    """One series whose rows lie on whole numbers of steps from its first one.

    Parameters
    ----------
    rows : dict of int to dict of str to float
        The values of each row by its step; steps that are not there are holes.
    """

    def __init__(self, rows):
        self.rows = rows

    def value(self, step, column):
        """Return a value; NaN where it is not known."""
        return self.rows.get(step, {}).get(column, np.nan)

    def window(self, origin, columns, window_length, delay):
        """Return the window at an origin, (window_length, n_columns), and whether it touches a hole."""
        window, has_hole = np.empty((window_length, len(columns))), False
        for j, column in enumerate(columns):
            first = next(step for step in sorted(self.rows) if not np.isnan(self.value(step, column)))
            for i in range(window_length):
                step = origin - window_length + 1 + i - delay.get(column, 0)
                known = step
                while known >= 0 and np.isnan(self.value(known, column)):
                    known -= 1
                has_hole |= step >= 0 and known != step
                window[i, j] = self.value(known if known >= 0 else first, column)
        return window, has_hole

    def scale(self, origin, column, delay):
        """Return the mean size of a column up to an origin."""
        values = [abs(self.value(step, column)) for step in range(origin - delay.get(column, 0) + 1)]
        values = [value for value in values if not np.isnan(value)]
        mean = np.mean(values) if values else 0
        return mean if mean > 0 else 1.0

    def coming(self, origin, columns, lead, horizon):
        """Return the values of the steps to forecast, (horizon, n_columns)."""
        steps = range(origin + 1 + lead, origin + 1 + lead + horizon)
        return np.array([[self.value(step, column) for column in columns] for step in steps]).reshape(horizon, -1)
