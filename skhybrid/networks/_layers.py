"""The pieces all networks are made of: named layers, each with its own seeds."""

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._validation import check_positive_int
from skhybrid.networks._checks import (
    Activation,
    Convolution,
    Ints,
    check_activation,
    check_choice,
    check_dropout,
    check_sizes,
)
from skhybrid.networks._ends import take_last

CHANNELS_LAST = "channels_last"  # as windows are, whatever Keras' global image_data_format is set to
CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}


def derive_seed(seed: int, name: str) -> int:
    """Return the seed of the part `name`, such as "conv_1/kernel", of a network built with `seed`.

    It depends on nothing else: a layer's first weights stay the same when layers are added elsewhere, so that
    the candidates of a search differ by what is searched and not by their luck.
    """
    state = np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)
    return int(state[0] >> 1)  # 31 bits, which every backend takes


def chain(x: Any, layers: Iterable[Any]) -> Any:
    """Send `x` through `layers`, one after the other."""
    for layer in layers:
        x = layer(x)
    return x


def convolution_layers(
    convolutions: list[Convolution], *, padding: str, activation: Activation, dropout: float, seed: int
) -> list[Any]:
    """Return Conv1D [-> MaxPooling1D] for each of `convolutions`, and one dropout after them all."""
    layers: list[Any] = []
    for i, (filters, kernel_size, pool_size) in enumerate(convolutions, start=1):
        layers.append(
            keras.layers.Conv1D(
                filters,
                kernel_size,
                data_format=CHANNELS_LAST,
                padding=padding,
                activation=check_activation(activation),
                kernel_initializer=glorot_uniform(seed, f"conv_{i}"),
                name=f"conv_{i}",
            )
        )
        if pool_size > 1:
            layers.append(keras.layers.MaxPooling1D(pool_size, data_format=CHANNELS_LAST, name=f"pool_{i}"))
    return layers + dropout_layers(dropout, "conv", seed) if layers else []


def recur(
    x: Any,
    cell: str,
    units: Ints,
    *,
    bidirectional: bool,
    attention: bool,
    dropout: float,
    seed: int,
    known: Any = None,
) -> Any:
    """Send `x`, (sample, time, feature), through stacked recurrences: (sample, unit).

    `known`, (sample, time), says which steps there are, by 1 and 0; None means all.
    """
    check_choice(cell, "cell", CELLS)
    sizes = check_sizes(units, "units", at_least=1)
    attention = attention and x.shape[1] > 1  # one step is its own mean
    # Forwards, what follows the end is not seen before it: it is enough to take the right step at last.
    masked = {"mask": known > 0} if known is not None and bidirectional else {}
    takes_last = known is not None and not bidirectional and not attention
    recurrence = _both_ways if bidirectional else _recurrence
    for i, n_units in enumerate(sizes, start=1):
        name = f"{cell}_{i}"
        returns_sequences = attention or takes_last or i < len(sizes)
        x = recurrence(cell, name, units=n_units, return_sequences=returns_sequences, seed=seed)(x, **masked)
        x = chain(x, dropout_layers(dropout, name, seed))
    if attention:
        return _attention_pooling(x, known, seed)
    return take_last(x, known) if takes_last else x


def read_out(
    x: Any,
    n_outputs: int,
    dense_units: Ints,
    activation: Activation,
    output_activation: Activation,
    *,
    dropout: float,
    seed: int,
) -> Any:
    """Send `x`, (sample, feature), through the hidden dense layers and the output layer: (sample, output)."""
    check_activation(activation)
    check_dropout(dropout)
    for i, n_units in enumerate(check_sizes(dense_units, "dense_units"), start=1):
        name = f"dense_{i}"
        x = chain(x, [_dense(n_units, name, activation, seed), *dropout_layers(dropout, name, seed)])
    check_activation(output_activation, "output_activation")
    return _dense(check_positive_int(n_outputs, "n_outputs"), "output", output_activation, seed)(x)


def dropout_layers(dropout: float, name: str, seed: int) -> list[Any]:
    """Return the dropout after layer `name`, or nothing where nothing is dropped."""
    rate = check_dropout(dropout)
    name = f"{name}_dropout"
    return [keras.layers.Dropout(rate, seed=derive_seed(seed, name), name=name)] if rate else []


def _attention_pooling(x: Any, known: Any, seed: int) -> Any:
    """Return the mean of `x`, (sample, time, unit), over known times with learned weights: (sample, unit)."""
    # A bias would add the same to every score, which the softmax takes out again.
    score = keras.layers.Dense(
        1, use_bias=False, kernel_initializer=glorot_uniform(seed, "attention_score"), name="attention_score"
    )
    masked = {} if known is None else {"mask": keras.ops.expand_dims(known, -1) > 0}
    weights = keras.layers.Softmax(axis=1, name="attention_weights")(score(x), **masked)  # (sample, time, 1)
    pooled = keras.layers.Dot(axes=1, name="attention_sum")([weights, x])  # (sample, 1, unit)
    return keras.layers.Flatten(data_format=CHANNELS_LAST, name="attention_flatten")(pooled)


def glorot_uniform(seed: int, name: str) -> Any:
    return keras.initializers.GlorotUniform(seed=derive_seed(seed, f"{name}/kernel"))


def _dense(units: int, name: str, activation: Activation, seed: int) -> Any:
    return keras.layers.Dense(units, activation=activation, kernel_initializer=glorot_uniform(seed, name), name=name)


def _recurrence(
    cell: str, name: str, *, units: int, return_sequences: bool, seed: int, go_backwards: bool = False
) -> Any:
    return CELLS[cell](
        units,
        return_sequences=return_sequences,
        go_backwards=go_backwards,
        kernel_initializer=glorot_uniform(seed, name),
        recurrent_initializer=keras.initializers.Orthogonal(seed=derive_seed(seed, f"{name}/recurrent_kernel")),
        # Nothing uses it, but without one Keras would draw from Python's global generator.
        seed=derive_seed(seed, f"{name}/seed"),
        name=name,
    )


def _both_ways(cell: str, name: str, **options: Any) -> Any:
    forward = _recurrence(cell, f"forward_{name}", **options)
    # Left to itself, Keras copies the forward layer with its seeds: both directions would start out equal.
    backward = _recurrence(cell, f"backward_{name}", go_backwards=True, **options)
    # Keras makes the forward layer anew from its configuration, in which SimpleRNN leaves out its seed.
    config = {**forward.get_config(), "seed": forward.cell.seed}
    forward.get_config = lambda: config
    return keras.layers.Bidirectional(forward, backward_layer=backward, name=f"bidirectional_{name}")
