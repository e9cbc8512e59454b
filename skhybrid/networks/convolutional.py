"""Convolutions alone."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, Regularizer, check_parts
from skhybrid.networks._convolutions import check_convolutions, convolution_layers, residual_blocks
from skhybrid.networks._layers import CHANNELS_LAST, chain, join_ahead, make_inputs, make_model, read_out


def cnn(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: Ints = 32,
    kernel_size: Ints = 3,
    pool_size: Ints = 2,
    padding: str = "causal",
    activation: Activation = "relu",
    dense_units: Ints = 32,
    dropout: float = 0.0,
    strides: Ints | None = 1,
    dilations: Ints = 1,
    residual: bool = False,
    kernel_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    output_activation: Activation = None,
    future_shape: tuple[int, int] | None = None,
) -> keras.Model:
    """Build Conv1D [-> MaxPooling1D] -> Flatten -> Dense -> output, or residual blocks of Conv1D, uncompiled.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one window, (n_steps, n_features).
    n_outputs : int
        Number of values predicted for each window.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions.
    kernel_size : int or tuple of int, default=3
        Steps a filter sees at once; a tuple gives one for each convolution.
    pool_size : int or tuple of int, default=2
        Steps whose largest value MaxPooling1D keeps, after each convolution; a tuple gives one for each.
        With 1, or where one step is left, there is no pooling.
    padding : {"causal", "same", "valid"}, default="causal"
        "causal" keeps all steps, and no feature map sees later steps; "same" keeps all steps and sees both
        sides; "valid", the default of Keras, leaves the first `kernel_size - 1` steps without a feature of
        their own.
    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.
    dense_units : int or tuple of int, default=32
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions and each hidden dense layer.
    strides : int, tuple of int or None, default=1
        Steps from one output of a convolution to the next, counted from the newest step of the window; a tuple gives
        one for each convolution. None is `kernel_size`: the window is cut into segments.
    dilations : int or tuple of int, default=1
        Steps from one step that a filter sees to the next; a tuple gives one for each convolution.
    residual : bool, default=False
        Make each entry of `filters` a residual block of a temporal convolutional network: two convolutions,
        whose outputs are added to the block's input. Nothing is pooled then, and the dense layers read the last
        step alone.
    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of convolutions and dense layers, by its Keras
        name or as an instance; "l2" adds 0.01 times the sum of their squares.
    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    future_shape : tuple of int or None, default=None
        Shape of what is known ahead for each sample, (horizon, n_features), as a second input of the model, "ahead".
        The dense layers read it, flat, beside the features.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "cnn"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, too few steps are left for a kernel or a pool, a convolution has a stride
        and a dilation, or one of a residual block does not keep all steps.

    See Also
    --------
    cnn_lstm : The same convolutions before an LSTM, with notes on strides and on what pooling leaves out.

    Notes
    -----
    A residual block is convolution, activation, dropout of whole feature maps, and all three once more; to this the
    block's input is added, through a convolution of one step where it has another number of maps, and the sum goes
    through the activation [2]_. The weight normalisation of the publication is left out. With `padding` "causal", the
    last step sees 1 + 2 * sum((kernel_size - 1) * dilation) steps: with a kernel of 3, dilations of 1, 2, 4, 8 and 16
    see 125. Without residual blocks, there is one convolution each, and no factor 2.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document
       Recognition", Proceedings of the IEEE 86(11), 1998.
    .. [2] S. Bai, J. Z. Kolter and V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent
       Networks for Sequence Modeling", arXiv:1803.01271, 2018 (causal convolution, residual blocks).

    Examples
    --------
    >>> from skhybrid.networks import cnn
    >>> model = cnn((24, 3), 1, seed=0)
    >>> [(layer.name, layer.output.shape[1:]) for layer in model.layers]  # doctest: +NORMALIZE_WHITESPACE
    [('input', (24, 3)), ('conv_1', (24, 32)), ('pool_1', (12, 32)), ('flatten', (384,)), ('dense_1', (32,)),
     ('output', (1,))]

    A temporal convolutional network that sees 61 steps:

    >>> model = cnn((64, 3), 1, seed=0, filters=(16,) * 4, dilations=(1, 2, 4, 8), residual=True)
    >>> [layer.name for layer in model.layers[:5]]
    ['input', 'conv_1_1', 'conv_1_2', 'skip_1', 'sum_1']
    """
    inputs, ahead = make_inputs(input_shape, ("n_steps", "n_features"), future_shape)
    sizes = (filters, kernel_size, 1 if residual else pool_size, padding)
    convolutions = check_convolutions(inputs.shape[1], *sizes, strides=strides, dilations=dilations, at_least=1)
    parts = check_parts(dropout, seed, kernel_regularizer, bias=bias_regularizer)
    if residual:
        x = residual_blocks(inputs, convolutions, padding=padding, activation=activation, **parts)
        x = keras.layers.Cropping1D((x.shape[1] - 1, 0), name="last_step")(x)
    else:
        x = chain(inputs, convolution_layers(convolutions, padding=padding, activation=activation, **parts))
    x = join_ahead(keras.layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x), ahead)
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, **parts)
    return make_model(inputs, ahead, outputs, "cnn")
