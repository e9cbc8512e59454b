"""Convolutions over an image before a recurrence that reads its rows."""

from typing import Any

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, check_activation, check_input_shape, check_seed, check_sizes
from skhybrid.networks._layers import CHANNELS_LAST, chain, dropout_layers, glorot_uniform, read_out, recur
from skhybrid.networks._stages import Stage, check_stages


def conv2d_lstm(
    input_shape: tuple[int, int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: Ints = 32,
    kernel_sizes: Ints = (3, 5),
    pool_size: Ints = 2,
    activation: Activation = "relu",
    units: Ints = 128,
    dense_units: Ints = (),
    dropout: float = 0.0,
    bidirectional: bool = False,
    attention: bool = False,
    output_activation: Activation = None,
) -> keras.Model:
    """Build parallel branches of Conv2D -> MaxPooling2D, fused -> LSTM over the rows -> Dense -> output.

    Each branch looks at the image through kernels of its own size. The branches' maps, all of one size, are
    concatenated along the channels, and the LSTM reads the fused map row by row, from top to bottom.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one image, (height, width, channels).
    n_outputs : int
        Number of values predicted for each image.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    filters : int or tuple of int, default=32
        Feature maps of the convolution in each branch; a tuple stacks convolutions, each with its pooling.
    kernel_sizes : int or tuple of int, default=(3, 5)
        Height and width, in pixels, of the kernels; one branch for each.
    pool_size : int or tuple of int, default=2
        Height and width, in pixels, of the blocks whose largest value MaxPooling2D keeps, after each
        convolution; a tuple gives one for each. With 1 there is no pooling, nor along an axis with one pixel
        left.
    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.
    units : int or tuple of int, default=128
        Units of the LSTM; a tuple stacks LSTMs.
    dense_units : int or tuple of int, default=()
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training in the fused rows, after each LSTM and after each hidden dense
        layer.
    bidirectional : bool, default=False
        Read the rows in both directions; the LSTM's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over the rows, instead of its last
        one.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear, "softmax" makes class probabilities.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "conv2d_lstm"; maps (n_samples, height, width, channels) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, or too few pixels are left for a pool.

    See Also
    --------
    conv3d_lstm : The same idea for video, with time as the LSTM's time.

    Notes
    -----
    The convolutions pad with zeros on all sides ("same"), so that kernels of unequal size give maps of one size.
    Rows are not time: every feature may see what is above and below it.

    As commonly published, the branches are flattened to one vector each, which an LSTM refuses, since no axis
    is left to be its time. Here the rows of the map are kept for it.

    References
    ----------
    .. [1] C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015 (kernels of several sizes side by side).
    .. [2] F. Visin et al., "ReNet: A Recurrent Neural Network Based Alternative to Convolutional Networks",
       arXiv:1505.00393, 2015 (a recurrence that reads an image line by line).
    .. [3] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> from skhybrid.networks import conv2d_lstm
    >>> model = conv2d_lstm((8, 8, 1), 10, seed=0, output_activation="softmax")
    >>> model.get_layer("rows").output.shape  # 4 rows, each of 4 columns x (32 + 32) maps
    (None, 4, 256)
    >>> model.count_params()  # 10 * 32, 26 * 32, 4 * 128 * (256 + 128 + 1), 129 * 10
    199562
    """
    seed = check_seed(seed)
    height, width, channels = check_input_shape(input_shape, ("height", "width", "channels"))
    sizes = {"rows": height, "columns": width}
    branches = [
        _branch(check_stages(sizes, filters, kernel_size, pool_size, whole="images"), activation, seed)
        for kernel_size in _check_kernel_sizes(kernel_sizes)
    ]
    inputs = keras.Input((height, width, channels), name="input")
    maps = [chain(inputs, branch) for branch in branches]  # each (sample, row, column, channel)
    x = keras.layers.Concatenate(name="concatenate")(maps) if len(maps) > 1 else maps[0]
    rows = keras.layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]), name="rows")
    x = chain(x, [rows, *dropout_layers(dropout, "conv", seed)])
    x = recur(x, "lstm", units, bidirectional=bidirectional, attention=attention, dropout=dropout, seed=seed)
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name="conv2d_lstm")


def _check_kernel_sizes(kernel_sizes: Ints) -> tuple[int, ...]:
    """Return one kernel size for each branch, no two alike."""
    sizes = check_sizes(kernel_sizes, "kernel_sizes", at_least=1)
    if len(set(sizes)) < len(sizes):
        raise ValueError(
            f"kernel_sizes must differ from branch to branch, but is {kernel_sizes!r}; "
            "for more maps of one size, pass more filters."
        )
    return sizes


def _branch(stages: list[Stage], activation: Activation, seed: int) -> list[Any]:
    """Return Conv2D [-> MaxPooling2D] for each of `stages`; their names end in the size of the kernels."""
    layers: list[Any] = []
    for i, (filters, kernel_size, pool_sizes) in enumerate(stages, start=1):
        place = f"{i}_{kernel_size}x{kernel_size}"
        layers.append(
            keras.layers.Conv2D(
                filters,
                kernel_size,
                data_format=CHANNELS_LAST,
                padding="same",
                activation=check_activation(activation),
                kernel_initializer=glorot_uniform(seed, f"conv_{place}"),
                name=f"conv_{place}",
            )
        )
        if max(pool_sizes) > 1:
            layers.append(keras.layers.MaxPooling2D(pool_sizes, data_format=CHANNELS_LAST, name=f"pool_{place}"))
    return layers
