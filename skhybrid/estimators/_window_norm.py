"""Windows expressed relative to themselves, so that a network can follow a level it never saw in training.

A window is shifted by its location and divided by its scale, each feature by its own; a prediction is restored with
those of the feature that it continues. This is reversible instance normalisation [1]_ without learned parameters.

.. [1] T. Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution
   Shift", ICLR 2022.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from skhybrid._backend import keras

WINDOW_NORMS = {"last", "relative", "standard"}
SEASONAL = "seasonal"  # of regressors alone: it differs from "last" in what the target is relative to
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


def location_and_scale(
    windows: NDArray, window_norm: str, is_treated: tuple[bool, ...] = (True,)
) -> tuple[NDArray, NDArray]:
    """Return what each window is shifted by and divided by, (n_samples, n_features) each."""
    location, scale = _location_and_scale(windows, window_norm)
    return (location, scale) if all(is_treated) else (np.where(is_treated, location, 0), np.where(is_treated, scale, 1))


def _location_and_scale(windows, window_norm):
    """Return the same of all features."""
    last = windows[:, -1].astype(np.float64)
    if window_norm in ("last", SEASONAL):
        return last, np.ones_like(last)
    if window_norm == "relative":
        return last, last
    pieces = [windows[i : i + ROWS_AT_ONCE] for i in range(0, len(windows), ROWS_AT_ONCE)]
    mean, deviation = (
        np.concatenate([statistic(piece, axis=1, dtype=np.float64) for piece in pieces])
        for statistic in (np.mean, np.std)
    )
    return mean, np.where(deviation <= FLAT * np.abs(mean), 1.0, deviation)


def channel_deviations(
    windows: NDArray, rows: NDArray, window_norm: str, is_treated: tuple[bool, ...] = (True,)
) -> NDArray:
    """Return the deviation of each feature over all steps of these windows, normalised, (n_features,); 1 for none."""
    sums, levels = np.zeros((2, windows.shape[2])), np.zeros(windows.shape[2])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        piece = windows[rows[start : start + ROWS_AT_ONCE]]
        location, scale = location_and_scale(piece, window_norm, is_treated)
        normalised = (piece - location[:, None]) / scale[:, None]
        sums += normalised.sum(axis=(0, 1)), (normalised**2).sum(axis=(0, 1))
        levels = np.maximum(levels, np.abs(location / scale).max(axis=0))
    mean, mean_square = sums / (len(rows) * windows.shape[1])
    deviations = np.sqrt(np.maximum(mean_square - mean**2, 0))
    return np.where(is_treated & (deviations > ROUNDING * levels), deviations, 1.0)


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
            "window_norm='last' or 'standard', or leave such features out of norm_channels."
        )


def seasonal_steps(n_steps: int, season_length: int, n_outputs: int, lead: int = 0) -> NDArray[np.intp]:
    """Return the step of a window that is the latest of the same season, for each of the `n_outputs` coming steps.

    The first of these follows `lead` steps after the window's end.
    """
    return n_steps - season_length + (lead + np.arange(n_outputs)) % season_length


@dataclass(frozen=True, eq=False)  # arrays have no single truth to compare by
class WindowNorm:
    """How windows are expressed relative to themselves, as `fit` learned it.

    Attributes
    ----------
    name : {"last", "relative", "standard", "seasonal"}
        Which location and scale are taken.
    channel_scale : ndarray of shape (n_features,)
        What each feature of a normalised window is divided by.
    is_treated : tuple of bool
        Which features are normalised; the others stay as they are.
    season_length : int or None
        Number of steps of a season, of "seasonal".
    lead : int
        Number of steps between a window's end and the first target.
    """

    name: str
    channel_scale: NDArray[np.float64]
    is_treated: tuple[bool, ...]
    season_length: int | None = None
    lead: int = 0

    check_complete = staticmethod(check_complete)
    check_units = staticmethod(check_target_units)

    def check_last(self, windows: NDArray[Any]) -> None:
        """Refuse windows (n_samples, n_steps, n_features) that cannot be divided."""
        check_positive(windows[:, -1, list(self.is_treated)], self.name)

    def locations(self, n_steps: int, n_outputs: int) -> NDArray[np.intp]:
        """Return the step of a window that each of the coming steps is relative to, where it is one step."""
        season_length = self.season_length if self.name == SEASONAL else None
        return seasonal_steps(n_steps, season_length or 1, n_outputs, self.lead)

    def locate(
        self, windows: NDArray[Any], channel: int, n_outputs: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return location, (n_samples, 1) or (n_samples, n_outputs), and scale, (n_samples, 1), of a feature."""
        if self.name == SEASONAL:
            steps = self.locations(windows.shape[1], n_outputs)
            return windows[:, steps, channel].astype(np.float64), np.ones((len(windows), 1))
        return location_and_scale(windows[:, :, channel : channel + 1], self.name)

    def apply(self, windows: NDArray[Any]) -> NDArray[np.float64]:
        """Return windows (n_samples, n_steps, n_features) as the network reads them, but in float64."""
        location, scale = location_and_scale(windows, self.name, self.is_treated)
        return (windows - location[:, None]) / scale[:, None] / self.channel_scale

    def normalise(self, inputs: Any) -> Any:
        """Return the input of a network, (sample, ..., time, feature), normalised by layers of Keras."""
        location, scale = self._location_and_scale(inputs)
        if not all(self.is_treated):
            location, scale = (keras.ops.where(self.is_treated, a, b) for a, b in ((location, 0.0), (scale, 1.0)))
        return divide_features((inputs - location) / scale, "channel_scale")

    def restore(self, outputs: Any, inputs: Any, channel: int, n_quantiles: int) -> Any:
        """Return outputs of a network, (sample, output x quantile), in the units of a feature of the input."""
        if self.name == SEASONAL:
            windows = keras.ops.reshape(inputs, (-1, int(np.prod(inputs.shape[1:-1])), inputs.shape[-1]))
            steps = np.repeat(self.locations(windows.shape[1], outputs.shape[1] // n_quantiles), n_quantiles)
            return outputs + keras.ops.take(windows[..., channel], steps.tolist(), axis=1)
        location, scale = (
            keras.ops.reshape(a[..., channel : channel + 1], (-1, 1)) for a in self._location_and_scale(inputs)
        )
        # In this order: as a second term, Keras takes n levels (n, 1) for the biases of n outputs.
        return location + outputs * scale

    def _location_and_scale(self, inputs):
        """Return location and scale by layers of Keras, (sample, 1[, 1], feature)."""
        last = last_step(inputs)
        if self.name in ("last", SEASONAL):
            return last, keras.ops.ones_like(last)
        if self.name == "relative":
            return last, last
        axes = tuple(range(1, len(inputs.shape) - 1))
        mean = keras.ops.mean(inputs, axis=axes, keepdims=True)
        deviation = keras.ops.std(inputs, axis=axes, keepdims=True)
        return mean, keras.ops.where(deviation <= FLAT * keras.ops.abs(mean), 1.0, deviation)


def last_step(inputs: Any) -> Any:
    """Return the newest step of windows or of windows of subsequences, (sample, 1[, 1], feature)."""
    return inputs[:, -1:] if len(inputs.shape) == 3 else inputs[:, -1:, -1:]


def divide_features(x: Any, name: str) -> Any:
    """Return `x`, (sample, ..., feature), times one weight for each feature, which is not trained.

    A scale that is a weight, and no constant, lets all folds of a search share a program.
    """
    axes = "abcd"[: len(x.shape)]
    return keras.layers.EinsumDense(
        f"{axes},{axes[-1]}->{axes}", x.shape[1:], trainable=False, kernel_initializer="ones", name=name
    )(x)


def learn_window_norm(
    name: str,
    windows: NDArray[Any],
    rows: NDArray[np.intp],
    n_after: NDArray[np.intp],
    *,
    channels: Iterable[int] | None = None,
    season_length: int | None = None,
    lead: int = 0,
) -> WindowNorm:
    """Learn to normalise windows (n_samples, n_steps, n_features), of which `rows` are trained on."""
    check_complete(n_after)
    is_treated = _check_channels(channels, windows.shape[2])
    if name == SEASONAL:
        _check_season(season_length, windows.shape[1])
    check_positive(windows[rows, -1][:, list(is_treated)], name)
    return WindowNorm(name, channel_deviations(windows, rows, name, is_treated), is_treated, season_length, lead)


def _check_channels(channels, n_features):
    """Return for each feature whether it is normalised."""
    if channels is None:
        return (True,) * n_features
    positions = [*channels]
    if not positions or any(isinstance(p, bool | np.bool_) or p not in range(n_features) for p in positions):
        raise ValueError(
            f"norm_channels must hold positions of features, from 0 to {n_features - 1}, but is {channels!r}; pass for "
            "example norm_channels=[0], or None for all."
        )
    return tuple(feature in positions for feature in range(n_features))


def _check_season(season_length, n_steps):
    """Refuse a season that does not leave one step of the window before it."""
    if season_length is None:
        raise ValueError(
            "window_norm='seasonal' needs season_length, the number of steps of one season, but it is None; pass for "
            "example season_length=24 for hours that repeat each day."
        )
    if n_steps <= season_length:
        raise ValueError(
            f"window_norm='seasonal' needs windows of more than one season, season_length={season_length} steps, but X "
            f"has windows of {n_steps}; pass longer windows or a smaller season_length."
        )
