"""Offsets by phase: what a season adds to each of its phases, learned beside the network.

They are subtracted from the window of the target before the network reads it, and added to the outputs after it [1]_.

.. [1] S. Lin et al., "CycleNet: Enhancing Time Series Forecasting through Modeling Periodic Patterns", NeurIPS 2024.
"""

from typing import Any, NamedTuple

import numpy as np

from skhybrid._backend import keras
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._window_norm import SEASONAL, WindowNorm


class PhaseOffsets(NamedTuple):
    """Which windows have offsets, and in which units.

    Attributes
    ----------
    channel : int
        The feature of the window that the targets continue.
    scale : float
        One unit of that feature in units of the targets, both as the network sees them.
    steps : tuple of int
        The step of the window that each target is relative to.
    lead : int
        Number of steps between a window's end and the first target.
    """

    channel: int
    scale: float
    steps: tuple[int, ...]
    lead: int = 0

    def subtract(self, window: Any, ahead: AheadScale, known: Any) -> tuple[Any, Any]:
        """Return a normalised window without its offsets, and those of the targets, by layers of Keras.

        Parameters
        ----------
        window : Keras tensor of shape (sample, ..., feature)
            The normalised window, relative to its last step.
        ahead : AheadScale
            The inputs known ahead, whose last columns count phases.
        known : Keras tensor of shape (sample, coming step, input)
            These inputs.
        """
        shape = window.shape[1:-1]
        n_steps, n_targets = int(np.prod(shape)), len(self.steps)
        of_past = np.arange(-n_steps, 0) - self.lead  # from the first coming step
        numbers = np.concatenate([of_past, np.arange(n_targets)]).astype(np.float32)
        offsets = [
            _look_up(keras.ops.mod(known[:, :1, len(ahead.mean) + i] + numbers, season), season)
            for i, season in enumerate(ahead.seasons)
        ]
        total = sum(offsets[1:], start=offsets[0])
        of_window = total[:, :n_steps] - total[:, n_steps - 1 : n_steps]
        of_targets = total[:, n_steps:] - keras.ops.take(total, list(self.steps), axis=1)
        in_units = keras.layers.EinsumDense(
            "ab,b->ab", (n_targets,), kernel_initializer="ones", trainable=False, name="offset_scale"
        )
        is_target = np.eye(window.shape[-1], dtype=np.float32)[self.channel]
        return window - keras.ops.reshape(of_window, (-1, *shape, 1)) * is_target, in_units(of_targets)

    def set_scale(self, model: Any) -> None:
        """Give the layer that changes units its weights."""
        model.get_layer("offset_scale").set_weights([np.full(len(self.steps), self.scale)])


def learn_offsets(norm: WindowNorm | None, samples: Samples, channel: int, target: Any) -> PhaseOffsets:
    """Return the offsets of windows so normalised; refuse where there are no seasons, or no units."""
    if norm is None or norm.name not in ("last", SEASONAL):
        raise ValueError(
            "phase_offsets=True needs y in the units of target_channel, and so window_norm='last' or 'seasonal', but "
            f"window_norm is {norm and norm.name!r}; pass one of these, or phase_offsets=False."
        )
    if samples.ahead is None or not samples.ahead.seasons:
        raise ValueError(
            "phase_offsets=True needs X that counts the phase of seasons ahead, but X does not; make it with "
            "make_windows(seasons=...) or WindowedRegressor(seasons=...)."
        )
    _check_steps(samples.ahead, target.n_outputs)
    steps = norm.locations(samples.windows.shape[1], target.n_outputs)
    return PhaseOffsets(channel, norm.channel_scale[channel] / target.scale[0], tuple(steps.tolist()), norm.lead)


def _check_steps(ahead, n_outputs):
    """Refuse phases of coming steps that do not follow one another, one for each target."""
    season = ahead.seasons[-1]
    phases = ahead.values[0, :, -1]
    if len(phases) != n_outputs or ((np.diff(phases) - 1) % season).any():
        raise ValueError(
            f"phase_offsets=True needs targets 1, 2, ..., {n_outputs} steps ahead, but X counts the phases "
            f"{phases.astype(int).tolist()} of a season of {season}; pass horizon=range(1, {n_outputs + 1}), or "
            "phase_offsets=False."
        )


def _look_up(phases, season):
    """Return the offsets of phases, (sample, step), which are weights, 0 at first."""
    of_phase = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", name=f"offsets_{season}")
    return of_phase(keras.ops.one_hot(keras.ops.cast(phases, "int32"), season))[..., 0]
