"""What the convolutions of a fitted network make of a window, and the kernels by which they do."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhybrid.inspection._convolutions import check_layer, convolutions
from skhybrid.inspection._network import in_batches, reach_network, read_windows

__all__ = ["feature_maps", "filters"]


def feature_maps(estimator: Any, X: ArrayLike, *, layer: str | None = None) -> NDArray[np.float32]:
    """Return what the convolutions make of each window, which is what the recurrence after them reads.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

    X : array-like
        What `estimator.predict` takes.

    layer : str, default=None
        Name of the layer of ``model_`` whose outputs to return, for example ``"conv_1"``. None takes the last one of
        the convolutions, with the pooling and activation after it.

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
        *_, layer = convolutions(network)
    elif layer not in names:
        raise ValueError(f"layer={layer!r} must name a layer of the network, which has {names}; pass one, or None.")
    windows = read_windows(network, X)
    part = _cut_after(network.model_, layer)
    return in_batches(lambda batch: part(batch, training=False), windows.reshape(-1, *network.input_shape_))


def filters(
    estimator: Any, *, layer: str | None = None, return_bias: bool = False
) -> NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the kernels of a convolution.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

    layer : str, default=None
        Name of the convolution, for example ``"conv_2"``. None takes the first one, which reads the windows.

    return_bias : bool, default=False
        Whether to return what is added to the response of each filter as well.

    Returns
    -------
    kernels : ndarray of shape (kernel_size, n_features, n_filters)
        The weight ``kernels[-1]`` multiplies the newest step that a filter sees, ``kernels[0]`` the oldest: Keras'
        convolutions do not turn the kernel round.

    bias : ndarray of shape (n_filters,)
        With ``return_bias=True``. Zeros where the convolution has none.

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
    stage = convolutions(network)
    kernels = {name: part.inner.kernel for name, part in stage.items() if hasattr(part.inner, "kernel")}
    if layer is None:
        layer = next(iter(kernels))
    found = np.asarray(kernels[check_layer(layer, kernels)])
    if not return_bias:
        return found
    bias = getattr(stage[layer].inner, "bias", None)
    return found, np.zeros(found.shape[-1], np.float32) if bias is None else np.asarray(bias)


def _cut_after(model, name):
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
