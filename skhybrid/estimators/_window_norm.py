"""Windows expressed relative to themselves, so that a network can follow a level it never saw in training.

A window is shifted by its location and divided by its scale, each feature by its own; a prediction is restored with
those of the feature that it continues. This is reversible instance normalisation [1]_ without learned parameters.

.. [1] T. Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution
   Shift", ICLR 2022.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from skhybrid._backend import keras

WINDOW_NORMS = {"last", "relative", "standard"}
ROWS_AT_ONCE = 4096
FLAT = 1e-6  # of its level: what float32 cannot tell from a constant window
N_TELLING = 150  # samples from which on means and deviations tell units
ROUNDING = 1e-12  # of its level: what float64 makes of a constant feature


def check_complete(n_after: NDArray[np.intp]) -> None:
    """Refuse sequences that end early: they have no last step to be expressed relative to."""
    if n_after.any():
        raise ValueError(
            f"window_norm needs sequences of one length, but {np.count_nonzero(n_after)} samples of X end early "
            "(in NaN); pass window_norm=None."
        )


def location_and_scale(windows: NDArray, window_norm: str) -> tuple[NDArray, NDArray]:
    """Return what each window is shifted by and divided by, (n_samples, n_features) each."""
    last = windows[:, -1].astype(np.float64)
    if window_norm == "last":
        return last, np.ones_like(last)
    if window_norm == "relative":
        return last, last
    pieces = [windows[i : i + ROWS_AT_ONCE] for i in range(0, len(windows), ROWS_AT_ONCE)]
    mean, deviation = (
        np.concatenate([statistic(piece, axis=1, dtype=np.float64) for piece in pieces])
        for statistic in (np.mean, np.std)
    )
    return mean, np.where(deviation <= FLAT * np.abs(mean), 1.0, deviation)


def channel_deviations(windows: NDArray, rows: NDArray, window_norm: str) -> NDArray:
    """Return the deviation of each feature over all steps of these windows, normalised, (n_features,); 1 for none."""
    sums, levels = np.zeros((2, windows.shape[2])), np.zeros(windows.shape[2])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        piece = windows[rows[start : start + ROWS_AT_ONCE]]
        location, scale = location_and_scale(piece, window_norm)
        normalised = (piece - location[:, None]) / scale[:, None]
        sums += normalised.sum(axis=(0, 1)), (normalised**2).sum(axis=(0, 1))
        levels = np.maximum(levels, np.abs(location / scale).max(axis=0))
    mean, mean_square = sums / (len(rows) * windows.shape[1])
    deviations = np.sqrt(np.maximum(mean_square - mean**2, 0))
    return np.where(deviations <= ROUNDING * levels, 1.0, deviations)


def check_target_units(y: NDArray, last: NDArray) -> None:
    """Refuse targets (n_samples, n_outputs) that are plainly not in the units of the last values (n_samples,).

    What continues a series has nearly its mean and its deviation, unless there are too few samples to say so; and where
    the samples follow one another, it is the series itself, some steps later.
    """
    limit = max(2.5, (N_TELLING / len(last)) ** 4)
    with np.errstate(divide="ignore", invalid="ignore"):  # of constants, which tell nothing
        ratios, shifts = y.std(axis=0) / last.std(), np.abs(y.mean(axis=0) - last.mean()) / last.std()
        odd = (np.abs(np.log(ratios)) > np.log(limit)) | (shifts > limit)
    for column in y[:, odd & (np.ptp(y, axis=0) > 0) & (np.ptp(last) > 0)].T:
        if not _continues(column, last):
            raise ValueError(
                f"window_norm needs y in the units of target_channel, but y has mean {column.mean():.4g} and deviation "
                f"{column.std():.4g} where the windows end with mean {last.mean():.4g} and deviation {last.std():.4g}; "
                "leave out the scaler before, choose the target_channel that y continues, or pass window_norm=None."
            )


def _continues(y: NDArray, last: NDArray) -> bool:
    """Return whether the first targets (n_samples,) are found among the last values (n_samples,), in their order."""
    y, last = y.astype(np.float32), last.astype(np.float32)
    n = max(3, min(20, len(y) // 10))
    return len(y) >= n and bool((sliding_window_view(last, n) == y[:n]).all(axis=1).any())


def check_positive(last: NDArray, window_norm: str) -> None:
    """Refuse last values (n_samples, n_features) that a relative window cannot be divided by."""
    if window_norm == "relative" and last.min() <= 0:
        raise ValueError(
            f"window_norm='relative' needs windows that end with positive values, but X holds {last.min():.4g}; pass "
            "window_norm='last' or 'standard'."
        )


def normalise_input(inputs, window_norm):
    """Return the input of a network, (sample, ..., time, feature), normalised by layers of Keras."""
    location, scale = _location_and_scale_layers(inputs, window_norm)
    axes = "abcd"[: len(inputs.shape)]
    divide = keras.layers.EinsumDense(  # by the deviations, which are weights: all folds of a search share a program
        f"{axes},{axes[-1]}->{axes}", inputs.shape[1:], trainable=False, kernel_initializer="ones", name="channel_scale"
    )
    return divide((inputs - location) / scale)


def restore_units(outputs, inputs, window_norm, target_channel):
    """Return the outputs of a network, (sample, output), in the units of the input's target channel."""
    location, scale = _location_and_scale_layers(inputs, window_norm)
    location, scale = (
        keras.ops.reshape(a[..., target_channel : target_channel + 1], (-1, 1)) for a in (location, scale)
    )
    return outputs * scale + location


