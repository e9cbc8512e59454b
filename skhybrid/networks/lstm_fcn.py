"""An LSTM beside a fully convolutional branch."""

from functools import partial
from typing import Any

from skhybrid._backend import keras
from skhybrid.networks._checks import (
    Activation,
    Ints,
    check_below_one,
    check_input_shape,
    check_per_convolution,
    check_seed,
    check_sizes,
)
from skhybrid.networks._ends import chain_to_ends, find_ends
from skhybrid.networks._layers import CHANNELS_LAST, chain, derive_seed, read_out, recur


def lstm_fcn(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    seed: int,
    units: Ints = 8,
    filters: Ints = (128, 256, 128),
    kernel_size: Ints = (8, 5, 3),
    dropout: float = 0.8,
    dimension_shuffle: bool = True,
    norm_momentum: float = 0.9,
    output_activation: Activation = None,
    masked: bool = False,
) -> keras.Model:
    """Build LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) x 3 -> mean over time; both -> output.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one window, (n_steps, n_features).
    n_outputs : int
        Number of values predicted for each window.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    units : int or tuple of int, default=8
        Units of the LSTM; a tuple stacks LSTMs. The authors choose among 8, 64 and 128.
    filters : int or tuple of int, default=(128, 256, 128)
        Feature maps of the convolutions, one entry for each.
    kernel_size : int or tuple of int, default=(8, 5, 3)
        Steps a filter sees at once; a tuple gives one for each convolution.
    dropout : float, default=0.8
        Share of values set to 0 in training after each LSTM. The convolutions have none.
    dimension_shuffle : bool, default=True
        Show the LSTM the window transposed, as published: its time steps are the features, and what it sees of
        one is the feature's whole course. With one feature that is a single step. False lets it read the
        window step by step.
    norm_momentum : float, default=0.9
        Share of the running means of batch normalisation that a batch leaves; the rest is the batch's. Keras calls
        it `momentum`, and has 0.99.
    output_activation : str, callable or None, default=None
        Activation of the output layer; None is linear, "softmax" makes class probabilities.
    masked : bool, default=False
        Whether windows may end early: steps after the end of a sequence, NaN in all features, are left out.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "lstm_fcn"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The convolutions pad with zeros on both sides ("same") and their maps are averaged over the window: inside a
    window that ends at t nothing later than t is seen, but no feature map can be read step by step.

    Batch normalisation predicts with running means of what it saw in training, to which each batch adds a share of
    ``1 - norm_momentum``. With Keras' 1 % it takes a few hundred batches until they mean something, and with few
    training windows there are not so many: the network then predicts far worse than it has learned. They lag behind
    weights that still move: let the learning rate fall (``learning_rate_schedule="cosine"`` of the estimators).

    The authors train with Adam at a rate of 0.001, lowered where the training loss stands still, on batches of
    128 for 2000 epochs.

    References
    ----------
    .. [1] F. Karim, S. Majumdar, H. Darabi and S. Chen, "LSTM Fully Convolutional Networks for Time Series
       Classification", IEEE Access 6, 2018.
    .. [2] F. Karim, S. Majumdar, H. Darabi and S. Harford, "Multivariate LSTM-FCNs for Time Series
       Classification", Neural Networks 116, 2019 (several features).
    .. [3] Z. Wang, W. Yan and T. Oates, "Time Series Classification from Scratch with Deep Neural Networks: A
       Strong Baseline", IJCNN 2017 (the convolutional branch).
    .. [4] K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers", ICCV 2015 (the first weights of the
       convolutions).

    Examples
    --------
    >>> from skhybrid.networks import lstm_fcn
    >>> model = lstm_fcn((150, 1), 2, seed=0, output_activation="softmax")
    >>> model.get_layer("permute").output.shape
    (None, 1, 150)
    >>> model.count_params()
    271090
    """
    seed = check_seed(seed)
    inputs = keras.Input(check_input_shape(input_shape, ("n_steps", "n_features")), name="input")
    layers = _convolutions(filters, kernel_size, norm_momentum, seed)
    if masked:
        x, known = find_ends(inputs)
        patterns, _ = chain_to_ends(x, known, layers, wrap=partial(_over_known, known=known))
    else:
        x, known, patterns = inputs, None, chain(inputs, layers)
    if dimension_shuffle:  # a feature's course goes in as a whole, the end as zeros, which add nothing
        x, known = keras.layers.Permute((2, 1), name="permute")(x), None
    memory = recur(x, "lstm", units, bidirectional=False, attention=False, dropout=dropout, seed=seed, known=known)
    x = keras.layers.Concatenate(name="concatenate")([memory, patterns])
    outputs = read_out(x, n_outputs, (), None, output_activation, dropout=0.0, seed=seed)
    return keras.Model(inputs, outputs, name="lstm_fcn")


def _convolutions(filters: Ints, kernel_size: Ints, norm_momentum: float, seed: int) -> list[Any]:
    """Return Conv1D -> BatchNormalization -> relu for each of `filters`, and the mean over time."""
    n_filters = check_sizes(filters, "filters", at_least=1)
    kernels = check_per_convolution(kernel_size, "kernel_size", n_filters)
    momentum = check_below_one(norm_momentum, "norm_momentum", 0.9)
    layers: list[Any] = []
    for i, (n, kernel) in enumerate(zip(n_filters, kernels, strict=True), start=1):
        he_uniform = keras.initializers.HeUniform(seed=derive_seed(seed, f"conv_{i}/kernel"))
        layers += [
            keras.layers.Conv1D(
                n,
                kernel,
                padding="same",
                data_format=CHANNELS_LAST,
                kernel_initializer=he_uniform,
                name=f"conv_{i}",
            ),
            keras.layers.BatchNormalization(momentum=momentum, name=f"norm_{i}"),
            keras.layers.Activation("relu", name=f"relu_{i}"),
        ]
    return [*layers, keras.layers.GlobalAveragePooling1D(data_format=CHANNELS_LAST, name="average")]


def _over_known(layer: Any, known: Any) -> Any:
    """Return `layer`, which leaves steps that are not known out where it takes means."""
    takes_means = isinstance(layer, keras.layers.BatchNormalization | keras.layers.GlobalAveragePooling1D)
    return partial(layer, mask=known > 0) if takes_means else layer
