"""Convolution before a recurrence: short local patterns first, then their long memory."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, check_convolutions, check_input_shape, check_seed
from skhybrid.networks._ends import chain_to_ends, find_ends
from skhybrid.networks._layers import CHANNELS_LAST, chain, convolution_layers, read_out, recur


def cnn_lstm(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: Ints = 32,
    kernel_size: Ints = 3,
    pool_size: Ints = 1,
    padding: str = "causal",
    activation: Activation = "relu",
    units: Ints = 32,
    dense_units: Ints = 16,
    dropout: float = 0.0,
    bidirectional: bool = False,
    attention: bool = False,
    output_activation: Activation = None,
    masked: bool = False,
) -> keras.Model:
    """Build Conv1D [-> MaxPooling1D] -> LSTM [-> attention] -> Dense -> output, uncompiled.

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
        Feature maps of the convolution; a tuple stacks convolutions, `()` leaves them out (a plain LSTM).
    kernel_size : int or tuple of int, default=3
        Steps a filter sees at once; a tuple gives one for each convolution.
    pool_size : int or tuple of int, default=1
        Steps whose largest value MaxPooling1D keeps, after each convolution; a tuple gives one for each.
        With 1, or where one step is left, there is no pooling.
    padding : {"causal", "same", "valid"}, default="causal"
        "causal" keeps all steps, and no feature map sees later steps; "same" keeps all steps and sees both
        sides; "valid", the default of Keras, leaves the first `kernel_size - 1` steps without a feature of
        their own.
    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.
    units : int or tuple of int, default=32
        Units of the LSTM; a tuple stacks LSTMs.
    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions, each LSTM and each hidden dense layer.
    bidirectional : bool, default=False
        Read the window in both directions; the LSTM's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over time, instead of its last one.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "cnn_lstm"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, or too few steps are left for a kernel or a pool.

    Notes
    -----
    MaxPooling1D takes blocks that do not overlap. After causal convolutions, block j (from 0) covers the
    steps `j * pool_size` to `(j + 1) * pool_size - 1` and knows nothing later than its own last step: the
    pooled features are causal block by block, not step by step. Steps that do not fill a block at the end of
    the window, which are its newest, are left out, as Keras does it; choose a `pool_size` that divides the
    steps.

    Attention is the simplest of its kind: a linear score for each step, a softmax over the steps, and the sum
    of the LSTM's outputs with these weights [4]_ [5]_.

    References
    ----------
    .. [1] T. N. Sainath, O. Vinyals, A. Senior and H. Sak, "Convolutional, Long Short-Term Memory, fully
       connected Deep Neural Networks", ICASSP 2015 (the order convolution, LSTM, dense).
    .. [2] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
    .. [3] S. Bai, J. Z. Kolter and V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent
       Networks for Sequence Modeling", arXiv:1803.01271, 2018 (causal convolution).
    .. [4] D. Bahdanau, K. Cho and Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and
       Translate", ICLR 2015.
    .. [5] C. Raffel and D. P. W. Ellis, "Feed-Forward Networks with Attention Can Solve Some Long-Term Memory
       Problems", arXiv:1512.08756, 2015.

    Examples
    --------
    >>> from skhybrid.networks import cnn_lstm
    >>> model = cnn_lstm((12, 1), 1, seed=0)
    >>> [layer.name for layer in model.layers]
    ['input', 'conv_1', 'lstm_1', 'dense_1', 'output']
    >>> model.count_params()
    8993
    """
    seed = check_seed(seed)
    shape = check_input_shape(input_shape, ("n_steps", "n_features"))
    convolutions = check_convolutions(shape[0], filters, kernel_size, pool_size, padding)
    inputs = keras.Input(shape, name="input")
    layers = convolution_layers(convolutions, padding=padding, activation=activation, dropout=dropout, seed=seed)
    if masked:
        x, known = chain_to_ends(*find_ends(inputs), layers, wrap=lambda layer: layer)
    else:
        x, known = chain(inputs, layers), None
    x = recur(
        x, "lstm", units, bidirectional=bidirectional, attention=attention, dropout=dropout, seed=seed, known=known
    )
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name="cnn_lstm")


def time_distributed_cnn_lstm(
    input_shape: tuple[int, int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: Ints = 32,
    kernel_size: Ints = 3,
    pool_size: Ints = 1,
    padding: str = "causal",
    activation: Activation = "relu",
    units: Ints = 32,
    dense_units: Ints = 16,
    dropout: float = 0.0,
    bidirectional: bool = False,
    attention: bool = False,
    output_activation: Activation = None,
    masked: bool = False,
) -> keras.Model:
    """Build TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM [-> attention] -> Dense -> output.

    Each subsequence goes through the same convolutions on its own; the LSTM reads one vector for each.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one nested window, (n_seq, n_steps, n_features).
    n_outputs : int
        Number of values predicted for each window.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions, `()` leaves them out.
    kernel_size : int or tuple of int, default=3
        Steps a filter sees at once; a tuple gives one for each convolution.
    pool_size : int or tuple of int, default=1
        Steps whose largest value MaxPooling1D keeps, after each convolution; a tuple gives one for each.
        With 1, or where one step is left, there is no pooling.
    padding : {"causal", "same", "valid"}, default="causal"
        "causal" keeps all steps of a subsequence, and no feature map sees later steps; "same" keeps all steps
        and sees both sides; "valid", the default of Keras, leaves `n_steps - kernel_size + 1` steps.
    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.
    units : int or tuple of int, default=32
        Units of the LSTM; a tuple stacks LSTMs.
    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions, each LSTM and each hidden
        dense layer.
    bidirectional : bool, default=False
        Read the subsequences in both directions; the LSTM's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over the subsequences, instead of
        its last one.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "time_distributed_cnn_lstm"; maps (n_samples, n_seq, n_steps, n_features) to
        (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, or a subsequence has too few steps for a kernel or a pool.

    See Also
    --------
    cnn_lstm : The same on plain windows, with notes on pooling and attention.

    References
    ----------
    .. [1] T. N. Sainath, O. Vinyals, A. Senior and H. Sak, "Convolutional, Long Short-Term Memory, fully
       connected Deep Neural Networks", ICASSP 2015 (the order convolution, LSTM, dense).
    .. [2] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> from skhybrid.networks import time_distributed_cnn_lstm
    >>> model = time_distributed_cnn_lstm(
    ...     (4, 8, 1), 1, seed=0, filters=16, pool_size=2, padding="valid", dense_units=()
    ... )
    >>> [layer.name for layer in model.layers]
    ['input', 'conv_1', 'pool_1', 'flatten', 'lstm_1', 'output']
    >>> model.count_params()
    10465
    """
    seed = check_seed(seed)
    shape = check_input_shape(input_shape, ("n_seq", "n_steps", "n_features"))
    convolutions = check_convolutions(shape[1], filters, kernel_size, pool_size, padding, whole="subsequences")
    layers = convolution_layers(convolutions, padding=padding, activation=activation, dropout=dropout, seed=seed)
    layers.append(keras.layers.Flatten(data_format=CHANNELS_LAST, name="flatten"))
    inputs = keras.Input(shape, name="input")
    if masked:
        x, known = chain_to_ends(*find_ends(inputs), layers, wrap=_for_each_subsequence)
        known = keras.ops.max(known, axis=-1)  # (sample, subsequence)
    else:
        x, known = chain(inputs, map(_for_each_subsequence, layers)), None
    x = recur(
        x, "lstm", units, bidirectional=bidirectional, attention=attention, dropout=dropout, seed=seed, known=known
    )
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name="time_distributed_cnn_lstm")


def _for_each_subsequence(layer):
    return keras.layers.TimeDistributed(layer, name=layer.name)
