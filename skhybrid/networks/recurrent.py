"""Recurrences alone: LSTM, GRU and SimpleRNN, one- or two-way, stacked, with or without attention."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, Regularizer, check_parts
from skhybrid.networks._decoder import check_horizon, recur_and_read_out
from skhybrid.networks._ends import find_ends
from skhybrid.networks._layers import make_inputs, make_model


def recurrent(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    seed: int,
    cell: str = "lstm",
    units: Ints = 32,
    dense_units: Ints = 16,
    activation: Activation = "relu",
    dropout: float = 0.0,
    bidirectional: bool = False,
    attention: bool = False,
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
    """Build LSTM, GRU or SimpleRNN [-> attention, decoder] -> Dense -> output, uncompiled.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one window, (n_steps, n_features).
    n_outputs : int
        Number of values predicted for each window.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    cell : {"lstm", "gru", "simple_rnn"}, default="lstm"
        Kind of recurrence.
    units : int or tuple of int, default=32
        Units of the recurrence; a tuple stacks recurrences.
    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.
    activation : str, callable or None, default="relu"
        Activation of the hidden dense layers, by its Keras name; the recurrence keeps its own (tanh).
    dropout : float, default=0.0
        Share of values set to 0 in training after each recurrence and each hidden dense layer.
    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.
    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last
        one.
    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers
        that all segments share.
    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter.
        None is 24.
    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of recurrences and dense layers, by its Keras
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
        Uncompiled, named as `cell`; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range or unknown, or the decoder cannot cut the outputs into segments.

    See Also
    --------
    cnn_lstm : The same after convolutions, with notes on the decoder.

    Notes
    -----
    Attention is the simplest of its kind: a linear score for each step, a softmax over the steps, and the sum
    of the recurrence's outputs with these weights [4]_ [5]_.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
    .. [2] K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
       Translation", EMNLP 2014 (GRU).
    .. [3] J. L. Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990 (SimpleRNN).
    .. [4] D. Bahdanau, K. Cho and Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and
       Translate", ICLR 2015.
    .. [5] C. Raffel and D. P. W. Ellis, "Feed-Forward Networks with Attention Can Solve Some Long-Term Memory
       Problems", arXiv:1512.08756, 2015.
    .. [6] M. Schuster and K. K. Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on
       Signal Processing 45(11), 1997.

    Examples
    --------
    >>> from skhybrid.networks import recurrent
    >>> model = recurrent((24, 3), 1, seed=0, cell="gru", units=(16, 8))
    >>> [layer.name for layer in model.layers]
    ['input', 'gru_1', 'gru_2', 'dense_1', 'output']
    """
    inputs, ahead = make_inputs(input_shape, ("n_steps", "n_features"), future_shape)
    horizon = check_horizon(decoder, segment_length, [], n_outputs, outputs_per_step, ahead)
    parts = check_parts(dropout, seed, kernel_regularizer, recurrent_regularizer, bias_regularizer)
    x, known = find_ends(inputs) if masked else (inputs, None)
    memory = {"cell": cell, "units": units, "bidirectional": bidirectional, "attention": attention}
    head = (dense_units, activation, output_activation)
    outputs = recur_and_read_out(x, known, ahead, n_outputs, horizon, memory=memory, head=head, **parts)
    return make_model(inputs, ahead, outputs, cell)
