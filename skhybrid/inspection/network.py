"""What a fitted network has learned to look at: its filters, their responses, and what moves its predictions.

Each function takes a fitted network, or what stands around one: a pipeline that ends in it, a search over it, a
:class:`WindowedRegressor` or a ``TransformedTargetRegressor``. X is what that estimator's `predict` takes.
"""

# Keras is imported inside the functions, which meet it in a fitted network: the displays need none of it.
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skhybrid._nested import Inside, look_inside_fitted
from skhybrid._validation import (
    check_finite,
    check_is_fitted,
    check_positive_int,
)

_BATCH_SIZE = 1024  # windows in memory at once, with all that is computed from them


def feature_maps(estimator: Any, X: ArrayLike, *, layer: str | None = None) -> NDArray[np.float32]:
    """Return what the convolutions make of each window, which is what the recurrence behind them reads.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

    X : array-like
        What `estimator.predict` takes.

    layer : str, default=None
        Name of the layer of ``model_`` whose outputs to return, for example ``"conv_1"``. None takes the last one of
        the convolutions, with the pooling and activation behind it.

    Returns
    -------
    maps : ndarray of shape (n_samples, n_steps, n_filters) or (n_samples, n_seq, n_steps, n_filters)
        One response per step and filter. Convolutions without padding and pooling leave fewer steps than the window
        has. Windows of subsequences keep these apart.

    Raises
    ------
    ValueError
        If there is no network inside `estimator`, or it has no convolution, or no layer of this name.

    See Also
    --------
    receptive_field : Number of steps that one response sees.
    FeatureMapDisplay : Draws the responses below the window.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, feature_maps, make_windows
    >>> X, y = make_windows(np.sin(np.arange(80) / 3), window_length=12)
    >>> model = CNNLSTMRegressor(filters=4, pool_size=2, units=4, epochs=1, random_state=0).fit(X, y)
    >>> feature_maps(model, X[:5]).shape
    (5, 6, 4)
    """
    network, X = reach_network(estimator, X)
    names = [other.name for other in network.model_.layers]
    if layer is None:
        *_, layer = _convolutions(network)
    elif layer not in names:
        raise ValueError(f"layer={layer!r} must name a layer of the network, which has {names}; pass one, or None.")
    windows = read_windows(network, X)
    part = _cut_behind(network.model_, layer)
    return _in_batches(lambda batch: part(batch, training=False), windows.reshape(-1, *network.input_shape_))


def filters(estimator: Any, *, layer: str | None = None) -> NDArray[np.float32]:
    """Return the kernels of a convolution.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

    layer : str, default=None
        Name of the convolution, for example ``"conv_2"``. None takes the first one, which reads the windows.

    Returns
    -------
    kernels : ndarray of shape (kernel_size, n_features, n_filters)
        The weight ``kernels[-1]`` multiplies the newest step that a filter sees, ``kernels[0]`` the oldest: Keras'
        convolutions do not turn the kernel round.

    Raises
    ------
    ValueError
        If there is no network inside `estimator`, or it has no convolution (of this name).

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, filters, make_windows
    >>> X, y = make_windows(np.sin(np.arange(80) / 3), window_length=12)
    >>> model = CNNLSTMRegressor(filters=4, kernel_size=5, units=4, epochs=1, random_state=0).fit(X, y)
    >>> filters(model).shape
    (5, 1, 4)
    """
    network, _ = reach_network(estimator)
    stage = _convolutions(network)
    kernels = {name: part.inner.kernel for name, part in stage.items() if hasattr(part.inner, "kernel")}
    if layer is None:
        layer = next(iter(kernels))
    return np.asarray(kernels[_check_layer(layer, kernels)])


def receptive_field(estimator: Any, *, layer: str | None = None) -> int:
    """Return how many steps of the window one value of a feature map sees.

    A convolution or pooling of kernel size k, whose neighbouring inputs lie j steps apart, adds ``(k - 1) * j`` steps;
    a stride of s makes j ``s * j`` for the layers behind it [1]_.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one. Its
        convolutions stand one behind the other.

    layer : str, default=None
        Name of the convolution or pooling whose values are meant. None takes the last one.

    Returns
    -------
    n_steps : int
        Number of steps. It may exceed the steps of a window: the values then see all of it, and padding.

    Raises
    ------
    ValueError
        If there is no network inside `estimator`, or it has no convolution (or no layer of this name among them).

    References
    ----------
    .. [1] A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill,
       2019. https://distill.pub/2019/computing-receptive-fields

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, make_windows, receptive_field
    >>> X, y = make_windows(np.sin(np.arange(80) / 3), window_length=12)
    >>> model = CNNLSTMRegressor((4, 4), kernel_size=3, pool_size=2, units=4, epochs=1, random_state=0).fit(X, y)
    >>> receptive_field(model)  # 3, a pool 2 wide: 4, a kernel over every other step: 4 + 2 * 2, a pool: 8 + 2
    10
    """
    network, _ = reach_network(estimator)
    return _field(_convolutions(network), layer).size


