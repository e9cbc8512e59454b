"""Fully connected layers on the flattened window."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, Regularizer, check_parts
from skhybrid.networks._layers import CHANNELS_LAST, join_ahead, make_inputs, make_model, read_out


def dense(
    input_shape: tuple[int, ...],
    n_outputs: int,
    *,
    seed: int,
    dense_units: Ints = (128, 64),
    activation: Activation = "relu",
    dropout: float = 0.0,
    kernel_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    output_activation: Activation = None,
    future_shape: tuple[int, int] | None = None,
) -> keras.Model:
    """Build Flatten -> Dense ... -> output, uncompiled.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one sample: (n_steps, n_features), or any other.
    n_outputs : int
        Number of values predicted for each sample.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    dense_units : int or tuple of int, default=(128, 64)
        Units of the hidden layers; `()` for none, which is a linear model.
    activation : str, callable or None, default="relu"
        Activation of the hidden layers, by its Keras name.
    dropout : float, default=0.0
        Share of values set to 0 in training after each hidden layer.
    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of the dense layers, by its Keras
        name or as an instance; "l2" adds 0.01 times the sum of their squares.
    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for their biases.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    future_shape : tuple of int or None, default=None
        Shape of what is known ahead for each sample, (horizon, n_features), as a second input of the model, "ahead".
        It is read, flat, beside the flat sample.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "dense"; maps (n_samples, *input_shape) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural
       Networks", AISTATS 2010 (the first weights).

    Examples
    --------
    >>> from skhybrid.networks import dense
    >>> dense((24, 3), 1, seed=0).count_params()  # 72 * 128 + 128, 128 * 64 + 64, 64 + 1
    17665
    """
    inputs, ahead = make_inputs(input_shape, (), future_shape)
    parts = check_parts(dropout, seed, kernel_regularizer, bias=bias_regularizer)
    x = keras.layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(inputs)
    outputs = read_out(join_ahead(x, ahead), n_outputs, dense_units, activation, output_activation, **parts)
    return make_model(inputs, ahead, outputs, "dense")
