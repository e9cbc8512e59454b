"""Convolutions over the frames of a clip before a recurrence that reads them in time."""

from typing import Any

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, check_activation, check_input_shape, check_seed
from skhybrid.networks._layers import CHANNELS_LAST, chain, dropout_layers, glorot_uniform, read_out, recur
from skhybrid.networks._stages import Stage, check_stages


def conv3d_lstm(
    input_shape: tuple[int, int, int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: Ints = 32,
    kernel_size: Ints = 3,
    pool_size: Ints = 2,
    activation: Activation = "relu",
    units: Ints = 128,
    dense_units: Ints = (),
    dropout: float = 0.0,
    bidirectional: bool = False,
    attention: bool = False,
    output_activation: Activation = None,
) -> keras.Model:
    """Build Conv3D -> MaxPooling3D -> LSTM over the frames -> Dense -> output, causal in time and uncompiled.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip, (frames, height, width, channels).
    n_outputs : int
        Number of values predicted for each clip.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions, each with its pooling.
    kernel_size : int or tuple of int, default=3
        Frames, and height and width in pixels, that a filter sees at once; a tuple gives one for each
        convolution.
    pool_size : int or tuple of int, default=2
        Frames, and height and width in pixels, of the blocks whose largest value MaxPooling3D keeps, after
        each convolution; a tuple gives one for each. With 1 there is no pooling, nor along an axis with one
        frame or pixel left.
    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.
    units : int or tuple of int, default=128
        Units of the LSTM; a tuple stacks LSTMs.
    dense_units : int or tuple of int, default=()
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training in the flattened frames, after each LSTM and after each hidden
        dense layer.
    bidirectional : bool, default=False
        Read the frames in both directions; the LSTM's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over the frames, instead of its last
        one.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear, "softmax" makes class probabilities.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "conv3d_lstm"; maps (n_samples, frames, height, width, channels) to
        (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, or too few frames or pixels are left for a pool.

    See Also
    --------
    conv2d_lstm : The same idea for images, with their rows as the LSTM's time.

    Notes
    -----
    The convolutions pad with zeros: `kernel_size - 1` frames before the first and none after the last, so
    that no feature map sees later frames, and on both sides in height and width. After pools, block j (from 0)
    covers `pool_size` frames and knows nothing later than the last of them. Frames that do not fill a block at
    the end of the clip, which are its newest, are left out, as are pixels at the right and lower edges; choose
    a `pool_size` that divides the frames.

    As commonly published, the pooled maps are flattened to one vector, which an LSTM refuses, since no axis is
    left to be its time. Here time is kept, and each remaining frame is flattened.

    References
    ----------
    .. [1] M. Baccouche, F. Mamalet, C. Wolf, C. Garcia and A. Baskurt, "Sequential Deep Learning for Human Action
       Recognition", HBU 2011 (3-D convolutions before an LSTM).
    .. [2] D. Tran, L. Bourdev, R. Fergus, L. Torresani and M. Paluri, "Learning Spatiotemporal Features with 3D
       Convolutional Networks", ICCV 2015.
    .. [3] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> from skhybrid.networks import conv3d_lstm
    >>> model = conv3d_lstm((12, 8, 8, 1), 4, seed=0, filters=16, units=32, output_activation="softmax")
    >>> [layer.name for layer in model.layers]
    ['input', 'pad_1', 'crop_1', 'conv_1', 'pool_1', 'frames', 'lstm_1', 'output']
    >>> model.get_layer("frames").output.shape  # 6 frames, each of 4 x 4 pixels x 16 maps
    (None, 6, 256)
    """
    seed = check_seed(seed)
    shape = check_input_shape(input_shape, ("frames", "height", "width", "channels"))
    sizes = dict(zip(("frames", "rows", "columns"), shape[:-1], strict=True))
    stages = check_stages(sizes, filters, kernel_size, pool_size, whole="clips")
    inputs = keras.Input(shape, name="input")
    x = chain(inputs, _convolutions(stages, activation, seed))  # (sample, frame, row, column, channel)
    frames = keras.layers.Reshape((x.shape[1], x.shape[2] * x.shape[3] * x.shape[4]), name="frames")
    x = chain(x, [frames, *dropout_layers(dropout, "conv", seed)])
    x = recur(x, "lstm", units, bidirectional=bidirectional, attention=attention, dropout=dropout, seed=seed)
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name="conv3d_lstm")


def _convolutions(stages: list[Stage], activation: Activation, seed: int) -> list[Any]:
    """Return ZeroPadding3D -> Cropping3D -> Conv3D [-> MaxPooling3D] for each of `stages`."""
    layers: list[Any] = []
    for i, (filters, kernel_size, pool_sizes) in enumerate(stages, start=1):
        n_more = kernel_size - 1
        both_sides = (n_more // 2, n_more - n_more // 2)
        layers += [
            # Keras pads all axes in one way, so they are padded by hand: time in front alone. One frame too many is
            # cut off again: TensorFlow merges a padding with the convolution right after it, and complains of its own
            # merger when it trains them.
            keras.layers.ZeroPadding3D(
                ((n_more + 1, 0), both_sides, both_sides), data_format=CHANNELS_LAST, name=f"pad_{i}"
            ),
            keras.layers.Cropping3D(((1, 0), (0, 0), (0, 0)), data_format=CHANNELS_LAST, name=f"crop_{i}"),
            keras.layers.Conv3D(
                filters,
                kernel_size,
                data_format=CHANNELS_LAST,
                activation=check_activation(activation),
                kernel_initializer=glorot_uniform(seed, f"conv_{i}"),
                name=f"conv_{i}",
            ),
        ]
        if max(pool_sizes) > 1:
            layers.append(keras.layers.MaxPooling3D(pool_sizes, data_format=CHANNELS_LAST, name=f"pool_{i}"))
    return layers
