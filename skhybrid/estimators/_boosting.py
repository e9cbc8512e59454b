"""Boosted trees beside the networks: one model for all coming steps, of what a linear path leaves.

Trees find thresholds and what inputs do together, such as the load of a hot working day, where a network would need
many more samples; they know no trend, which the linear path does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from skhybrid.estimators._linear_design import Design
from skhybrid.estimators._linear_path import Data
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._task import Fold

MAX_ROWS = 1_000_000  # of one sample and coming step each: samples are drawn where there are more
MAX_ROWS_TO_CHOOSE = 200_000
SEASONS = (1, 2, 7)  # ago, at the phase of the coming step: weekdays, where seasons are days
RECENT = 8  # newest steps
PIECE_NUMBERS = 2**23  # features of one piece of rows, 32 MB
SETTINGS = {"learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 1.0, "random_state": 0}
LEAST_SAMPLES = 20  # of a leaf, and of several coming steps, which resemble each other, a quarter as many samples
MAX_ITERATIONS, PATIENCE = 300, 20
# Of two threads each waits for the other at every node; where other work keeps a core busy, that takes far longer.
on_one_thread = threadpool_limits.wrap(limits=1, user_api="openmp")


@dataclass(frozen=True, eq=False)
class TreeDesign:
    """What the trees read: for each sample and coming step, a row of numbers that know no level of the target.

    Attributes
    ----------
    linear : Design
        What the linear path reads.
    channel : int
        The feature that the targets continue.
    """

    linear: Design
    channel: int

    @property
    def n_outputs(self) -> int:
        """Number of coming steps."""
        return self.linear.n_outputs

    def read(self, samples: Samples, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the numbers, (n_rows * n_outputs, n_columns), of some samples."""
        windows = samples.windows[rows]
        normalised = windows if self.linear.norm is None else self.linear.norm.apply(windows)
        columns = self._of_target(normalised[:, :, self.channel])
        for i in set(range(windows.shape[2])) - {self.channel}:
            columns += self._of_other(windows[:, :, i])
        if samples.ahead is not None:
            columns += self._of_ahead(samples.ahead.values[rows])
        columns.append(np.arange(self.n_outputs)[None])
        table = np.empty((len(rows), self.n_outputs, len(columns)), np.float32)
        for i, column in enumerate(columns):
            table[:, :, i] = column
        return table.reshape(-1, len(columns))

    def _of_target(self, past):
        """Return what tells of the target's past: seasons ago, newest steps, means, deviation and changes."""
        n_steps, season = past.shape[1], self.linear.season_length
        lags = [k * season for k in SEASONS if self._n_ahead <= k * season <= n_steps] or [self._nearest]
        columns = [self._at_phase(past, lag) for lag in (*lags, lags[0] - 1, lags[0] + 1)]
        columns += [past[:, -i, None] for i in range(1, min(RECENT, n_steps) + 1)]
        lengths = {n for n in (season // 4, season, 4 * season, n_steps) if 2 <= n <= n_steps}
        columns += [past[:, -n:].mean(axis=1, keepdims=True) for n in sorted(lengths)]
        columns.append(past[:, -season:].std(axis=1, keepdims=True))
        return columns + [past[:, -1:] - past[:, -1 - n, None] for n in (season, 7 * season) if n < n_steps]

    def _of_other(self, past):
        """Return what tells of another feature: its newest step, that of a season ago, and its mean since."""
        mean = past[:, -self.linear.season_length :].mean(axis=1, keepdims=True)
        return [past[:, -1:], self._at_phase(past, self._nearest), mean]

    def _of_ahead(self, known):
        """Return what is known of each coming step: the inputs, those of the steps beside it, their means up to it."""
        assert self.linear.ahead is not None
        n_steps, n_numbers = known.shape[1], len(self.linear.ahead.mean)
        steps = np.minimum(np.arange(self.n_outputs), n_steps - 1)
        columns = [known[:, steps, i] for i in range(known.shape[2])]
        for i in range(n_numbers):
            columns += [known[:, np.clip(steps + beside, 0, n_steps - 1), i] for beside in (-1, 1)]
            columns.append((np.cumsum(known[:, :, i], axis=1) / np.arange(1, n_steps + 1))[:, steps])
        return columns

    @property
    def _nearest(self):
        """The least number of steps ago, in whole seasons, at which all coming steps have a known value."""
        season = self.linear.season_length
        return -(-self._n_ahead // season) * season

    @property
    def _n_ahead(self):
        """The number of steps from a window's end to the last coming one."""
        return self.linear.lead + self.n_outputs

    def _at_phase(self, past, lag):
        """Return the value so many steps before each coming step; the window's first, or last, beyond its ends."""
        n_steps = past.shape[1]
        return past[:, np.clip(n_steps + self.linear.lead + np.arange(self.n_outputs) - lag, 0, n_steps - 1)]


class Trees(NamedTuple):
    """Boosted trees, as they were grown.

    Attributes
    ----------
    design : TreeDesign
        What they read.
    n_iterations : int
        Number of trees that are used.
    of_folds : tuple of HistGradientBoostingRegressor
        Those grown of the samples known in each fold; of all where none is held out.
    """

    design: TreeDesign
    n_iterations: int
    of_folds: tuple[HistGradientBoostingRegressor, ...]

    def of_fold(self, i: int) -> "Trees":
        """Return those of one fold alone."""
        return self._replace(of_folds=self.of_folds[i : i + 1])

    @on_one_thread
    def predict(self, samples: Samples) -> NDArray[np.float64]:
        """Return what the trees of the first fold add for samples, (n_samples, n_outputs)."""
        n_samples = len(samples.values)
        added = np.empty((n_samples, self.design.n_outputs))
        size = max(1, PIECE_NUMBERS // (self.of_folds[0].n_features_in_ * self.design.n_outputs))
        for start in range(0, n_samples, size):
            rows = np.arange(start, min(start + size, n_samples))
            stages = self.of_folds[0].staged_predict(self.design.read(samples, rows))
            *_, last = islice(stages, self.n_iterations)
            added[rows] = last.reshape(len(rows), -1)
        return added


def thin_out(folds: Iterable[Fold], n_outputs: int) -> list[Fold]:
    """Return folds with no more samples than trees are grown and chosen by, drawn at random and in order."""
    generator = np.random.default_rng(0)

    def draw(rows, max_rows):
        size = min(len(rows), max(1, max_rows // n_outputs))
        return np.sort(generator.choice(rows, size, replace=False))

    return [Fold(draw(known, MAX_ROWS), draw(choosing, MAX_ROWS_TO_CHOOSE)) for known, choosing in folds]


@on_one_thread
def choose_trees(design: TreeDesign, left: Iterable[Data], folds: Sequence[Fold], *, absolute: bool) -> Trees:
    """Grow trees of what the linear path leaves, the targets of `left`, as long as it helps on what folds hold out."""
    models, best = [], []
    for fold, data in zip(folds, left, strict=True):
        model = _make_trees(
            design, absolute, max_iter=MAX_ITERATIONS, early_stopping=True, n_iter_no_change=PATIENCE, scoring="loss"
        )
        table, rest, weights = _table(design, data, fold.known)
        X_val, y_val, sample_weight_val = _table(design, data, fold.choosing)
        model.fit(table, rest, weights, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        models.append(model)
        best.append(max(1, int(np.argmax(model.validation_score_))))  # the first score is that of no tree
    return Trees(design, round(float(np.mean(best))), tuple(models))


@on_one_thread
def grow_trees(design: TreeDesign, left: Data, rows: NDArray[np.intp], before: Trees, *, absolute: bool) -> Trees:
    """Grow as many trees as were chosen `before`, of some samples."""
    model = _make_trees(design, absolute, max_iter=before.n_iterations, early_stopping=False)
    return Trees(design, before.n_iterations, (model.fit(*_table(design, left, rows)),))


def _make_trees(design: TreeDesign, absolute: bool, **parameters: Any) -> HistGradientBoostingRegressor:
    """Return trees, not grown."""
    return HistGradientBoostingRegressor(
        loss="absolute_error" if absolute else "squared_error",
        min_samples_leaf=LEAST_SAMPLES * max(1, design.n_outputs // 4),
        **SETTINGS,
        **parameters,
    )


def _table(design, data, rows):
    """Return the rows of features, targets and weights of some samples; None for equal weights, which cost a lot."""
    weights = data.weights[rows]
    is_equal = (weights == weights[0]).all()
    repeated = None if is_equal else np.repeat(weights, design.n_outputs)
    return design.read(data.samples, rows), data.targets[rows].ravel(), repeated
