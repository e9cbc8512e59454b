"""Which steps of a window the convolutions of a fitted network see."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhybrid.inspection._convolutions import check_layer, convolutions, shifts
from skhybrid.inspection._network import reach_network

__all__ = ["map_steps", "receptive_field"]


def receptive_field(estimator: Any, *, layer: str | None = None) -> int:
    """Return how many steps of the window one value of a feature map sees.

    A convolution or pooling of kernel size k, whose neighbouring inputs lie j steps apart, adds ``(k - 1) * j`` steps;
    a stride of s makes j ``s * j`` for the layers after it [1]_.

    Parameters
    ----------
    estimator : estimator object
        A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one. Its
        convolutions follow one another.

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
    return _field(network, layer).size


def map_steps(estimator: Any, *, layer: str | None = None) -> NDArray[np.intp]:
    """Return the step of the window at which each value of a feature map belongs, which is where to draw it.

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
    stage = convolutions(network)
    field = _field(network, layer)
    n_maps = stage[layer or list(stage)[-1]].outer.output.shape[-2]
    *n_seq, n_steps, _ = network.input_shape_
    steps = field.first + field.stride * np.arange(n_maps)
    return steps + n_steps * np.arange(n_seq[0])[:, None] if n_seq else steps


class _Field(NamedTuple):
    """The part of the window that a value of a feature map sees: `size` steps; value i is at first + i * stride."""

    size: int
    stride: int
    first: int


def _field(network: Any, layer: str | None) -> _Field:
    """Return what the values after `layer`, None for the last one, see of the window."""
    stage = convolutions(network)
    until = list(stage)[-1] if layer is None else check_layer(layer, stage)
    size, stride, first = 1, 1, 0
    for name, (outer, inner) in shifts(network).items():
        if hasattr(inner, "cropping"):
            first += stride * inner.cropping[0]
        elif not isinstance(inner.padding if hasattr(inner, "padding") else "", str):  # zeros before and after
            first -= stride * sum(inner.padding)
        elif hasattr(inner, "strides"):  # others look at one step at a time
            width = inner.kernel_size[0] if hasattr(inner, "kernel_size") else inner.pool_size[0]
            extent = (width - 1) * getattr(inner, "dilation_rate", (1,))[0]
            size += stride * extent
            first += stride * (extent - _count_padding(outer, inner, extent))
            stride *= inner.strides[0]
        if name == until:
            break
    return _Field(size, stride, first)


def _count_padding(outer, inner, extent: int) -> int:
    """Return how many steps of padding a layer adds, whose kernel reaches over `extent` steps."""
    if inner.padding == "causal":
        return extent
    n_inputs, n_outputs = outer.input.shape[-2], outer.output.shape[-2]
    return max((n_outputs - 1) * inner.strides[0] + extent + 1 - n_inputs, 0)
