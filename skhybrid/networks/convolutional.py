"""Convolutions alone."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, check_convolutions, check_input_shape, check_seed
from skhybrid.networks._layers import CHANNELS_LAST, chain, convolution_layers, read_out


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
    output_activation: Activation = None,
) -> keras.Model:
    """Build Conv1D [-> MaxPooling1D] -> Flatten -> Dense -> output, uncompiled.

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
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "cnn"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, or too few steps are left for a kernel or a pool.

    See Also
    --------
    cnn_lstm : The same convolutions before an LSTM, with notes on what pooling leaves out.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document
       Recognition", Proceedings of the IEEE 86(11), 1998.
    .. [2] S. Bai, J. Z. Kolter and V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent
       Networks for Sequence Modeling", arXiv:1803.01271, 2018 (causal convolution).

    Examples
    --------
    >>> from skhybrid.networks import cnn
    >>> model = cnn((24, 3), 1, seed=0)
    >>> [(layer.name, layer.output.shape[1:]) for layer in model.layers]  # doctest: +NORMALIZE_WHITESPACE
    [('input', (24, 3)), ('conv_1', (24, 32)), ('pool_1', (12, 32)), ('flatten', (384,)), ('dense_1', (32,)),
     ('output', (1,))]
    """
    seed = check_seed(seed)
    shape = check_input_shape(input_shape, ("n_steps", "n_features"))
    convolutions = check_convolutions(shape[0], filters, kernel_size, pool_size, padding, at_least=1)
    inputs = keras.Input(shape, name="input")
    layers = convolution_layers(convolutions, padding=padding, activation=activation, dropout=dropout, seed=seed)
    x = chain(inputs, [*layers, keras.layers.Flatten(data_format=CHANNELS_LAST, name="flatten")])
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name="cnn")
