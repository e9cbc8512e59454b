"""Which rows make a window and its target, and which rows each fold trains on."""

from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from skhybrid._validation import check_positive_int
from skhybrid.displays._axes import BLUE, ORANGE, SKY, YELLOW, legend_above, split_axes

UNUSED, HISTORY, TRAINING, TEST = range(4)
_LOOKS: dict[int, dict[str, Any]] = {
    TRAINING: {"color": BLUE, "label": "trained on"},
    HISTORY: {"facecolor": SKY, "edgecolor": "white", "hatch": "////", "linewidth": 0, "label": "history only"},
    TEST: {"color": YELLOW, "label": "test"},
}


class WindowDisplay:
    """One window with its target above, and below it what each fold does with each row.

    A black mark shows where the last training target lies. Beyond the first test row it is not known yet when the first
    forecast is made: then ``embargo=horizon - 1`` (or a `gap` of the splitter) is missing.

    Parameters
    ----------
    roles : ndarray of shape (n_folds, n_rows)
        What each fold does with each row, as :func:`fold_roles` says it: 0 nothing, 1 history only, 2 train, 3 test.

    window_length : int
        Number of rows in a window.

    horizon : int, default=1
        How many rows ahead the target lies.

    Attributes
    ----------
    axes_ : ndarray of shape (2,)
        The axes of the window and of the folds.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from skhybrid import WindowDisplay
    >>> display = WindowDisplay.from_cv(TimeSeriesSplit(3), np.zeros((40, 1)), window_length=6, horizon=2, embargo=1)
    >>> display.roles.shape
    (3, 40)
    """

    def __init__(self, roles, window_length, *, horizon=1):
        self.roles = roles
        self.window_length = window_length
        self.horizon = horizon

    @classmethod
    def from_cv(cls, cv, X, y=None, *, window_length, horizon=1, warmup=0, embargo=0, ax=None):
        """Draw the folds of a splitter, as :class:`WindowedRegressor` uses them.

        Parameters
        ----------
        cv : cross-validation splitter or iterable
            The splitter, or pairs of training and test rows.

        X : array-like of shape (n_rows, n_features)
            The rows to split.

        y : array-like of shape (n_rows,), default=None
            The targets, for splitters that look at them.

        window_length : int
            Number of rows in a window.

        horizon : int, default=1
            How many rows ahead the target lies.

        warmup : int, default=0
            Number of rows at the start of the training rows that are history only; 0 for those that a window needs.

        embargo : int, default=0
            Number of rows at the end of the training rows that are history only.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : WindowDisplay
            The display.
        """
        window_length = check_positive_int(window_length, "window_length")
        horizon = check_positive_int(horizon, "horizon")
        folds = check_cv(cv).split(X, y)
        roles = [fold_roles(train, test, len(X), window_length, embargo, warmup) for train, test in folds]
        return cls(np.array(roles), window_length, horizon=horizon).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the window and the folds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; the axes are divided. None makes a new figure.

        Returns
        -------
        display : WindowDisplay
            The display.
        """
        n_folds = len(self.roles)
        size = (9, 2.6 + 0.35 * n_folds)
        grid = split_axes(ax, "WindowDisplay", size, (2, 1), height_ratios=[1, 0.6 + 0.5 * n_folds])
        self.axes_ = grid[:, 0]
        self.figure_ = self.axes_[0].figure
        self._draw_window(self.axes_[0])
        self._draw_folds(self.axes_[1])
        return self

    def _draw_window(self, ax):
        """Draw the window of the first test row, or the first complete one, and its target."""
        last = max(int(np.flatnonzero(self.roles[0] == TEST)[0]), self.window_length - 1)
        first, target = last - self.window_length + 1, last + self.horizon
        ax.broken_barh([(first - 0.5, self.window_length)], (-0.25, 0.5), color=BLUE)
        ax.plot(target, 0, color=ORANGE, marker="*", markersize=14, linestyle="none")
        ax.text((first + last) / 2, 0.35, f"window: rows {first} to {last}", ha="center", va="bottom")
        ax.text(target, 0.35, f"target: row {target}", ha="center", va="bottom")
        margin = 0.15 * (target - first) + 1
        ax.set(yticks=[], xlabel="row", xlim=(first - margin, target + margin), ylim=(-0.5, 1))
        ax.set_title(f"The window of row {last} and its target", fontsize="medium")
        ax.xaxis.get_major_locator().set_params(integer=True)

    def _draw_folds(self, ax):
        """Draw a bar for each fold."""
        for role, look in _LOOKS.items():
            for fold, roles in enumerate(self.roles):
                label = look["label"] if fold == 0 else None  # one entry in the legend
                ax.broken_barh(runs(roles == role), (fold - 0.4, 0.8), **{**look, "label": label})
        reached = [np.flatnonzero(roles == TRAINING).max(initial=-self.horizon) + self.horizon for roles in self.roles]
        ax.plot(
            reached,
            np.arange(len(self.roles)),
            color="black",
            marker="|",
            markersize=12,
            markeredgewidth=2,
            linestyle="none",
            label="last training target",
        )
        ax.set(xlabel="row", ylabel="fold", yticks=range(len(self.roles)), ylim=(len(self.roles) - 0.5, -0.5))
        ax.set_xlim(-0.5, max(self.roles.shape[1], *reached) - 0.5)
        legend_above(ax)


def fold_roles(train, test, n_rows, window_length, embargo=0, warmup=0):
    """Return what a fold does with each row: 0 nothing, 1 history only, 2 train, 3 test.

    Parameters
    ----------
    train, test : ndarray of int
        The rows of the fold's two parts.

    n_rows : int
        Number of all rows.

    window_length : int
        Number of rows in a window. The first ``window_length - 1`` training rows have no complete window.

    embargo : int, default=0
        Number of rows at the end of the training rows that are history only.

    warmup : int, default=0
        Number of rows at their start, likewise; at least ``window_length - 1``, or 0.

    Returns
    -------
    roles : ndarray of shape (n_rows,)
        One role per row.
    """
    roles = np.full(n_rows, UNUSED)
    roles[train] = HISTORY
    roles[train[max(window_length - 1, warmup) : len(train) - embargo]] = TRAINING
    roles[test] = TEST
    return roles


def runs(mask):
    """Return where the runs of True begin, by half a row before, and how long they are, as `broken_barh` wants them."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int))).reshape(-1, 2)
    return [(start - 0.5, stop - start) for start, stop in edges]
