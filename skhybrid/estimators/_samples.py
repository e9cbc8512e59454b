"""X as the networks read it: samples, and which of their steps are not known."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhybrid._backend import keras
from skhybrid._validation import check_finite, check_weights, count_unknown, fill_unknown, name_feature, warn
from skhybrid.estimators._window_norm import WindowNorm, learn_window_norm
from skhybrid.series.carrier import Windows

__all__ = [
    "Ahead",
    "Samples",
    "WindowNorm",
    "describe_ahead",
    "find_usable",
    "read_frames",
    "read_sequences",
    "split_in_time",
    "take_apart",
    "warn_of_size",
]


class Ahead(NamedTuple):
    """Inputs that are known ahead.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_steps_ahead, n_inputs)
        The inputs, once for each coming step.
    seasons : tuple of int
        Lengths of the seasons whose phase the last inputs count, from 0.
    """

    values: NDArray[Any]
    seasons: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the inputs of one sample."""
        return self.values.shape[1:]


def describe_ahead(shape: tuple[int, ...] | None, seasons: tuple[int, ...]) -> str:
    """Return what is known ahead in words."""
    if shape is None:
        return "nothing"
    return f"inputs of shape {shape} for each sample" + (f" with seasons={seasons}" if seasons else "")


def take_apart(X: Any) -> tuple[Any, Ahead | None]:
    """Return X without what is known ahead, and that, if X carries it."""
    if not isinstance(X, Windows):
        return X, None
    values = np.asarray(X.ahead, dtype=np.result_type(X.ahead.dtype, np.float32))
    check_finite(values, "what X holds ahead")
    return X.values, Ahead(values, X.seasons)


class Samples(NamedTuple):
    """Samples as a network takes them.

    Attributes
    ----------
    values : ndarray of shape (n_samples, *input_shape)
        The samples.
    n_before : ndarray of shape (n_samples,)
        Number of steps of each sample at its start that have no past, which are NaN in all features.
    n_after : ndarray of shape (n_samples,)
        Number of steps after the end of the sequence, likewise.
    ahead : Ahead or None
        What is known ahead of the steps after each sample, if anything is.
    """

    values: NDArray[Any]
    n_before: NDArray[np.intp]
    n_after: NDArray[np.intp]
    ahead: Ahead | None = None

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the network reads, one array for each of its inputs."""
        return (self.values,) if self.ahead is None else (self.values, self.ahead.values)

    @property
    def for_keras(self) -> Any:
        """The same as Keras takes it: one array bare, several as a tuple."""
        return self.values if self.ahead is None else self.inputs

    @property
    def windows(self) -> NDArray[Any]:
        """The samples as (sample, time, feature), with subsequences joined."""
        return _as_sequences(self.values)

    def take(self, rows: NDArray[np.intp]) -> "Samples":
        """Return some of the samples."""
        ahead = None if self.ahead is None else self.ahead._replace(values=self.ahead.values[rows])
        return Samples(self.values[rows], self.n_before[rows], self.n_after[rows], ahead)

    def fill(self) -> NDArray[Any]:
        """Return the values, with the first known step of each sample repeated where the steps before are unknown."""
        if not self.n_before.any():
            return self.values
        return fill_unknown(self.windows, self.n_before).reshape(self.values.shape)

    def learn_norm(self, name: str | None, rows: NDArray[np.intp], **options: Any) -> WindowNorm | None:
        """Return how each sample is expressed relative to itself, learned of some of them; None for as it is."""
        return None if name is None else learn_window_norm(name, self.windows, rows, self.n_after, **options)

    def weigh(self, sample_weight: ArrayLike | None) -> NDArray[np.float64]:
        """Return the weights of the samples, 0 where the past is not known."""
        return np.where(self.n_before == 0, check_weights(sample_weight, len(self.values)), 0)


def read_sequences(values: NDArray[Any]) -> Samples:
    """Return values (n_samples, ..., n_steps, n_features) with the numbers of their steps that are unknown."""
    return Samples(values, *count_unknown(_as_sequences(values)))


def read_frames(values: NDArray[Any]) -> Samples:
    """Return images or clips, which are known as a whole."""
    none = np.zeros(len(values), dtype=np.intp)
    return Samples(values, none, none)


def _as_sequences(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as (sample, time, feature)."""
    return values.reshape(len(values), -1, values.shape[-1])


def find_usable(weights: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the samples to train on: those with a weight, which a window without a complete past has not."""
    rows = np.flatnonzero(weights > 0)
    if len(rows) == 0:
        raise ValueError(
            f"X must hold at least one complete window, but all {len(weights)} start with NaN (or have weight "
            "zero); pass a smaller window_length or more rows."
        )
    return rows


def split_in_time(
    rows: NDArray[np.intp],
    validation_fraction: float,
    gap: int,
    *,
    n_folds: int = 1,
    reason: str = "early_stopping=True",
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Split the samples in time: the last parts validate, each what is learned from the samples before it.

    A gap keeps the targets of each part out of training. The newest part comes first. The `reason` for the split is
    what a refusal names.
    """
    n_validation = round(validation_fraction * len(rows))
    n_training = len(rows) - n_folds * n_validation - gap
    if n_training < 2 or n_validation < 1:
        folds, fewer = ("", "") if n_folds == 1 else (f", validation_folds={n_folds}", ", fewer validation_folds")
        raise ValueError(
            f"{reason} needs at least 2 samples to train on and 1 to validate on, but of {len(rows)} "
            f"samples validation_fraction={validation_fraction}{folds} and a gap of {gap} leave {max(n_training, 0)} "
            f"and {n_validation}; pass more samples, another validation_fraction{fewer} or a smaller "
            "validation_gap."
        )
    starts = [len(rows) - i * n_validation for i in range(1, n_folds + 1)]
    return [(rows[: start - gap], rows[start : start + n_validation]) for start in starts]


SCALING_LAYERS = tuple(
    getattr(keras.layers, name)
    for name in (
        "Normalization",
        "BatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "UnitNormalization",
        "Rescaling",
        "Embedding",
        "Lambda",
    )
)
LARGE = 200.0  # root mean square from which on a network learns next to nothing; scikit-learn's checks have 100


def warn_of_size(model: Any, samples: Samples, rows: NDArray[np.intp], norm: WindowNorm | None) -> None:
    """Warn of the largest feature where it is too large for a network, unless layers at its start scale it."""
    if any(isinstance(layer, SCALING_LAYERS) for layer in model.layers[:3]):
        return
    windows = samples.windows[rows[:: max(1, len(rows) // 1000)]]
    n_steps, n_features = windows.shape[1:]
    if samples.values.ndim == 3 and n_features > 20 * n_steps:
        warn(
            f"X should be (n_samples, n_steps, n_features), but has {n_steps} steps of {n_features} features; if its "
            "last axis is time, pass np.swapaxes(X, 1, 2)."
        )
    with np.errstate(over="ignore"):
        sizes = np.sqrt(np.nanmean(np.square(windows, dtype=np.float64), axis=(0, 1)))
    if norm is not None:
        sizes = np.where(norm.is_treated, 0, sizes)
    if (size := sizes.max()) > LARGE:
        warn(
            "X should hold features of about size 1, as networks need to learn from them, but "
            f"{name_feature(int(sizes.argmax()), len(sizes))} has a root mean square of {size:.2g}; scale X before, "
            "for example with StandardScaler (y is scaled inside, X is not)."
        )
