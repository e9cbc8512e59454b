"""Convolution before a recurrence: short local patterns first, then their long memory."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, Regularizer, check_parts
from skhybrid.networks._convolutions import check_convolutions, convolution_layers, convolve
from skhybrid.networks._decoder import check_horizon, recur_and_read_out
from skhybrid.networks._layers import CHANNELS_LAST, make_inputs, make_model


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
    strides: Ints | None = 1,
    cell: str = "lstm",
    decoder: str = "dense",
    segment_length: int | None = None,
    kernel_regularizer: Regularizer = None,
    recurrent_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    output_activation: Activation = None,
    masked: bool = False,
    future_shape: tuple[int, int] | None = None,
    outputs_per_step: int = 1,
) -> keras.Model:
    """Build Conv1D [-> MaxPooling1D] -> LSTM [-> attention, decoder] -> Dense -> output, uncompiled.

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
        Units of the recurrence; a tuple stacks recurrences.
    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions, each recurrence and each hidden dense layer.
    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last one.
    strides : int, tuple of int or None, default=1
        Steps from one output of a convolution to the next, counted from the newest step of the window; a tuple gives
        one for each convolution. None is `kernel_size`: the window is cut into segments, and the LSTM reads one
        vector for each.
    cell : {"lstm", "gru", "simple_rnn"}, default="lstm"
        Kind of recurrence.
    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers
        that all segments share.
    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter.
        None is the `kernel_size` of the first convolution; without convolutions, 24.
    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of convolutions, recurrences and dense layers, by its Keras
        name or as an instance; "l2" adds 0.01 times the sum of their squares.
    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.
    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.
    future_shape : tuple of int or None, default=None
        Shape of what is known ahead for each sample, (horizon, n_features), as a second input of the model, "ahead".
        The dense layers read it beside the recurrence's output; the decoder of segments, each segment its own
        steps.
    outputs_per_step : int, default=1
        Outputs for each step that is forecast, such as several quantiles, one beside the other; the decoder of
        segments reads from it how many steps there are.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "cnn_lstm"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, too few steps are left for a kernel or a pool, or the decoder cannot cut
        the outputs into segments.

    Notes
    -----
    MaxPooling1D takes blocks that do not overlap, counted from the newest step: where `pool_size` does not divide
    the steps, the oldest ones that do not fill a block are left out (Keras alone leaves out the newest). After
    causal convolutions a block knows nothing later than its own last step: the pooled features are causal block
    by block, not step by step.

    A convolution with strides is the convolution without, of whose outputs every `strides`-th is kept, counted
    from the newest: whatever the padding, the last output is at the newest step, and the oldest steps that do not
    fill a stride are left out ("valid") or seen beside zeros. In a window that ends early, an output is known where
    one of the steps is that its stride adds. Strides beyond `kernel_size` leave steps unseen.

    Attention is the simplest of its kind: a linear score for each step, a softmax over the steps, and the sum
    of the LSTM's outputs with these weights [4]_ [5]_.

    The decoder of segments [6]_ makes one step for each segment of the horizon, side by side, from the encoder's
    last state (of both directions, one beside the other; with attention, the weighted mean takes the place of the
    last output, and the cell's state stays). It has as many units as that state, and reads the segment's position,
    as one of as many 0 and 1 as there are segments, and what is known ahead of the segment's steps; where the last
    segment is shorter, zeros take the place of the rest. Dropout and dense layers follow it.

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
    .. [6] S. Lin et al., "SegRNN: Segment Recurrent Neural Network for Long-Term Time Series Forecasting",
       arXiv:2308.11200, 2023.

    Examples
    --------
    >>> from skhybrid.networks import cnn_lstm
    >>> model = cnn_lstm((12, 1), 1, seed=0)
    >>> [layer.name for layer in model.layers]
    ['input', 'conv_1', 'lstm_1', 'dense_1', 'output']
    >>> model.count_params()
    8993

    A week of hours is read day by day, and two days are forecast, one step of the decoder for each:

    >>> model = cnn_lstm((168, 1), 48, seed=0, kernel_size=24, strides=None, decoder="segments", dense_units=())
    >>> model.get_layer("conv_1").output.shape
    (None, 7, 32)
    >>> model.get_layer("output").units
    24
    """
    inputs, ahead = make_inputs(input_shape, ("n_steps", "n_features"), future_shape)
    convolutions = check_convolutions(inputs.shape[1], filters, kernel_size, pool_size, padding, strides=strides)
    horizon = check_horizon(decoder, segment_length, convolutions, n_outputs, outputs_per_step, ahead)
    parts = check_parts(dropout, seed, kernel_regularizer, recurrent_regularizer, bias_regularizer)
    layers = convolution_layers(convolutions, padding=padding, activation=activation, masked=masked, **parts)
    x, known = convolve(inputs, layers, masked=masked)
    memory = {"cell": cell, "units": units, "bidirectional": bidirectional, "attention": attention}
    head = (dense_units, activation, output_activation)
    outputs = recur_and_read_out(x, known, ahead, n_outputs, horizon, memory=memory, head=head, **parts)
    return make_model(inputs, ahead, outputs, "cnn_lstm")


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
    strides: Ints | None = 1,
    cell: str = "lstm",
    decoder: str = "dense",
    segment_length: int | None = None,
    kernel_regularizer: Regularizer = None,
    recurrent_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    output_activation: Activation = None,
    masked: bool = False,
    future_shape: tuple[int, int] | None = None,
    outputs_per_step: int = 1,
) -> keras.Model:
    """Build TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM [-> attention, decoder] -> Dense -> output.

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
        Units of the recurrence; a tuple stacks recurrences.
    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.
    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions, each recurrence and each hidden
        dense layer.
    bidirectional : bool, default=False
        Read the subsequences in both directions; the recurrence's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over the subsequences, instead of
        its last one.
    strides : int, tuple of int or None, default=1
        Steps from one output of a convolution to the next, counted from the newest step of a subsequence; a
        tuple gives one for each convolution. None is `kernel_size`, which cuts subsequences into segments.
    cell : {"lstm", "gru", "simple_rnn"}, default="lstm"
        Kind of recurrence.
    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers
        that all segments share.
    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter.
        None is the `kernel_size` of the first convolution; without convolutions, 24.
    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of convolutions, recurrences and dense layers, by its Keras
        name or as an instance; "l2" adds 0.01 times the sum of their squares.
    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.
    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.
    future_shape : tuple of int or None, default=None
        Shape of what is known ahead for each sample, (horizon, n_features), as a second input of the model, "ahead".
        The dense layers read it beside the recurrence's output; the decoder of segments, each segment its own
        steps.
    outputs_per_step : int, default=1
        Outputs for each step that is forecast, such as several quantiles, one beside the other; the decoder of
        segments reads from it how many steps there are.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "time_distributed_cnn_lstm"; maps (n_samples, n_seq, n_steps, n_features) to
        (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, a subsequence has too few steps for a kernel or a pool, or the decoder
        cannot cut the outputs into segments.

    See Also
    --------
    cnn_lstm : The same on plain windows, with notes on pooling, strides, attention and the decoder.

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
    inputs, ahead = make_inputs(input_shape, ("n_seq", "n_steps", "n_features"), future_shape)
    sizes = (filters, kernel_size, pool_size, padding)
    convolutions = check_convolutions(inputs.shape[2], *sizes, strides=strides, whole="subsequences")
    horizon = check_horizon(decoder, segment_length, convolutions, n_outputs, outputs_per_step, ahead)
    parts = check_parts(dropout, seed, kernel_regularizer, recurrent_regularizer, bias_regularizer)
    layers = convolution_layers(convolutions, padding=padding, activation=activation, masked=masked, **parts)
    layers.append(keras.layers.Flatten(data_format=CHANNELS_LAST, name="flatten"))
    x, known = convolve(inputs, layers, masked=masked, wrap=_for_each_subsequence)
    known = None if known is None else keras.ops.max(known, axis=-1)  # (sample, subsequence)
    memory = {"cell": cell, "units": units, "bidirectional": bidirectional, "attention": attention}
    head = (dense_units, activation, output_activation)
    outputs = recur_and_read_out(x, known, ahead, n_outputs, horizon, memory=memory, head=head, **parts)
    return make_model(inputs, ahead, outputs, "time_distributed_cnn_lstm")


def _for_each_subsequence(layer):
    return keras.layers.TimeDistributed(layer, name=layer.name)
