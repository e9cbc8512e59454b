"""Inputs that are known ahead, as the network reads them: numbers standardised, counters of seasons as angles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid.estimators._samples import Ahead
from skhybrid.series.carrier import MAX_HARMONICS, count_waves, phase_features, waves_of

ROWS_AT_ONCE = 4096
NETWORK_HARMONICS = 3  # of a season, that the network reads: the week's third tells its days apart


@dataclass(frozen=True, eq=False)
class AheadScale:
    """How inputs known ahead are scaled, as `fit` learned it.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_numbers,)
        What is subtracted from each input that is no counter, and what it is divided by.
    n_steps : int
        Number of coming steps.
    seasons : tuple of int
        Lengths of the seasons whose phase the other inputs count.
    squared : tuple of int
        The inputs whose squares a linear path reads as well.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    n_steps: int
    seasons: tuple[int, ...]
    squared: tuple[int, ...] = ()

    @property
    def n_inputs(self) -> int:
        """Number of inputs of each coming step, counters among them."""
        return len(self.mean) + len(self.seasons)

    @property
    def n_columns(self) -> int:
        """Number of inputs of each coming step that the network reads."""
        return len(self.mean) + sum(count_waves(season, NETWORK_HARMONICS) for season in self.seasons)

    @property
    def n_linear(self) -> int:
        """Number of numbers of each coming step that a linear path reads."""
        return len(self.mean) + len(self.squared)

    @property
    def n_angles(self) -> int:
        """Number of features by which the linear path knows the phase of the first coming step."""
        return sum(count_waves(season) for season in self.seasons)

    def apply(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the numbers of each coming step, (n_samples, n_steps, n_linear), as the linear path reads them."""
        numbers = (values[..., : len(self.mean)] - self.mean) / self.scale
        return np.concatenate([numbers, numbers[..., list(self.squared)] ** 2], axis=-1) if self.squared else numbers

    def phase(self, values: NDArray[Any], n_harmonics: int = MAX_HARMONICS) -> NDArray[np.float64]:
        """Return the phase of the first coming step, (n_samples, n_angles), from which those of the others follow."""
        return phase_features(values[:, 0, len(self.mean) :], self.seasons, n_harmonics)

    def numbers(self, inputs: Any) -> Any:
        """Return the scaled numbers by layers of Keras, as the network reads them."""
        scale = keras.layers.EinsumDense(
            "abc,c->abc", (self.n_steps, len(self.mean)), bias_axes="c", trainable=False, name="ahead_scale"
        )
        return scale(inputs[..., : len(self.mean)])

    def with_squares(self, numbers: Any) -> Any:
        """Return the same as `apply`, of scaled numbers, by layers of Keras."""
        if not self.squared:
            return numbers
        squares = [keras.ops.square(numbers[..., i : i + 1]) for i in self.squared]
        return keras.ops.concatenate([numbers, *squares], axis=-1)

    def waves(self, inputs: Any, n_harmonics: int = NETWORK_HARMONICS, *, first_step: bool) -> list[Any]:
        """Return the phase of the first coming step, for linear paths, or of all, for networks."""
        columns = inputs[:, 0, :] if first_step else inputs
        phases = [columns[..., i : i + 1] for i in range(len(self.mean), self.n_inputs)]
        return [waves_of(keras.ops, *pair, n_harmonics) for pair in zip(phases, self.seasons, strict=True)]

    def weights(self) -> list[NDArray[np.float64]]:
        """Return the weights of the layer that scales the numbers."""
        return [1 / self.scale, -self.mean / self.scale]


def learn_ahead_scale(
    ahead: Ahead | None, rows: NDArray[np.intp], weights: NDArray[np.float64], *, squares: bool
) -> AheadScale | None:
    """Learn the scale of inputs known ahead from `rows`; with `squares` of those that take more than two values."""
    if ahead is None:
        return None
    n_numbers = ahead.shape[1] - len(ahead.seasons)
    totals = np.zeros((2, n_numbers))
    first = ahead.values[rows[0], 0, :n_numbers].astype(np.float64)  # near the mean, so that squares keep their digits
    for start in range(0, len(rows), ROWS_AT_ONCE):
        piece = rows[start : start + ROWS_AT_ONCE]
        numbers = ahead.values[piece, :, :n_numbers] - first
        totals += [np.einsum("n,nhc->c", weights[piece], numbers**power) for power in (1, 2)]
    mean, mean_square = totals / (weights[rows].sum() * ahead.shape[0])
    deviation = np.sqrt(np.maximum(mean_square - mean**2, 0))
    is_constant = deviation <= 1e-12 * np.maximum(np.abs(first), 1e-300)
    squared = tuple(i for i in range(n_numbers) if squares and _takes_others(ahead.values[rows, :, i]))
    return AheadScale(first + mean, np.where(is_constant, 1.0, deviation), ahead.shape[0], ahead.seasons, squared)


def _takes_others(values):
    """Return whether there are values beside the least and the greatest: the square of a flag says nothing new."""
    return bool(((values != values.min()) & (values != values.max())).any())
