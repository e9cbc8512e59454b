"""What moves the predictions of a fitted network: integrated gradients, by lag and feature."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skhybrid._validation import check_positive_int
from skhybrid.inspection._network import in_batches, reach_network, read_windows

__all__ = ["saliency", "saliency_table"]


def saliency(
    estimator: Any, X: ArrayLike, *, baseline: ArrayLike | None = None, output: int = 0, n_points: int = 64
) -> NDArray[np.float64]:
    """Return how much each value of a window moves the prediction, by integrated gradients.

    The attribution of a value is its distance from the baseline, times the mean gradient of the prediction on the
    straight line from the baseline to the window [1]_. Over a window the attributions add up to the prediction minus
    the prediction for the baseline, as closely as `n_points` points on that line allow.

    Parameters
    ----------
    estimator : estimator object
        A fitted network, or a pipeline, search or :class:`WindowedRegressor` around one.

    X : array-like
        What `estimator.predict` takes.

    baseline : float or array-like, default=None
        The window to compare with, as it reaches the network: one number for all its values, or an array of shape
        (n_features,) or (n_steps, n_features). None takes the mean of the windows of X, so that the attributions
        say what sets a window's prediction apart from that of the mean window.

    output : int, default=0
        Column of y, or class, whose prediction to attribute.

    n_points : int, default=64
        Number of points on the line from the baseline to a window; twice as many halve the error, and take twice the
        time.

    Returns
    -------
    attributions : ndarray of shape (n_samples, n_steps, n_features)
        In the units of y (inside a transformer of the target, in the units that the network predicts), oldest step
        first. Subsequences are joined.

    Raises
    ------
    ValueError
        If there is no network inside `estimator`, it has no such `output`, `baseline` does not fit a window, or X is
        one window only and `baseline` is None.

    See Also
    --------
    saliency_table : Mean over the windows, by lag and feature.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseRegressor, make_windows, saliency
    >>> X, y = make_windows(np.sin(np.arange(80) / 3), window_length=12)
    >>> model = DenseRegressor(8, epochs=1, random_state=0).fit(X, y)
    >>> attributions = saliency(model, X, baseline=0)
    >>> attributions.shape
    (68, 12, 1)
    >>> difference = model.predict(X) - model.predict(np.zeros_like(X))
    >>> bool(np.allclose(attributions.sum(axis=(1, 2)), difference, atol=0.02))
    True
    """
    n_points = check_positive_int(n_points, "n_points")
    network, X = reach_network(estimator, X)
    windows = read_windows(network, X)
    gradient = _gradient(network, output)
    shift = windows - _check_baseline(baseline, windows)  # (sample, time, feature)
    mean_gradient = np.zeros(windows.shape)
    for point in (np.arange(n_points) + 0.5) / n_points:  # midpoints of equal parts
        samples = (windows + (point - 1) * shift).reshape(-1, *network.sample_shape_)
        mean_gradient += in_batches(gradient, samples).reshape(windows.shape) / n_points
    return np.where(np.isnan(windows), 0, shift * mean_gradient)  # steps after the end of a sequence say nothing


def saliency_table(attributions: ArrayLike, feature_names: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the mean size of attributions by lag and feature.

    Parameters
    ----------
    attributions : array-like of shape (n_samples, n_steps, n_features)
        What :func:`saliency` returns.

    feature_names : list of str, default=None
        Names of the features. None counts them: ``feature 0``, ``feature 1``, ...

    Returns
    -------
    table : DataFrame of shape (n_steps, n_features)
        Mean absolute attribution over the windows. The index is the lag: 0 for the last step of a window, 1 for the
        step before it. ``table.sum(axis=1)`` is the saliency by lag, ``table.sum()`` that by feature.

    Raises
    ------
    ValueError
        If `attributions` is not 3-D, or `feature_names` does not hold one name per feature.

    Examples
    --------
    >>> from skhybrid import saliency_table
    >>> saliency_table([[[1.0, 0.0], [4.0, -2.0]], [[-3.0, 0.0], [2.0, 0.0]]], ["load", "price"])
         load  price
    lag
    1     2.0    0.0
    0     3.0    1.0
    """
    sizes = np.abs(np.asarray(attributions, dtype=float))
    if sizes.ndim != 3:
        raise ValueError(
            f"attributions must have shape (n_samples, n_steps, n_features), but has shape {sizes.shape}; pass what "
            "saliency returns."
        )
    n_steps, n_features = sizes.shape[1:]
    names = [f"feature {i}" for i in range(n_features)] if feature_names is None else list(map(str, feature_names))
    if len(names) != n_features:
        raise ValueError(
            f"feature_names must hold one name for each of the {n_features} features, but is {names}; pass them in "
            "the order of the windows' features."
        )
    return pd.DataFrame(sizes.mean(axis=0), index=pd.RangeIndex(n_steps - 1, -1, -1, name="lag"), columns=names)


def name_output(estimator: Any, output: int) -> str:
    """Return what the predictions of an output are measured in: the probability of a class, or the units of y."""
    network, _ = reach_network(estimator)
    return f"probability of {network.classes_[output]}" if hasattr(network, "classes_") else "units of y"


def _check_output(output, n_outputs):
    """Refuse the position of an output that the network does not have."""
    if output not in range(n_outputs):
        raise ValueError(
            f"output={output!r} must be the position of one of the network's {n_outputs} outputs, 0 to "
            f"{n_outputs - 1}; pass one of these."
        )


def _check_baseline(baseline, windows):
    """Return the baseline as an array that fits each of the windows."""
    if baseline is None and len(windows) == 1:
        raise ValueError(
            "baseline=None takes the mean of the windows, but X holds 1 window, which is its own mean; pass several "
            "windows, or a baseline."
        )
    if baseline is None:
        return np.nanmean(windows, axis=0)
    try:
        return np.broadcast_to(np.asarray(baseline, dtype=float), windows.shape[1:])
    except ValueError:
        raise ValueError(
            f"baseline must be a number or fit windows of shape {windows.shape[1:]}, (n_steps, n_features), but has "
            f"shape {np.shape(baseline)}; pass an array of that shape."
        ) from None


def _gradient(network, output):
    """Return a function that maps samples to the gradients of one output, in the units of y."""
    from skhybrid._backend import tf

    model = network.to_keras()
    _check_output(output, model.output_shape[1])
    # Of several quantiles the median is the prediction.
    column = (output,) if len(model.output_shape) == 2 else (output, list(network.quantiles).index(0.5))

    def gradient(samples):
        with tf.GradientTape() as tape:
            tape.watch(samples)
            prediction = model(samples, training=False)[:, *column]
        return tape.gradient(prediction, samples)

    # One program for any number of samples; made beforehand, it is not reported as traced once more.
    program = tf.function(gradient).get_concrete_function(tf.TensorSpec((None, *network.sample_shape_), tf.float32))
    return lambda samples: program(tf.constant(samples, tf.float32))
