"""What a linear path reads: the features of a sample, and windows relative to one of their naive forecasts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._window_norm import SEASONAL, WindowNorm, seasonal_steps

BASES = ("last", "smoothed", "seasonal", "mean", "raw")  # those first whose windows have the same moments


@dataclass(frozen=True, eq=False)
class Design:
    """The features of a linear path: window, level, phase, and then the numbers known ahead, step by step.

    Attributes
    ----------
    norm : WindowNorm or None
        How the windows are expressed.
    ahead : AheadScale or None
        How inputs known ahead are scaled.
    has_level : bool
        Whether the level of a window, which is its last step, is a feature as well.
    n_steps, n_features : int
        Shape of a window.
    n_outputs : int
        Number of targets, which are the coming steps in order.
    segment_length : int or None
        Number of coming steps that see each other's inputs known ahead; None for all.
    season_length : int
        Number of steps of a season, of the base "seasonal".
    lead : int
        Number of steps between a window's end and the first coming step.
    squares : bool
        Whether regressions see the squares of numbers known ahead, where these are read.
    """

    norm: WindowNorm | None
    ahead: AheadScale | None
    has_level: bool
    n_steps: int
    n_features: int
    n_outputs: int
    segment_length: int | None
    season_length: int = 1
    lead: int = 0
    squares: bool = True

    @property
    def n_angles(self) -> int:
        """Number of features that tell the phase of the first coming step."""
        return 0 if self.ahead is None else self.ahead.n_angles

    def read(self, samples: Samples, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the features of some samples, (n_rows, n_features of the design)."""
        windows = samples.windows[rows]
        parts = [windows if self.norm is None else self.norm.apply(windows)]
        if self.norm is not None and self.has_level:
            parts.append(windows[:, -1] / self.norm.channel_scale * self.norm.is_treated)
        if self.ahead is not None and samples.ahead is not None:
            known = samples.ahead.values[rows]
            parts += [self.ahead.phase(known), self.ahead.apply(known)]
        return np.concatenate([part.reshape(len(rows), -1) for part in parts], axis=1, dtype=np.float64)

    def divide(self, kernel: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the coefficients of what all targets see, and those of numbers known ahead, (n, n_outputs) each."""
        return np.split(kernel, [(self.n_steps + self.has_level) * self.n_features + self.n_angles])

    def blocks(self) -> list[NDArray[np.intp]]:
        """Return the targets of each segment."""
        size = self.segment_length or self.n_outputs
        return [np.arange(start, min(start + size, self.n_outputs)) for start in range(0, self.n_outputs, size)]

    def parts(self, n_steps: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return which targets see the same features, the level aside, and these, of the newest `n_steps`."""
        n_shared = self.n_steps * self.n_features + self.n_angles
        shared = np.arange((self.n_steps - n_steps) * self.n_features, n_shared)
        if self.ahead is None:
            return [(np.arange(self.n_outputs), shared)]
        of_step = np.arange(self.ahead.n_steps * self.ahead.n_linear).reshape(self.ahead.n_steps, self.ahead.n_linear)
        of_step = n_shared + (of_step if self.squares else of_step[:, : len(self.ahead.mean)])
        if of_step.size and self.segment_length:
            return [(block, np.concatenate([shared, of_step[block].ravel()])) for block in self.blocks()]
        return [(np.arange(self.n_outputs), np.concatenate([shared, of_step.ravel()]))]

    def relate(self, moments: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return moments of features, (n, ...), as those of windows from which a mean of their steps is subtracted.

        The `reference` holds the steps' weights in that mean; the level counts as one more step, and is left out then.
        """
        n = (self.n_steps + self.has_level) * self.n_features
        steps = moments[:n].reshape(-1, self.n_features, *moments.shape[1:])
        related = steps[: self.n_steps] - np.tensordot(reference, steps, 1) * self._is_treated(moments.ndim)
        return np.concatenate([related.reshape(-1, *moments.shape[1:]), moments[n:]])

    def unrelate(self, kernel: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the features' coefficients, (n, n_outputs), from those for windows so related."""
        n = self.n_steps * self.n_features
        steps = kernel[:n].reshape(self.n_steps, self.n_features, -1)
        of_reference = np.multiply.outer(reference, steps.sum(axis=0) * self._is_treated(2))
        steps = np.concatenate([steps, np.zeros((int(self.has_level), *steps.shape[1:]))]) - of_reference
        return np.concatenate([steps.reshape(-1, kernel.shape[1]), kernel[n:]])

    def base(
        self, name: str | None, channel: int, ratio: float, smoothing: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what windows are relative to, and the naive forecast as coefficients of the features.

        Parameters
        ----------
        name : {"last", "mean", "raw", "smoothed", "seasonal"} or None
            The naive forecast; None for that which the network's targets are relative to.
        channel : int
            The feature that it continues.
        ratio : float
            One unit of a window's feature in units of the targets, both as the network sees them.
        smoothing : ndarray of shape (n_steps, n_outputs) or None
            The forecast "smoothed", as weights of the steps of a window.

        Returns
        -------
        reference : ndarray of shape (n_steps [+ 1],)
            Weights of the steps in the mean that is subtracted from a window.
        naive : ndarray of shape (n, n_outputs)
            Coefficients of the forecast.
        """
        n_steps = self.n_steps + self.has_level
        reference, forecast = np.zeros(n_steps), np.zeros((n_steps, self.n_outputs))
        # In units of a window: the forecast, and what targets are relative to, both relative to the last step.
        if name == "mean":
            reference[: self.n_steps] = forecast[: self.n_steps] = 1 / self.n_steps
        elif name == "raw":
            reference[-1] = forecast[-1] = -1  # the level that was subtracted; its mean is in the constant
        elif name == "smoothed":
            assert smoothing is not None
            forecast[: self.n_steps] = smoothing
        elif name == SEASONAL:
            forecast += self._seasonal(n_steps)
        if name is not None and self.norm is not None and self.norm.name == SEASONAL:
            forecast -= self._seasonal(n_steps)
        naive = np.zeros((n_steps, self.n_features, self.n_outputs))
        if name is not None:
            naive[:, channel] = ratio * forecast
        n_others = self.n_angles + (0 if self.ahead is None else self.ahead.n_steps * self.ahead.n_linear)
        others = np.zeros((n_others, self.n_outputs))
        return reference, np.concatenate([naive.reshape(-1, self.n_outputs), others])

    def _seasonal(self, n_steps):
        """Return the weights, (n_steps, n_outputs), of the steps that the seasonal rule forecasts by."""
        weights = np.zeros((n_steps, self.n_outputs))
        steps = seasonal_steps(self.n_steps, self.season_length, self.n_outputs, self.lead)
        weights[steps, np.arange(self.n_outputs)] = 1
        return weights

    def _is_treated(self, n_axes):
        """Return which features are relative to anything, to be multiplied with moments (feature, ...)."""
        treated = (True,) * self.n_features if self.norm is None else self.norm.is_treated
        return np.reshape(treated, (-1, *[1] * (n_axes - 1)))
