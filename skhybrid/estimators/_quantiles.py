"""Several quantiles from one network: a head whose quantiles never cross, and the pinball loss."""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from skhybrid._backend import keras


@dataclass(frozen=True)
class Pinball:
    """Pinball loss of several quantiles, as a loss function of Keras.

    The loss of a forecast q of the quantile at level p is ``p * (y - q)`` where y >= q and ``(1 - p) * (q - y)``
    elsewhere [1]_; its mean over levels and outputs is returned. Equal levels make equal losses, so that fits share
    what was compiled for them.

    Parameters
    ----------
    levels : tuple of float
        The levels of the quantiles.

    References
    ----------
    .. [1] R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46(1), 1978.
    """

    levels: tuple[float, ...]

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample; each target is in `y_true` once for each level."""
        levels = keras.ops.tile(
            keras.ops.convert_to_tensor(self.levels, "float32"), y_pred.shape[1] // len(self.levels)
        )
        above = y_true - y_pred
        return keras.ops.mean(keras.ops.maximum(levels * above, (levels - 1) * above), axis=-1)


def check_quantiles(quantiles: Iterable[float] | None) -> tuple[float, ...]:
    """Return the levels as a tuple: rising, between 0 and 1, with the median among them."""
    levels = tuple(quantiles) if isinstance(quantiles, Iterable) else ()
    numbers = all(isinstance(p, Real) and 0 < p < 1 for p in levels)
    if not levels or not numbers or 0.5 not in levels or list(levels) != sorted(set(levels)):
        raise ValueError(
            "quantiles must hold rising levels between 0 and 1 with 0.5, the median, among them, but is "
            f"{quantiles!r}; pass for example quantiles=(0.1, 0.5, 0.9)."
        )
    return tuple(map(float, levels))


def spread_quantiles(x, n_outputs, levels):
    """Return the last layer's values, (sample, output x quantile), as quantiles that never cross, in the same shape.

    The value of the median stays as it is; each other quantile is its neighbour's, towards the median, plus or minus
    the softplus of its own value.
    """
    ops, middle = keras.ops, levels.index(0.5)
    x = keras.layers.Reshape((n_outputs, len(levels)), name="quantiles")(x)
    median = x[..., middle : middle + 1]
    above = ops.cumsum(ops.softplus(x[..., middle + 1 :]), axis=-1)
    below = ops.cumsum(ops.softplus(ops.flip(x[..., :middle], axis=-1)), axis=-1)  # from the median down
    # By layers with names of their own: operations would be called as layers of the network may be.
    together = keras.layers.Concatenate(name="quantile_offsets")
    offsets = together([-ops.flip(below, axis=-1), ops.zeros_like(median), above])
    # One addition for all, the median among them: rounded, and flushed to zero, alike, they can't change places.
    spread = keras.layers.Add(name="quantile_values")([median, offsets])
    return keras.layers.Reshape((n_outputs * len(levels),), name="flat_quantiles")(spread)
