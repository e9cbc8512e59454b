"""The target on another scale: learned from training rows, undone in the forecast, whose mean is corrected."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer, PowerTransformer

N_RESIDUALS = 200  # by which the mean of what is transformed back is taken


@dataclass(frozen=True)
class TargetTransform:
    """A transformer of each target, and the errors left on its scale.

    Attributes
    ----------
    transformers : tuple
        A fitted transformer for each target; empty for none.
    residuals : ndarray of shape (n_residuals, n_targets, horizon) or None
        Errors of training forecasts, transformed, over which the mean of a forecast is taken: the mean of exp(f + e) is
        not exp(f). None takes the forecast as it is.
    bounds : tuple of (float or None, float or None)
        Between which all forecasts lie.

    References
    ----------
    N. Duan, "Smearing estimate: a nonparametric retransformation method", Journal of the American Statistical
    Association 78 (1983) 605-610.
    """

    transformers: tuple[Any, ...]
    residuals: NDArray[np.float64] | None
    bounds: tuple[float | None, float | None]

    def encode(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return targets (n_steps, n_targets) transformed; NaN stays."""
        if not self.transformers:
            return targets
        encoded = np.full_like(targets, np.nan)
        for column, transformer in enumerate(self.transformers):
            is_known = ~np.isnan(targets[:, column])
            if is_known.any():
                encoded[is_known, column] = transformer.transform(targets[is_known, column, None])[:, 0]
        return encoded

    def decode(self, forecasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return forecasts (n_samples, n_targets, horizon) in the units of the targets."""
        if self.transformers and self.residuals is not None:
            decoded = np.zeros_like(forecasts)
            for residual in self.residuals:
                decoded += self._undo(forecasts + residual) / len(self.residuals)
        else:
            decoded = self._undo(forecasts)
        return self.bound(decoded)

    def decode_quantiles(self, forecasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return quantiles (n_samples, n_targets, horizon) in the units of the targets."""
        return self.bound(self._undo(forecasts))

    def bound(self, forecasts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return forecasts between the bounds."""
        return forecasts if self.bounds == (None, None) else np.clip(forecasts, *self.bounds)

    def _undo(self, forecasts):
        if not self.transformers:
            return forecasts
        columns = [
            transformer.inverse_transform(forecasts[:, i].reshape(-1, 1)).reshape(forecasts[:, i].shape)
            for i, transformer in enumerate(self.transformers)
        ]
        return np.stack(columns, axis=1)


def learn_transform(transform: Any, bounds: Any, targets: NDArray[np.float64]) -> TargetTransform:
    """Return the transform that a parameter names, learned from the targets of training rows, (n_rows, n_targets)."""
    bounds = check_bounds(bounds)
    if transform is None:
        return TargetTransform((), None, bounds)
    _check_domain(transform, targets)
    fitted = []
    for column in targets.T:
        fitted.append(_make(transform).fit(column[~np.isnan(column), None]))
    return TargetTransform(tuple(fitted), None, bounds)


def learn_residuals(transform: TargetTransform, residuals: NDArray[np.float64]) -> TargetTransform:
    """Return a transform with some of the errors of training forecasts, (n_samples, n_targets, horizon).

    They are evenly spaced in time, and without their mean.
    """
    rows = np.linspace(0, len(residuals) - 1, min(N_RESIDUALS, len(residuals))).round().astype(int)
    return replace(transform, residuals=residuals[rows] - residuals[rows].mean(axis=0))


def check_bounds(bounds: Any) -> tuple[float | None, float | None]:
    """Return the lower and the upper bound of forecasts."""
    if bounds is None:
        return (None, None)
    lower, upper = bounds if isinstance(bounds, tuple | list) and len(bounds) == 2 else (0, 0)
    if lower is not None and upper is not None and not lower < upper:
        raise ValueError(
            f"bounds must be a lower and an upper bound, or None for either, but is {bounds!r}; pass for example "
            "(0, None)."
        )
    return (lower, upper)


def _make(transform):
    if transform == "log1p":
        return FunctionTransformer(np.log1p, np.expm1, check_inverse=False)
    if transform == "boxcox":
        return PowerTransformer("box-cox", standardize=False)
    return clone(transform)


def _check_domain(transform, targets):
    if not isinstance(transform, str):
        return
    lowest, least = np.nanmin(targets), {"log1p": -1.0, "boxcox": 0.0}[transform]
    if lowest <= least:
        raise ValueError(
            f"target_transform={transform!r} needs targets above {least:g}, but the lowest is {lowest:g}; pass "
            f"target_transform={None if lowest < 0 else 'log1p'!r}."
        )
