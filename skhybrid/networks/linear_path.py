"""A linear path beside a network, from what it reads to its outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid.networks._decoder import find_segment_length
from skhybrid.networks._layers import glorot_uniform

__all__ = ["add_linear_path", "find_segment_length", "place", "set_gate", "set_linear_path"]

GATE, OF_WINDOW, OF_AHEAD = "gate", "linear_path", "linear_path_ahead"


def add_linear_path(
    outputs: Any,
    features: Any,
    ahead: Any = None,
    *,
    n_outputs: int,
    seed: int,
    segment_length: int | None = None,
    trainable: bool = True,
    median: int = 0,
) -> Any:
    """Return the outputs of a network with those of a linear layer added, the "highway" of LSTNet [1]_.

    Parameters
    ----------
    outputs : Keras tensor of shape (n_samples, n_outputs * n_quantiles)
        What the network returns; of several quantiles, before they are spread.
    features : Keras tensor of shape (n_samples, n_features)
        What all outputs are linear in.
    ahead : Keras tensor of shape (n_samples, n_steps, n_inputs), default=None
        Inputs known ahead.
    n_outputs : int
        Number of targets.
    seed : int
        Where the first weights come from.
    segment_length : int, default=None
        Number of coming steps whose outputs see each other's inputs known ahead, and no others'; None for all.
    trainable : bool, default=True
        Whether the path is trained with the network. If not, its weights are zeros at first, and the network's outputs
        are multiplied by a gate, one weight each, which is not trained either.
    median : int, default=0
        Which of the quantiles the path adds to.

    Returns
    -------
    outputs : Keras tensor of shape (n_samples, n_outputs * n_quantiles)
        The sum.

    References
    ----------
    .. [1] G. Lai, W.-C. Chang, Y. Yang and H. Liu, "Modeling Long- and Short-Term Temporal Patterns with Deep Neural
       Networks", SIGIR 2018.
    """
    options = [
        {"kernel_initializer": glorot_uniform(seed, name) if trainable else "zeros", "trainable": trainable}
        for name in (OF_WINDOW, OF_AHEAD)
    ]
    linear = keras.layers.Dense(n_outputs, name=OF_WINDOW, **options[0])(features)
    if ahead is not None:
        n_steps, n_inputs = ahead.shape[1:]
        length = segment_length or n_steps
        n_segments = -(-n_steps // length)
        n_more = n_segments * length - n_steps
        padded = keras.layers.ZeroPadding1D((0, n_more), data_format="channels_last", name=f"{OF_AHEAD}_pad")(ahead)
        segments = keras.layers.Reshape((n_segments, length * n_inputs))(padded)
        n_of_segment = length if segment_length else n_outputs
        of_segment = keras.layers.EinsumDense("bsi,sio->bso", (n_segments, n_of_segment), name=OF_AHEAD, **options[1])
        linear += keras.layers.Reshape((n_segments * n_of_segment,))(of_segment(segments))[:, :n_outputs]
    if not trainable:
        gate = keras.layers.EinsumDense(
            "ab,b->ab", outputs.shape[1:], kernel_initializer="ones", trainable=False, name=GATE
        )
        outputs = gate(outputs)
    return outputs + place(linear, outputs.shape[1] // n_outputs, median)


def set_linear_path(
    model: Any, of_features: NDArray[Any], of_ahead: NDArray[Any], bias: NDArray[Any], segment_length: int | None
) -> None:
    """Give the linear path of a model its coefficients.

    Parameters
    ----------
    model : keras.Model
        A model with such a path, which is not trained.
    of_features : ndarray of shape (n_features, n_outputs)
        Coefficients of the features.
    of_ahead : ndarray of shape (n_steps * n_inputs, n_outputs)
        Coefficients of the inputs known ahead, step by step; none where there are none.
    bias : ndarray of shape (n_outputs,)
        Constants.
    segment_length : int or None
        As of `add_linear_path`.
    """
    model.get_layer(OF_WINDOW).set_weights([of_features, bias])
    if len(of_ahead) == 0:
        return
    n_segments, size, n_of_segment = model.get_layer(OF_AHEAD).kernel.shape
    padded = np.zeros((n_segments * size, n_segments * n_of_segment))
    padded[: of_ahead.shape[0], : of_ahead.shape[1]] = of_ahead
    segments = np.arange(n_segments)
    of_segments = padded.reshape(n_segments, size, n_segments, n_of_segment)[segments, :, segments]
    model.get_layer(OF_AHEAD).set_weights([of_segments])


def set_gate(model: Any, gate: NDArray[Any]) -> None:
    """Set what each output of the network, (n_outputs * n_quantiles,), is multiplied by before the path is added."""
    model.get_layer(GATE).set_weights([gate])


def place(outputs: Any, n_quantiles: int, median: int) -> Any:
    """Return one output for each target, (sample, output), among zeros for the other quantiles."""
    if n_quantiles == 1:
        return outputs
    n_outputs = outputs.shape[1]
    is_median = np.eye(n_quantiles, dtype=np.float32)[median]
    by_quantile = keras.layers.Reshape((n_outputs, 1))(outputs) * is_median
    return keras.layers.Reshape((n_outputs * n_quantiles,))(by_quantile)
