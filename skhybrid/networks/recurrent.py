"""Recurrences alone: LSTM, GRU and SimpleRNN, one- or two-way, stacked, with or without attention."""

from skhybrid._backend import keras
from skhybrid.networks._checks import Activation, Ints, check_input_shape, check_seed
from skhybrid.networks._ends import find_ends
from skhybrid.networks._layers import read_out, recur


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
    output_activation: Activation = None,
    masked: bool = False,
) -> keras.Model:
    """Build LSTM, GRU or SimpleRNN [-> attention] -> Dense -> output, uncompiled.

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
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.

    Returns
    -------
    model : keras.Model
        Uncompiled, named as `cell`; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range or unknown.

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
    seed = check_seed(seed)
    inputs = keras.Input(check_input_shape(input_shape, ("n_steps", "n_features")), name="input")
    x, known = find_ends(inputs) if masked else (inputs, None)
    x = recur(x, cell, units, bidirectional=bidirectional, attention=attention, dropout=dropout, seed=seed, known=known)
    outputs = read_out(x, n_outputs, dense_units, activation, output_activation, dropout=dropout, seed=seed)
    return keras.Model(inputs, outputs, name=cell)
