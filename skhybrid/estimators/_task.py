"""What a training is made of: samples and targets, and which of them are trained on, which held out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhybrid.estimators._samples import Samples, describe_ahead, find_usable

N_TELLING = 3  # different values that two pieces of series must share before they are taken for one


class HeldOut(NamedTuple):
    """Samples, targets and weights that the user holds out."""

    X: Any
    y: Any
    sample_weight: Any


class Fold(NamedTuple):
    """Samples that something is learned from, and those held out, which come after them and choose."""

    known: NDArray[np.intp]
    choosing: NDArray[np.intp]


class Rows(NamedTuple):
    """Which samples do what.

    Attributes
    ----------
    training : ndarray of int
        What scales are learned from, and networks trained on where nothing is held out of that.
    folds : tuple of Fold
        What is held out, the newest samples first: to choose penalties of a linear path and, with early stopping, the
        epoch, by one fold after the other for successive networks.
    stops : bool
        Whether there is early stopping.
    """

    training: NDArray[np.intp]
    folds: tuple[Fold, ...]
    stops: bool

    def of_member(self, i: int) -> tuple[NDArray[np.intp], NDArray[np.intp] | None]:
        """Return the samples that the `i`-th network is trained on, and those for early stopping."""
        return self.folds[i % len(self.folds)] if self.stops else (self.training, None)


def everything(usable: NDArray[np.intp]) -> Rows:
    """Return rows of which none is held out."""
    return Rows(usable, (Fold(usable, usable[:0]),), stops=False)


class Task(NamedTuple):
    """What networks are trained on.

    Attributes
    ----------
    sample_shape : tuple of int
        Shape of a sample of X.
    samples : Samples
        The samples, those that the user holds out last.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    weights : ndarray of shape (n_samples,)
        Their weights, 0 where the past is not known.
    n_held_out : int
        Number of samples that the user holds out.
    """

    sample_shape: tuple[int, ...]
    samples: Samples
    y: NDArray[Any]
    weights: NDArray[np.float64]
    n_held_out: int

    @property
    def usable(self) -> NDArray[np.intp]:
        """The samples that can be trained on."""
        return find_usable(self.weights)


def _held_out_by_user(task, usable):
    """Return the samples to train on, and those that the user holds out, of which some must be usable."""
    n_training = len(task.y) - task.n_held_out
    first, last = usable[usable < n_training], usable[usable >= n_training]
    for name, rows in (("X", first), ("X_val", last)):
        if len(rows) == 0:
            raise ValueError(
                f"{name} must hold at least one complete window with a weight, but all start with NaN or have weight "
                "zero; pass longer series, or others."
            )
    return Fold(first, last)


def read_held_out(X: Any, y: Any, sample_weight: Any) -> HeldOut | None:
    """Return what the user holds out, None if nothing is."""
    if (X is None) != (y is None) or (X is None and sample_weight is not None):
        given = ", ".join(
            name for name, a in (("X_val", X), ("y_val", y), ("sample_weight_val", sample_weight)) if a is not None
        )
        raise ValueError(f"X_val and y_val must be passed together, but only {given} was given; pass both, or neither.")
    return None if X is None else HeldOut(X, y, sample_weight)


def divide(task: Task, split: Callable[[NDArray[np.intp]], list[Fold]], *, early_stopping: bool, chooses: bool) -> Rows:
    """Say which samples do what: those that the user holds out validate, else those that `split` holds out."""
    usable = task.usable
    if not (early_stopping or chooses):
        return everything(usable)
    folds = [_held_out_by_user(task, usable)] if task.n_held_out else split(usable)
    # The oldest fold knows least: scales learned of its samples tell none of what any fold holds out.
    return Rows(folds[-1].known if early_stopping else usable, tuple(folds), early_stopping)


def fade(weights: NDArray[np.float64], half_life: float | None, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return weights which halve with every `half_life`, a share of `rows`, counted back from the newest of them."""
    if half_life is None:
        return weights
    faded = weights.copy()
    faded[rows] *= 0.5 ** (np.arange(len(rows))[::-1] / (half_life * len(rows)))
    return faded


def join(task: Task, held_out: Task, gap: int) -> Task:
    """Return the samples of a task, and after them those that the user holds out, which must be of another time.

    The last target of a window lies `gap` + 1 steps ahead.
    """
    check_apart(task.samples.windows, held_out.samples.windows, gap + 1)
    values, n_before, n_after = (
        np.concatenate(pair) for pair in zip(task.samples[:3], held_out.samples[:3], strict=True)
    )
    ahead, other = task.samples.ahead, held_out.samples.ahead
    needed, found = ((None, ()) if a is None else (a.shape, a.seasons) for a in (ahead, other))
    if found != needed:
        raise ValueError(
            f"X_val must carry ahead what X carries, {describe_ahead(*needed)}, but carries {describe_ahead(*found)}; "
            "make both with the same known_future and seasons."
        )
    if ahead is not None and other is not None:
        ahead = ahead._replace(values=np.concatenate([ahead.values, other.values]))
    return Task(
        task.sample_shape,
        Samples(values, n_before, n_after, ahead),
        np.concatenate([task.y, held_out.y]),
        np.concatenate([task.weights, held_out.weights]),
        len(held_out.y),
    )


def check_apart(windows: NDArray[Any], held_out: NDArray[Any], n_ahead: int) -> None:
    """Refuse windows (n_samples, n_steps, n_features) held out whose time is that of training targets.

    Arrays tell no times, but windows of one series do: what is held out may be a window trained on, or one that starts
    before the last target ends, `n_ahead` steps after its own window.
    """
    for name, window in (("first", held_out[0]), ("last", held_out[-1])):
        if _is_among(window, windows):
            raise ValueError(
                f"X_val must hold samples that are not trained on, but its {name} one is in X; pass other rows, or "
                "leave X_val out for the last part of X to be held out."
            )
    for before, after in ((windows, held_out), (held_out, windows)):
        for n_steps in range(1, min(n_ahead, len(before[-1]) - 1)):
            if _tells(before[-1][n_steps:]) and np.array_equal(before[-1][n_steps:], after[0][:-n_steps]):
                raise ValueError(
                    "X_val must not overlap in time with the targets of X, but the last sample of one starts "
                    f"{n_steps} steps before the first of the other, and targets reach {n_ahead} steps; leave out "
                    f"{n_ahead - n_steps} samples between them."
                )


def _is_among(window, windows):
    """Return whether a window that tells anything is one of many."""
    if not _tells(window):
        return False
    alike = np.flatnonzero((windows[:, -1] == window[-1]).all(axis=-1))  # a comparison of all steps would be a copy
    return any(np.array_equal(windows[i], window) for i in alike)


def _tells(piece):
    return np.isfinite(piece).all() and len(np.unique(piece)) >= N_TELLING