def map_steps(estimator: Any, *, layer: str | None = None) -> NDArray[np.intp]:
    """Return the step of the window at which each value of a feature map stands, which is where to draw it.

    That is the last step which the value sees, or, where padding ("same") centres the kernel, the one in its middle.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

    layer : str, default=None
        Name of the convolution or pooling whose values are meant. None takes the last one.

    Returns
    -------
    steps : ndarray of shape (n_steps,) or (n_seq, n_steps)
        Positions in the window, 0 for its oldest step, one for each step of :func:`feature_maps`.
    """
    network, _ = reach_network(estimator)
    stage = _convolutions(network)
    field = _field(stage, layer)
    n_maps = stage[layer or list(stage)[-1]].outer.output.shape[-2]
    *n_seq, n_steps, _ = network.input_shape_
    steps = field.first + field.stride * np.arange(n_maps)
    return steps + n_steps * np.arange(n_seq[0])[:, None] if n_seq else steps


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
        In the units of y (behind a transformer of the target, in the units that the network predicts), oldest step
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
    gradient = _gradient(network, output)
    windows = read_windows(network, X)
    shift = windows - _check_baseline(baseline, windows)  # (sample, time, feature)
    mean_gradient = np.zeros(windows.shape)
    for point in (np.arange(n_points) + 0.5) / n_points:  # midpoints of equal parts
        samples = (windows + (point - 1) * shift).reshape(-1, *network.sample_shape_)
        mean_gradient += _in_batches(gradient, samples).reshape(windows.shape) / n_points
    return shift * mean_gradient


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


def reach_network(estimator: Any, X: Any = None) -> tuple[Any, Any]:
    """Return the fitted network inside `estimator`, and X as it reaches the network."""
    check_is_fitted(estimator)
    if hasattr(estimator, "to_keras"):
        return estimator, X
    inside = look_inside_fitted(estimator)
    if len(inside.predictors) == 1:
        return reach_network(inside.predictors[0], X if X is None else _read_inside(estimator, inside, X))
    raise ValueError(
        "estimator must be a network of skhybrid, or a pipeline, search or WindowedRegressor around one, but holds "
        f"{type(estimator).__name__}; pass for example a fitted CNNLSTMRegressor."
    )


def _read_inside(estimator: Any, inside: Inside, X: Any) -> Any:
    """Return X as it reaches what predicts inside an estimator."""
    for step in inside.steps[:-1]:
        X = step.transform(X)
    return estimator.read_windows(X) if hasattr(estimator, "read_windows") else X


def read_windows(network: Any, X: ArrayLike) -> NDArray[Any]:
    """Return X as windows, (sample, time, feature), read as `predict` of the network reads them."""
    samples = network.read_samples(X)
    check_finite(samples, "X")  # attributions and maps of sequences that end early are not defined here
    return samples.reshape(len(samples), -1, samples.shape[-1])


def _cut_behind(model, name):
    """Return the part of a model that ends with the layer of this name."""
    from skhybrid._backend import keras

    outputs = {}

    def call(layer, *args, **kwargs):
        outputs[layer.name] = layer(*args, **kwargs)
        return outputs[layer.name]

    # A layer's own `output` may belong to another graph that it was first built in, so send a new input through all.
    graph = keras.Model(model.inputs, model.outputs)
    copied = keras.models.clone_model(graph, clone_function=lambda layer: layer, call_function=call)
    return keras.Model(copied.inputs[0], outputs[name])


class _Layer(NamedTuple):
    """A layer of a model, and the layer inside it where it is applied to each subsequence."""

    outer: Any
    inner: Any


def _convolutions(network) -> dict[str, _Layer]:
    """Return the convolutions by name, with the pooling and the activations behind them."""
    from skhybrid._backend import keras

    pools = (keras.layers.MaxPooling1D, keras.layers.AveragePooling1D)
    activations = (keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.ReLU)
    stage: dict[str, _Layer] = {}
    for outer in network.model_.layers:
        layer = _Layer(outer, getattr(outer, "layer", outer))
        keeps_time = stage and len(outer.output.shape) > 2
        if isinstance(layer.inner, keras.layers.Conv1D) or (
            keeps_time and isinstance(layer.inner, (*pools, *activations))
        ):
            stage[outer.name] = layer
    if not stage:
        raise ValueError(
            f"estimator must have a convolution over time, but {type(network).__name__} has the layers "
            f"{[layer.name for layer in network.model_.layers]}; pass for example a fitted CNNLSTMRegressor."
        )
    return stage


class _Field(NamedTuple):
    """The part of the window that a value of a feature map sees: `size` steps; value i stands at first + i * stride."""

    size: int
    stride: int
    first: int


def _field(stage: dict[str, _Layer], layer: str | None) -> _Field:
    """Return what the values behind `layer`, None for the last one, see of the window."""
    names = list(stage)
    until = names[-1] if layer is None else _check_layer(layer, stage)
    size, stride, first = 1, 1, 0
    for outer, inner in (stage[name] for name in names[: names.index(until) + 1]):
        if hasattr(inner, "strides"):  # others look at one step at a time
            width = inner.kernel_size[0] if hasattr(inner, "kernel_size") else inner.pool_size[0]
            extent = (width - 1) * getattr(inner, "dilation_rate", (1,))[0]
            size += stride * extent
            first += stride * (extent - _count_padding(outer, inner, extent))
            stride *= inner.strides[0]
    return _Field(size, stride, first)


def _count_padding(outer, inner, extent: int) -> int:
    """Return how many steps of padding a layer adds, whose kernel reaches over `extent` steps."""
    if inner.padding == "causal":
        return extent
    n_inputs, n_outputs = outer.input.shape[-2], outer.output.shape[-2]
    return max((n_outputs - 1) * inner.strides[0] + extent + 1 - n_inputs, 0)


def _check_layer(layer, stage):
    """Return the name of a layer where it is one of `stage`."""
    if layer not in stage:
        raise ValueError(
            f"layer={layer!r} must be one of the network's convolutions, {list(stage)}; pass one of these, or None."
        )
    return layer


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
        return windows.mean(axis=0)
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


def _in_batches(function, samples):
    """Return what a function makes of the samples, some of them at a time."""
    starts = range(0, len(samples), _BATCH_SIZE)
    return np.concatenate([np.asarray(function(samples[start : start + _BATCH_SIZE])) for start in starts])
