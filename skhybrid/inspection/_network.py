"""The network inside a fitted estimator, and the windows that reach it.

What is around a network may be a pipeline that ends in it, a search over it, a :class:`WindowedRegressor` or a
``TransformedTargetRegressor``. X is what that estimator's `predict` takes.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhybrid._nested import look_inside_fitted, read_inside
from skhybrid._validation import check_is_fitted

_BATCH_SIZE = 1024  # windows in memory at once, with all that is computed from them


def reach_network(estimator: Any, X: Any = None) -> tuple[Any, Any]:
    """Return the fitted network inside `estimator`, and X as it reaches the network."""
    check_is_fitted(estimator)
    if hasattr(type(estimator), "model_"):  # of the object, it would be made
        return estimator, X
    inside = look_inside_fitted(estimator)
    if len(inside.predictors) == 1:
        return reach_network(inside.predictors[0], X if X is None else read_inside(estimator, inside, X))
    raise ValueError(
        "estimator must be a network of skhybrid, or a pipeline, search or WindowedRegressor around one, but holds "
        f"{type(estimator).__name__}; pass for example a fitted CNNLSTMRegressor."
    )


def read_windows(network: Any, X: ArrayLike) -> NDArray[Any]:
    """Return X as windows, (sample, time, feature), read as `predict` of the network reads them."""
    if network.ahead_shape_ is not None:
        raise ValueError(
            "estimator must read windows alone, but its network reads inputs known ahead as well, which are not looked "
            "into here; fit it without known_future and seasons."
        )
    samples = network.read_samples(X)
    return samples.reshape(len(samples), -1, samples.shape[-1])


def in_batches(function, samples):
    """Return what a function makes of the samples, some of them at a time."""
    starts = range(0, len(samples), _BATCH_SIZE)
    return np.concatenate([np.asarray(function(samples[start : start + _BATCH_SIZE])) for start in starts])