def _location_and_scale_layers(inputs, window_norm):
    """Return location and scale, (sample, 1[, 1], feature)."""
    last = inputs[:, -1:] if len(inputs.shape) == 3 else inputs[:, -1:, -1:]
    if window_norm == "last":
        return last, keras.ops.ones_like(last)
    if window_norm == "relative":
        return last, last
    axes = tuple(range(1, len(inputs.shape) - 1))
    mean = keras.ops.mean(inputs, axis=axes, keepdims=True)
    deviation = keras.ops.std(inputs, axis=axes, keepdims=True)
    return mean, keras.ops.where(deviation <= FLAT * keras.ops.abs(mean), 1.0, deviation)


@dataclass(frozen=True, eq=False)  # arrays have no single truth to compare by
class WindowNorm:
    """How windows are expressed relative to themselves, as `fit` learned it.

    Attributes
    ----------
    name : {"last", "relative", "standard"}
        Which location and scale are taken.
    channel_scale : ndarray of shape (n_features,)
        What each feature of a normalised window is divided by.
    """

    name: str
    channel_scale: NDArray[np.float64]

    check_complete = staticmethod(check_complete)
    check_units = staticmethod(check_target_units)

    def check_last(self, windows: NDArray[Any]) -> None:
        """Refuse windows (n_samples, n_steps, n_features) that cannot be divided."""
        check_positive(windows[:, -1], self.name)

    def locate(self, windows: NDArray[Any], channel: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return location and scale of a feature in each window, (n_samples, 1) each."""
        return location_and_scale(windows[:, :, channel : channel + 1], self.name)

    def normalise(self, inputs: Any) -> Any:
        """Return the input of a network, (sample, ..., time, feature), normalised by layers of Keras."""
        return normalise_input(inputs, self.name)

    def restore(self, outputs: Any, inputs: Any, channel: int) -> Any:
        """Return the outputs of a network, (sample, output), in the units of a feature of the input, by layers."""
        return restore_units(outputs, inputs, self.name, channel)


def learn_window_norm(
    name: str, windows: NDArray[Any], rows: NDArray[np.intp], n_after: NDArray[np.intp]
) -> WindowNorm:
    """Learn to normalise windows (n_samples, n_steps, n_features), of which `rows` are trained on."""
    check_complete(n_after)
    check_positive(windows[rows, -1], name)
    return WindowNorm(name, channel_deviations(windows, rows, name))
